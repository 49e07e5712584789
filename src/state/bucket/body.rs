//! The body of an answer that is an object: it is read by the crate, as it comes, and what came of the request is only known at
//! its end.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use object_store::client::{HttpError, HttpResponseBody};

use super::hearing::{Going, Said, What};
use super::wire::fault;
use crate::state::secrets::Secrets;

/// A body whose end is told.
pub(super) struct Told {
    body: HttpResponseBody,
    going: Going,
    said: Said,
    secrets: Secrets,
}

impl Told {
    /// The body of this answer.
    pub(super) fn new(body: HttpResponseBody, mut going: Going, said: Said, secrets: Secrets) -> Self {
        going.answers(&said);
        Self { body, going, said, secrets }
    }
}

impl Body for Told {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let what = match &frame {
            Some(Err(error)) => Some(fault(error, &self.secrets)),
            // Whoever knows the end asks for no more.
            Some(Ok(_)) => self.body.is_end_stream().then(|| What::Answer(self.said.clone())),
            None => Some(What::Answer(self.said.clone())),
        };
        if let Some(what) = what {
            self.going.over(what);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
