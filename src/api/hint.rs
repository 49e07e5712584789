//! What to do about an error: the setting to look at.

use std::error::Error;

use super::fault::{Cause, CauseKind};
use super::session::REFRESH_FAILED;
use super::{ApiError, Refusal};

impl ApiError {
    /// What to look at or to do, in a sentence without a full stop.
    #[must_use]
    pub fn hint(&self) -> String {
        let advice = match self {
            Self::Refused(refusal) => return refusal.hint(),
            Self::NotSent { host, source } => return for_connection(host, kind(source.as_ref())),
            Self::Unauthorized { message } if message.contains(REFRESH_FAILED) => {
                "get a new pair of tokens and set both POLICYSYNC_TOKEN and POLICYSYNC_REFRESH_TOKEN; a refresh token is \
                 good for one use"
            }
            Self::Unauthorized { .. } => {
                "look at POLICYSYNC_TOKEN: it is expired, cut short or of another service; with \
                 POLICYSYNC_REFRESH_TOKEN set, an expired one is renewed"
            }
            Self::NotFound => {
                "someone may have deleted it meanwhile: `policysync plan --refresh` shows what the service still holds"
            }
            Self::Broken { .. } => {
                "run it again, which makes nothing twice; if it comes back, look at what lies between here and the \
                 service, and give its calls more time with --timeout"
            }
            Self::Unreadable { .. } => {
                "look at --endpoint or POLICYSYNC_ENDPOINT: what answers there may not be the policy service"
            }
            Self::TooLarge { .. } => {
                "look at --endpoint or POLICYSYNC_ENDPOINT: no honest list of policies is that large"
            }
            Self::OutOfTime => {
                "run it again: what is done stays done; apply gives itself more than an hour with --run-timeout"
            }
        };
        advice.to_owned()
    }
}

impl Refusal {
    /// What to look at, by the status.
    #[must_use]
    pub fn hint(&self) -> String {
        let advice = match self.status {
            // A success that says `success: false`, too.
            200..=299 | 400 | 422 => {
                "the service does not take it as it is: change what its message names, and where that names nothing, look \
                 at the ids in _scope.yaml"
            }
            300..=399 => "redirects are not followed; set --endpoint or POLICYSYNC_ENDPOINT to the address itself",
            401 => "get a new token, and put it into POLICYSYNC_TOKEN",
            403 => "the token is good, but its user may not do this: look at their role in the organization",
            404 => {
                "look at --endpoint or POLICYSYNC_ENDPOINT: the policy endpoints are, today, in the service's TEST \
                 environment only"
            }
            407 => "look at HTTPS_PROXY: the proxy wants a user and password",
            408 => "run it again, which makes nothing twice; if it comes back, with a lower --concurrency",
            409 => {
                "something that is there already, or that someone else does just now, stands against it: \
                 `policysync plan --refresh` shows what the service holds"
            }
            413 | 414 | 431 => {
                "it is more than the service, or a proxy on the way, takes at once: shorten the policy's text"
            }
            429 => "wait a while, then run it again with a lower --concurrency: fewer calls at once",
            500..=599 => {
                "the service, or a proxy before it, failed, and not what was asked of it: run it again later, which makes \
                 nothing twice"
            }
            _ => "look at --endpoint or POLICYSYNC_ENDPOINT: the policy service has no such answer",
        };
        advice.to_owned()
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
        CauseKind::Time => format!(
            "look at --endpoint or POLICYSYNC_ENDPOINT (now {host}), and at the network; --timeout gives a call more time"
        ),
        CauseKind::NoSuchHost | CauseKind::Other => {
            format!("look at --endpoint or POLICYSYNC_ENDPOINT (now {host})")
        }
    }
}
