//! Answers larger or slower than any honest one.

use policysync::api::{ApiError, CreateAnswer, Limits};

use super::api_server::*;

const CAP: usize = 100_000;

fn capped() -> Limits {
    Limits { answer: CAP, ..quick() }
}

/// A gzip stream of `spaces` spaces, by hand (RFC 1951 3.2.6): one space, then "the same 258 bytes back" again and again.
fn bomb(spaces: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut code = |text: &str| bits.extend(text.bytes().map(|bit| bit == b'1'));
    // The last block; fixed codes, written from their lowest bit.
    code("1");
    code("10");
    // A literal 32 is 00110000 + 32; lengths of 258 are 11000101, distances of 1 are 00000.
    code("01010000");
    (0..spaces / 258).for_each(|_| code("1100010100000"));
    code("0000000");
    let packed = bits.chunks(8).map(|byte| byte.iter().rev().fold(0_u8, |byte, bit| (byte << 1) | u8::from(*bit)));
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    gzip.extend(packed);
    gzip
}

#[tokio::test]
async fn an_answer_without_end_is_left_at_the_cap() {
    let head = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let server = Server::start(move |n, _| match n {
        0 => Reply::SendForEver([head.clone(), b"1000000\r\n".to_vec(), vec![b' '; 0x100_0000]].concat()),
        _ => Reply::Hang,
    });
    let error = failed(session(&server.url(), capped()).reader().list(&org()).await);
    assert!(matches!(error, ApiError::TooLarge { limit: CAP }), "{error:?}");
    assert_eq!(server.received().len(), 1, "it would be as large the next time");
    let told = Server::always(b"HTTP/1.1 201 X\r\nContent-Length: 10000000000\r\n\r\nxxxx".to_vec());
    let got = session(&told.url(), capped()).writer().create(&wanted()).await;
    assert!(matches!(got, CreateAnswer::InDoubt(ApiError::TooLarge { .. })), "{got:?}");
}

#[tokio::test]
async fn a_compressed_answer_counts_unpacked() {
    for (spaces, large) in [(CAP - 1_000, false), (CAP * 100, true)] {
        let packed = bomb(spaces);
        assert!(packed.len() < CAP, "{} bytes", packed.len());
        let head = format!("HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
        let server = Server::always([head.into_bytes(), packed].concat());
        let limits = Limits { attempts: 1, ..capped() };
        let error = failed(session(&server.url(), limits).reader().list(&org()).await);
        assert_eq!(matches!(error, ApiError::TooLarge { .. }), large, "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_up_to_the_cap_is_read() {
    let list = serde_json::json!({"success": true, "policies": []}).to_string();
    for (size, fits) in [(CAP, true), (CAP + 1, false)] {
        let body = format!("{list}{}", " ".repeat(size - list.len()));
        let server = Server::always(answer(200, "", &body));
        assert_eq!(session(&server.url(), capped()).reader().list(&org()).await.is_ok(), fits, "{size}");
    }
}

#[tokio::test]
async fn an_answer_by_drops_meets_the_time_limit() {
    let server = Server::start(|_, _| Reply::Drip(b"HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n".to_vec()));
    let error = failed(session(&server.url(), hasty()).reader().list(&org()).await);
    let text = shown(&error);
    assert!(matches!(error, ApiError::Broken { .. }), "{error:?}");
    assert!(text.contains("no whole answer from 127.0.0.1:") && text.contains("within 300ms (--timeout)"), "{text}");
}

#[tokio::test]
async fn a_refusal_is_told_by_its_status_however_large_or_slow_it_is() {
    let endless = Server::start(|_, _| {
        let head = b"HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\nnot for you\n".to_vec();
        Reply::SendForEver([head, vec![b'x'; 0x10_0000]].concat())
    });
    let drips =
        Server::start(|_, _| Reply::Drip(b"HTTP/1.1 403 X\r\nContent-Length: 99\r\n\r\nnot for you\n".to_vec()));
    for (server, limits) in [(endless, quick()), (drips, hasty())] {
        let error = failed(session(&server.url(), limits).reader().list(&org()).await);
        assert_eq!(error.to_string(), "the service answered 403: not for you");
        assert!(shown(&error).contains("their role"));
    }
}
