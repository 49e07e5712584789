//! What surely was not sent, what goes where, and by which way.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use policysync::api::{ApiError, CreateAnswer, Deleted, PolicyChange, ProxySettings, Session, Token, Unobserved};
use policysync::domain::{Field, OrgId, RepoId, Scope, WorkspaceId};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::api_server::*;

fn through(url: &str, proxies: &ProxySettings) -> Session {
    let token = Token::new(ACCESS.into()).unwrap();
    Session::open(url.parse().unwrap(), token, None, quick(), Arc::new(Unobserved), proxies).unwrap()
}

/// The error of a POST that was surely not sent; a GET says the same.
async fn not_sent(session: &Session) -> String {
    let got = session.writer().create(&wanted()).await;
    let CreateAnswer::NotSent(error) = got else { panic!("{got:?}") };
    assert!(matches!(error, ApiError::NotSent { .. }), "{error:?}");
    let read = failed(session.reader().list(&org()).await);
    assert!(matches!(read, ApiError::NotSent { .. }), "{read:?}");
    shown(&error)
}

#[tokio::test]
async fn a_closed_port_is_not_sent_and_not_tried_again() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let log = Arc::new(Log::default());
    let session = observed(&format!("http://127.0.0.1:{port}"), quick(), log.clone());
    let text = not_sent(&session).await;
    assert!(text.contains(&format!("can't connect to 127.0.0.1:{port}\n")), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
    assert!(text.contains("POLICYSYNC_ENDPOINT"), "{text}");
    let events = log.events();
    assert_eq!(events.len(), 2, "one try of each call: {events:?}");
    assert!(events.iter().all(|event| event.will_retry_in.is_none()));
}

#[tokio::test]
async fn a_name_without_an_address_is_not_sent() {
    // A label of more than 63 characters: no resolver asks anybody for it.
    let text = not_sent(&session(&format!("https://{}.invalid", "x".repeat(70)), quick())).await;
    assert!(text.contains("POLICYSYNC_ENDPOINT"), "{text}");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_not_sent_anything() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, first) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut bytes) = (stream.unwrap(), [0; 16 * 1024]);
            let length = stream.read(&mut bytes).unwrap();
            stream.write_all(&answer(400, "", "The plain HTTP request was sent to an HTTPS port, or so")).unwrap();
            // Whatever comes after the greeting; the client hangs up then.
            let rest = stream.read(&mut [0; 1024]).unwrap_or(0);
            if heard.send((bytes[..length].to_vec(), rest)).is_err() {
                return;
            }
        }
    });
    let text = not_sent(&session(&format!("https://127.0.0.1:{port}"), quick())).await;
    assert!(text.contains("does not speak TLS") && text.contains("must speak https"), "{text}");
    for _ in 0..2 {
        let (greeting, _) = first.recv_timeout(Duration::from_secs(20)).unwrap();
        assert_eq!(greeting[0], 0x16, "a TLS greeting and nothing else");
        assert!(!String::from_utf8_lossy(&greeting).contains("canary"));
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_during_tls_is_not_sent_anything() {
    let server = Server::with_manners(Manners::ClosesAtOnce, |_, _| Reply::Hang);
    not_sent(&session(&format!("https://127.0.0.1:{}", server.port()), quick())).await;
}

#[tokio::test]
async fn a_server_that_never_answers_during_tls_is_not_sent_anything() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let text = not_sent(&session(&format!("https://127.0.0.1:{port}"), hasty())).await;
    assert!(text.contains("no connection within 200ms"), "{text}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_not_sent_anything() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let certificate = CertificateDer::from(include_bytes!("api_tls/certificate.der").as_slice());
    let key = PrivatePkcs8KeyDer::from(include_bytes!("api_tls/key.der").as_slice());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap();
    let config = Arc::new(config);
    let (heard, read) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut tls = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = stream.unwrap();
            let mut text = Vec::new();
            // The client hangs up in the middle of the handshake: nothing is read, and there is an error or an early end.
            let _ = rustls::Stream::new(&mut tls, &mut stream).read_to_end(&mut text);
            if heard.send((tls.is_handshaking(), text)).is_err() {
                return;
            }
        }
    });
    let text = not_sent(&session(&format!("https://localhost:{port}"), quick())).await;
    assert!(text.contains("UnknownIssuer") && text.contains("does not trust the certificate"), "{text}");
    for _ in 0..2 {
        assert_eq!(read.recv_timeout(Duration::from_secs(20)).unwrap(), (true, vec![]));
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_not_sent_the_token() {
    let proxy = Server::always(answer(403, "", "no"));
    let settings = ProxySettings::read(Some(&format!("http://me:hunter2@127.0.0.1:{}", proxy.port())), None).unwrap();
    let text = not_sent(&through("https://policy.example", &settings)).await;
    assert!(text.contains("HTTPS_PROXY") && !text.contains("hunter2"), "{text}");
    for seen in proxy.received() {
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("CONNECT", "policy.example:443"));
        assert!(!format!("{seen:?}").contains("canary"), "{seen:?}");
        // me:hunter2
        assert_eq!(seen.header("proxy-authorization"), Some("Basic bWU6aHVudGVyMg=="));
    }
    assert_eq!(proxy.received().len(), 2);
}

