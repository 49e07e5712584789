//! What the user told the guards to let pass: by a flag for one plan, by the settings for all.

use std::fmt;
use std::str::FromStr;

use crate::domain::Digest;
use crate::tree::yaml;

use super::Guard;

/// `GUARD[=N][@DIGEST]`: let a guard pass, up to a number, in that plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Which guard.
    pub guard: Guard,
    /// At most so many things found; any number where not given.
    pub at_most: Option<usize>,
    /// In the plan with this digest and no other.
    pub digest: Option<Digest>,
}

/// What one `--allow` says: `weaken=1,delete=3@sha256:…`; a digest at the end holds for all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowances(pub Vec<Allowance>);

/// A text that is no allowance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAllowance {
    /// The part before the digest.
    #[error(
        "{said:?} names no guard; {}write GUARD or GUARD=N, where GUARD is one of: {}",
        near.map_or_else(String::new, |near| format!("did you mean {}? Else ", near.as_str())),
        Guard::ALLOWABLE.map(Guard::as_str).join(", ")
    )]
    Guard {
        /// What was said.
        said: String,
        /// The guard that was perhaps meant.
        near: Option<Guard>,
    },
    /// What stands behind the guard's `=`.
    #[error("{1:?} is no number; behind {guard}= stands how much may be found at most, as in {guard}=1", guard = .0.as_str())]
    Number(Guard, String),
    /// The digest.
    #[error("{0:?} is no digest: what stands behind @ must be that of a plan, `sha256:` and 64 hexadecimal digits")]
    Digest(String),
}

impl FromStr for Allowances {
    type Err = InvalidAllowance;
    fn from_str(text: &str) -> Result<Self, InvalidAllowance> {
        let (guards, digest) = text.split_once('@').map_or((text, None), |(guards, digest)| (guards, Some(digest)));
        let wrong = |digest: &str| InvalidAllowance::Digest(digest.to_owned());
        let digest = digest.map(|digest| digest.parse::<Digest>().map_err(|_| wrong(digest))).transpose()?;
        let one = |said: &str| {
            let (name, number) = said.split_once('=').map_or((said, None), |(name, number)| (name, Some(number)));
            let wrong = || {
                let near = yaml::nearest(name, Guard::ALLOWABLE.map(Guard::as_str));
                let near = Guard::ALLOWABLE.into_iter().find(|guard| Some(guard.as_str()) == near);
                InvalidAllowance::Guard { said: said.to_owned(), near }
            };
            let guard = Guard::ALLOWABLE.into_iter().find(|guard| guard.as_str() == name).ok_or_else(wrong)?;
            let no_number = |number: &str| InvalidAllowance::Number(guard, number.to_owned());
            let at_most = number.map(|number| number.parse().map_err(|_| no_number(number))).transpose()?;
            Ok(Allowance { guard, at_most, digest })
        };
        guards.split(',').map(one).collect::<Result<_, _>>().map(Self)
    }
}

impl Allowance {
    /// Whether it lets pass what a guard found in the plan with this digest.
    pub(super) fn covers(&self, guard: Guard, found: usize, plan: Digest) -> bool {
        self.guard == guard
            && self.at_most.is_none_or(|most| found <= most)
            && self.digest.is_none_or(|digest| digest == plan)
    }

    /// Whether it was given for this guard and another plan.
    pub(super) fn is_for_another(&self, guard: Guard, plan: Digest) -> bool {
        self.guard == guard && self.digest.is_some_and(|digest| digest != plan)
    }
}

/// What the guards let pass without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So many changes of a plan may let more through; none unless the settings say so.
    pub weaken: usize,
    /// So many policies of an organization may be deleted.
    pub delete: Share,
    /// So many protected policies may be weakened or deleted in a plan; none unless the settings say so.
    pub protected: usize,
    /// An organization with at most so many policies may lose all its files; none unless the settings say so.
    pub empty_tree: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { weaken: 0, delete: Share::Percent(10), protected: 0, empty_tree: 0 }
    }
}

