//! Which of the live policies could be the one that a create without an answer has made. Pure.
//!
//! Three ingredients keep this free of doubles and of thefts, each needed: a durable list of the ids that were there
//! before, the settle time, and the stop where more than one could be it.

use crate::api::LivePolicy;
use crate::domain::{PolicyId, ScopedPolicy, UserId};

/// What is looked for.
pub(super) struct Sought<'a> {
    /// The policy as it was sent.
    pub(super) wanted: &'a ScopedPolicy,
    /// Whether a policy is surely something else: there before, recorded, or found to be another change's.
    pub(super) is_taken: &'a (dyn Fn(&PolicyId) -> bool + Sync),
    /// Whether a policy is to the letter what another unfinished create sent.
    pub(super) is_anothers: &'a (dyn Fn(&LivePolicy) -> bool + Sync),
    /// Whether a policy is that, white space aside.
    pub(super) is_like_anothers: &'a (dyn Fn(&LivePolicy) -> bool + Sync),
    /// Who we are, where that is known by now.
    pub(super) user: &'a (dyn Fn() -> Option<UserId> + Sync),
    /// Whether this very run has sent it: then what another user has made is something else. A dead run may have been
    /// another user's.
    pub(super) is_own: bool,
    /// Whether the service has clearly said that it did not happen: then what is not equal to the letter is something else.
    pub(super) was_refused: bool,
}

/// What one look at the scope's list shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// No candidate.
    Nothing,
    /// One, equal to the letter, and the service says that we made it.
    Ours(Box<LivePolicy>),
    /// One, but somebody else could have made it, or the service keeps another text.
    Perhaps(Box<LivePolicy>),
    /// More than one.
    Several(Vec<PolicyId>),
    /// None that is alike, but new ones of the same severity and action that nobody else is known to have made: a service
    /// that rewrites texts beyond recognition could show ours so.
    Strange(Vec<PolicyId>),
}

/// Looks at a scope's list.
pub(super) fn look(live: &[LivePolicy], sought: &Sought<'_>) -> Look {
    let Sought { wanted, is_taken, is_anothers, is_like_anothers, user, is_own, was_refused } = sought;
    let user = user();
    let is_strangers =
        |policy: &LivePolicy| *is_own && user.as_ref().is_some_and(|user| policy.made_by(user) == Some(false));
    let new = || live.iter().filter(|policy| !is_taken(&policy.id) && !is_strangers(policy));
    let mut found: Vec<&LivePolicy> = new()
        .filter(|policy| {
            policy.equals(wanted) || (!was_refused && is_normalized(policy, wanted) && !is_anothers(policy))
        })
        .collect();
    // A list that was read while it changed may name one twice.
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found.dedup_by(|a, b| a.id == b.id);
    match found.as_slice() {
        [] => {
            let strange = new().filter(|policy| !was_refused && is_alike(policy, wanted) && !is_like_anothers(policy));
            let ids: Vec<PolicyId> = strange.map(|policy| policy.id.clone()).collect();
            if ids.is_empty() { Look::Nothing } else { Look::Strange(ids) }
        }
        [one] => {
            let ours = one.equals(wanted) && user.is_some_and(|user| one.made_by(&user) == Some(true));
            let one = Box::new((*one).clone());
            if ours { Look::Ours(one) } else { Look::Perhaps(one) }
        }
        several => Look::Several(several.iter().map(|policy| policy.id.clone()).collect()),
    }
}

/// Whether it is what was sent, but for white space: services trim texts, fold spaces and rewrite line endings.
pub(super) fn is_normalized(live: &LivePolicy, sent: &ScopedPolicy) -> bool {
    let policy = &sent.policy;
    is_alike(live, sent) && same_words(&live.name, policy.name()) && same_words(&live.content, policy.content())
}

/// Whether it is what was sent, the texts aside.
fn is_alike(live: &LivePolicy, sent: &ScopedPolicy) -> bool {
    let ScopedPolicy { scope, policy } = sent;
    live.scope == *scope
        && live.risk_type == policy.risk_type().as_str()
        && live.action_type == i64::from(policy.action_type().number())
}

