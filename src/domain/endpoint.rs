//! Where the service is: an address that a token may be sent to.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The service's base URL: https, or plain http on this machine only. No user, no query, no fragment; compared and shown
/// in one form, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    url: Url,
    text: String,
}

/// A text that no token may be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("endpoint {shown}: {why}")]
pub struct InvalidEndpoint {
    shown: String,
    why: String,
}

impl Endpoint {
    /// The reference's base URL: the default.
    pub const DEFAULT: &str = "https://backend.flashback.tech";

    /// The URL of a path below the endpoint, each segment encoded on its own.
    #[must_use]
    pub fn join(&self, segments: &[&str]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether it is this machine: the only place for plain http, and never behind a proxy.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Whether it is spoken to in the clear.
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// The text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // RFC 6761 6.3 reserves this name alone; `127.0.0.1.evil.example` and the like are other people's.
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Endpoint {
    type Err = InvalidEndpoint;
    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        // A password in the text must not be shown again in the error.
        let shown =
            if text.contains('@') { "(not shown: it has a user or password)".to_owned() } else { format!("{text:?}") };
        let wrong = |why: &str| InvalidEndpoint { shown: shown.clone(), why: why.to_owned() };
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(wrong("it has a space or a character that can't be printed"));
        }
        let url = Url::parse(text).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => {
                wrong("it must begin with https:// (http:// will do for a service on this machine)")
            }
            error => wrong(&format!("it is no URL ({error}); expected one like {}", Self::DEFAULT)),
        })?;
        if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
            return Err(wrong("it has a user or password; the token goes into POLICYSYNC_TOKEN"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it has a query or a fragment; give the base URL alone"));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(wrong("plain http would show the token to the network; use https")),
            _ => return Err(wrong("it must begin with https:// (http:// will do for a service on this machine)")),
        }
        if url.host().is_none() {
            return Err(wrong("it names no host"));
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, text })
    }
}

impl TryFrom<String> for Endpoint {
    type Error = InvalidEndpoint;
    fn try_from(text: String) -> Result<Self, InvalidEndpoint> {
        text.parse()
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Endpoint, InvalidEndpoint> {
        text.parse()
    }

    #[test]
    fn a_token_may_go_to_https_and_to_this_machine() {
        assert_eq!(read("https://backend.flashback.tech/").unwrap().as_str(), "https://backend.flashback.tech");
        assert_eq!(read("http://127.0.0.1:4210").unwrap().as_str(), "http://127.0.0.1:4210");
        assert!(read("http://[::1]:80/base/").unwrap().is_loopback());
        assert!(read("http://localhost:1").unwrap().is_loopback());
        assert!(!read("https://127.0.0.1.evil.example").unwrap().is_loopback());
    }

    #[test]
    fn nothing_else_gets_it() {
        for bad in [
            "",
            "backend.flashback.tech",
            "http://backend.flashback.tech",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://127.0.0.1@evil.example",
            "https://user:hunter2@backend.flashback.tech",
            "https://x.example/?a=b",
            "https://x.example/#f",
            "ftp://x.example",
            "https://x.example/a b",
            "https://x.example\n",
            "file:///etc/passwd",
        ] {
            let error = read(bad).expect_err(bad).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn segments_are_encoded_one_by_one() {
        let endpoint = read("https://x.example/base/").unwrap();
        assert_eq!(endpoint.join(&["policy", "a/../b?c"]).as_str(), "https://x.example/base/policy/a%2F..%2Fb%3Fc");
    }
}
