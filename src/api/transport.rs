//! One request, one answer: no retry, no redirect, bounded in time and size, through a proxy only where the rule says so.

use std::task::Poll;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Body, Certificate, Client, ClientBuilder, Method, NoProxy, Proxy, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::answer::Answer;
use super::fault::{Cause, CauseKind};
use super::proxy::{ProxySettings, host_and_port};
use super::retry::retry_after;
use super::timed_body::TimedBody;
use super::{ApiError, Limits, Token};
use crate::domain::Endpoint;
use crate::failpoint::reach;

/// How much of an answer that says no is read, in bytes. Only its first words are shown.
const REFUSAL: usize = 64 * 1024;

/// How long a connection waits for its next call. Shorter than the 5 s after which Node's server hangs up, so that no POST
/// meets a connection that is about to be closed and ends in doubt.
const IDLE: Duration = Duration::from_secs(4);

/// A request that can be sent any number of times.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Vec<u8>>,
}

impl Request {
    pub(super) fn new(method: Method, url: Url) -> Self {
        Self { method, url, body: None }
    }

    pub(super) fn with_json(self, body: &impl serde::Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("a body is a struct of texts and numbers, which JSON can hold");
        Self { body: Some(body), ..self }
    }

    pub(super) fn method_name(&self) -> &'static str {
        [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE]
            .iter()
            .zip(["GET", "POST", "PUT", "PATCH", "DELETE"])
            .find_map(|(method, name)| (*method == self.method).then_some(name))
            .unwrap_or_default()
    }

    pub(super) fn path_and_query(&self) -> String {
        let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", self.url.path())
    }
}

/// The HTTP client and its bounds.
pub(super) struct Transport {
    client: Client,
    /// The service's host and port, for errors.
    host: String,
    /// The proxy's, where one may stand in between.
    proxy: Option<String>,
    call: Duration,
    connect: Duration,
    answer: usize,
}

impl Transport {
    pub(super) fn open(endpoint: &Endpoint, limits: &Limits, proxies: &ProxySettings) -> Result<Self, ApiError> {
        // A provider that is installed already is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let proxy = proxies.applying_to(endpoint);
        let builder = || {
            let builder = builder(limits, proxy, proxies.no_proxy.as_deref())?;
            // Certificates take longer to load than a call to loopback takes; in the clear there is nobody to judge by them.
            Ok(if endpoint.is_plain_http() { builder.tls_certs_only([]) } else { builder.https_only(true) })
        };
        let host = host_and_port(&endpoint.join(&[]));
        // Where the system has no certificates at all, those of Mozilla's list stand in for it.
        let client = builder()
            .and_then(ClientBuilder::build)
            .or_else(|_: reqwest::Error| builder()?.tls_certs_only(bundled_roots()).build())
            .map_err(|error| ApiError::NotSent { host: host.clone(), source: Box::new(Cause::of(&error)) })?;
        let (call, connect, answer) = (limits.call, limits.connect(), limits.answer);
        Ok(Self { client, host, proxy: proxy.map(host_and_port), call, connect, answer })
    }

    /// Sends a request once. Its body is handed over before `until`, or not at all.
    ///
    /// # Errors
    /// [`ApiError::NotSent`] if surely nothing of it was written, [`ApiError::Broken`] if something may have been,
    /// [`ApiError::TooLarge`].
    pub(super) async fn send(
        &self,
        request: &Request,
        token: Option<&Token>,
        until: Option<std::time::Instant>,
    ) -> Result<Answer, ApiError> {
        let mut call = self.client.request(request.method.clone(), request.url.clone());
        if let Some(token) = token {
            call = call.header(AUTHORIZATION, bearer(token));
        }
        let end = Instant::now() + self.call;
        if let Some(body) = &request.body {
            let until = until.map_or(end, |until| end.min(until.into()));
            let body = Body::wrap(TimedBody::new(body.clone(), until));
            call = call.header(CONTENT_TYPE, "application/json").body(body);
        }
        let method = request.method_name();
        reach(format_args!("{method}/about to be sent"));
        let answer = match before(end, call.send()).await {
            Some(Ok(response)) => self.receive(response, end).await,
            Some(Err(error)) => Err(self.fault(&error)),
            None => Err(self.too_late("no answer")),
        };
        reach(format_args!("{method}/answered"));
        answer
    }