fn same_words(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Person;
    use crate::domain::{ActionType, OrgId, Policy, RiskType, Scope};

    fn wanted(content: &str) -> ScopedPolicy {
        let scope = Scope::Organization { org: OrgId::new("o").unwrap() };
        let policy = Policy::new("n".into(), content.into(), RiskType::High, ActionType::Block).unwrap();
        ScopedPolicy { scope, policy }
    }

    fn live(id: &str, content: &str, by: Option<&str>) -> LivePolicy {
        let created_by = by.map(|id| Person { id: UserId::new(id).unwrap(), name: id.to_owned() });
        LivePolicy {
            id: PolicyId::new(id).unwrap(),
            scope: wanted("x").scope,
            name: "n".into(),
            content: content.into(),
            risk_type: "HIGH".into(),
            action_type: 2,
            created_by,
            created_at: None,
            updated_by: None,
            updated_at: None,
        }
    }

    fn seen(list: &[LivePolicy], user: Option<&str>, taken: &[&str]) -> Look {
        seen_of(true, list, user, taken)
    }

    fn seen_of(is_own: bool, list: &[LivePolicy], user: Option<&str>, taken: &[&str]) -> Look {
        let user = user.map(|id| UserId::new(id).unwrap());
        let wanted = wanted("text");
        look(
            list,
            &Sought {
                wanted: &wanted,
                is_taken: &|id| taken.contains(&id.as_str()),
                is_anothers: &|policy| policy.content == "text ",
                is_like_anothers: &|policy| policy.content.trim() == "text",
                user: &|| user.clone(),
                is_own,
                was_refused: false,
            },
        )
    }

    /// The service has said that it did not happen: what merely looks like it is somebody else's.
    #[test]
    fn after_a_clear_refusal_only_what_is_equal_to_the_letter_counts() {
        let wanted = wanted("text");
        let seen = |content| {
            let sought = Sought {
                wanted: &wanted,
                is_taken: &|_| false,
                is_anothers: &|_| false,
                is_like_anothers: &|_| false,
                user: &|| None,
                is_own: true,
                was_refused: true,
            };
            look(&[live("1", content, None)], &sought)
        };
        assert_eq!(seen("text"), Look::Perhaps(Box::new(live("1", "text", None))));
        assert_eq!(seen("text\n"), Look::Nothing);
        assert_eq!(seen("something else"), Look::Nothing);
    }

    #[test]
    fn only_what_could_be_ours_is_a_candidate() {
        let twin = live("1", "text", Some("me"));
        assert_eq!(seen(&[], Some("me"), &[]), Look::Nothing);
        assert_eq!(seen(std::slice::from_ref(&twin), Some("me"), &[]), Look::Ours(Box::new(twin.clone())));
        assert_eq!(seen(std::slice::from_ref(&twin), None, &[]), Look::Perhaps(Box::new(twin.clone())));
        assert_eq!(seen(std::slice::from_ref(&twin), Some("me"), &["1"]), Look::Nothing);
        assert_eq!(seen(std::slice::from_ref(&twin), Some("you"), &[]), Look::Nothing);
        let strange = Look::Strange(vec![PolicyId::new("1").unwrap()]);
        assert_eq!(
            seen(&[live("1", "other", Some("me"))], Some("me"), &[]),
            strange,
            "a text rewritten beyond recognition"
        );
        let milder = LivePolicy { action_type: 0, ..live("1", "other", Some("me")) };
        assert_eq!(seen(&[milder], Some("me"), &[]), Look::Nothing);
        let unnamed = live("1", "text", None);
        assert_eq!(seen(std::slice::from_ref(&unnamed), Some("me"), &[]), Look::Perhaps(Box::new(unnamed.clone())));
    }

    #[test]
    fn a_trimmed_text_is_a_candidate_but_never_at_once() {
        let trimmed = live("1", " text\n", Some("me"));
        assert_eq!(seen(std::slice::from_ref(&trimmed), Some("me"), &[]), Look::Perhaps(Box::new(trimmed)));
        assert_eq!(
            seen(&[live("1", "text ", Some("me"))], Some("me"), &[]),
            Look::Nothing,
            "another change's to the letter"
        );
    }

    #[test]
    fn what_a_dead_run_made_may_be_another_users() {
        let theirs = live("1", "text", Some("you"));
        let ours = live("2", "text", Some("me"));
        assert_eq!(
            seen_of(false, std::slice::from_ref(&theirs), Some("me"), &[]),
            Look::Perhaps(Box::new(theirs.clone()))
        );
        assert_eq!(seen_of(false, std::slice::from_ref(&ours), Some("me"), &[]), Look::Ours(Box::new(ours.clone())));
        let both = ["1", "2"].map(|id| PolicyId::new(id).unwrap()).to_vec();
        assert_eq!(seen_of(false, &[theirs.clone(), ours.clone()], Some("me"), &[]), Look::Several(both));
        assert_eq!(seen_of(true, &[theirs, ours.clone()], Some("me"), &[]), Look::Ours(Box::new(ours)));
    }

    #[test]
    fn several_are_named_once_each() {
        let list = [live("2", "text", None), live("1", "text", Some("me")), live("2", "text", None)];
        let ids = ["1", "2"].map(|id| PolicyId::new(id).unwrap()).to_vec();
        assert_eq!(seen(&list, Some("me"), &[]), Look::Several(ids));
    }
}
