//! The one rule about proxies: https to another machine may go through one, nothing else does.

use url::Url;

use crate::domain::Endpoint;

/// The proxy of the environment, read by whoever reads the environment.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProxySettings {
    /// `HTTPS_PROXY`, `https_proxy` or `ALL_PROXY`: http or https; it may hold a user and password.
    pub https: Option<Url>,
    /// `NO_PROXY` or `no_proxy`: hosts, domains and networks, with commas between them, or `*`.
    pub no_proxy: Option<String>,
}

/// A text that names no proxy. It is not shown, since it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("HTTPS_PROXY can't be used: {why}; expected a URL like http://proxy.example:3128")]
pub struct InvalidProxy {
    why: String,
}

impl ProxySettings {
    /// Reads both as the environment has them. A proxy without a scheme is spoken to over http, an empty one is none.
    ///
    /// # Errors
    /// [`InvalidProxy`] where `https` is no http or https URL with a host.
    pub fn read(https: Option<&str>, no_proxy: Option<&str>) -> Result<Self, InvalidProxy> {
        let https = https.map(str::trim).filter(|text| !text.is_empty()).map(proxy_url).transpose()?;
        Ok(Self { https, no_proxy: no_proxy.map(ToOwned::to_owned) })
    }

    /// The proxy that calls to `endpoint` may go through; `NO_PROXY` may still take it out.
    pub(super) fn applying_to(&self, endpoint: &Endpoint) -> Option<&Url> {
        if endpoint.is_loopback() || endpoint.is_plain_http() { None } else { self.https.as_ref() }
    }
}

fn proxy_url(text: &str) -> Result<Url, InvalidProxy> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let wrong = |why: String| InvalidProxy { why };
    let url = Url::parse(&whole).map_err(|e| wrong(format!("it is no URL ({e})")))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        "http" | "https" => Err(wrong("it names no host".to_owned())),
        _ => Err(wrong("only http and https proxies are known".to_owned())),
    }
}

/// A URL's host and port: what people know it by, without user and password.
pub(super) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

impl std::fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProxySettings")
            .field("https", &self.https.as_ref().map(host_and_port))
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_to_another_machine_goes_through_a_proxy() {
        let settings = ProxySettings::read(Some("http://proxy.example:3128"), None).unwrap();
        for (endpoint, goes) in [
            ("https://backend.flashback.tech", true),
            ("https://127.0.0.1.evil.example", true),
            ("https://127.0.0.1:8443", false),
            ("https://localhost", false),
            ("http://127.0.0.1:4210", false),
            ("http://[::1]:4210", false),
        ] {
            let endpoint: Endpoint = endpoint.parse().unwrap();
            assert_eq!(settings.applying_to(&endpoint).is_some(), goes, "{endpoint}");
            assert!(ProxySettings::default().applying_to(&endpoint).is_none());
        }
    }

    #[test]
    fn a_proxy_is_a_url_or_a_host_and_a_port() {
        let read = |text| ProxySettings::read(Some(text), None).map(|settings| settings.https.map(String::from));
        assert_eq!(read("proxy.example:3128"), Ok(Some("http://proxy.example:3128/".to_owned())));
        assert_eq!(read("https://proxy.example"), Ok(Some("https://proxy.example/".to_owned())));
        assert_eq!(read(""), Ok(None));
        for bad in ["socks5://hunter2@x", "http://", "http://hunter2:hunter2@:1", "::hunter2::"] {
            let error = read(bad).expect_err(bad).to_string();
            assert!(error.contains("HTTPS_PROXY") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_proxys_password_does_not_print() {
        let settings = ProxySettings::read(Some("http://user:hunter2@proxy.example:3128"), Some("x")).unwrap();
        let text = format!("{settings:?}");
        assert!(text.contains("proxy.example:3128") && !text.contains("hunter2"), "{text}");
    }
}
