//! `policysync.yaml` as an editor checks it: the type that its JSON Schema is made from. `config` reads it, and has the last
//! word; a test holds both together.

use schemars::JsonSchema;

use crate::tree::schema::{Flag, Written};

/// The settings of a repository.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "policysync.yaml, the settings of a repository")]
#[expect(dead_code, reason = "its fields are there for the schema alone")]
pub(super) struct ConfigFile {
    /// The tree's folder. Default: policies.
    #[schemars(default, with = "Written")]
    tree: Option<Written>,
    /// Where the record is kept: a folder, git:REMOTE[#BRANCH], s3://, gs:// or az://. Default: .policysync/state.
    #[schemars(default, with = "Written")]
    state: Option<Written>,
    /// The service's base URL. The token is sent only to one that the environment or a flag names too.
    #[schemars(default, with = "Url")]
    endpoint: Option<Url>,
    /// How many calls at a time, at most. Default: 16.
    #[schemars(default, with = "Calls")]
    concurrency: Option<Calls>,
    /// The time limit of one call. Default: 15s.
    #[schemars(default, with = "Time")]
    timeout: Option<Time>,
    /// How long a request without an answer may still take effect. Default: timeout + 30s.
    #[schemars(default, with = "Time")]
    settle: Option<Time>,
    /// Delete policies that no file asks for any more. Default: false.
    #[schemars(default, with = "Flag")]
    prune: Option<Flag>,
    /// What the guards let pass without a flag.
    #[schemars(default, with = "GuardsFile")]
    guards: Option<GuardsFile>,
}

/// What the guards let pass.
#[derive(Debug, JsonSchema)]
#[schemars(inline, deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "its fields are there for the schema alone")]
struct GuardsFile {
    /// So many changes of a plan may let more through. Default: 0.
    #[schemars(default, with = "Count")]
    weaken: Option<Count>,
    /// So many policies of an organization may be deleted: a number, or a part of a hundred. Default: 10%.
    #[schemars(default, with = "Share")]
    delete: Option<Share>,
    /// So many protected policies may be weakened or deleted in a plan. Default: 0.
    #[schemars(default, with = "Count")]
    protected: Option<Count>,
    /// An organization with at most so many policies may lose all its files. Default: 0.
    #[schemars(default, with = "Count")]
    empty_tree: Option<Count>,
}

crate::tree::schema::written_as! {
    /// https, or plain http on this machine; no user, no query, no fragment.
    struct Url => {
        "type": "string",
        "pattern": r"^(https://[^\s?#@/]+|http://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?)(/[^\s?#@]*)?$",
        "examples": [crate::domain::Endpoint::DEFAULT],
    }
    /// `15s`, `500ms`, `1m 30s`.
    struct Time => {
        "type": "string",
        "pattern": r"^([0-9]+(\.[0-9]+)? ?(h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?|ms|msecs?|millis|milliseconds?),? ?)+$",
        "examples": ["15s", "500ms", "2m"],
    }
    /// A whole number.
    struct Count => { "type": ["integer", "string"], "minimum": 0, "maximum": u32::MAX, "pattern": "^[0-9]{1,9}$" }
    /// A whole number, or a percentage.
    struct Share => { "type": ["integer", "string"], "minimum": 0, "pattern": "^([0-9]+|([0-9]|[1-9][0-9]|100)%)$" }
    /// 1 to 256.
    struct Calls => {
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": 256,
        "pattern": "^([1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-6])$",
    }
}
