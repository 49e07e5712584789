//! What came of a call that did not succeed: what it means for a save, in words, and what to do about it.

use std::time::Duration;

use super::hearing::{Heard, Said, What};
use super::wire::root_cause;
use super::{Advised, Cloud};

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The store looked at the condition, and it did not hold; or another save was at work (409).
    Condition { why: String },
    /// There is no such object; the bucket is there.
    Missing,
    /// It is larger than any record.
    TooLarge,
    /// The store, or something before it, said no: another try would end alike.
    Refused { why: String, hint: Option<String> },
    /// No answer, or one that says nothing about what was done.
    Unclear { why: String, hint: Option<String>, sent: bool },
}

/// What people have to look at.
enum Look {
    Bucket,
    Credentials,
    Rights,
    Place,
}

impl Trouble {
    pub(super) fn of(cloud: Cloud, bucket: &str, error: &object_store::Error, heard: Option<Heard>) -> Self {
        let Some(Heard { host, about_bucket, what }) = heard else {
            return Self::Refused { why: root_cause(error), hint: Some(look(cloud, bucket, &Look::Credentials)) };
        };
        match what {
            What::InTheClear => Self::in_the_clear(cloud, &host),
            What::Fault { text, sent, untrusted } if about_bucket => {
                let hint = untrusted.then(|| {
                    format!(
                        "this machine does not trust the certificate of {host}; where your company has its own authority, \
                         SSL_CERT_FILE names the file with its certificate"
                    )
                });
                Self::Unclear { why: format!("{host}: {text}"), hint, sent }
            }
            What::Fault { text, .. } => Self::Refused {
                why: format!("there are no credentials: none are set, and {host} gives none: {text}"),
                hint: Some(look(cloud, bucket, &Look::Credentials)),
            },
            What::Answer(said) if about_bucket => Self::answered(cloud, bucket, &host, &said, error),
            What::Answer(said) => Self::Refused {
                why: format!("there are no credentials: {}", in_words(&host, &said)),
                hint: Some(look(cloud, bucket, &Look::Credentials)),
            },
            What::Silence => Self::Unclear { why: format!("{host}: {}", root_cause(error)), hint: None, sent: true },
        }
    }

    fn answered(cloud: Cloud, bucket: &str, host: &str, said: &Said, error: &object_store::Error) -> Self {
        let why = in_words(host, said);
        let [code, message] = [&said.code, &said.message].map(|text| text.as_deref().unwrap_or_default());
        let refused = |hint: String| Self::Refused { why: why.clone(), hint: Some(hint) };
        match said.status {
            200..=299 => {
                let why = format!("{host} gives an answer that can't be read: {}", root_cause(error));
                Self::Unclear { why, hint: None, sent: true }
            }
            304 | 409 | 412 => Self::Condition { why },
            301..=399 => refused(match &said.region {
                Some(region) => format!("the bucket is in {region}: set AWS_REGION={region}"),
                None => look(cloud, bucket, &Look::Place),
            }),
            404 if is_no_object(code) => Self::Missing,
            404 => refused(look(cloud, bucket, &if is_no_bucket(code) { Look::Bucket } else { Look::Place })),
            400 if code == "AuthorizationHeaderMalformed" || code == "IllegalLocationConstraintException" => {
                refused("it is the region that is wrong: set AWS_REGION to the bucket's".to_owned())
            }
            400 | 401 | 403 if is_late(code, message) => {
                refused("this machine's clock is wrong by minutes: set it".to_owned())
            }
            400 | 401 | 403 if is_about_credentials(code, message) => refused(look(cloud, bucket, &Look::Credentials)),
            401 => refused(look(cloud, bucket, &Look::Credentials)),
            403 => refused(look(cloud, bucket, &Look::Rights)),
            407 => refused("look at HTTPS_PROXY: the proxy wants a user and password".to_owned()),
            501 => refused(
                "the store lacks what is needed here: conditional writes (If-Match and If-None-Match on PUT)"
                    .to_owned(),
            ),
            408 | 429 | 500..=599 => Self::Unclear { why, hint: None, sent: true },
            _ => refused(look(cloud, bucket, &Look::Place)),
        }
    }

    fn in_the_clear(cloud: Cloud, host: &str) -> Self {
        let hint = match cloud {
            Cloud::S3 => "use https, or, where that network is yours alone, set AWS_ALLOW_HTTP=true",
            Cloud::Azure => "use https, or, where that network is yours alone, set AZURE_ALLOW_HTTP=true",
            Cloud::Gcs => "use https",
        };
        let why = format!("{host} is spoken to by plain http, which would show records and credentials to the network");
        Self::Refused { why, hint: Some(hint.to_owned()) }
    }

    /// A call that ran out of time.
    pub(super) fn too_late(limit: Duration, heard: Option<Heard>) -> Self {
        let host = heard.map_or_else(|| "the store".to_owned(), |heard| heard.host);
        Self::Unclear { why: format!("no answer from {host} within {limit:.0?}"), hint: None, sent: true }
    }

    /// An answer that names no version of what was read or saved.
    pub(super) fn nameless() -> Self {
        let why =
            "the store names no version of the object (no entity tag), and nothing can be saved on a condition then";
        Self::Refused { why: why.to_owned(), hint: Some("use a store that has entity tags".to_owned()) }
    }

