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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// One error of each kind, or several where their advice differs.
    fn every_kind() -> Vec<ApiError> {
        let refusals = (100..=999).map(|status| ApiError::Refused(Refusal { status, message: String::new() }));
        let causes = [
            CauseKind::NoSuchHost,
            CauseKind::Certificate,
            CauseKind::Tls,
            CauseKind::Time,
            CauseKind::Proxy,
            CauseKind::Other,
        ];
        let not_sent = |kind| ApiError::NotSent { host: "h:1".to_owned(), source: Box::new(Cause::new(kind, "why")) };
        let others = [
            ApiError::Unauthorized { message: String::new() },
            ApiError::Unauthorized { message: REFRESH_FAILED.to_owned() },
            ApiError::NotFound,
            ApiError::Broken { what: "it broke".to_owned(), source: None },
            ApiError::Unreadable { why: "it is no JSON".to_owned() },
            ApiError::TooLarge { limit: 1 },
            ApiError::OutOfTime,
        ];
        // A new kind stops this from being built until it is among those above.
        others.iter().for_each(|error| match error {
            ApiError::Unauthorized { .. }
            | ApiError::Refused(_)
            | ApiError::NotFound
            | ApiError::NotSent { .. }
            | ApiError::Broken { .. }
            | ApiError::Unreadable { .. }
            | ApiError::TooLarge { .. }
            | ApiError::OutOfTime => {}
        });
        refusals.chain(causes.map(not_sent)).chain(others).collect()
    }

    #[test]
    fn every_error_and_every_status_says_what_to_do_in_a_sentence() {
        for error in every_kind() {
            let hint = error.hint();
            assert!(hint.split_whitespace().count() >= 5, "{error}: {hint:?} says too little");
            assert!(!hint.ends_with('.') && !hint.starts_with(char::is_uppercase), "{error}: {hint:?}");
            assert!(!hint.contains("  "), "{error}: {hint:?}");
        }
    }

    #[test]
    fn what_calls_for_different_steps_has_different_advice() {
        let of = |status| Refusal { status, message: String::new() }.hint();
        let statuses = [301, 400, 401, 403, 404, 407, 408, 409, 413, 418, 429, 500];
        let advice: BTreeSet<String> = statuses.into_iter().map(of).collect();
        assert_eq!(advice.len(), statuses.len());
        assert_eq!((of(422), of(503), of(200)), (of(400), of(500), of(400)));
        assert!((500..600).all(|status| of(status).contains("makes nothing twice")));
    }
}
