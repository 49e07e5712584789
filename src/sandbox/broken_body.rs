//! Bodies of answers that go wrong on their way.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use tokio::time::{Interval, MissedTickBehavior};

/// The body breaks off here.
#[derive(Debug, thiserror::Error)]
#[error("the fault plan ends this answer here")]
pub(super) struct BrokenOff;

/// Half of `bytes`, announced as a whole, then the connection's end.
pub(super) fn half(bytes: &Bytes) -> Body {
    let announced = bytes.len() as u64;
    Body::new(Half { announced, half: Some(bytes.slice(..bytes.len() / 2)), flushed: false })
}

struct Half {
    announced: u64,
    half: Option<Bytes>,
    flushed: bool,
}

impl http_body::Body for Half {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        if !self.flushed {
            // An error drops what is buffered: hyper writes it out only when the body has nothing for it right now.
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(BrokenOff)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}

/// `bytes`, one each `period`.
pub(super) fn drip(bytes: Bytes, period: Duration) -> Body {
    // An interval of zero is none.
    let mut interval = tokio::time::interval(period.max(Duration::from_millis(1)));
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Body::new(Drip { bytes, interval })
}

struct Drip {
    bytes: Bytes,
    interval: Interval,
}

impl http_body::Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.interval.poll_tick(cx));
        let byte = self.bytes.split_to(1);
        Poll::Ready(Some(Ok(Frame::data(byte))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

/// A JSON text that never ends.
pub(super) fn endless() -> Body {
    Body::new(Endless { begun: false })
}

struct Endless {
    begun: bool,
}

static MORE: [u8; 64 * 1024] = [b'x'; 64 * 1024];

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let begun = std::mem::replace(&mut self.begun, true);
        let more = if begun { &MORE[..] } else { br#"{"success":true,"message":""# };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(more)))))
    }
}