    pub(super) fn may_have_taken_effect(&self) -> bool {
        matches!(self, Self::Unclear { sent: true, .. })
    }

    /// Whether another try may end otherwise.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Unclear { .. })
    }

    /// The same, of a save of which nothing was to be seen when the store was last looked at.
    pub(super) fn and_not_yet(self) -> Self {
        self.and("; the record is as it was before")
    }

    /// The same, of a save of which nothing is known.
    pub(super) fn and_not_known(self) -> Self {
        self.and("; whether it was saved isn't known: look with `policysync state list` once the store answers again")
    }

    fn and(self, words: &str) -> Self {
        let with = |why: String| why + words;
        match self {
            Self::Condition { why } => Self::Condition { why: with(why) },
            Self::Refused { why, hint } => Self::Refused { why: with(why), hint },
            Self::Unclear { why, hint, sent } => Self::Unclear { why: with(why), hint, sent },
            Self::Missing | Self::TooLarge => self,
        }
    }

    /// In words, and what to do.
    pub(super) fn advised(self, cloud: Cloud, bucket: &str) -> Advised {
        let place = look(cloud, bucket, &Look::Place);
        let (why, hint) = match self {
            Self::Condition { why } => (
                format!("{why}, although nobody else saved"),
                "apply again; if it stays, look at the bucket's locks and policies".to_owned(),
            ),
            Self::Missing => ("it isn't there".to_owned(), place),
            Self::TooLarge => ("it is too large".to_owned(), place),
            Self::Refused { why, hint } => (why, hint.unwrap_or(place)),
            Self::Unclear { why, hint, .. } => {
                (why, hint.unwrap_or_else(|| format!("apply again once it answers; {place}")))
            }
        };
        Advised { why, hint }
    }
}

fn in_words(host: &str, said: &Said) -> String {
    let code = said.code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    let message = said.message.as_ref().map(|text| format!(": {}", text.trim_end_matches('.'))).unwrap_or_default();
    format!("{host} answers {}{code}{message}", said.status)
}

fn is_no_object(code: &str) -> bool {
    matches!(code, "NoSuchKey" | "BlobNotFound" | "NoSuchVersion")
}

fn is_no_bucket(code: &str) -> bool {
    matches!(code, "NoSuchBucket" | "ContainerNotFound" | "ContainerBeingDeleted")
}

fn is_late(code: &str, message: &str) -> bool {
    code == "RequestTimeTooSkewed" || code == "RequestExpired" || message.contains("Request date header too old")
}

fn is_about_credentials(code: &str, message: &str) -> bool {
    // Azurite answers AuthorizationFailure, which at Azure is the firewall's word.
    message.contains("failed to authenticate")
        || matches!(
            code,
            "AuthenticationFailed"
                | "ExpiredToken"
                | "InvalidAccessKeyId"
                | "InvalidAuthenticationInfo"
                | "InvalidSecurity"
                | "InvalidToken"
                | "SignatureDoesNotMatch"
                | "TokenRefreshRequired"
        )
}

fn look(cloud: Cloud, bucket: &str, at: &Look) -> String {
    let scheme = cloud.scheme();
    let text = match (at, cloud) {
        (Look::Bucket, Cloud::Azure) => {
            return format!("make the container {bucket} in that account, or look at --state");
        }
        (Look::Bucket, _) => {
            return format!("make the bucket {bucket}, or look at --state: is it {scheme}://BUCKET/PREFIX?");
        }
        (Look::Credentials, Cloud::S3) => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or AWS_ROLE_ARN and \
             AWS_WEB_IDENTITY_TOKEN_FILE; profiles aren't read, but `aws configure export-credentials --format env` makes \
             variables of one"
        }
        (Look::Credentials, Cloud::Gcs) => {
            "set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account, or GOOGLE_BEARER_TOKEN to an access token"
        }
        (Look::Credentials, Cloud::Azure) => {
            "set AZURE_STORAGE_ACCOUNT_NAME, and AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, or AZURE_CLIENT_ID, \
             AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE, or after `az login` AZURE_USE_AZURE_CLI=true"
        }
        (Look::Rights, Cloud::S3) => {
            "the credentials need s3:ListBucket on the bucket (without it a missing object looks forbidden), and s3:GetObject and \
             s3:PutObject on its objects"
        }
        (Look::Rights, Cloud::Gcs) => "the credentials need the role Storage Object User on the bucket",
        (Look::Rights, Cloud::Azure) => "the credentials need the role Storage Blob Data Contributor on the container",
        (Look::Place, Cloud::S3) => "look at --state, AWS_REGION and, where it is set, AWS_ENDPOINT_URL",
        (Look::Place, Cloud::Gcs) => "look at --state and, where it is set, GOOGLE_BASE_URL",
        (Look::Place, Cloud::Azure) => {
            "look at --state, AZURE_STORAGE_ACCOUNT_NAME and, where it is set, AZURE_STORAGE_ENDPOINT"
        }
    };
    text.to_owned()
}

#[cfg(test)]
#[path = "trouble_tests.rs"]
mod tests;
