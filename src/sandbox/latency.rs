//! How long each answer is held back, to a fraction of a millisecond. The runtime's timers come one to two milliseconds
//! late: much beside the 50 that a run is measured with.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::sync::oneshot;

/// One answer: when it is due, and who waits for that.
type Held = (Instant, oneshot::Sender<()>);

/// Holds answers back. All by the same time, so that they are due in the order in which they come.
pub(super) struct Latency {
    time: Duration,
    /// To the thread that lets them go; none where nothing is held back. It ends with its last sender.
    line: Option<Sender<Held>>,
}

impl Latency {
    pub(super) fn of(time: Duration) -> io::Result<Self> {
        if time.is_zero() {
            return Ok(Self { time, line: None });
        }
        let (line, held) = mpsc::channel();
        thread::Builder::new().name("latency".to_owned()).spawn(move || let_go(&held))?;
        Ok(Self { time, line: Some(line) })
    }

    /// Waits that time.
    pub(super) async fn hold(&self) {
        let Some(line) = &self.line else { return };
        let (due, waiting) = oneshot::channel();
        if line.send((Instant::now() + self.time, due)).is_ok() {
            // Gone or let go, there is nothing more to wait for.
            let _over = waiting.await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own that does nothing else")]
fn let_go(held: &Receiver<Held>) {
    for (due, waiting) in held {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // Its client may have left.
        let _heard = waiting.send(());
    }
}
