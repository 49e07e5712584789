//! One look at the service, to say whether it can be worked with: is it there, does it take the token, what time has it.

use std::time::{Duration, SystemTime};

use reqwest::Method;

use super::transport::Request;
use super::{ApiError, Reader};

/// What a look at the service told.
#[derive(Debug)]
pub struct Checkup {
    /// Whether it answered and took the token; else what it said.
    pub accepted: Result<(), ApiError>,
    /// How long the answer took.
    pub took: Duration,
    /// What time it was there, in whole seconds; nothing where it doesn't say.
    pub date: Option<SystemTime>,
}

impl Reader {
    /// Asks for the workspaces that the token may see, and looks at nothing but whether there is an answer.
    ///
    /// # Errors
    /// What kept it from being asked: no answer, a token that is refused.
    pub async fn checkup(&self) -> Result<Checkup, ApiError> {
        let begun = tokio::time::Instant::now();
        let url = self.session.endpoint().join(&["workspace"]);
        let answer = self.session.read_call(&Request::new(Method::GET, url)).await?;
        // The reference has a 404 here: there is none.
        let accepted = answer.is_success() || (answer.status == 404 && answer.is_own_failure());
        let accepted = if accepted { Ok(()) } else { Err(self.session.refused(&answer)) };
        Ok(Checkup { accepted, took: begun.elapsed(), date: answer.date })
    }
}
