//! The text of a policy's file and of a scope's, in the house's order of fields. Each is read by the tree's own reader before
//! anyone gets it: a file that would be refused, or would say something else, is never written.

use std::collections::BTreeMap;

use super::scalar;
use crate::domain::{Finding, Key, Level, Policy, Scope};
use crate::tree::disk::Read;
use crate::tree::prove::{self, Around, ProvenDocument, ProvenPolicy};
use crate::tree::rules::{characters, draft, file_size};
use crate::tree::texts::Texts;

/// A policy that is to have a file of its own.
#[derive(Debug, Clone)]
pub struct NewPolicy<'a> {
    /// The file's path below the root.
    pub file: &'a str,
    /// The policy's key; written down only where the file's name doesn't say it.
    pub key: &'a Key,
    /// Where it holds.
    pub scope: &'a Scope,
    /// What it says; its line endings LF.
    pub policy: &'a Policy,
    /// Whether it may not be deleted or weakened.
    pub protected: bool,
    /// Whether somebody has to sign it off first.
    pub draft: bool,
    /// Text to text.
    pub metadata: &'a BTreeMap<String, String>,
}

/// Why there is no file for a policy or a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unwritable(pub String);

/// The file of a policy, as text.
///
/// # Errors
/// [`Unwritable`] where the tree's rules refuse it, with what they say.
pub fn policy_text(new: &NewPolicy<'_>) -> Result<String, Unwritable> {
    let (head, content) = (head(new), new.policy.content());
    // Reading makes LF of each CRLF: one that is meant is written so that it is left then.
    let in_quotes = || format!("{head}content: {}\n", scalar::quoted(&content.replace("\r\n", "\r\r\n")));
    let text = scalar::block(content).map_or_else(in_quotes, |block| format!("{head}content: {block}"));
    // The last resort of any text is to be quoted.
    proven(new, &text).or_else(|_| proven(new, &in_quotes()))
}

fn head(new: &NewPolicy<'_>) -> String {
    let NewPolicy { file, key, scope: _, policy, protected, draft, metadata } = new;
    let mut out = String::new();
    if *draft {
        out.push_str("draft: true\n");
    }
    let stem = file.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(stem, _)| stem);
    if stem != key.as_str() {
        out.push_str(&format!("key: {}\n", scalar::line(key.as_str())));
    }
    out.push_str(&format!("name: {}\n", scalar::line(policy.name())));
    out.push_str(&format!("riskType: {}\nactionType: {}\n", policy.risk_type(), policy.action_type()));
    if *protected {
        out.push_str("protected: true\n");
    }
    if !metadata.is_empty() {
        out.push_str("metadata:\n");
        for (name, value) in *metadata {
            out.push_str(&format!("  {}: {}\n", scalar::line(name), scalar::line(value)));
        }
    }
    out
}

/// The text, if the tree's reader finds in it what was meant and nothing to refuse.
fn proven(new: &NewPolicy<'_>, text: &str) -> Result<String, Unwritable> {
    if text.len() > file_size::LIMIT {
        return Err(Unwritable("its file would be larger than 256 KiB".to_owned()));
    }
    let alone = Around { read: &|_| Ok(Read::Missing), files: &Texts::default() };
    let read = prove::policy_file(new.file, text.as_bytes().to_vec(), Some(new.scope), alone);
    let read = read.map_err(|error| Unwritable(error.to_string()))?;
    let is_meant = |finding: &Finding| new.draft && finding.code == draft::CODE;
    let errors = read.findings.iter().filter(|finding| is_error(finding) && !is_meant(finding));
    let errors: Vec<String> = errors.map(said).collect();
    if !errors.is_empty() {
        return Err(Unwritable(errors.join("; ")));
    }
    match read.documents.as_slice() {
        [
            ProvenDocument {
                key: Some((key, _)),
                place: _,
                policy: Some(ProvenPolicy { policy, protected, metadata, draft, text: _ }),
            },
        ] if (key, policy, *protected, metadata, *draft)
            == (new.key, new.policy, new.protected, new.metadata, new.draft) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(Unwritable("no file says just this".to_owned())),
    }
}

fn is_error(finding: &Finding) -> bool {
    finding.level == Level::Error
}

fn said(finding: &Finding) -> String {
    finding.message.clone()
}

/// The `_scope.yaml` of a folder; nothing where the folder's name says it all.
///
/// # Errors
/// [`Unwritable`] where the tree's rules refuse the id.
pub fn scope_text(folder: &str, id: &str, name: &str) -> Result<Option<String>, Unwritable> {
    // A name is only shown: one that can't stand in a file is left out.
    let shown = Some(name).filter(|name| *name != folder && !name.trim().is_empty() && characters::is_clean(name));
    if id == folder && shown.is_none() {
        return Ok(None);
    }
    let id = Some(id).filter(|id| *id != folder);
    said_of_scope(id, shown).map(Some)
}

/// A `_scope.yaml` that says an id, a name, or both.
///
/// # Errors
/// [`Unwritable`] where the tree's rules refuse one of them.
pub fn said_of_scope(id: Option<&str>, name: Option<&str>) -> Result<String, Unwritable> {
    let mut text = String::new();
    for (field, value) in [("id", id), ("name", name)] {
        if let Some(value) = value {
            text.push_str(&format!("{field}: {}\n", scalar::line(value)));
        }
    }
    let read = prove::scope_file("_scope.yaml", text.as_bytes().to_vec());
    let errors: Vec<String> = read.findings.iter().filter(|finding| is_error(finding)).map(said).collect();
    match errors.is_empty() && text.len() <= file_size::LIMIT {
        true => Ok(text),
        false => Err(Unwritable(errors.join("; "))),
    }
}