/// A part of an organization's policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// So many.
    Number(usize),
    /// So many of a hundred, rounded down, and always at least one.
    Percent(u8),
}

/// A text that is no share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a whole number nor a percentage from 0% to 100%")]
pub struct InvalidShare(String);

impl Share {
    /// How many that is of `all`.
    #[must_use]
    pub fn of(self, all: usize) -> usize {
        match self {
            Self::Number(number) => number,
            Self::Percent(percent) => (all.saturating_mul(usize::from(percent)) / 100).max(1),
        }
    }
}

impl FromStr for Share {
    type Err = InvalidShare;
    fn from_str(text: &str) -> Result<Self, InvalidShare> {
        let wrong = || InvalidShare(text.to_owned());
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match text.strip_suffix('%') {
            Some(percent) if digits(percent) => {
                let percent = percent.parse().ok().filter(|percent| *percent <= 100);
                percent.map(Self::Percent).ok_or_else(wrong)
            }
            None if digits(text) => text.parse().map(Self::Number).map_err(|_| wrong()),
            Some(_) | None => Err(wrong()),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(0) => f.write_str("none is allowed"),
            Self::Number(1) => f.write_str("1 of an organization is allowed"),
            Self::Number(number) => write!(f, "{number} of an organization are allowed"),
            Self::Percent(percent) => write!(f, "{percent} % of an organization (at least 1) are allowed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_names_guards_numbers_and_a_plan() {
        let digest = Digest::of(b"a plan");
        let read = |text: &str| text.parse::<Allowances>();
        let Allowances(two) = read(&format!("weaken=1,delete@{digest}")).unwrap();
        let said: Vec<_> = two.iter().map(|one| (one.guard, one.at_most, one.digest)).collect();
        assert_eq!(said, [(Guard::Weaken, Some(1), Some(digest)), (Guard::Delete, None, Some(digest))]);
        for wrong in ["", "Weaken", "force", "weaken,", "scope-id", "force=1"] {
            assert!(matches!(read(wrong), Err(InvalidAllowance::Guard { .. })), "{wrong}");
        }
        for wrong in ["weaken=", "weaken=x", "weaken=-1", "delete=1,weaken=10%"] {
            assert!(matches!(read(wrong), Err(InvalidAllowance::Number(Guard::Weaken, _))), "{wrong}");
        }
        for wrong in ["weaken@", "weaken=1@sha256:12", "weaken@latest"] {
            assert!(matches!(read(wrong), Err(InvalidAllowance::Digest(_))), "{wrong}");
        }
    }

    #[test]
    fn an_allowance_covers_its_guard_its_number_and_its_plan() {
        let (this, other) = (Digest::of(b"this"), Digest::of(b"other"));
        let allowance = |at_most, digest| Allowance { guard: Guard::Weaken, at_most, digest };
        assert!(allowance(Some(2), None).covers(Guard::Weaken, 2, this));
        assert!(!allowance(Some(2), None).covers(Guard::Weaken, 3, this));
        assert!(!allowance(None, None).covers(Guard::Delete, 1, this));
        assert!(allowance(None, Some(this)).covers(Guard::Weaken, 9, this));
        assert!(!allowance(None, Some(other)).covers(Guard::Weaken, 1, this));
        assert!(allowance(None, Some(other)).is_for_another(Guard::Weaken, this));
    }

    #[test]
    fn a_share_is_a_number_or_a_part_that_is_never_nothing() {
        for (text, of, is) in
            [("3", 1000, 3), ("0", 1000, 0), ("10%", 50, 5), ("10%", 9, 1), ("0%", 50, 1), ("100%", 7, 7)]
        {
            assert_eq!(text.parse::<Share>().unwrap().of(of), is, "{text} of {of}");
        }
        for wrong in ["", "%", "-1", "101%", "ten", "1.5%", "+3", "1 %"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
    }
}