    async fn receive(&self, mut response: Response, end: Instant) -> Result<Answer, ApiError> {
        let headers = response.headers();
        let mut answer = Answer {
            status: response.status().as_u16(),
            retry_after: text(headers, &RETRY_AFTER).and_then(|value| retry_after(value, text(headers, &DATE))),
            date: text(headers, &DATE).and_then(|value| httpdate::parse_http_date(value).ok()),
            location: text(headers, &LOCATION).map(ToOwned::to_owned),
            body: Vec::new(),
            whole: false,
            asked_too_long: None,
            sent_again: false,
        };
        let success = answer.is_success();
        let cap = if success { self.answer } else { REFUSAL.min(self.answer) };
        let told = response.content_length().and_then(|told| usize::try_from(told).ok());
        if success && told.is_some_and(|told| told > cap) {
            return Err(ApiError::TooLarge { limit: cap });
        }
        loop {
            let chunk = match timeout_at(end, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => {
                    answer.whole = true;
                    return Ok(answer);
                }
                // The status of a refusal says enough; whatever is missing was only for people to read.
                Ok(Err(_)) | Err(_) if !success => return Ok(answer),
                Ok(Err(error)) => {
                    let what = format!("{} closed the connection in the middle of its answer", self.host);
                    return Err(ApiError::Broken { what, source: Some(Box::new(Cause::of(&error))) });
                }
                Err(_) => return Err(self.too_late("no whole answer")),
            };
            let room = cap - answer.body.len();
            if chunk.len() > room {
                if success {
                    return Err(ApiError::TooLarge { limit: cap });
                }
                answer.body.extend_from_slice(&chunk[..room]);
                return Ok(answer);
            }
            answer.body.extend_from_slice(&chunk);
        }
    }

    fn too_late(&self, what: &str) -> ApiError {
        let Self { host, call, .. } = self;
        ApiError::Broken { what: format!("{what} from {host} within {:?} (--timeout)", in_millis(*call)), source: None }
    }

    fn fault(&self, error: &reqwest::Error) -> ApiError {
        let host = self.host.clone();
        if !error.is_connect() && !error.is_builder() {
            let what = format!("{host} closed the connection before its answer");
            // Where that is all the cause says, it is said already.
            let cause = Some(Cause::of(error)).filter(|cause| !cause.to_string().starts_with("connection closed"));
            return ApiError::Broken { what, source: cause.map(|cause| Box::new(cause) as _) };
        }
        let cause = match Cause::of(error) {
            Cause { kind: CauseKind::Time, .. } => {
                let text = format!("no connection within {:?} (two thirds of --timeout)", in_millis(self.connect));
                Cause::new(CauseKind::Time, text)
            }
            cause => cause,
        };
        let cause = match &self.proxy {
            Some(proxy) => cause.with_proxy(proxy),
            None => cause,
        };
        ApiError::NotSent { host, source: Box::new(cause) }
    }
}

/// A time as a person would say it: `15s`, `1.5s`, `666ms`.
fn in_millis(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// Sees some work to its end, unless its time is over before. The clock is looked at before each step of it: a process that
/// was stopped for longer than a call may take must not send it when it wakes up, since others count on that.
async fn before<T>(end: Instant, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    let in_time = std::future::poll_fn(|cx| match Instant::now() < end {
        true => work.as_mut().poll(cx).map(Some),
        false => Poll::Ready(None),
    });
    timeout_at(end, in_time).await.ok().flatten()
}

fn builder(limits: &Limits, proxy: Option<&Url>, no_proxy: Option<&str>) -> reqwest::Result<ClientBuilder> {
    let accept = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    let builder = Client::builder()
        .user_agent(concat!("policysync/", env!("CARGO_PKG_VERSION")))
        .default_headers(accept)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .tcp_nodelay(true)
        .connect_timeout(limits.connect())
        .pool_idle_timeout(IDLE);
    Ok(match proxy {
        Some(proxy) => builder.proxy(Proxy::https(proxy.clone())?.no_proxy(no_proxy.and_then(NoProxy::from_string))),
        None => builder,
    })
}

fn bundled_roots() -> Vec<Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| Certificate::from_der(der).ok()).collect()
}

fn bearer(token: &Token) -> HeaderValue {
    let value = format!("Bearer {}", token.expose());
    let mut value = HeaderValue::try_from(value).expect("a token is printable ASCII, which a header may hold");
    value.set_sensitive(true);
    value
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_has_no_time_left_is_not_begun() {
        let mut begun = false;
        let end = Instant::now();
        assert_eq!(before(end, async { begun = true }).await, None);
        assert!(!begun, "it was due, and not looked at any more");
        assert_eq!(before(end + Duration::from_secs(1), async { 1 }).await, Some(1));
        assert_eq!(before(end + Duration::from_secs(1), std::future::pending::<()>()).await, None);
    }

    #[test]
    fn mozillas_list_stands_in_where_the_system_has_no_certificates() {
        drop(rustls::crypto::ring::default_provider().install_default());
        assert!(bundled_roots().len() > 50);
        let client = builder(&Limits::default(), None, None).map(|builder| builder.tls_certs_only(bundled_roots()));
        assert!(client.and_then(ClientBuilder::build).is_ok());
    }
}
