//! What goes back: JSON, and for every refusal `{success: false, message}`.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::policies::Refused;

/// A refusal in the service's own words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    status: StatusCode,
    message: String,
}

#[derive(Serialize)]
struct Told<'a> {
    success: bool,
    message: &'a str,
}

impl Failure {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(super) fn no_policy() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Policy not found")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let challenge: Option<[(HeaderName, HeaderValue); 1]> = (self.status == StatusCode::UNAUTHORIZED)
            .then_some([(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))]);
        (
            self.status,
            challenge.map(axum::response::AppendHeaders),
            Json(Told { success: false, message: &self.message }),
        )
            .into_response()
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let status = match refused {
            Refused::Invalid(_) => StatusCode::BAD_REQUEST,
            Refused::NotFound => StatusCode::NOT_FOUND,
            Refused::NotKept(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, refused.to_string())
    }
}
