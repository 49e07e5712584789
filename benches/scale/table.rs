//! The table, a line as soon as it is known; the same on a terminal and in a file.

use std::io::{self, Write as _};
use std::time::Duration;

use crate::process::Measured;

/// One command over one tree.
pub(crate) struct Row<'a> {
    pub(crate) policies: usize,
    pub(crate) command: &'a str,
    pub(crate) measured: Measured,
    pub(crate) floor: Option<Duration>,
}

/// The table, begun.
pub(crate) struct Table;

const NONE: &str = "–";

impl Table {
    /// Says what is measured on, and writes the heads of the columns.
    pub(crate) fn begin() -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let mut out = io::stdout().lock();
        writeln!(out, "policysync {} on {cores} cores\n", env!("CARGO_PKG_VERSION"))?;
        writeln!(
            out,
            "{:>8}  {:<20}  {:>9}  {:>9}  {:>7}  {:>8}",
            "policies", "command", "wall", "floor", "× floor", "memory"
        )?;
        out.flush()?;
        Ok(Self)
    }

    pub(crate) fn row(&self, row: &Row<'_>) -> anyhow::Result<()> {
        let Row { policies, command, measured: Measured { wall, peak }, floor } = row;
        let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
        let times =
            floor.map_or_else(|| NONE.to_owned(), |floor| format!("{:.2}", wall.as_secs_f64() / floor.as_secs_f64()));
        let megabytes =
            peak.map_or_else(|| NONE.to_owned(), |peak| format!("{}.{} MB", peak / 1_000_000, peak / 100_000 % 10));
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "{:>8}  {command:<20}  {:>9}  {:>9}  {times:>7}  {megabytes:>8}",
            grouped(*policies),
            seconds(*wall),
            floor.map_or_else(|| NONE.to_owned(), seconds),
        )?;
        Ok(out.flush()?)
    }
}

/// `10,000`
fn grouped(number: usize) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", grouped(number / 1_000), number % 1_000) }
}

/// Says something that isn't part of the table.
pub(crate) fn tell(text: &str) {
    // There is nobody else to tell.
    let _unheard = writeln!(io::stderr().lock(), "{text}");
}
