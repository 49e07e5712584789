//! From page to page: what is asked for next, and when that ends. Pure, because a service can give any pages at all.
//!
//! Laws, each tested: whatever the pages hold, it ends; no violation is there twice; nothing is there that was not asked for.

use std::collections::HashSet;

use super::wire::Page;
use super::{Asked, Of, Violation, Violations};
use crate::api::ApiError;

/// How many a page may hold by the reference.
pub(super) const TAKE: usize = 100;

/// So many pages without anything new are no accident any more: a few come of violations that arrive in between.
const STALE: usize = 3;

/// Why the reading ended.
#[derive(Debug)]
pub enum End {
    /// There is no more.
    Whole,
    /// As many as were wanted are there, and the service has more.
    AtMost,
    /// The service gave what it had given before, page after page, or pages that are all but empty.
    Repeats,
    /// The service has less than it said.
    Short {
        /// What it said.
        said: u64,
        /// What it gave.
        given: u64,
    },
    /// A later page could not be had.
    Failed(ApiError),
}

/// How far the reading is.
pub(super) struct Paging<'a> {
    asked: &'a Asked,
    at_most: usize,
    found: Vec<Violation>,
    seen: HashSet<String>,
    unreadable: usize,
    total: Option<u64>,
    given: usize,
    pages: usize,
    stale: usize,
}

impl<'a> Paging<'a> {
    pub(super) fn new(asked: &'a Asked, at_most: usize) -> Self {
        let (found, seen) = (Vec::new(), HashSet::new());
        Self { asked, at_most, found, seen, unreadable: 0, total: None, given: 0, pages: 0, stale: 0 }
    }

    /// How many are behind us: where the next page begins.
    pub(super) fn skip(&self) -> usize {
        self.given
    }

    pub(super) fn has_begun(&self) -> bool {
        self.pages > 0
    }

    /// How many there are, as the service says.
    pub(super) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Takes a page in; says why it was the last one, if it was.
    pub(super) fn take(&mut self, page: Page) -> Option<End> {
        let items = page.items();
        self.pages += 1;
        self.given = self.given.saturating_add(items);
        self.total = page.total.or(self.total);
        // As good as the last one: they come newest first.
        let is_past = items > 0
            && page.unreadable == 0
            && page.violations.iter().all(|violation| violation.at.is_some_and(|at| at < self.asked.since));
        let mut is_news = false;
        for violation in page.violations {
            if self.seen.insert(violation.id.clone()) {
                is_news = true;
                if self.is_asked_for(&violation) {
                    self.found.push(violation);
                }
            }
        }
        if is_news {
            // What can't be read can't be told apart: on a page that was there before, it is the same.
            self.unreadable += page.unreadable;
        }
        self.stale = if is_news { 0 } else { self.stale + 1 };
        let given = self.given as u64;
        let has_more = self.total.is_some_and(|total| given < total);
        if self.found.len() > self.at_most || (self.found.len() == self.at_most && has_more) {
            self.found.truncate(self.at_most);
            return Some(End::AtMost);
        }
        if items == 0 {
            return Some(match self.total {
                Some(said) if given < said => End::Short { said, given },
                _ => End::Whole,
            });
        }
        // A page that is not full may be all that the service gives at once.
        if is_past || (items < TAKE && !has_more && self.total.is_some()) {
            return Some(End::Whole);
        }
        (self.stale >= STALE || self.pages >= self.most_pages()).then_some(End::Repeats)
    }

    /// Pages of a tenth of what the reference allows are borne, no smaller ones.
    fn most_pages(&self) -> usize {
        10 + self.at_most.div_ceil(TAKE / 10)
    }

    /// A filter that the service doesn't know, it passes over.
    fn is_asked_for(&self, violation: &Violation) -> bool {
        let Asked { of, since, until, details: _ } = self.asked;
        let in_place = match of {
            Of::Everything | Of::Workspace(_) => true,
            Of::Policy(id) => violation.policy.as_ref().is_none_or(|policy| policy == id),
            Of::Repository(_, id) => violation.repo.as_ref().is_none_or(|repo| repo == id),
        };
        in_place && violation.at.is_none_or(|at| at >= *since && until.is_none_or(|until| at < until))
    }

