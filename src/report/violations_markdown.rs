//! Violations as Markdown: the sum, then a list for each way of counting.

use super::escape;
use super::markdown::{Frame, List, Page, sentence};
use super::violations_names::{in_counts, of_policy, of_site, of_user, outcome, severity};
use crate::api::Violation;
use crate::plan::{Account, Counts};

/// An account of violations for a comment or a page, as long as the frame allows.
#[must_use]
pub fn violations_markdown(account: &Account, frame: Frame<'_>) -> String {
    let Account { endpoint, of, since, until, details, tally, gaps } = account;
    let mut page = Page::begin(frame, &in_counts(tally.all, None));
    let of = of.as_ref().map_or_else(String::new, |of| format!(" of {}", escape::markdown_code(of)));
    page.words(&format!("Violations{of} since `{since}` until `{until}`."));
    let lines = gaps.iter().map(|gap| sentence(&gap.message())).collect();
    let heading = "> [!WARNING]\n> **Not all were counted:**\n>\n".to_owned();
    page.list(&List { heading, prefix: "> ", lines }, 2);
    let mut list = |what: &str, rows: Vec<(String, Counts)>| {
        let lines = rows.iter().map(|(name, counts)| row(name, *counts)).collect();
        page.list(&List { heading: format!("**By {what}**\n\n"), prefix: "", lines }, 3);
    };
    list("policy", tally.policies.iter().map(|(policy, counts)| (of_policy(policy), *counts)).collect());
    list("severity", tally.severities.iter().map(|(word, counts)| (severity(word), *counts)).collect());
    list("repository", tally.repositories.iter().map(|(site, counts)| (of_site(site), *counts)).collect());
    list("user", tally.users.iter().map(|(user, counts)| (of_user(user.as_ref()), *counts)).collect());
    list("day (UTC)", tally.days.iter().map(|(day, counts)| (day.to_string(), *counts)).collect());
    if details.explanations {
        let lines = tally.newest.iter().map(one).collect();
        page.list(&List { heading: "**The newest**\n\n".to_owned(), prefix: "", lines }, 1);
    }
    page.end(&escape::markdown_code(&super::markdown::cut(&endpoint.to_string(), 300)))
}

fn row(name: &str, counts: Counts) -> String {
    format!("{}: {}, {} blocked", sentence(name), counts.total(), counts.blocked)
}

fn one(violation: &Violation) -> String {
    let at = violation.at.as_ref().map_or_else(|| "at no time that can be read".to_owned(), ToString::to_string);
    let user = violation.user.as_ref().map(|user| format!(", by {}", sentence(&of_user(Some(user)))));
    let why = violation.explanation.as_ref().map(|why| format!(": {}", sentence(why)));
    let what = sentence(&violation.policy_name);
    format!("{at} {}, {what}{}{}", outcome(violation.blocked), user.unwrap_or_default(), why.unwrap_or_default())
}
