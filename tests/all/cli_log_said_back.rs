//! What a store is let in by and says back, through the real binary: keys that are fetched while we run, signatures, and what
//! git has in addresses and settings. And that an object whose body breaks is no answer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;

use crate::store_git::git;
use crate::store_git::http::Server;
use crate::world::{Ran, World};

/// Made up so that each is part of nothing else.
const KEY_ID: &str = "AKIARUNTIMECANARY001";
const SESSION: &str = "runtime/canary+session==0002";
const IDENTITY: &str = "eyJ.canary-identity-token.0003";
const PASSWORD: &str = "canary-git-password-0004";
const JOB_TOKEN: &str = "canary-job-token-0005";

fn world(env: &[(&str, &str)]) -> World {
    let mut world = World::new();
    world.policy("acme/rule", "HIGH", "block", "a text");
    world.env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    world
}

#[track_caller]
fn none_shows<'a>(ran: &Ran, secrets: impl IntoIterator<Item = &'a str>) {
    let said = ran.to_string();
    for secret in secrets {
        assert!(!said.contains(secret), "{secret} is shown: {said}");
    }
}

/// A refusal as object stores write it.
fn refusal(status: u16, code: &str, message: &str) -> Response<Body> {
    let message = message.replace('&', "&amp;").replace('<', "&lt;");
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Response::builder().status(status).body(Body::from(body)).unwrap()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Keys of a container or of a role: no variable has ever held them.
fn keys() -> String {
    serde_json::json!({
        "AccessKeyId": KEY_ID, "SecretAccessKey": "canary-never-sent", "Token": SESSION, "Expiration": "2099-01-01T00:00:00Z",
    })
    .to_string()
}

#[test]
fn a_key_that_was_fetched_and_its_signature_are_cut_out_of_what_the_bucket_says() {
    let credentials = Server::answering(|_, _, _, _| Response::new(Body::from(keys())));
    let signatures = std::sync::Arc::new(Mutex::new(Vec::<String>::new()));
    let seen = std::sync::Arc::clone(&signatures);
    let bucket = Server::answering(move |_, _, headers, _| {
        let (token, proof) = (header(headers, "x-amz-security-token"), header(headers, "authorization"));
        let signature = proof.rsplit_once('=').expect("it is signed").1.to_owned();
        let said = format!("{token} is bad, so is {signature}; {proof}");
        seen.lock().unwrap().push(signature);
        refusal(403, "InvalidToken", &said)
    });
    let fetched = format!("http://{}/keys", credentials.address);
    let url = format!("http://{}", bucket.address);
    let fetching: [(&str, &str); 2] =
        [("AWS_CONTAINER_CREDENTIALS_FULL_URI", &fetched), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/dev/null")];
    let given = [
        ("AWS_ACCESS_KEY_ID", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", "canary-never-sent"),
        ("AWS_SESSION_TOKEN", SESSION),
        ("AWS_SSE_BUCKET_KEY_ENABLED", "true"),
    ];
    for env in [&fetching[..], &given] {
        let world = world(&[env, &[("AWS_ENDPOINT_URL", &url), ("POLICYSYNC_STATE", "s3://records")]].concat());
        for log in ["text", "json"] {
            let ran = world.run(&["plan", "-vv", "--log-format", log]);
            assert_eq!(ran.code, Some(1), "{ran}");
            assert!(ran.err.contains("InvalidToken: [REDACTED] is bad, so is [REDACTED]"), "{ran}");
            let signatures = signatures.lock().unwrap();
            assert!(!signatures.is_empty());
            none_shows(&ran, [KEY_ID, SESSION, "canary"].into_iter().chain(signatures.iter().map(String::as_str)));
        }
    }
}

#[test]
fn the_identity_that_is_exchanged_for_a_key_is_cut_out_of_what_the_exchange_says() {
    let exchange = Server::answering(|_, uri, _, _| {
        let query = uri.query().unwrap_or_default().to_owned();
        refusal(400, "InvalidIdentityToken", &format!("{IDENTITY} is bad: {query}"))
    });
    let mut world = world(&[("POLICYSYNC_STATE", "s3://records"), ("AWS_ROLE_ARN", "arn:aws:iam::1:role/ci")]);
    let token = world.path().join("identity");
    std::fs::File::create(&token)
        .and_then(|mut file| std::io::Write::write_all(&mut file, IDENTITY.as_bytes()))
        .unwrap();
    let place = format!("http://{}", exchange.address);
    for (name, value) in [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_STS", &place),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ] {
        world.env.push((name.to_owned(), value.to_owned()));
    }
    let ran = world.run(&["plan", "-vv"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("InvalidIdentityToken: [REDACTED] is bad: Action=AssumeRole"), "{ran}");
    none_shows(&ran, [IDENTITY]);
}

#[test]
fn an_object_whose_body_breaks_is_told_as_that_and_tried_again() {
    let reads = AtomicUsize::new(0);
    let bucket = Server::answering(move |_, uri, _, _| {
        if uri.query().is_some_and(|query| query.contains("list-type=2")) {
            let list = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
            return Response::new(Body::from(list));
        }
        if reads.fetch_add(1, Ordering::SeqCst) > 0 {
            return refusal(404, "NoSuchKey", "");
        }
        // Its beginning is on its way before it breaks.
        let parts = futures_util::stream::iter([true, false]).then(async |is_first| match is_first {
            true => Ok(Bytes::from_static(b"half a rec")),
            false => {
                tokio::task::yield_now().await;
                Err(std::io::Error::other("it breaks"))
            }
        });
        let answer = Response::builder().header("etag", "\"1\"").header("content-length", "4000");
        let answer = answer.header("last-modified", "Sun, 22 Nov 2026 21:30:29 GMT");
        answer.body(Body::from_stream(parts)).unwrap()
    });
    let url = format!("http://{}", bucket.address);
    let world = world(&[
        ("AWS_ACCESS_KEY_ID", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", "canary-never-sent"),
        ("AWS_ENDPOINT_URL", &url),
        ("POLICYSYNC_STATE", "s3://records"),
    ]);
    let ran = world.run(&["plan", "-v"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let asked = format!("GET {}/records/acme.json → ", bucket.address);
    let told: Vec<&str> = ran.err.lines().filter_map(|line| line.strip_prefix(asked.as_str())).collect();
    let [broken, absent] = told[..] else { panic!("two tries: {ran}") };
    assert!(!broken.contains("200") && !broken.contains("closed before") && broken.ends_with(", try 1)"), "{ran}");
    assert!(absent.starts_with("404 (") && absent.ends_with(", try 2)"), "{ran}");
}

/// A server that lets nobody in, and says in its own words what it was sent, and this.
fn gatekeeper(known: &'static str) -> Server {
    Server::answering(move |_, uri, headers, _| {
        let proof = header(headers, "authorization");
        let decoded = proof.rsplit_once(' ').and_then(|(_, basic)| STANDARD.decode(basic).ok()).unwrap_or_default();
        if proof.is_empty() {
            let asked = Response::builder().status(401).header("www-authenticate", "Basic realm=\"git\"");
            return asked.body(Body::empty()).unwrap();
        }
        let said = format!("bad login {} by {proof} at {uri} with {known}\n", String::from_utf8_lossy(&decoded));
        let answer = Response::builder().status(403).header("content-type", "text/plain");
        answer.body(Body::from(said)).unwrap()
    })
}

#[test]
fn what_git_is_let_in_by_is_cut_out_of_what_the_remote_says() {
    let server = gatekeeper(JOB_TOKEN);
    let place = format!("http://{}/x.git", server.address);
    let basic = STANDARD.encode(format!("ci:{PASSWORD}"));
    let with_password = place.replace("http://", &format!("http://ci:{PASSWORD}@"));
    // In --state, in the address of a remote, and as actions/checkout leaves it.
    let header = format!("AUTHORIZATION: basic {basic}");
    let extra = format!("http.http://{}/.extraheader", server.address);
    for (state, settings) in [
        (format!("git:{with_password}"), &[][..]),
        ("git:origin".to_owned(), &[("remote.origin.url", with_password.as_str())]),
        ("git:origin".to_owned(), &[("remote.origin.url", place.as_str()), (&extra, &header)]),
    ] {
        let world = world(&[("POLICYSYNC_STATE", &state), ("CI_JOB_TOKEN", JOB_TOKEN)]);
        git(world.path(), &["init", "--quiet"]);
        settings.iter().for_each(|(name, value)| drop(git(world.path(), &["config", name, value])));
        for log in ["text", "json"] {
            let ran = world.run(&["plan", "-vv", "--log-format", log]);
            assert_eq!(ran.code, Some(1), "{ran}");
            assert!(ran.err.contains("the remote says: bad login [REDACTED] by"), "{ran}");
            none_shows(&ran, [PASSWORD, &basic, JOB_TOKEN]);
        }
    }
}

#[test]
fn a_slip_in_an_address_shows_no_password() {
    for state in [
        format!("git:user:{PASSWORD}@h:x://y"),
        format!("git:ext::sh -c 'exit 1 {PASSWORD} https://h/x'"),
        format!("https:/ci:{PASSWORD}@h/x"),
        format!("https:{PASSWORD}@h/x"),
        format!("ssh:ci:{PASSWORD}@h"),
        format!("s3:/ci:{PASSWORD}@records"),
    ] {
        // ssh would look for a machine of that name.
        let world = world(&[("POLICYSYNC_STATE", &state), ("GIT_SSH_COMMAND", "false")]);
        for log in ["text", "json"] {
            let ran = world.run(&["plan", "-vv", "--log-format", log]);
            assert!(ran.code == Some(1) || ran.code == Some(64), "{ran}");
            none_shows(&ran, [PASSWORD]);
        }
    }
}
