//! One request on its way through the sandbox: noted, broken where the fault plan says so, answered.
//!
//! What a request asks for happens in a task of its own: a client that hangs up stops nothing, as with a real service.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;

use super::answer::Failure;
use super::broken_body::{drip, endless, half};
use super::faults::{Fault, FaultBody, Moment};
use super::latency::Latency;
use super::requests::{Outcome, Requests};
use super::routes::{Service, bearer};

/// The largest body that is taken, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// The most that is read of one that is too large, so that its sender gets to read the answer.
const MAX_DISCARDED: usize = 16 * MAX_BODY;

/// The connection ends here, without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed without an answer")]
pub(super) struct Cut;

/// What all connections share.
pub(super) struct Server {
    pub(super) service: Arc<Service>,
    pub(super) requests: Requests,
    pub(super) routes: TowerToHyperService<Router>,
    pub(super) latency: Latency,
}

/// An answer as the service gives it.
struct Whole {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Whole {
    fn with(self, body: impl Into<Body>) -> Response<Body> {
        let mut response = Response::new(body.into());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    /// The same with another text in it.
    fn saying(mut self, body: impl Into<Bytes>) -> Self {
        self.headers.remove(header::CONTENT_LENGTH);
        self.body = body.into();
        self
    }

    fn sent(self) -> Response<Body> {
        let body = self.body.clone();
        self.with(body)
    }
}

enum Received {
    Body(Bytes),
    TooLarge,
    BrokenOff,
}

/// Notes that the client left, unless something else was noted before.
struct Watch<'a> {
    server: &'a Server,
    seq: u64,
    token: Option<&'a str>,
    noted: bool,
}

impl Watch<'_> {
    fn note(mut self, outcome: Outcome) -> std::io::Result<()> {
        self.noted = true;
        self.server.requests.done(self.seq, outcome, self.token)
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.noted {
            // Nobody is left to hear of a journal that can't be written.
            let _unheard = self.server.requests.done(self.seq, Outcome::Gone, self.token);
        }
    }
}

impl Server {
    /// Answers one request, or ends its connection.
    pub(super) async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
        let (parts, body) = request.into_parts();
        let token = bearer(&parts.headers).map(str::to_owned);
        let (seq, fault) = self.requests.arrive(parts.method.as_str(), parts.uri.path(), parts.uri.query());
        let watch = Watch { server: &self, seq, token: token.as_deref(), noted: false };
        let answered = match receive(body).await {
            Received::BrokenOff => Err(Cut),
            Received::TooLarge => Ok(too_large()),
            Received::Body(bytes) => {
                self.requests.body(seq, serde_json::from_slice::<Value>(&bytes).ok());
                let request = Request::from_parts(parts, Body::from(bytes));
                match fault {
                    None => Ok(self.perform(request, Duration::ZERO).await?.sent()),
                    Some(fault) => self.break_it(fault, request, token.as_deref()).await,
                }
            }
        };
        self.latency.hold().await;
        let outcome = answered.as_ref().map_or(Outcome::Cut, |response| Outcome::Answered(response.status().as_u16()));
        match (watch.note(outcome), answered) {
            (Err(failed), Ok(_)) => {
                let message = format!("the journal can't be written: {failed}");
                Ok(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, message).into_response())
            }
            (_, answered) => answered,
        }
    }

    /// Lets a request take effect after a wait, whether its client stays or not.
    async fn perform(self: &Arc<Self>, request: Request<Body>, wait: Duration) -> Result<Whole, Cut> {
        self.start(request, wait).await.map_err(|_| Cut)
    }

    fn start(self: &Arc<Self>, request: Request<Body>, wait: Duration) -> tokio::task::JoinHandle<Whole> {
        let server = Arc::clone(self);
        tokio::spawn(async move {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            let response = match server.routes.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let (parts, body) = response.into_parts();
            // The routes answer from memory, so their bodies have no end to break off at.
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
            Whole { status: parts.status, headers: parts.headers, body }
        })
    }

    async fn break_it(
        self: &Arc<Self>,
        fault: Fault,
        request: Request<Body>,
        token: Option<&str>,
    ) -> Result<Response<Body>, Cut> {
        let at_once = Duration::ZERO;
        match fault {
            Fault::Status { code, body, retry_after, effect } => {
                if effect {
                    self.perform(request, at_once).await?;
                }
                Ok(false_answer(code, body, retry_after.as_deref()))
            }
            Fault::Delay { ms, effect: Moment::Before } => {
                let whole = self.perform(request, at_once).await?;
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(whole.sent())
            }
            Fault::Delay { ms, effect: Moment::After } => {
                // Here the wait is the service's own: a client that leaves during it takes its request along.
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(self.perform(request, at_once).await?.sent())
            }
            Fault::Late { ms, cut, code } => {
                let effect = self.start(request, Duration::from_millis(ms));
                match (cut, code) {
                    (true, _) => Err(Cut),
                    (false, Some(code)) => Ok(false_answer(code, FaultBody::Html, None)),
                    (false, None) => Ok(effect.await.map_err(|_| Cut)?.sent()),
                }
            }
            Fault::CutBefore => Err(Cut),
            Fault::CutAfter => self.perform(request, at_once).await.and(Err(Cut)),
            Fault::HalfAnswer => {
                let whole = self.perform(request, at_once).await?;
                let body = half(&whole.body);
                Ok(whole.with(body))
            }
            Fault::NoId => self.perform(request, at_once).await.map(|whole| without_id(whole).sent()),
            Fault::Unreadable => {
                self.perform(request, at_once).await.map(|whole| whole.saying("{\"success\":tr\u{0}").sent())
            }
            Fault::Redirect { to, code } => {
                let mut response = false_answer(code, FaultBody::Empty, None);
                put(&mut response, header::LOCATION, &to);
                Ok(response)
            }
            Fault::Drip { ms } => {
                let whole = self.perform(request, at_once).await?;
                let body = drip(whole.body.clone(), Duration::from_millis(ms));
                Ok(whole.with(body))
            }
            Fault::Huge => {
                let mut whole = self.perform(request, at_once).await?;
                whole.headers.remove(header::CONTENT_LENGTH);
                Ok(whole.with(endless()))
            }
            Fault::Expire => {
                if let Some(token) = token {
                    self.service.sessions.expire(token);
                }
                Ok(self.perform(request, at_once).await?.sent())
            }
        }
    }
}

