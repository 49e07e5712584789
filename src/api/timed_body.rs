//! A request's body that is not written when the call's time is over.
//!
//! Between the moment at which a call is begun and the one at which it is written, it waits in a queue of its connection. A
//! process that is stopped just then, and wakes up long after, would send it: a policy would be created that another run has
//! created meanwhile. So the clock is looked at last when the body is asked for, and without its body a request does nothing.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use crate::failpoint::reach;

/// The point at which a test build can be stopped.
const ABOUT_TO_BE_WRITTEN: &str = "body/about to be written";

/// Bytes that can be had until a moment.
pub(super) struct TimedBody {
    bytes: Option<Bytes>,
    end: Instant,
}

/// The body was asked for when its time was over.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call's time was over before it was sent")]
pub(super) struct TooLate;

impl TimedBody {
    pub(super) fn new(bytes: Vec<u8>, end: Instant) -> Self {
        Self { bytes: Some(bytes.into()), end }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = TooLate;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, TooLate>>> {
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        reach(ABOUT_TO_BE_WRITTEN);
        Poll::Ready(Some(match Instant::now() < self.end {
            true => Ok(Frame::data(bytes)),
            false => Err(TooLate),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, Bytes::len) as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn frame(body: &mut TimedBody) -> Option<Result<Bytes, TooLate>> {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
        frame.map(|frame| frame.map(|frame| frame.into_data().unwrap_or_default()))
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_whole_in_time_and_nothing_afterwards() {
        let end = Instant::now() + Duration::from_secs(1);
        let mut body = TimedBody::new(b"whole".to_vec(), end);
        assert_eq!(body.size_hint().exact(), Some(5));
        assert_eq!(frame(&mut body).await, Some(Ok(Bytes::from_static(b"whole"))));
        assert!(body.is_end_stream());
        assert_eq!(frame(&mut body).await, None);

        let mut late = TimedBody::new(b"whole".to_vec(), end);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(frame(&mut late).await, Some(Err(TooLate)));
    }
}