#[tokio::test]
async fn no_proxy_takes_a_host_out() {
    let proxy = Server::always(answer(403, "", "no"));
    let host = format!("{}.invalid", "x".repeat(70));
    let settings = |no_proxy| ProxySettings::read(Some(&format!("127.0.0.1:{}", proxy.port())), no_proxy).unwrap();
    not_sent(&through(&format!("https://{host}"), &settings(Some("elsewhere.example, .invalid")))).await;
    assert_eq!(proxy.connections(), 0);
    not_sent(&through(&format!("https://{host}"), &settings(Some("elsewhere.example")))).await;
    assert_eq!(proxy.connections(), 2);
}

#[tokio::test]
async fn loopback_never_goes_through_a_proxy() {
    let (proxy, server) = (Server::always(no_policies()), Server::always(no_policies()));
    let settings = ProxySettings::read(Some(&format!("127.0.0.1:{}", proxy.port())), None).unwrap();
    through(&server.url(), &settings).reader().list(&org()).await.unwrap();
    not_sent(&through(&format!("https://localhost:{}", server.port()), &settings)).await;
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_followed_by_nothing() {
    let other = Server::always(no_policies());
    for status in [301, 302, 303, 307, 308] {
        let location = format!("Location: {}/policy\r\n", other.url());
        let server = Server::always(answer(status, &location, ""));
        let session = session(&server.url(), quick());
        let got = session.writer().create(&wanted()).await;
        let CreateAnswer::Refused(refusal) = got else { panic!("{got:?}") };
        assert_eq!(refusal.status, status);
        assert_eq!(refusal.message, format!("it points to {}/policy, where nothing is sent", other.url()));
        let change = PolicyChange::of(&wanted().policy, &[Field::Content]).unwrap();
        for error in [
            failed(session.reader().list(&org()).await),
            session.reader().get(&id("p")).await.unwrap_err(),
            session.writer().update(&id("p"), &change).await.unwrap_err(),
            session.writer().delete(&id("p")).await.unwrap_err(),
        ] {
            assert!(matches!(&error, ApiError::Refused(refusal) if refusal.status == status), "{error:?}");
            assert!(shown(&error).contains("redirects are not followed"));
        }
        assert_eq!(server.received().len(), 5);
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn connections_are_kept_and_shared() {
    let server = Server::always(no_policies());
    let reader = session(&server.url(), quick()).reader();
    for _ in 0..50 {
        reader.list(&org()).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
    let calls = (0..160).map(|_| {
        let reader = reader.clone();
        tokio::spawn(async move { reader.list(&org()).await.map(|_| ()) })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    let before = server.connections();
    for _ in 0..50 {
        reader.list(&org()).await.unwrap();
    }
    assert_eq!(server.connections(), before);
}

#[tokio::test]
async fn ids_are_encoded_where_they_stand() {
    let server = Server::start(|_, seen| match seen.method.as_str() {
        "DELETE" => Reply::Send(json(200, &serde_json::json!({"success": true}))),
        _ if seen.target.starts_with("/base/policy/") => Reply::Send(one_policy(200, "a/../b?c#d%2f")),
        _ => Reply::Send(no_policies()),
    });
    let session = session(&format!("{}/base/", server.url()), quick());
    let odd = id("a/../b?c#d%2f");
    session.reader().get(&odd).await.unwrap();
    assert_eq!(session.writer().delete(&odd).await.unwrap(), Deleted::Now);
    let org = OrgId::new("o&orgId=x").unwrap();
    let (workspace, repo) = (WorkspaceId::new("w+ü").unwrap(), RepoId::new("r=1").unwrap());
    session.reader().list(&Scope::Workspace { org: org.clone(), workspace: workspace.clone() }).await.unwrap();
    session.reader().list(&Scope::Repository { org, workspace, repo }).await.unwrap();
    let targets: Vec<String> = server.received().into_iter().map(|seen| seen.target).collect();
    assert_eq!(
        targets,
        [
            "/base/policy/a%2F..%2Fb%3Fc%23d%252f",
            "/base/policy/a%2F..%2Fb%3Fc%23d%252f",
            "/base/policy?orgId=o%26orgId%3Dx&workspaceId=w%2B%C3%BC",
            "/base/policy?orgId=o%26orgId%3Dx&workspaceId=w%2B%C3%BC&repoId=r%3D1",
        ]
    );
}
