//! What `violations` can be told.

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::args::{CallArgs, TreeFlag};
use super::complete;

/// `policysync violations`
#[derive(Debug, Args)]
pub struct ViolationsArgs {
    /// A policy's address, or a scope: organization[/workspace[/repository]] [default: all that the token may see]
    // A folder and a policy may have one name: with a slash at its end it is the folder.
    #[arg(value_name = "ADDRESS", add = complete::scopes_and_addresses())]
    pub address: Option<String>,
    /// Since when: 30d, 12h, 2w, 2026-11-01 or 2026-11-01T12:00:00Z
    #[arg(long, value_name = "WHEN", default_value = "30d", value_parser = when)]
    pub since: When,
    /// Until when, likewise; a day is not counted itself [default: now]
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub until: Option<When>,
    /// Count by user too, and with --explanations say whose call each was
    #[arg(long)]
    pub users: bool,
    /// Show the service's explanations of the newest: they may quote what people wrote
    #[arg(long)]
    pub explanations: bool,
    /// Read so many of the newest at most
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub at_most: u32,
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeFlag,
    /// How it calls.
    #[command(flatten)]
    pub calls: CallArgs,
}

/// A point in time, as people say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So long before now.
    Ago(SignedDuration),
    /// This one.
    At(Timestamp),
}

impl When {
    /// As a time; nothing where that is before all time.
    pub(super) fn seen_from(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Ago(ago) => now.checked_sub(ago).ok(),
            Self::At(at) => Some(at),
        }
    }
}

/// `30d`, `12h`, `2w`, `90m`; `2026-11-01` (its beginning, in UTC), `2026-11-01T12:00:00Z`.
fn when(text: &str) -> Result<When, String> {
    let wrong = || format!("{text:?} is no time; write it like 30d, 12h, 2w, 2026-11-01 or 2026-11-01T12:00:00Z");
    if let Some(unit) = text.chars().last().filter(|unit| "mhdw".contains(*unit)) {
        let number = text.strip_suffix(unit).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        if let Some(number) = number {
            let minutes: i64 = match unit {
                'm' => 1,
                'h' => 60,
                'd' => 24 * 60,
                _ => 7 * 24 * 60,
            };
            let number: i64 = number.parse().map_err(|_| wrong())?;
            let seconds = number.checked_mul(minutes * 60).ok_or_else(wrong)?;
            return Ok(When::Ago(SignedDuration::from_secs(seconds)));
        }
    }
    if text.len() == "2026-11-01".len() {
        let day: Date = text.parse().map_err(|_| wrong())?;
        return TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).map(When::At).map_err(|_| wrong());
    }
    text.parse().map(When::At).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_as_people_say_it() {
        let now: Timestamp = "2026-11-27T04:00:00Z".parse().unwrap();
        for (said, meant) in [
            ("30d", "2026-10-28T04:00:00Z"),
            ("12h", "2026-11-26T16:00:00Z"),
            ("2w", "2026-11-13T04:00:00Z"),
            ("90m", "2026-11-27T02:30:00Z"),
            ("0d", "2026-11-27T04:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z"),
            ("2026-11-01T12:00:00+02:00", "2026-11-01T10:00:00Z"),
        ] {
            let seen = when(said).map(|when| when.seen_from(now));
            assert_eq!(seen, Ok(Some(meant.parse().unwrap())), "{said}");
        }
        for wrong in
            ["", "d", "30", "-3d", "1.5d", "30y", "yesterday", "2026-13-01", "2026-11-1", "2026-11-01T12:00:00"]
        {
            let told = when(wrong).unwrap_err();
            assert!(told.contains("2026-11-01T12:00:00Z"), "{wrong}: {told}");
        }
        assert_eq!(when("999999999999999d").unwrap_err().split(' ').next(), Some("\"999999999999999d\""));
        assert_eq!(when("9999999w").unwrap().seen_from(now), None);
    }
}
