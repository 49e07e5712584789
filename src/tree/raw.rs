//! A policy and a scope as their files have them: fields and their places, nothing proven.

use std::ops::Range;

use super::raw_hints;
use super::yaml::{Field, Fields, Finished, Node, Spanned, Text, Value};
use crate::domain::Finding;

/// Words of other tools for our fields.
const POLICY_SYNONYMS: &[(&str, &str)] = &[
    ("risk", "riskType"),
    ("severity", "riskType"),
    ("level", "riskType"),
    ("priority", "riskType"),
    ("action", "actionType"),
    ("alertType", "actionType"),
    ("effect", "actionType"),
    ("enforcement", "actionType"),
    ("mode", "actionType"),
    ("text", "content"),
    ("body", "content"),
    ("rule", "content"),
    ("policy", "content"),
    ("prompt", "content"),
    ("description", "content"),
    ("file", "contentFile"),
    ("path", "contentFile"),
    ("title", "name"),
    ("displayName", "name"),
    ("slug", "key"),
    ("locked", "protected"),
    ("preventDestroy", "protected"),
    ("labels", "metadata"),
    ("tags", "metadata"),
    ("annotations", "metadata"),
    ("organization", "orgId"),
    ("organizationId", "orgId"),
    ("org", "orgId"),
    ("workspace", "workspaceId"),
    ("repo", "repoId"),
    ("repository", "repoId"),
    ("repositoryId", "repoId"),
];

const SCOPE_SYNONYMS: &[(&str, &str)] = &[
    ("orgId", "id"),
    ("workspaceId", "id"),
    ("repoId", "id"),
    ("uuid", "id"),
    ("title", "name"),
    ("displayName", "name"),
];

/// A policy as written.
#[derive(Debug)]
pub(super) struct RawPolicy {
    /// Where it begins.
    pub(super) range: Range<usize>,
    /// Where its `name` stands, key and value; where it has none, as `range`.
    pub(super) name_range: Range<usize>,
    /// Fields that are there by a wrong name.
    pub(super) meant: Vec<&'static str>,
    pub(super) name: Field<String>,
    pub(super) risk_type: Field<String>,
    pub(super) action_type: Field<String>,
    pub(super) content: Field<String>,
    pub(super) content_file: Field<String>,
    pub(super) key: Field<String>,
    pub(super) protected: Field<bool>,
    pub(super) draft: Field<bool>,
    pub(super) metadata: Field<Vec<(Spanned<String>, Spanned<String>)>>,
    pub(super) org_id: Field<Option<String>>,
    pub(super) workspace_id: Field<Option<String>>,
    pub(super) repo_id: Field<Option<String>>,
}

impl RawPolicy {
    /// Reads a document's root; nothing but findings where it is no mapping.
    pub(super) fn read(root: &Node, text: &Text<'_>) -> (Option<Self>, Vec<Finding>) {
        let mut fields = match Fields::of(root, "a policy", text) {
            Ok(fields) => fields,
            Err(finding) => {
                let above = text.as_str().get(..root.range.start).unwrap_or_default();
                let hint = match &root.value {
                    Value::Text { .. } => {
                        raw_hints::of_a_text(text.as_str().get(root.range.clone()).unwrap_or_default(), above)
                    }
                    Value::Sequence(_)
                        if text.as_str().get(root.range.clone()).is_some_and(|it| it.starts_with('[')) =>
                    {
                        "take the `[` and `]` away, and write each policy into a file of its own"
                    }
                    Value::Sequence(items) if items.len() == 1 => {
                        "take the `-` away, and begin each field in one column"
                    }
                    Value::Mapping(_) | Value::Sequence(_) | Value::Refused => raw_hints::A_DOCUMENT_EACH,
                };
                return (None, finding.map(|finding| finding.hint(hint)).into_iter().collect());
            }
        };
        let range = root.range.start..root.range.start;
        let name_range = fields.node("name").map_or(range.clone(), |entry| {
            let key = &entry.key.range;
            key.start..entry.value.range.end.max(key.end)
        });
        let mut raw = Self {
            meant: Vec::new(),
            range,
            name_range,
            name: fields.text("name"),
            risk_type: fields.text("riskType"),
            action_type: fields.text("actionType"),
            content: fields.text("content"),
            content_file: fields.text("contentFile"),
            key: fields.text("key"),
            protected: fields.flag("protected"),
            draft: fields.flag("draft"),
            metadata: fields.texts("metadata"),
            org_id: fields.text_or_null("orgId"),
            workspace_id: fields.text_or_null("workspaceId"),
            repo_id: fields.text_or_null("repoId"),
        };
        let Finished { findings, meant } = fields.finish(POLICY_SYNONYMS);
        raw.meant = meant;
        let findings = findings.into_iter().map(|finding| raw.hinted(finding, root)).collect();
        (Some(raw), findings)
    }
}

