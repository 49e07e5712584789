//! A policy file and a `_scope.yaml` as an editor checks them: the types that their JSON Schemas are made from. The reader
//! says more, and has the last word; a test holds both together.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A policy: one document of a policy file.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, transform = one_text)]
#[schemars(title = "A policy of policysync, a document of a *.yaml or *.yml in the tree")]
pub struct PolicyFile {
    /// What people see in the console.
    pub name: Written,
    /// How much is at stake.
    pub risk_type: RiskWord,
    /// What happens on a violation: log it, log and notify (alert), or prevent and alert (block).
    pub action_type: ActionWord,
    /// The policy's text, as it is sent; a block (`content: |`) keeps its lines.
    #[schemars(default, with = "Written")]
    pub content: Option<Written>,
    /// Where the text stands instead: a path relative to this file, inside the tree.
    #[schemars(default, with = "Written")]
    pub content_file: Option<Written>,
    /// The last part of the policy's address. Default: the file's name without its ending. Each of several documents needs one.
    #[schemars(default, with = "Written")]
    pub key: Option<Written>,
    /// This policy can't be deleted or weakened while it says so.
    #[schemars(default, with = "Flag")]
    pub protected: Option<Flag>,
    /// It is not for the service yet: while it says so nothing is planned or applied. Take the line out to sign it off.
    #[schemars(default, with = "Flag")]
    pub draft: Option<Flag>,
    /// Text to text, at most 64: shown in reports, never sent.
    #[schemars(default, with = "Metadata")]
    pub metadata: Option<Metadata>,
    /// An assertion: the id of the organization whose folder this is.
    #[schemars(default, with = "Written")]
    pub org_id: Option<WrittenOrNull>,
    /// An assertion: the id of the workspace whose folder this is.
    #[schemars(default, with = "WrittenOrNull")]
    pub workspace_id: Option<WrittenOrNull>,
    /// An assertion: the id of the repository whose folder this is.
    #[schemars(default, with = "WrittenOrNull")]
    pub repo_id: Option<WrittenOrNull>,
}

/// What a folder stands for: its `_scope.yaml`.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "A scope of policysync, the _scope.yaml of a folder in the tree")]
pub struct ScopeFile {
    /// The id of the organization, workspace or repository at the service. Default: the folder's name.
    #[schemars(default, with = "Written")]
    pub id: Option<Written>,
    /// What people call it.
    #[schemars(default, with = "Written")]
    pub name: Option<Written>,
}

/// One of `content` and `contentFile`.
fn one_text(schema: &mut Schema) {
    let one = [["content"], ["contentFile"]].map(|required| serde_json::json!({ "required": required }));
    schema.insert("oneOf".to_owned(), serde_json::json!(one));
}

/// Types that stand for nothing but how a value may be written.
macro_rules! written_as {
    ($($(#[$doc:meta])* $vis:vis struct $name:ident => $schema:tt)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            $vis struct $name;

            impl schemars::JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    schemars::json_schema!($schema)
                }
            }
        )*
    };
}

pub(crate) use written_as;

written_as! {
    /// A text with something in it. `012` and `no`, which other readers take for something else, are texts too.
    pub struct Written => { "type": ["string", "number", "boolean"], "pattern": "\\S" }
    /// A text, or `null` where it stands for "none".
    pub struct WrittenOrNull => { "type": ["string", "number", "boolean", "null"], "pattern": "\\S" }
    /// `LOW`, `MEDIUM` or `HIGH`.
    pub struct RiskWord => { "enum": ["LOW", "MEDIUM", "HIGH"] }
    /// `log`, `alert` or `block`, or their numbers.
    pub struct ActionWord => { "enum": ["log", "alert", "block", 0, 1, 2, "0", "1", "2"] }
    /// `true` or `false`.
    pub struct Flag => { "enum": [true, false, "true", "false"] }
}

/// Text to text.
#[derive(Debug)]
pub struct Metadata(pub BTreeMap<String, String>);

impl JsonSchema for Metadata {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Metadata".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "maxProperties": super::rules::metadata::LIMIT,
            "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
        })
    }
}
