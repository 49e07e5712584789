//! Over HTTP, as a CI checkout reaches its remote: `git http-backend` behind a server that lets in only who has the token,
//! and a token that only the checkout's own settings know.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use policysync::state::{BRANCH, GitStore, Store};

use super::{Bare, HERMETIC, git, numbered, saved};
use crate::store_contract::{name, run};

/// The header that opens the door; what it holds must show up nowhere.
const TOKEN: &str = "AUTHORIZATION: basic Y2FuYXJ5LXRva2Vu";

/// A server on loopback, for as long as it is kept.
pub struct Server {
    pub address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    /// One that answers each request by a function that may wait.
    pub fn answering(
        answer: impl Fn(&Method, &Uri, &HeaderMap, &Bytes) -> Response<Body> + Send + Sync + 'static,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(answer);
        let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Body| {
            let answer = Arc::clone(&answer);
            async move {
                let body = to_bytes(body, usize::MAX).await.unwrap();
                tokio::task::spawn_blocking(move || answer(&method, &uri, &headers, &body)).await.unwrap()
            }
        };
        let router = axum::Router::new().fallback(handler);
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, _runtime: runtime }
    }

    /// One that serves the repositories in a folder to who says this.
    fn of_repositories(root: PathBuf, authorization: &'static str) -> Self {
        Self::answering(move |method, uri, headers, body| backend(&root, authorization, (method, uri, headers, body)))
    }
}

/// One request, answered by git's own CGI program.
pub fn backend(
    root: &Path,
    authorization: &str,
    (method, uri, headers, body): (&Method, &Uri, &HeaderMap, &Bytes),
) -> Response<Body> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let answer = |status: StatusCode| Response::builder().status(status);
    if headers.get_all("authorization").iter().count() != 1 || header("authorization") != authorization {
        let asked = answer(StatusCode::UNAUTHORIZED).header("www-authenticate", "Basic realm=\"git\"");
        return asked.body(Body::empty()).unwrap();
    }
    let mut child = Command::new("git")
        .arg("http-backend")
        .envs(HERMETIC.iter().copied())
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REMOTE_USER", "ci")
        .env("REQUEST_METHOD", method.as_str())
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", header("content-type"))
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, body) = (child.stdin.take().unwrap(), body.clone());
    let feeding = std::thread::spawn(move || stdin.write_all(&body));
    let out = child.wait_with_output().unwrap().stdout;
    // It may answer without having read all.
    let _ = feeding.join().unwrap();
    let end = out.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has headers");
    let mut response = answer(StatusCode::OK);
    for line in String::from_utf8_lossy(&out[..end]).lines() {
        let (name, value) = line.split_once(": ").expect("a header");
        response = match name {
            "Status" => response.status(value[..3].parse::<u16>().unwrap()),
            _ => response.header(name, value),
        };
    }
    response.body(Body::from(out[end + 4..].to_vec())).unwrap()
}

#[test]
fn over_http_with_a_token_that_holds_only_in_the_checkout() {
    let bare = Bare::by_path();
    git(&bare.path(), &["config", "http.receivepack", "true"]);
    let server = Server::of_repositories(bare.folder.path().to_owned(), &TOKEN["AUTHORIZATION: ".len()..]);
    let url = format!("http://{}/remote.git", server.address);
    git(bare.folder.path(), &["init", "--quiet", "checkout"]);
    let checkout = bare.folder.path().join("checkout");
    git(&checkout, &["remote", "add", "origin", &url]);
    let store = || {
        let store = GitStore::new("origin", BRANCH).in_folder(&checkout);
        HERMETIC.iter().fold(store, |store, (name, value)| store.with_variable(name, value))
    };

    // Without the token the remote lets nobody in, and nobody is asked for one.
    let error = run(store().probe()).expect_err("nobody is let in");
    assert!(error.hint().contains("permissions: contents: write"), "{error}: {:?}", error.hint());

    // As actions/checkout leaves it: in a file of its own, included only for this very repository.
    let credentials = bare.folder.path().join("credentials");
    git(
        &checkout,
        &[
            "config",
            "--file",
            credentials.to_str().unwrap(),
            &format!("http.http://{}/.extraheader", server.address),
            TOKEN,
        ],
    );
    let git_folder = checkout.join(".git").canonicalize().unwrap();
    let condition = format!("includeIf.gitdir:{}.path", git_folder.display());
    git(&checkout, &["config", &condition, credentials.to_str().unwrap()]);
    let (mine, theirs) = (store(), store());
    run(mine.probe()).expect("the token opens the door");
    let first = saved(&mine, "acme", 1, None);
    // More than git sends in one piece.
    let large = policysync::state::Record { serial: 2, ..crate::store_contract::record("acme", 3_000, 1_000) };
    let second = run(mine.save_if(&large, Some(&first))).expect("a large record is saved");
    assert_eq!(run(theirs.load(&name("acme"))).unwrap(), Some((large, second.clone())));
    saved(&theirs, "acme", 3, Some(&second));
    assert_eq!(run(mine.load(&name("acme"))).unwrap().unwrap().0, numbered("acme", 3));
    let said = format!("{:?}", run(store().save_if(&numbered("acme", 4), Some(&first))));
    assert!(said.contains("Conflict") && !said.contains("Y2FuYXJ5"), "{said}");
}