impl RawPolicy {
    /// What to do about a field that belongs to something else than a policy's file; what is missing beside it then needs no
    /// word of its own.
    fn hinted(&mut self, finding: Finding, root: &Node) -> Finding {
        let says_nothing = self.risk_type.is_absent() && self.action_type.is_absent() && self.content.is_absent();
        let says_nothing = says_nothing && self.content_file.is_absent();
        if let Some(hint) = raw_hints::of_a_field(&finding) {
            return finding.hint(hint);
        }
        let Some(name) = raw_hints::unknown(&finding) else { return finding };
        let explains_all = says_nothing.then(|| raw_hints::of_all(name, root)).flatten();
        if explains_all.is_some() {
            self.meant.extend(["name", "riskType", "actionType", "content"]);
        }
        match explains_all.or_else(|| raw_hints::of_an_unknown(name).map(str::to_owned)) {
            Some(hint) => finding.hint(hint),
            None => finding,
        }
    }
}

/// A `_scope.yaml` as written.
#[derive(Debug)]
pub(super) struct RawScope {
    pub(super) id: Field<String>,
    pub(super) name: Field<String>,
}

impl RawScope {
    /// Reads a document's root; nothing but findings where it is no mapping.
    pub(super) fn read(root: &Node, text: &Text<'_>) -> (Option<Self>, Vec<Finding>) {
        match Fields::of(root, "a scope file", text) {
            Ok(mut fields) => {
                let raw = Self { id: fields.text("id"), name: fields.text("name") };
                let findings = fields.finish(SCOPE_SYNONYMS).findings;
                let hinted = |finding: Finding| match raw_hints::unknown(&finding).and_then(raw_hints::of_a_scope) {
                    Some(hint) => finding.hint(hint),
                    None => finding,
                };
                (Some(raw), findings.into_iter().map(hinted).collect())
            }
            Err(finding) => {
                let hint = match &root.value {
                    Value::Text { text, .. } => raw_hints::of_a_scopes_text(text),
                    Value::Mapping(_) | Value::Sequence(_) | Value::Refused => raw_hints::A_SCOPE,
                };
                (None, finding.map(|finding| finding.hint(hint)).into_iter().collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tree::yaml::{FIELDS, parse};

    /// The fields that a finding about an unknown one lists.
    fn asked(read: impl Fn(&Node, &Text<'_>) -> Vec<Finding>) -> BTreeSet<String> {
        let text = Text::new("f.yaml", "zzzzzzzzzz: 1\n");
        let root = parse(&text).remove(0).root.expect("it is a document");
        let hints: Vec<String> = read(&root, &text).into_iter().filter_map(|finding| finding.hint).collect();
        hints.iter().flat_map(|hint| hint.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
    }

    #[test]
    fn the_fields_by_which_slips_are_told_are_those_that_are_read() {
        let mut read = asked(|root, text| RawPolicy::read(root, text).1);
        read.extend(asked(|root, text| RawScope::read(root, text).1));
        assert_eq!(FIELDS.iter().map(|field| (*field).to_owned()).collect::<BTreeSet<_>>(), read);
    }
}
