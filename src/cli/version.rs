//! Which policysync this is: its number and, where the build was told, the commit and the day it was built from.
//!
//! The build asks nobody: not Git, not the clock. Whoever builds a release sets `POLICYSYNC_COMMIT` and, as others do,
//! `SOURCE_DATE_EPOCH`; the same sources then give the same bytes.

use std::sync::LazyLock;

/// Its number.
pub(super) const NUMBER: &str = env!("CARGO_PKG_VERSION");
const COMMIT: Option<&str> = option_env!("POLICYSYNC_COMMIT");
const EPOCH: Option<&str> = option_env!("SOURCE_DATE_EPOCH");

/// `0.1.0 (3f2a1b0c9d8e 2026-11-27)`
pub(super) fn long() -> &'static str {
    static LONG: LazyLock<String> = LazyLock::new(|| of(NUMBER, COMMIT, EPOCH));
    &LONG
}

/// The day it was built from, where the build was told.
pub(super) fn day() -> Option<String> {
    day_of(EPOCH)
}

fn day_of(epoch: Option<&str>) -> Option<String> {
    let second = epoch.and_then(|epoch| epoch.parse().ok());
    let day = second.and_then(|second| jiff::Timestamp::from_second(second).ok());
    day.map(|day| day.strftime("%Y-%m-%d").to_string())
}

fn of(number: &str, commit: Option<&str>, epoch: Option<&str>) -> String {
    let is_commit = |commit: &&str| commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commit = commit.filter(is_commit).and_then(|commit| commit.get(..commit.len().min(12)));
    let day = day_of(epoch);
    let known: Vec<&str> = commit.into_iter().chain(day.as_deref()).collect();
    if known.is_empty() { number.to_owned() } else { format!("{number} ({})", known.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn commit_and_day_stand_where_they_are_known() {
        let commit = Some("3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a");
        assert_eq!(of("0.1.0", commit, Some("1795737600")), "0.1.0 (3f2a1b0c9d8e 2026-11-27)");
        assert_eq!(of("0.1.0", commit, None), "0.1.0 (3f2a1b0c9d8e)");
        assert_eq!(of("0.1.0", None, Some("0")), "0.1.0 (1970-01-01)");
        for odd in [Some(""), Some("main"), Some("$(id)xyz"), None] {
            assert_eq!(of("0.1.0", odd, odd), "0.1.0");
        }
    }
}
