//! Names mean the same on every system: UTF-8, no characters that can't be seen, `.yaml` and `.yml` in small letters, and
//! a folder's name fit for an address.

use crate::domain::{Code, Finding, Place, ScopeName};
use crate::tree::writing::names::word;
use crate::tree::yaml::{is_invisible, quote};

/// A name that is not UTF-8.
pub(in crate::tree) const NOT_UTF8: Code = Code("name-not-utf-8");
/// A name that can't stand in an address.
pub(in crate::tree) const INVALID: Code = Code("invalid-name");
/// `.YAML`, `.Yml`, `.yaml.txt`.
pub(in crate::tree) const ENDING: Code = Code("file-ending");

/// What a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tree) enum Role {
    /// `_scope.yaml`, `_scope.yml`.
    Scope,
    /// Any other `*.yaml`, `*.yml`.
    Policy,
    /// As a policy's, but for the letter case of its ending or a slip in it, or with the `.txt` that some editors put behind it.
    Nearly,
    /// Passed over.
    Other,
}

/// What the file of that name is.
pub(in crate::tree) fn role(name: &str) -> Role {
    match name.rsplit_once('.') {
        Some(("_scope", "yaml" | "yml")) => Role::Scope,
        Some((_, "yaml" | "yml")) => Role::Policy,
        Some((_, ending)) if is_a_policys(ending) || is_a_slip(ending) => Role::Nearly,
        Some((before, ending)) if ending.eq_ignore_ascii_case("txt") => match before.rsplit_once('.') {
            Some((_, ending)) if is_a_policys(ending) => Role::Nearly,
            _ => Role::Other,
        },
        _ => Role::Other,
    }
}

/// Whether it is the ending of a policy's file, letter case aside.
fn is_a_policys(ending: &str) -> bool {
    ["yaml", "yml"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Whether it is one of them with a slip of the finger in it: `ymal`, `yam`. Other endings that begin so are not known.
fn is_a_slip(ending: &str) -> bool {
    let ending = ending.to_ascii_lowercase();
    let off = |known: &&str| strsim::damerau_levenshtein(&ending, known) == 1;
    let is_word = ending.starts_with('y') && ending.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_word && ["yaml", "yml"].iter().any(off)
}

/// The name of a folder as one segment of an address.
pub(in crate::tree) fn folder(path: &str, name: &str) -> Result<ScopeName, Finding> {
    ScopeName::new(name).map_err(|why| {
        let message = format!("the folder's name {} can't be used: {why}", quote(name));
        let hint = match word(name) {
            Some(word) => format!("rename it, say to `{word}`; one that begins with `.` is passed over"),
            None => "rename it; one that begins with `.` is passed over".to_owned(),
        };
        Finding::error(INVALID, Place::file(path), message).hint(hint)
    })
}

/// Whether a file's name has nothing in it that can't be seen.
pub(in crate::tree) fn is_printable(name: &str) -> bool {
    !name.chars().any(|c| c.is_control() || is_invisible(c))
}

/// What is wrong with the name of a policy's or scope's file, whatever key its policies have.
pub(in crate::tree) fn file(path: &str, name: &str) -> Option<Finding> {
    if is_printable(name) {
        return None;
    }
    let message = format!("the file's name {} holds characters that can't be seen", quote(name));
    Some(Finding::error(INVALID, Place::file(path), message).hint("rename it"))
}

pub(in crate::tree) fn ending(path: &str, name: &str) -> Finding {
    let (why, hint) = match name.rsplit_once('.') {
        Some((_, ending)) if is_a_policys(ending) => ("must be in small letters", "end its name with `.yaml`"),
        Some((_, ending)) if is_a_slip(ending) => ("must be `.yaml` or `.yml`", "did you mean `.yaml`?"),
        _ => ("must not be `.txt`", "end its name with `.yaml`; some editors and systems hide what stands behind it"),
    };
    let message = format!("the ending of {} {why}, or the file is not read", quote(name));
    Finding::error(ENDING, Place::file(path), message).hint(hint)
}

pub(in crate::tree) fn not_utf8(path: &str) -> Finding {
    let message = "the name is not UTF-8, and what has it is not read";
    Finding::error(NOT_UTF8, Place::file(path), message).hint("rename it")
}
