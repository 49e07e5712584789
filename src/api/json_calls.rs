//! JSON calls to another service than the one of the policies, by the same rules: its token goes to its own origin over TLS,
//! no redirect is followed, every call is bounded in time and size, and what may be repeated is.

use std::sync::Arc;

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::answer::Answer;
use super::permit::Unbounded;
use super::retry::CallKind;
use super::transport::Request;
use super::{ApiError, Limits, Observe, ProxySettings, Session, Token};
use crate::domain::Endpoint;

/// A session that speaks JSON and knows nothing of policies. Cheap to clone.
#[derive(Clone, Debug)]
pub struct JsonCalls(Session);

impl JsonCalls {
    /// Begins a session; nothing is sent yet.
    ///
    /// # Errors
    /// [`ApiError::NotSent`] if TLS or the proxy can't be set up.
    pub fn open(
        endpoint: Endpoint,
        token: Token,
        limits: Limits,
        observer: Arc<dyn Observe>,
        proxies: &ProxySettings,
    ) -> Result<Self, ApiError> {
        Session::open(endpoint, token, None, limits, observer, proxies).map(Self)
    }

    /// GET of a path below the endpoint, each segment encoded on its own.
    ///
    /// # Errors
    /// [`ApiError`]: no answer, one that says no, or one that can't be read.
    pub async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, ApiError> {
        let mut url = self.url(path);
        url.query_pairs_mut().extend_pairs(query);
        self.call(CallKind::Read, &Request::new(Method::GET, url)).await
    }

    /// POST of a question: it changes nothing, and may be sent again. An empty path is the endpoint itself.
    ///
    /// # Errors
    /// [`ApiError`], as [`JsonCalls::get`].
    pub async fn ask<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T, ApiError> {
        self.call(CallKind::Read, &Request::new(Method::POST, self.url(path)).with_json(body)).await
    }

    /// POST of something new: never sent twice.
    ///
    /// # Errors
    /// [`ApiError`], as [`JsonCalls::get`]; [`ApiError::Broken`] where it may have been made all the same.
    pub async fn create<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T, ApiError> {
        self.call(CallKind::Create, &Request::new(Method::POST, self.url(path)).with_json(body)).await
    }

    /// PATCH to what is said: the same again changes nothing.
    ///
    /// # Errors
    /// [`ApiError`], as [`JsonCalls::get`].
    pub async fn update<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T, ApiError> {
        self.call(CallKind::Update, &Request::new(Method::PATCH, self.url(path)).with_json(body)).await
    }

    fn url(&self, path: &[&str]) -> Url {
        self.0.endpoint().join(path)
    }

    async fn call<T: DeserializeOwned>(&self, kind: CallKind, request: &Request) -> Result<T, ApiError> {
        let answer: Answer = self.0.call_while(kind, request, &Unbounded).await?;
        if !answer.is_success() {
            return Err(self.0.refused(&answer));
        }
        // Only its place is told: what serde says may repeat what it read.
        serde_json::from_slice(&answer.body).map_err(|error| ApiError::Unreadable {
            why: format!("it has not the expected form (line {}, column {})", error.line(), error.column()),
        })
    }
}
