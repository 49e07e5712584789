//! How an object store is spoken to, whatever the crate above would do: no redirect is followed, no proxy stands before
//! loopback or plain http, nothing goes in the clear to another machine unless the user said so, and answers have a size.
//! What comes of each request is heard ([`super::hearing`]).

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use reqwest::{Certificate, Client, ClientBuilder};
use url::{Host, Url};

use super::body::Told;
use super::hearing::{Going, Said, What};
use super::secrets::of_request;
use crate::state::secrets::Secrets;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a machine's own credential service may take: it is next door, or not there at all.
const NEXT_DOOR: Duration = Duration::from_secs(2);
/// The largest answer that is no object: a page of a list, a token.
const PAGE: usize = 16 * 1024 * 1024;
/// How much is read of an answer that says no.
const REFUSAL: usize = 64 * 1024;
/// How much of a store's own words is shown.
const WORDS: usize = 300;

/// Speaks for one bucket.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    bucket: String,
    /// Whether the user said that records may go in the clear.
    in_the_clear: bool,
    /// Those of the environment.
    secrets: Secrets,
    /// Without a proxy.
    direct: Client,
    /// Through the proxy of the environment, where there is one.
    outward: Client,
}

impl Wire {
    pub(super) fn new(bucket: &str, in_the_clear: bool, secrets: Secrets) -> Result<Self, String> {
        // A provider that is installed already is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let direct = client(|| builder().no_proxy())?;
        let outward = client(|| builder().https_only(true))?;
        Ok(Self { bucket: bucket.to_owned(), in_the_clear, secrets, direct, outward })
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let url =
            Url::parse(&request.uri().to_string()).map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let (host, about_bucket) = (host_and_port(&url), is_about(&url, &self.bucket));
        let mut going = Going::begin(request.method().as_str(), &url, host, about_bucket);
        let is_plain = url.scheme() != "https";
        if is_plain && !(is_loopback(&url) || is_next_door(&url) || self.in_the_clear) {
            going.over(What::InTheClear);
            return Err(HttpError::new(HttpErrorKind::Unknown, std::io::Error::other("it would go in the clear")));
        }
        let secrets = self.secrets.and(of_request(&request, &url, about_bucket));
        let is_object = about_bucket && request.method().as_str() == "GET" && !is_list(&url);
        let client = if is_plain || is_loopback(&url) { &self.direct } else { &self.outward };
        going.is_sent();
        let answered = if is_next_door(&url) {
            let late = |_| HttpError::new(HttpErrorKind::Timeout, std::io::Error::other("no answer within 2s"));
            tokio::time::timeout(NEXT_DOOR, HttpService::call(client, request)).await.map_err(late).flatten()
        } else {
            HttpService::call(client, request).await
        };
        let (parts, mut body) = answered.inspect_err(|error| going.over(fault(error, &secrets)))?.into_parts();
        let is_good = parts.status.is_success();
        let header =
            |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(|value| secrets.cut(value));
        let mut said = Said { status: parts.status.as_u16(), region: header("x-amz-bucket-region"), ..Said::default() };
        if is_good && is_object {
            let body = HttpResponseBody::new(Told::new(body, going, said, secrets));
            return Ok(HttpResponse::from_parts(parts, body));
        }
        let read = read(&mut body, if is_good { PAGE } else { REFUSAL }).await;
        let bytes = match read {
            Ok((bytes, true)) => bytes,
            // The status of a refusal says enough.
            Ok((bytes, false)) | Err((bytes, _)) if !is_good => bytes,
            Ok((_, false)) => {
                let error = HttpError::new(HttpErrorKind::Decode, std::io::Error::other("the answer is too large"));
                going.over(fault(&error, &secrets));
                return Err(error);
            }
            Err((_, error)) => {
                going.over(fault(&error, &secrets));
                return Err(error);
            }
        };
        let bytes = if is_good {
            bytes
        } else {
            // The crate wants text in a refusal's body.
            let text = secrets.cut(&String::from_utf8_lossy(&bytes));
            (said.code, said.message) = explained(&text, &secrets);
            said.code = header("x-ms-error-code").or(said.code);
            Bytes::from(text)
        };
        going.over(What::Answer(said));
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::from(bytes)))
    }
}

