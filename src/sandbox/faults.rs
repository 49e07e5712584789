//! The kinds of calls, and the ways in which one can go wrong.

use serde::Deserialize;

/// The kinds of calls that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Call {
    /// `POST /policy`.
    Create,
    /// `GET /policy`.
    List,
    /// `GET /policy/{policyId}`.
    Get,
    /// `PUT /policy/{policyId}`.
    Update,
    /// `DELETE /policy/{policyId}`.
    Delete,
    /// `POST /user/refresh`.
    Refresh,
    /// Every call, these and the others.
    Any,
}

impl Call {
    /// The kind of a request; nothing where only [`Call::Any`] fits.
    pub(super) fn of(method: &str, path: &str) -> Option<Self> {
        let steps: Vec<&str> = path.split('/').skip(1).collect();
        match (method, steps.as_slice()) {
            ("POST", ["policy"]) => Some(Self::Create),
            ("GET", ["policy"]) => Some(Self::List),
            ("POST", ["user", "refresh"]) => Some(Self::Refresh),
            (_, ["policy", "violations" | "alerts" | "validate" | "recommend" | ""]) => None,
            ("GET", ["policy", _]) => Some(Self::Get),
            ("PUT", ["policy", _]) => Some(Self::Update),
            ("DELETE", ["policy", _]) => Some(Self::Delete),
            _ => None,
        }
    }
}

/// How one call goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fault {
    /// Another answer than the true one, as a proxy or an overloaded service gives it.
    Status {
        /// The status code, 200 to 599.
        code: u16,
        /// What the answer holds.
        #[serde(default)]
        body: FaultBody,
        /// The `Retry-After` header, whatever it says.
        #[serde(default)]
        retry_after: Option<String>,
        /// Whether the call takes effect nevertheless.
        #[serde(default)]
        effect: bool,
    },
    /// The answer comes late.
    Delay {
        /// How late, in milliseconds.
        ms: u64,
        /// Whether the call takes effect before the wait or after it.
        #[serde(default)]
        effect: Moment,
    },
    /// The effect comes late, whether the client is still there or not. It waits for the answer unless `cut` or `code` is given.
    Late {
        /// How late, in milliseconds.
        ms: u64,
        /// The connection is closed at once.
        #[serde(default)]
        cut: bool,
        /// This status is answered at once, as a proxy's HTML page.
        #[serde(default)]
        code: Option<u16>,
    },
    /// The connection is closed without an answer; nothing took effect.
    CutBefore,
    /// The call takes effect, then the connection is closed without one byte of an answer.
    CutAfter,
    /// The call takes effect, then half the answer's body comes, then the connection is closed.
    HalfAnswer,
    /// The call takes effect; its answer holds a policy without an `id`.
    NoId,
    /// The call takes effect; its answer's status is right and its body is no JSON.
    Unreadable,
    /// The client is sent elsewhere; nothing took effect.
    Redirect {
        /// The `Location` header.
        to: String,
        /// The status code.
        #[serde(default = "temporary_redirect")]
        code: u16,
    },
    /// The call takes effect; its answer's body comes byte by byte.
    Drip {
        /// Milliseconds between two bytes.
        ms: u64,
    },
    /// The call takes effect; its answer's body never ends.
    Huge,
    /// The access token that the call came with is refused from now on, this call included.
    Expire,
}

const fn temporary_redirect() -> u16 {
    307
}

impl Fault {
    /// A refusal in the service's own JSON, without effect.
    #[must_use]
    pub fn status(code: u16) -> Self {
        Self::Status { code, body: FaultBody::Json, retry_after: None, effect: false }
    }

    /// A proxy's HTML page; `effect` says whether the call took effect behind it.
    #[must_use]
    pub fn proxy(code: u16, effect: bool) -> Self {
        Self::Status { code, body: FaultBody::Html, retry_after: None, effect }
    }

    /// 429 with this `Retry-After`, without effect.
    #[must_use]
    pub fn too_many(retry_after: impl Into<String>) -> Self {
        Self::Status { code: 429, body: FaultBody::Json, retry_after: Some(retry_after.into()), effect: false }
    }

    /// Whether it can be done; if not, why.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let code = match self {
            Self::Status { code, .. } | Self::Redirect { code, .. } => Some(*code),
            Self::Late { cut: true, code: Some(_), .. } => return Err("`late` takes `cut` or `code`, not both"),
            Self::Late { code, .. } => *code,
            Self::Delay { .. }
            | Self::CutBefore
            | Self::CutAfter
            | Self::HalfAnswer
            | Self::NoId
            | Self::Unreadable
            | Self::Drip { .. }
            | Self::Huge
            | Self::Expire => None,
        };
        if code.is_some_and(|code| !(200..=599).contains(&code)) {
            return Err("a status code is 200 to 599");
        }
        let header = match self {
            Self::Status { retry_after: Some(text), .. } | Self::Redirect { to: text, .. } => text.as_str(),
            _ => "",
        };
        if axum::http::HeaderValue::from_str(header).is_err() {
            return Err("`retryAfter` and `to` stand in a header, where no control character can");
        }
        Ok(())
    }
}

/// What the body of a false answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultBody {
    /// The service's own `{success: false, message}`.
    #[default]
    Json,
    /// A proxy's page.
    Html,
    /// Nothing.
    Empty,
    /// A line of text.
    Text,
}

/// On which side of a wait a call takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Moment {
    /// Before it: the answer alone is late.
    #[default]
    Before,
    /// After it.
    After,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_a_kind() {
        for (method, path, kind) in [
            ("POST", "/policy", Some(Call::Create)),
            ("GET", "/policy", Some(Call::List)),
            ("GET", "/policy/abc", Some(Call::Get)),
            ("PUT", "/policy/abc", Some(Call::Update)),
            ("DELETE", "/policy/abc", Some(Call::Delete)),
            ("POST", "/user/refresh", Some(Call::Refresh)),
            ("GET", "/policy/violations", None),
            ("GET", "/policy/abc/violations", None),
            ("POST", "/policy/validate", None),
            ("GET", "/health", None),
        ] {
            assert_eq!(Call::of(method, path), kind, "{method} {path}");
        }
    }
}
