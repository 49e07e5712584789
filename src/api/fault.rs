//! What went wrong below the answers: did anything of the request get out?

use std::error::Error;

/// What the transport said, without its layers: they name libraries, and people look for a cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(super) struct Cause {
    pub(super) kind: CauseKind,
    text: String,
}

/// What a person would look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CauseKind {
    /// The name has no address.
    NoSuchHost,
    /// The other side's certificate isn't trusted here.
    Certificate,
    /// The other side doesn't speak TLS, or not ours.
    Tls,
    /// It took too long.
    Time,
    /// A proxy may stand in between.
    Proxy,
    /// All else.
    Other,
}

impl Cause {
    pub(super) fn new(kind: CauseKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    /// The cause at the root of what the HTTP client reports.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let chain: Vec<&(dyn Error + 'static)> =
            std::iter::successors(Some(error as &(dyn Error + 'static)), |error| below(*error)).collect();
        let tls = chain.iter().find_map(|error| error.downcast_ref::<rustls::Error>());
        let kind = match tls {
            Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
                CauseKind::Certificate
            }
            Some(_) => CauseKind::Tls,
            None if error.is_dns() => CauseKind::NoSuchHost,
            None if error.is_timeout() => CauseKind::Time,
            None => CauseKind::Other,
        };
        let text = match tls {
            Some(rustls::Error::InvalidMessage(_)) => "it does not speak TLS".to_owned(),
            Some(tls) => tls.to_string(),
            // The first layer is the client's own; it says nothing but "error sending request".
            None => chain.iter().skip(1).map(ToString::to_string).rfind(|text| !text.is_empty()).unwrap_or_default(),
        };
        Self { kind, text }
    }

    /// The same, met where a proxy may stand in between (`NO_PROXY` may have taken it out).
    pub(super) fn with_proxy(self, proxy: &str) -> Self {
        let kind = match self.kind {
            CauseKind::Certificate | CauseKind::Tls => self.kind,
            CauseKind::NoSuchHost | CauseKind::Time | CauseKind::Proxy | CauseKind::Other => CauseKind::Proxy,
        };
        Self { kind, text: format!("{} (HTTPS_PROXY names the proxy {proxy})", self.text) }
    }
}

/// The next error down. An I/O error that wraps another one hides it from `source()`.
fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