    pub(super) fn end(self, end: End) -> Violations {
        let Self { found, unreadable, total, .. } = self;
        Violations { found, unreadable, total, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::violations::Details;
    use crate::domain::{PolicyId, RepoId, WorkspaceId};

    fn asked(of: Of) -> Asked {
        let since = "2026-11-01T00:00:00Z".parse().unwrap();
        let until = Some("2026-12-01T00:00:00Z".parse().unwrap());
        Asked { of, since, until, details: Details::default() }
    }

    fn violation(number: usize) -> Violation {
        Violation {
            id: format!("v{number}"),
            at: Some("2026-11-10T00:00:00Z".parse().unwrap()),
            policy: Some(PolicyId::new("p").unwrap()),
            policy_name: String::new(),
            repo: Some(RepoId::new("r").unwrap()),
            repo_name: String::new(),
            severity: String::new(),
            blocked: None,
            user: None,
            explanation: None,
        }
    }

    fn page(numbers: impl IntoIterator<Item = usize>, total: Option<u64>) -> Page {
        Page { violations: numbers.into_iter().map(violation).collect(), unreadable: 0, total }
    }

    /// Reads from a service that answers a skip with a page; gives what was found, the end and how many pages it took.
    fn read(at_most: usize, service: impl Fn(usize, usize) -> Page) -> (usize, End, usize) {
        let asked = asked(Of::Everything);
        let mut paging = Paging::new(&asked, at_most);
        for number in 0.. {
            let page = service(number, paging.skip());
            if let Some(end) = paging.take(page) {
                let done = paging.end(end);
                let ids: HashSet<&str> = done.found.iter().map(|violation| violation.id.as_str()).collect();
                assert_eq!(ids.len(), done.found.len(), "each is there once");
                return (done.found.len(), done.end, number + 1);
            }
        }
        unreachable!("it ends")
    }

    #[test]
    fn an_honest_service_is_read_to_its_end() {
        for count in [0, 1, 99, 100, 101, 250] {
            let (found, end, pages) = read(1000, |_, skip| page(skip..count.min(skip + 100), Some(count as u64)));
            assert!(matches!(end, End::Whole), "{end:?}");
            assert_eq!((found, pages), (count, count / 100 + 1), "{count}");
        }
    }

    #[test]
    fn what_arrives_in_between_doubles_nothing_and_loses_nothing() {
        // Sixty new ones before each page push the old ones down.
        let (found, end, _) = read(10_000, |number, skip| {
            let (first, last) = (1000 - 60 * number.min(5), 1500);
            page((first + skip).min(last)..(first + skip + 100).min(last), Some((last - first) as u64))
        });
        assert!(matches!(end, End::Whole), "{end:?}");
        assert_eq!(found, 500);
    }

    #[test]
    fn a_service_that_lies_is_left_with_what_it_gave() {
        // The same page again and again.
        let (found, end, pages) = read(1000, |_, _| page(0..100, Some(500)));
        assert!(matches!(end, End::Repeats), "{end:?}");
        assert_eq!((found, pages), (100, 4));
        // Always something new, for ever.
        let (found, end, _) = read(1000, |number, _| page(number * 100..number * 100 + 100, None));
        assert!(matches!(end, End::AtMost), "{end:?}");
        assert_eq!(found, 1000);
        // One at a time, for ever.
        let (found, end, pages) = read(1000, |number, _| page(number..=number, Some(u64::MAX)));
        assert!(matches!(end, End::Repeats), "{end:?}");
        assert_eq!((found, pages), (110, 110));
        // More was said than there is.
        let (found, end, _) = read(1000, |_, skip| page(skip..150.min(skip + 100), Some(9000)));
        assert!(matches!(end, End::Short { said: 9000, given: 150 }), "{end:?}");
        assert_eq!(found, 150);
        // Less was said than there is, and a page may be smaller than was asked for.
        let (found, end, _) = read(1000, |_, skip| page(skip..250.min(skip + 100), Some(3)));
        assert!(matches!(end, End::Whole), "{end:?}");
        assert_eq!(found, 250);
        let (found, end, _) = read(1000, |_, skip| page(skip..250.min(skip + 50), Some(250)));
        assert!(matches!(end, End::Whole), "{end:?}");
        assert_eq!(found, 250);
        // No total at all: an empty page is the end.
        let (found, end, _) = read(1000, |_, skip| page(skip..130.min(skip + 100), None));
        assert!(matches!(end, End::Whole), "{end:?}");
        assert_eq!(found, 130);
        // More on one page than was asked for.
        let (found, end, _) = read(1000, |_, skip| page(skip..5000, Some(5000)));
        assert!(matches!(end, End::AtMost), "{end:?}");
        assert_eq!(found, 1000);
        // Nothing that can be read, for ever.
        let (found, end, _) = read(1000, |_, _| Page { violations: vec![], unreadable: 100, total: None });
        assert!(matches!(end, End::Repeats), "{end:?}");
        assert_eq!(found, 0);
    }

    #[test]
    fn just_as_many_as_are_wanted_are_no_cut() {
        for (at_most, cut) in [(200, false), (199, true), (100, true)] {
            let (found, end, _) = read(at_most, |_, skip| page(skip..200.min(skip + 100), Some(200)));
            assert_eq!((found, matches!(end, End::AtMost)), (at_most, cut), "{at_most}: {end:?}");
        }
    }

    #[test]
    fn what_was_not_asked_for_is_not_found() {
        let (policy, repo) = (PolicyId::new("p").unwrap(), RepoId::new("r").unwrap());
        let workspace = WorkspaceId::new("w").unwrap();
        for (of, found) in [
            (Of::Policy(policy), 1),
            (Of::Policy(PolicyId::new("q").unwrap()), 0),
            (Of::Repository(workspace.clone(), repo), 1),
            (Of::Repository(workspace.clone(), RepoId::new("s").unwrap()), 0),
            (Of::Workspace(workspace), 1),
        ] {
            let asked = asked(of.clone());
            let mut paging = Paging::new(&asked, 10);
            let (mut early, mut late) = (violation(8), violation(9));
            early.at = Some("2026-10-31T23:59:59Z".parse().unwrap());
            late.at = asked.until;
            let one = Page { violations: vec![late, violation(1), early], unreadable: 0, total: Some(3) };
            assert!(matches!(paging.take(one), Some(End::Whole)));
            assert_eq!(paging.found.len(), found, "{of:?}");
        }
    }

    #[test]
    fn a_service_that_knows_no_from_is_not_read_back_to_its_beginning() {
        let asked = asked(Of::Everything);
        let mut paging = Paging::new(&asked, 10_000);
        assert!(paging.take(page(0..100, Some(1_000_000))).is_none());
        let old = |mut violation: Violation| {
            violation.at = Some("2020-01-01T00:00:00Z".parse().unwrap());
            violation
        };
        let past = page(100..200, Some(1_000_000));
        let past = Page { violations: past.violations.into_iter().map(old).collect(), ..past };
        assert!(matches!(paging.take(past), Some(End::Whole)));
        assert_eq!(paging.found.len(), 100);
    }
}
