//! Violations as JSON, `policysync.violations/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escape;
use crate::api::{Person, Violation};
use crate::plan::{Account, Counts, Gap, Offended, Site, Tally};

/// How often policies were gone against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What `policysync violations --format json` counted")]
pub struct ViolationsReport {
    /// The form of this document.
    pub format: ViolationsFormat,
    /// The service.
    pub endpoint: String,
    /// The policy's address or the scope's path that was asked about; null for all that the token may see.
    pub of: Option<String>,
    /// Since when they were counted, in UTC.
    pub since: String,
    /// Until when; the time of the run, where nothing else was said.
    pub until: String,
    /// Whether all of them were counted; if not, `gaps` says why.
    pub complete: bool,
    /// All of them. Each list below adds up to it: `byDay` together with `undated`.
    pub all: CountsReport,
    /// The days on which there was any, in UTC and in order.
    pub by_day: Vec<DayReport>,
    /// Those whose time can't be read.
    pub undated: CountsReport,
    /// By the service's words for their severity.
    pub by_severity: Vec<SeverityReport>,
    /// The policies, the most first.
    pub by_policy: Vec<OffendedReport>,
    /// Where it was, the most first.
    pub by_repository: Vec<SiteReport>,
    /// Whose calls they were, the most first; only with `--users`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<UserReport>")]
    pub by_user: Option<Vec<UserReport>>,
    /// The newest of them; only with `--explanations`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<ViolationReport>")]
    pub newest: Option<Vec<ViolationReport>>,
    /// Why there may be more than was counted.
    pub gaps: Vec<GapReport>,
}

/// The form of a document of violations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ViolationsFormat {
    /// The first one.
    #[serde(rename = "policysync.violations/1")]
    V1,
}

/// How many, by what was done about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CountsReport {
    /// All of them.
    pub total: usize,
    /// Calls that were blocked.
    pub blocked: usize,
    /// Calls that were let through: logged, or told to someone.
    pub let_through: usize,
    /// Of which the service doesn't say it.
    pub untold: usize,
}

/// How many there were on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DayReport {
    /// `2026-11-22`.
    pub day: String,
    /// How many.
    pub counts: CountsReport,
}

/// How many there were of a severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeverityReport {
    /// The service's word; empty where it doesn't say.
    pub severity: String,
    /// How many.
    pub counts: CountsReport,
}

/// How many there were of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OffendedReport {
    /// Its address; null for one that nobody manages.
    pub address: Option<String>,
    /// The service's id; null where that can't be read.
    pub id: Option<String>,
    /// What the service calls it.
    pub name: String,
    /// How many.
    pub counts: CountsReport,
}

/// How many there were in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SiteReport {
    /// Its folder in the tree, or as recorded; null where neither has it.
    pub path: Option<String>,
    /// The service's id; null where it doesn't say.
    pub id: Option<String>,
    /// What the service calls it.
    pub name: String,
    /// How many.
    pub counts: CountsReport,
}

/// How many there were of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserReport {
    /// Who; null where the service doesn't say.
    pub user: Option<PersonReport>,
    /// How many.
    pub counts: CountsReport,
}

/// Somebody, as the service names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonReport {
    /// Their id.
    pub id: String,
    /// Their name, or the id again.
    pub name: String,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ViolationReport {
    /// The service's id for it.
    pub id: String,
    /// When; null where that can't be read.
    pub at: Option<String>,
    /// The policy's id; null where that can't be read.
    pub policy: Option<String>,
    /// What the policy was called.
    pub policy_name: String,
    /// The repository's id; null where the service doesn't say.
    pub repository: Option<String>,
    /// How severe, in the service's words.
    pub severity: String,
    /// Whether the call was blocked; null where the service doesn't say.
    pub blocked: Option<bool>,
    /// Whose call it was; only with `--users`, where the service says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PersonReport")]
    pub user: Option<PersonReport>,
    /// Why it goes against the policy; only with `--explanations`, where the service says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub explanation: Option<String>,
}

/// Why there may be more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GapReport {
    /// Its kind: a stable name.
    pub code: String,
    /// The sentence.
    pub message: String,
}

impl ViolationsReport {
    /// An account of violations.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let Account { endpoint, of, since, until, details, tally, gaps } = account;
        let Tally { all, days, undated, severities, policies, repositories, users, newest } = tally;
        Self {
            format: ViolationsFormat::V1,
            endpoint: endpoint.to_string(),
            of: of.clone(),
            since: since.to_string(),
            until: until.to_string(),
            complete: account.is_complete(),
            all: (*all).into(),
            by_day: days
                .iter()
                .map(|(day, counts)| DayReport { day: day.to_string(), counts: (*counts).into() })
                .collect(),
            undated: (*undated).into(),
            by_severity: severities
                .iter()
                .map(|(word, counts)| SeverityReport { severity: word.clone(), counts: (*counts).into() })
                .collect(),
            by_policy: policies.iter().map(|(policy, counts)| OffendedReport::of(policy, *counts)).collect(),
            by_repository: repositories.iter().map(|(site, counts)| SiteReport::of(site, *counts)).collect(),
            by_user: details.users.then(|| {
                let user = |user: &Option<Person>| user.as_ref().map(PersonReport::of);
                users.iter().map(|(who, counts)| UserReport { user: user(who), counts: (*counts).into() }).collect()
            }),
            newest: details.explanations.then(|| newest.iter().map(ViolationReport::of).collect()),
            gaps: gaps.iter().map(GapReport::of).collect(),
        }
    }
}

impl From<Counts> for CountsReport {
    fn from(counts: Counts) -> Self {
        let Counts { blocked, let_through, untold } = counts;
        Self { total: counts.total(), blocked, let_through, untold }
    }
}

impl OffendedReport {
    fn of(policy: &Offended, counts: Counts) -> Self {
        let Offended { id, address, name } = policy;
        Self {
            address: address.as_ref().map(ToString::to_string),
            id: id.as_ref().map(ToString::to_string),
            name: name.clone(),
            counts: counts.into(),
        }
    }
}

impl SiteReport {
    fn of(site: &Site, counts: Counts) -> Self {
        let Site { id, path, name } = site;
        Self {
            path: path.as_ref().map(ToString::to_string),
            id: id.as_ref().map(ToString::to_string),
            name: name.clone(),
            counts: counts.into(),
        }
    }
}

impl PersonReport {
    fn of(person: &Person) -> Self {
        let Person { id, name } = person;
        Self { id: id.to_string(), name: name.clone() }
    }
}

impl ViolationReport {
    fn of(violation: &Violation) -> Self {
        let Violation { id, at, policy, policy_name, repo, repo_name: _, severity, blocked, user, explanation } =
            violation;
        Self {
            id: id.clone(),
            at: at.as_ref().map(ToString::to_string),
            policy: policy.as_ref().map(ToString::to_string),
            policy_name: policy_name.clone(),
            repository: repo.as_ref().map(ToString::to_string),
            severity: severity.clone(),
            blocked: *blocked,
            user: user.as_ref().map(PersonReport::of),
            explanation: explanation.clone(),
        }
    }
}

impl GapReport {
    fn of(gap: &Gap) -> Self {
        Self { code: gap.code().to_owned(), message: gap.message() }
    }
}

/// An account of violations as a document.
#[must_use]
pub fn violations_json(account: &Account) -> String {
    escape::json(&ViolationsReport::of(account))
}
