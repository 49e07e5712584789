//! Standard error as a place on a screen: bars at the bottom, lines above them. There is one for the process.

use std::io::Write as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

static BARS: LazyLock<MultiProgress> = LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
static DRAWN: AtomicUsize = AtomicUsize::new(0);

/// Writes a line, above the bars.
pub(super) fn line(text: &str) {
    match DRAWN.load(Ordering::Acquire) {
        0 => write(text),
        _ => BARS.suspend(|| write(text)),
    }
}

/// Draws a bar below the lines, until it is [`erase`]d.
pub(super) fn draw(bar: ProgressBar) -> ProgressBar {
    DRAWN.fetch_add(1, Ordering::AcqRel);
    BARS.add(bar)
}

/// Takes a bar away.
pub(super) fn erase(bar: &ProgressBar) {
    bar.finish_and_clear();
    BARS.remove(bar);
    DRAWN.fetch_sub(1, Ordering::AcqRel);
}

fn write(text: &str) {
    // In one piece, so that no other process's line comes between. Where standard error is closed nobody is left to tell.
    let _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}
