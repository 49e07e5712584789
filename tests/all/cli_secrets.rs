//! The token: from the environment alone, to the user's own endpoint alone, in no output and in no file.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::world::{Ran, World};

/// `{"userId":"canary"}`, and a signature that nobody would guess.
const CANARY: &str = "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJjYW5hcnkifQ.c2VjcmV0LWNhbmFyeS1zaWduYXR1cmU";
const REFRESH: &str = "refresh-canary-4f1d7c9a2b";

fn world() -> World {
    let mut world = World::new();
    world.env = vec![
        ("POLICYSYNC_TOKEN".to_owned(), CANARY.to_owned()),
        ("POLICYSYNC_REFRESH_TOKEN".to_owned(), REFRESH.to_owned()),
    ];
    world
}

/// Asserts that no part of a secret is in what a run said or in any file of the world.
#[track_caller]
fn nothing_shows(world: &World, ran: &Ran) {
    let secrets = [CANARY, REFRESH, "c2VjcmV0LWNhbmFyeS1zaWduYXR1cmU", "canary-4f1d7c9a2b", "hunter2"];
    let said = format!("{ran}");
    for secret in secrets {
        assert!(!said.contains(secret), "{secret} is shown: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    for file in walkdir::WalkDir::new(world.path()).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file())
    {
        if file.file_name() == "policysync.yaml" {
            continue;
        }
        let bytes = std::fs::read(file.path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} is in {}", file.path().display());
        }
    }
}

/// A server that answers every request with a status and all that it was sent, headers too. It ends with the test binary.
fn echo(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = vec![0; 16 * 1024];
            let read = stream.read(&mut head).unwrap_or_default();
            let said = String::from_utf8_lossy(&head[..read]).into_owned();
            let message = format!("who are you? {said} {CANARY} {REFRESH}");
            let body = serde_json::json!({"success": false, "message": message, "token": CANARY}).to_string();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _gone = stream.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn a_token_shows_in_no_output_and_no_file() {
    let world = world();
    world.policies(3);
    for args in
        [&["apply", "-vvv"][..], &["plan", "-vvv"], &["state", "list", "-vv"], &["apply", "--format", "json", "-vv"]]
    {
        for log in ["text", "json"] {
            let ran = world.run(&[args, &["--log-format", log]].concat());
            assert_eq!(ran.code, Some(0), "{ran}");
            nothing_shows(&world, &ran);
        }
    }
    assert!(world.calls("POST") == 3, "it was used");
}

#[test]
fn not_even_where_the_service_says_it_back() {
    for status in ["401 Unauthorized", "403 Forbidden", "400 Bad Request", "500 Internal Server Error", "302 Found"] {
        let world = world();
        world.policies(1);
        let url = echo(status);
        for (format, log) in [("text", "text"), ("json", "text"), ("text", "json")] {
            let how = ["--format", format, "--log-format", log, "--run-timeout", "2s"];
            let ran = world.apply(&[&["-vv", "--endpoint", &url][..], &how].concat());
            assert!(matches!(ran.code, Some(1 | 5)), "{status} {ran}");
            nothing_shows(&world, &ran);
        }
        if status.starts_with("401") {
            let ran = world.apply(&["--endpoint", &url]);
            assert_eq!(ran.code, Some(1), "{ran}");
            assert!(ran.err.contains("POLICYSYNC_TOKEN"), "the setting to look at is named: {ran}");
        }
    }
}

#[test]
fn a_token_in_a_flag_in_the_settings_file_or_over_two_lines_is_refused() {
    let mut world = world();
    world.policies(1);
    let flag = world.run(&["apply", "--token", CANARY]);
    assert_eq!(flag.code, Some(64), "{flag}");
    assert!(flag.err.contains("POLICYSYNC_TOKEN") && flag.err.contains("process list"), "{flag}");
    nothing_shows(&world, &flag);
    let flag = world.run(&["apply", &format!("--token={CANARY}")]);
    nothing_shows(&world, &flag);

    for (text, place) in [
        (format!("token: {CANARY}\n"), "policysync.yaml:1:1"),
        (format!("prune: true\ntoken: {CANARY}\ntre: x\n"), "policysync.yaml:2:1"),
        (format!("{{tre: x, token: {CANARY}}}\n"), "policysync.yaml:1:10"),
        (format!("token: |\n  {CANARY}\nprune: maybe\n"), "policysync.yaml:1:1"),
        (format!("token: {CANARY}\nendpoint: https://u:hunter2@x.example\n"), "policysync.yaml:2:11"),
    ] {
        world.write("policysync.yaml", &text);
        let ran = world.run(&["apply"]);
        assert_eq!(ran.code, Some(64), "{ran}");
        assert!(ran.err.contains("a token must not stand in a file") && ran.err.contains(place), "{place} {ran}");
        assert!(ran.err.contains("revoke it"), "{ran}");
        nothing_shows(&world, &ran);
    }
    world.remove("policysync.yaml");

    for broken in [format!("{CANARY}\nx"), format!("{CANARY}\r"), format!("{CANARY} x"), format!("{CANARY}\u{e9}")] {
        world.env = vec![("POLICYSYNC_TOKEN".to_owned(), broken)];
        let ran = world.apply(&[]);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.err.contains("POLICYSYNC_TOKEN"), "{ran}");
        nothing_shows(&world, &ran);
    }
    assert_eq!(world.service.requests().len(), 0);
}

/// S22.
#[test]
fn s22_an_endpoint_from_a_file_alone_never_gets_the_token() {
    let mut world = world();
    world.policies(1);
    let url = world.service.url();
    world.write("policysync.yaml", &format!("endpoint: {url}\n"));
    world.env.push(("POLICYSYNC_ENDPOINT".to_owned(), String::new()));
    assert_eq!(world.run(&["plan"]).code, Some(0), "a plan needs no token and calls nobody");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains(&format!("POLICYSYNC_ENDPOINT={url}")), "it says how: {ran}");
    assert_eq!(world.service.requests().len(), 0);
    let said = world.apply(&["--endpoint", &url]);
    assert_eq!(said.code, Some(0), "{said}");
}

#[test]
fn an_endpoint_that_no_token_may_go_to_is_refused_before_anything_is_sent() {
    let mut world = world();
    world.policies(1);
    let port = world.service.url().rsplit(':').next().unwrap().to_owned();
    let bad = [
        "http://example.com".to_owned(),
        "http://127.0.0.1.evil.example".to_owned(),
        format!("http://localhost.evil.example:{port}"),
        format!("https://alice:hunter2@127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}@evil.example"),
        format!("http://127.0.0.1:{port}/?next=x"),
        "ftp://127.0.0.1".to_owned(),
        "127.0.0.1".to_owned(),
    ];
    for endpoint in &bad {
        for command in ["plan", "apply"] {
            let flag = world.run(&[command, "--endpoint", endpoint]);
            assert_eq!((flag.code, flag.out.as_str()), (Some(64), ""), "{endpoint} {flag}");
            assert!(flag.err.contains("endpoint"), "{flag}");
            nothing_shows(&world, &flag);
        }
        world.env.push(("POLICYSYNC_ENDPOINT".to_owned(), endpoint.clone()));
        let env = world.run(&["apply"]);
        assert_eq!(env.code, Some(64), "{endpoint} {env}");
        nothing_shows(&world, &env);
        let help = world.run(&["apply", "--help"]);
        nothing_shows(&world, &help);
        world.env.pop();
    }
    assert_eq!(world.service.requests().len(), 0);
}
