//! Ctrl-C and SIGTERM: the first one stops in good order, the second one at once.

use crate::apply::{Interrupt, Interrupter};

use super::console::Console;
use super::exit::Exit;

/// Hears the signals from now on; `word` is said at the first one.
pub(super) fn hear(console: Console, word: &'static str) -> Interrupt {
    let (interrupter, interrupt) = Interrupt::pair();
    tokio::spawn(listen(console, interrupter, word));
    interrupt
}

#[expect(clippy::disallowed_methods, reason = "the second signal means: at once; the next run recovers")]
async fn listen(console: Console, interrupter: Interrupter, word: &str) {
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return console.warn(&format!("can't hear signals, so an interrupt stops at once: {error}")),
    };
    signals.next().await;
    interrupter.interrupt();
    // On a terminal the `^C` stands where the cursor was.
    let start = if console.can_draw() { "\n" } else { "" };
    console.say(&format!("{start}{word}"));
    signals.next().await;
    std::process::exit(Exit::Interrupted as i32);
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