async fn receive(mut body: Incoming) -> Received {
    let mut bytes = Vec::new();
    let mut total = 0;
    loop {
        let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await;
        match frame {
            None if total > MAX_BODY => return Received::TooLarge,
            None => return Received::Body(bytes.into()),
            Some(Err(_)) => return Received::BrokenOff,
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                total += data.len();
                if total > MAX_DISCARDED {
                    return Received::TooLarge;
                }
                if total > MAX_BODY {
                    bytes = Vec::new();
                } else {
                    bytes.extend_from_slice(&data);
                }
            }
        }
    }
}

fn too_large() -> Response<Body> {
    let message = format!("the body is larger than {MAX_BODY} bytes");
    let mut response = Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message).into_response();
    put(&mut response, header::CONNECTION, "close");
    response
}

fn put(response: &mut Response<Body>, name: header::HeaderName, value: &str) {
    // A plan's values were checked when it was read; one that a test built wrongly is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn false_answer(code: u16, body: FaultBody, retry_after: Option<&str>) -> Response<Body> {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Fault");
    let mut response = match body {
        FaultBody::Json => Failure::new(status, reason).into_response(),
        FaultBody::Html => {
            let page = format!(
                "<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body>\r\n<center><h1>{code} {reason}</h1></center>\r\n</body>\r\n</html>\r\n"
            );
            (status, [(header::CONTENT_TYPE, "text/html")], page).into_response()
        }
        FaultBody::Empty => status.into_response(),
        FaultBody::Text => (status, [(header::CONTENT_TYPE, "text/plain")], format!("{reason}\n")).into_response(),
    };
    if let Some(text) = retry_after {
        put(&mut response, header::RETRY_AFTER, text);
    }
    response
}

fn without_id(whole: Whole) -> Whole {
    let Ok(mut shown) = serde_json::from_slice::<Value>(&whole.body) else { return whole };
    if let Some(policy) = shown.get_mut("policy").and_then(Value::as_object_mut) {
        policy.remove("id");
    }
    let text = shown.to_string();
    whole.saying(text)
}
