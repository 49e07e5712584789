//! What to do about an error: the setting to look at.

use std::error::Error;

use super::fault::{Cause, CauseKind};
use super::session::REFRESH_FAILED;
use super::{ApiError, Refusal};

impl ApiError {
    /// What to look at or to do, in a sentence without a full stop; nothing where waiting or the message itself is all.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unauthorized { message } if message.contains(REFRESH_FAILED) => Some(
                "get a new pair of tokens and set both POLICYSYNC_TOKEN and POLICYSYNC_REFRESH_TOKEN; a refresh token is \
                 good for one use"
                    .to_owned(),
            ),
            Self::Unauthorized { .. } => Some(
                "look at POLICYSYNC_TOKEN: it is expired, cut short or of another service; with \
                 POLICYSYNC_REFRESH_TOKEN set, an expired one is renewed"
                    .to_owned(),
            ),
            Self::Refused(refusal) => refusal.hint(),
            Self::NotSent { host, source } => Some(for_connection(host, kind(source.as_ref()))),
            Self::Unreadable { .. } => Some(
                "look at --endpoint or POLICYSYNC_ENDPOINT: what answers there may not be the policy service".to_owned(),
            ),
            Self::TooLarge { .. } => Some(
                "look at --endpoint or POLICYSYNC_ENDPOINT: no honest list of policies is that large".to_owned(),
            ),
            Self::NotFound | Self::Broken { .. } | Self::OutOfTime => None,
        }
    }
}

impl Refusal {
    /// What to look at, by the status.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self.status {
            300..=399 => Some(
                "redirects are not followed; set --endpoint or POLICYSYNC_ENDPOINT to the address itself".to_owned(),
            ),
            403 => Some(
                "the token is good, but its user may not do this: look at their role in the organization".to_owned(),
            ),
            404 => Some(
                "look at --endpoint or POLICYSYNC_ENDPOINT: the policy endpoints are, today, in the service's TEST \
                 environment only"
                    .to_owned(),
            ),
            407 => Some("look at HTTPS_PROXY: the proxy wants a user and password".to_owned()),
            _ => None,
        }
    }
}

fn kind(source: &(dyn Error + Send + Sync + 'static)) -> CauseKind {
    source.downcast_ref::<Cause>().map_or(CauseKind::Other, |cause| cause.kind)
}

fn for_connection(host: &str, kind: CauseKind) -> String {
    match kind {
        CauseKind::Certificate => format!(
            "this machine does not trust the certificate of {host}; where your company has its own authority, \
             SSL_CERT_FILE names the file with its certificate"
        ),
        CauseKind::Tls => format!("look at --endpoint or POLICYSYNC_ENDPOINT (now {host}): it must speak https"),
        CauseKind::Proxy => {
            format!("look at HTTPS_PROXY and NO_PROXY, and at --endpoint or POLICYSYNC_ENDPOINT (now {host})")
        }
        CauseKind::NoSuchHost | CauseKind::Time | CauseKind::Other => {
            format!("look at --endpoint or POLICYSYNC_ENDPOINT (now {host})")
        }
    }
}
