//! A server that does exactly what a test tells it, byte by byte, and remembers what it was sent.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use policysync::api::{ApiError, CallEvent, Limits, LivePolicy, Observe, ProxySettings, Session, Token, Unobserved};
use policysync::domain::{ActionType, OrgId, Policy, PolicyId, RiskType, Scope, ScopedPolicy};

/// What stands for the access token: it must show up nowhere.
pub(crate) const ACCESS: &str = "canary-access-0123456789";
/// What stands for the refresh token.
pub(crate) const REFRESH: &str = "canary-refresh-0123456789";

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) target: String,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What is done about a request.
pub(crate) enum Reply {
    /// These bytes; the connection stays.
    Send(Vec<u8>),
    /// These bytes; then the connection is closed.
    SendAndClose(Vec<u8>),
    /// These bytes over and over, until the other side has had enough.
    SendForEver(Vec<u8>),
    /// These bytes, then one more every few milliseconds, until the other side has had enough.
    Drip(Vec<u8>),
    /// Nothing, until the other side has had enough.
    Hang,
}

/// When a server hangs up without having read what it was sent.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Manners {
    /// It reads whole requests.
    Good,
    /// It closes each connection at once.
    ClosesAtOnce,
    /// It reads the first line alone: the system then resets the connection.
    Resets,
}

type Handler = dyn Fn(usize, &Received) -> Reply + Send + Sync;

pub(crate) struct Server {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Server {
    /// Answers request number n (from 0) by `handler`.
    pub(crate) fn start(handler: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::with_manners(Manners::Good, handler)
    }

    /// Answers each request with the same bytes.
    pub(crate) fn always(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |_, _| Reply::Send(bytes.clone()))
    }

    /// Answers the first requests with these, all further ones with the last.
    pub(crate) fn in_turn(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let answers: Vec<Vec<u8>> = answers.into_iter().collect();
        Self::start(move |n, _| Reply::Send(answers[n.min(answers.len() - 1)].clone()))
    }

    pub(crate) fn with_manners(
        manners: Manners,
        handler: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let server = Self {
            address: listener.local_addr().unwrap(),
            received: Arc::default(),
            connections: Arc::default(),
            over: Arc::default(),
        };
        let (received, connections, over) = (server.received.clone(), server.connections.clone(), server.over.clone());
        let handler: Arc<Handler> = Arc::new(handler);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                connections.fetch_add(1, Ordering::SeqCst);
                let (received, handler) = (received.clone(), handler.clone());
                let stream = stream.unwrap();
                // An error on a connection is the client's doing, and its business.
                std::thread::spawn(move || drop(serve(stream, manners, &received, &*handler)));
            }
        });
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        let is = |seen: &&Received| seen.method == method && seen.target.split('?').next() == Some(path);
        self.received().iter().filter(is).count()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(
    stream: TcpStream,
    manners: Manners,
    received: &Mutex<Vec<Received>>,
    handler: &Handler,
) -> std::io::Result<()> {
    if manners == Manners::ClosesAtOnce {
        return Ok(());
    }
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::with_capacity(1, stream);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
        let (method, target) = (method.to_owned(), target.to_owned());
        if manners == Manners::Resets {
            return Ok(());
        }
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let request = Received { method, target, headers, body: String::from_utf8(body).unwrap() };
        let n = {
            let mut received = received.lock().unwrap();
            received.push(request.clone());
            received.len() - 1
        };
        match handler(n, &request) {
            Reply::Send(bytes) => writer.write_all(&bytes)?,
            Reply::SendAndClose(bytes) => return writer.write_all(&bytes),
            Reply::SendForEver(bytes) => loop {
                writer.write_all(&bytes)?;
            },
            Reply::Drip(bytes) => {
                writer.write_all(&bytes)?;
                // The pace of the drip: the time runs out only as long as the client says nothing and stays.
                reader.get_ref().set_read_timeout(Some(Duration::from_millis(5)))?;
                while matches!(reader.read(&mut [0]), Err(e) if e.kind() == std::io::ErrorKind::WouldBlock) {
                    writer.write_all(b" ")?;
                }
                return Ok(());
            }
            Reply::Hang => {
                reader.read_to_end(&mut Vec::new())?;
                return Ok(());
            }
        }
    }
}

