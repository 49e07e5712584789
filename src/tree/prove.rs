//! One file's text → what it proves, and all that is wrong in it. Joins the rules of one document; reads nothing itself.

use std::collections::BTreeMap;

use super::desired::TreeError;
use super::disk::Read;
use super::raw::{RawPolicy, RawScope};
use super::rules::{
    action_type, characters, content, content_file, cut_short, documents, draft, encoding, key, metadata, path_as_text,
    required, risk_type, scope_assertion,
};
use super::texts::Texts;
use super::yaml::{BYTE_ORDER_MARK, Document, Field, MERGE_KEY, NOT_A_MAPPING, Node, Spanned, TAG, Text, Value, parse};
use crate::domain::{Finding, Key, Level, Place, Policy, Scope};

/// Reads the file of a text that stands apart from its policy, by its path below the root.
pub(super) type ReadContent<'r> = dyn Fn(&str) -> Result<Read, TreeError> + 'r;

/// What of the rest of the tree a policy file may name.
#[derive(Clone, Copy)]
pub(super) struct Around<'r> {
    /// Reads one of its files.
    pub(super) read: &'r ReadContent<'r>,
    /// All that may be a text.
    pub(super) files: &'r Texts<'r>,
}

/// One document of a policy file, as far as it could be proven.
#[derive(Debug)]
pub(super) struct ProvenDocument {
    /// Its key, and where that is given.
    pub(super) key: Option<(Key, Place)>,
    /// Where its name stands.
    pub(super) place: Place,
    /// The policy, where nothing in it is wrong.
    pub(super) policy: Option<ProvenPolicy>,
}

/// A policy that nothing is wrong with.
#[derive(Debug)]
pub(super) struct ProvenPolicy {
    pub(super) policy: Policy,
    pub(super) protected: bool,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) draft: bool,
    /// Where its text begins.
    pub(super) text: Place,
}

/// What a policy file holds.
#[derive(Debug, Default)]
pub(super) struct ProvenFile {
    pub(super) documents: Vec<ProvenDocument>,
    pub(super) findings: Vec<Finding>,
}

/// What a scope's file says.
#[derive(Debug, Default)]
pub(super) struct ProvenScope {
    /// The id, `Absent` where the folder's name stands for it.
    pub(super) id: Option<Field<(String, Place)>>,
    pub(super) name: Option<String>,
    pub(super) findings: Vec<Finding>,
}

/// Proves the policies of a file. `scope` is the folder's, where it is known.
pub(super) fn policy_file(
    file: &str,
    bytes: Vec<u8>,
    scope: Option<&Scope>,
    around: Around<'_>,
) -> Result<ProvenFile, TreeError> {
    let written = match encoding::text(file, bytes) {
        Ok(written) => written,
        Err(finding) => return Ok(ProvenFile { documents: Vec::new(), findings: vec![finding] }),
    };
    let text = Text::new(file, &written);
    let parsed = parse(&text);
    let mut proven = ProvenFile { documents: Vec::new(), findings: documents::check(&parsed, &text) };
    proven.findings.extend(characters::outside(&parsed, &text));
    // A mere text beside a policy is most often the policy's own, below what Markdown has above it.
    let is_text = |node: &Node| matches!(node.value, Value::Text { .. });
    let may_be_one =
        |document: &&Document| document.broken || document.root.as_ref().is_some_and(|root| !is_text(root));
    let several = parsed.iter().filter(may_be_one).count() > 1;
    for document in parsed {
        let (document, findings) = one_policy(document, &text, scope, several, around)?;
        proven.documents.extend(document);
        proven.findings.extend(findings);
    }
    Ok(proven)
}