impl HttpConnector for Wire {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Wire {
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(self.send(request))
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("policysync/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Compression would hide how large an object is.
        .no_gzip()
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(CONNECT)
}

/// Builds a client; where the system has no certificates at all, those of Mozilla's list stand in for it.
fn client(builder: impl Fn() -> ClientBuilder) -> Result<Client, String> {
    let bundled = || webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| Certificate::from_der(der).ok());
    let built = builder().build().or_else(|_| builder().tls_certs_only(bundled()).build());
    built.map_err(|error| root_cause(&error))
}

/// Reads a body up to a limit, and whether that was all of it; what was read so far beside an error.
async fn read(body: &mut HttpResponseBody, limit: usize) -> Result<(Bytes, bool), (Bytes, HttpError)> {
    let mut read = BytesMut::new();
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
        let data = match frame {
            Ok(frame) => frame.into_data().unwrap_or_default(),
            Err(error) => return Err((read.freeze(), error)),
        };
        let room = limit - read.len();
        read.extend_from_slice(&data[..room.min(data.len())]);
        if data.len() > room {
            return Ok((read.freeze(), false));
        }
    }
    Ok((read.freeze(), true))
}

/// What came of a request that has no answer, or not a whole one.
pub(super) fn fault(error: &HttpError, secrets: &Secrets) -> What {
    let untrusted = chain(error)
        .any(|error| matches!(error.downcast_ref::<rustls::Error>(), Some(rustls::Error::InvalidCertificate(_))));
    What::Fault { text: secrets.cut(&root_cause(error)), sent: error.kind() != HttpErrorKind::Connect, untrusted }
}

/// An error and those below it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| below(*error))
}

/// The next error down. An I/O error that wraps another one hides it from `source()`.
fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// The last words of an error: those above it name libraries.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    chain(error).map(ToString::to_string).filter(|text| !text.is_empty()).last().unwrap_or_default()
}

/// A refusal's code and message, in XML as stores write it, or the description of an OAuth error.
fn explained(text: &str, secrets: &Secrets) -> (Option<String>, Option<String>) {
    let tag = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once('<').map(|(inner, _)| first_line(&unescaped(inner), secrets)).filter(|inner| !inner.is_empty())
    };
    if let Some(code) = tag("Code") {
        return (Some(code), tag("Message"));
    }
    let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let field = |name: &str| {
        json.as_ref().and_then(|json| json.get(name)?.as_str()).map(|text| first_line(&unescaped(text), secrets))
    };
    (field("error"), field("error_description"))
}

/// The text that XML was made of. The pages that some answer with are in JSON too.
fn unescaped(text: &str) -> String {
    let plain = text.replace("&quot;", "\"").replace("&apos;", "'").replace("&lt;", "<").replace("&gt;", ">");
    plain.replace("&amp;", "&")
}

/// As much of a plain text as is shown. A secret in it may only be seen as one now that nothing is escaped.
fn first_line(plain: &str, secrets: &Secrets) -> String {
    let plain = secrets.cut(plain);
    let line = plain.lines().next().unwrap_or_default().trim();
    line.chars().take(WORDS).collect()
}

/// A URL's host and port: what people know it by.
fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether a URL names the bucket, in its host or in its path.
fn is_about(url: &Url, bucket: &str) -> bool {
    let in_host =
        url.host_str().is_some_and(|host| host.strip_prefix(bucket).is_some_and(|rest| rest.starts_with('.')));
    let is_bucket = |part: &str| part == bucket || percent_decoded(part) == bucket;
    in_host || url.path_segments().is_some_and(|mut parts| parts.any(is_bucket))
}

fn percent_decoded(part: &str) -> String {
    // A pair's value of a query, without its name, is decoded as the part of a path is, `+` aside, which no bucket has.
    url::form_urlencoded::parse(part.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

fn is_list(url: &Url) -> bool {
    url.query_pairs().any(|(name, value)| name == "list-type" || (name == "comp" && value == "list"))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether it is the credential service of the machine or the container itself, which only speaks plain http.
pub(super) fn is_next_door(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_link_local(),
        Some(Host::Ipv6(address)) => address.is_unique_local(),
        Some(Host::Domain(name)) => name == "metadata.google.internal",
        None => false,
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