/// An answer with a body, in one piece, its length told.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub(crate) fn json(status: u16, body: &serde_json::Value) -> Vec<u8> {
    answer(status, "Content-Type: application/json\r\n", &body.to_string())
}

/// The service's own way to say no.
pub(crate) fn failure(status: u16, message: &str) -> Vec<u8> {
    json(status, &serde_json::json!({"success": false, "message": message}))
}

pub(crate) fn policy_json(id: &str) -> serde_json::Value {
    serde_json::json!({
        "id": id, "orgId": "o", "workspaceId": null, "repoId": null,
        "name": "PII", "content": "Do not.", "riskType": "HIGH", "actionType": 2,
        "createdBy": {"id": "u-1", "name": "Ada", "lastName": "L", "email": "a@x.example"},
        "createdAt": "2026-11-22T10:00:00.000Z",
        "lastUpdatedBy": {"id": "u-1", "name": "Ada", "lastName": "L", "email": "a@x.example"},
        "lastUpdatedAt": "2026-11-22T10:00:00.000Z",
    })
}

pub(crate) fn one_policy(status: u16, id: &str) -> Vec<u8> {
    json(status, &serde_json::json!({"success": true, "policy": policy_json(id)}))
}

pub(crate) fn no_policies() -> Vec<u8> {
    json(200, &serde_json::json!({"success": true, "policies": []}))
}

pub(crate) fn org() -> Scope {
    Scope::Organization { org: OrgId::new("o").unwrap() }
}

pub(crate) fn wanted() -> ScopedPolicy {
    named("PII")
}

pub(crate) fn named(name: &str) -> ScopedPolicy {
    let policy = Policy::new(name.into(), "Do not.".into(), RiskType::High, ActionType::Block).unwrap();
    ScopedPolicy { scope: org(), policy }
}

pub(crate) fn id(text: &str) -> PolicyId {
    PolicyId::new(text).unwrap()
}

/// Bounds that make a test quick; the call's time is ample, so that a busy machine fails none.
pub(crate) fn quick() -> Limits {
    Limits { call: Duration::from_secs(20), attempts: 3, backoff: Duration::from_millis(1), ..Limits::default() }
}

/// Bounds for what never answers.
pub(crate) fn hasty() -> Limits {
    Limits { call: Duration::from_millis(300), attempts: 1, ..quick() }
}

pub(crate) fn session(url: &str, limits: Limits) -> Session {
    observed(url, limits, Arc::new(Unobserved))
}

pub(crate) fn observed(url: &str, limits: Limits, observer: Arc<dyn Observe>) -> Session {
    let token = Token::new(ACCESS.into()).unwrap();
    Session::open(url.parse().unwrap(), token, None, limits, observer, &ProxySettings::default()).unwrap()
}

/// A session with a refresh token too.
pub(crate) fn refreshing(url: &str, limits: Limits) -> Session {
    refreshing_observed(url, limits, Arc::new(Unobserved))
}

pub(crate) fn refreshing_observed(url: &str, limits: Limits, observer: Arc<dyn Observe>) -> Session {
    let (token, refresh) = (Token::new(ACCESS.into()).unwrap(), Token::new_refresh(REFRESH.into()).unwrap());
    Session::open(url.parse().unwrap(), token, Some(refresh), limits, observer, &ProxySettings::default()).unwrap()
}

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<CallEvent>>);

impl Log {
    pub(crate) fn events(&self) -> Vec<CallEvent> {
        self.0.lock().unwrap().clone()
    }
}

impl Observe for Log {
    fn call(&self, event: &CallEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// All that an error can show of itself, after a look for the canaries.
pub(crate) fn shown(error: &ApiError) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n{:?}", error.hint());
    let mut below = std::error::Error::source(error);
    while let Some(error) = below {
        text.push_str(&format!("\n{error}\n{error:?}"));
        below = error.source();
    }
    assert!(!text.contains("canary"), "a token shows: {text}");
    text
}

/// The one thing that went wrong.
pub(crate) fn failed(result: Result<Vec<LivePolicy>, ApiError>) -> ApiError {
    result.expect_err("the call fails")
}