fn one_policy(
    document: Document,
    text: &Text<'_>,
    scope: Option<&Scope>,
    several: bool,
    around: Around<'_>,
) -> Result<(Option<ProvenDocument>, Vec<Finding>), TreeError> {
    let Document { root, broken, findings: mut found, range: _ } = document;
    let Some(root) = root else { return Ok((None, found)) };
    found.extend(characters::in_document(&root, text));
    let (raw, wrong) = RawPolicy::read(&root, text);
    // Of a document that could not be read to its end, what was read says little of its kind.
    found.extend(wrong.into_iter().filter(|finding| raw.is_some() || !broken || finding.code != NOT_A_MAPPING));
    let Some(mut raw) = raw else { return Ok((None, found)) };
    if broken || found.iter().any(|finding| finding.code == MERGE_KEY) {
        // What is missing may stand in what could not be read, or would have come from there.
        raw.meant.extend(["name", "riskType", "actionType", "content"]);
    }

    found.extend(required::check(&raw, text));
    found.extend(cut_short::check(&raw, text));
    // `!include path` is told already, and so is a `contentFile` beside it.
    let alone = raw.content.given().filter(|_| raw.content_file.is_absent());
    let untagged = alone.filter(|_| found.iter().all(|finding| finding.code != TAG));
    found.extend(untagged.and_then(|written| path_as_text::check(written, text, around.files)));
    let risk = kept(raw.risk_type.given().map(|written| risk_type::prove(written, text)), &mut found);
    let action = kept(raw.action_type.given().map(|written| action_type::prove(written, text)), &mut found);
    let extra = kept(raw.metadata.given().map(|written| metadata::prove(written, text)), &mut found);
    let content = content_of(&raw, text, around, &mut found)?;
    let key = key::prove(&raw, text, several).map_err(|finding| found.extend(finding)).ok();
    found.extend(scope.into_iter().flat_map(|scope| scope_assertion::check(&raw, scope, text)));

    let sound = !found.iter().any(|finding| finding.level == Level::Error);
    let drafted = draft::check(&raw.draft, text);
    let place = text.place(raw.name_range.clone());
    let policy = match (raw.name.into_value(), content, risk, action) {
        (Some(name), Some((content, begins)), Some(risk), Some(action)) if sound => {
            Policy::new(name, content, risk, action).ok().map(|policy| ProvenPolicy {
                policy,
                protected: raw.protected.into_value().unwrap_or_default(),
                metadata: extra.unwrap_or_default(),
                draft: drafted.is_some(),
                text: begins,
            })
        }
        _ => None,
    };
    // A draft can be proven, judged and compared with its neighbours; that it is one keeps all from being planned.
    found.extend(drafted);
    Ok((Some(ProvenDocument { key, place, policy }), found))
}

/// The value, if there is one; what is wrong with it goes to the findings.
fn kept<T>(proof: Option<Result<T, Finding>>, found: &mut Vec<Finding>) -> Option<T> {
    proof?.map_err(|finding| found.push(finding)).ok()
}

/// The policy's text, its line endings LF, and where it begins.
fn content_of(
    raw: &RawPolicy,
    text: &Text<'_>,
    around: Around<'_>,
    found: &mut Vec<Finding>,
) -> Result<Option<(String, Place)>, TreeError> {
    let source = match content::source(raw, text) {
        Ok(source) => source,
        Err(finding) => {
            found.extend(finding);
            return Ok(None);
        }
    };
    let (range, content, begins) = match source {
        content::Source::Here(Spanned { value, range }) => {
            (range, content::line_endings(value).into_owned(), content::begins(range, text))
        }
        content::Source::File(Spanned { value, range }) => {
            // That is told of its characters, and no path with one in it is meant.
            if value.contains(['\n', '\t']) {
                return Ok(None);
            }
            let place = text.place(range.clone());
            let path = match content_file::resolve(text.file(), value, &place) {
                Ok(path) => path,
                Err(finding) => {
                    found.push(finding);
                    return Ok(None);
                }
            };
            match content_file::text(&path, (around.read)(&path)?, &place, &|| {
                content_file::near(text.file(), &path, around.files)
            }) {
                Ok(written) => {
                    let other = Text::new(&path, &written);
                    found.extend(characters::in_content_file(&other));
                    let said = written.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&written);
                    let begins = content::begins(&(written.len() - said.len()..written.len()), &other);
                    (range, content::line_endings(said).into_owned(), begins)
                }
                Err(finding) => {
                    found.push(finding);
                    return Ok(None);
                }
            }
        }
    };
    found.extend(content::check(&content, || text.place(range.clone())));
    Ok(Some((content, begins)))
}

/// Proves a scope's file.
pub(super) fn scope_file(file: &str, bytes: Vec<u8>) -> ProvenScope {
    let written = match encoding::text(file, bytes) {
        Ok(written) => written,
        Err(finding) => return ProvenScope { findings: vec![finding], ..ProvenScope::default() },
    };
    let text = Text::new(file, &written);
    let parsed = parse(&text);
    let mut proven = ProvenScope { findings: documents::check(&parsed, &text), ..ProvenScope::default() };
    proven.findings.extend(documents::check_single(&parsed, &text));
    proven.findings.extend(characters::outside(&parsed, &text));
    for (number, document) in parsed.into_iter().enumerate() {
        proven.findings.extend(document.findings);
        let Some(root) = document.root else { continue };
        proven.findings.extend(characters::in_document(&root, &text));
        let (raw, wrong) = RawScope::read(&root, &text);
        proven.findings.extend(wrong);
        let Some(RawScope { id, name }) = raw.filter(|_| number == 0) else { continue };
        proven.id = Some(match id {
            Field::Absent => Field::Absent,
            Field::Refused => Field::Refused,
            Field::Given(Spanned { value, range }) => {
                let place = text.place(range.clone());
                Field::Given(Spanned { value: (value, place), range })
            }
        });
        proven.name = name.into_value();
    }
    proven
}
