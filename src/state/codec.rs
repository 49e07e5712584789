//! A record as bytes and back: pure; the same for every store that keeps bytes.
//!
//! A document is JSON, two spaces deep, a field a line and a line feed at its end, so that a difference between two of
//! them reads as what happened. Its first field is the SHA-256 of all the bytes after that field's value, and its frame
//! (that place, that meaning) is the same in every format: a cut file or a flipped bit is always noticed. `writeId` is
//! new at each save, so that two saves are never the same bytes, not even those of A → B → A.

use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::wire::WireDocument;
use super::{FORMAT, Record, StoreError};
use crate::domain::{Address, Digest, ScopeLevel, ScopeName};

/// The largest document, in bytes: well over 100,000 policies of a usual length; it keeps a load from filling the memory.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How every document begins; the checksum's digits follow.
const FRAME: &[u8] = b"{\n  \"checksum\": \"sha256:";
/// What stands in the digits' place until they are known.
const UNSEALED: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
const PREFIX: &str = "sha256:";
const DIGITS: usize = UNSEALED.len() - PREFIX.len();

/// A record that must not be written, because it could not be read again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unfit {
    why: String,
}

/// Bytes that are no record for this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Cut short, altered, or never a record.
    #[error("{why}")]
    Corrupt {
        /// What is wrong, where known as `line:column: …`.
        why: String,
    },
    /// Written by a later version of policysync.
    #[error("format {found} is newer than {FORMAT}, the newest that this version reads")]
    TooNew {
        /// Its format.
        found: u64,
    },
}

impl Unreadable {
    fn corrupt(why: impl Into<String>) -> Self {
        Self::Corrupt { why: why.into() }
    }

    /// The same, said of the document at `place`; `remedy` says how to get a good one back there.
    #[must_use]
    pub fn at(self, place: String, remedy: impl Into<String>) -> StoreError {
        match self {
            Self::Corrupt { why } => StoreError::Corrupt { place, why, remedy: remedy.into() },
            Self::TooNew { found } => StoreError::TooNew { place, found },
        }
    }
}

/// The document of a record; `write_id` must be new at each save.
///
/// # Errors
/// [`Unfit`] where it could not be read again: too large, or what it holds contradicts itself.
pub fn encode(record: &Record, write_id: Uuid) -> Result<Vec<u8>, Unfit> {
    check(record)?;
    let mut bytes = Vec::new();
    let mut pretty = serde_json::Serializer::pretty(&mut bytes);
    serde::Serialize::serialize(&WireDocument::new(record, write_id, UNSEALED), &mut pretty)
        .map_err(|error| Unfit { why: error.to_string() })?;
    bytes.push(b'\n');
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Unfit { why: format!("it has {} bytes, more than the {MAX_BYTES} that are read", bytes.len()) });
    }
    let (digits, sealed) = bytes[FRAME.len()..].split_at_mut(DIGITS);
    digits.copy_from_slice(checksum(sealed).as_bytes());
    Ok(bytes)
}

/// Whether a record could be read again, its size aside.
///
/// # Errors
/// [`Unfit`] where what it holds contradicts itself.
pub fn check(record: &Record) -> Result<(), Unfit> {
    contradiction(record).map_or(Ok(()), |why| Err(Unfit { why }))
}

/// The record in a document.
///
/// # Errors
/// [`Unreadable`] for anything that [`encode`] did not write, byte for byte.
pub fn decode(bytes: &[u8]) -> Result<Record, Unreadable> {
    // The format goes before all else: a later one may have another shape, and the way out is another one too.
    match read(bytes) {
        Ok(record) if record.format <= FORMAT => Ok(record),
        Ok(record) => Err(Unreadable::TooNew { found: record.format.into() }),
        Err(why) => match serde_json::from_slice::<Probe>(bytes) {
            Ok(Probe { format }) if format > u64::from(FORMAT) => Err(Unreadable::TooNew { found: format }),
            _ => Err(why),
        },
    }
}

/// The record in the document of `org`, kept at `place`; `remedy` says how to get a good one back there, and is only asked
/// where there is need for one: it may have to read another document.
///
/// # Errors
/// [`StoreError::Corrupt`] and [`StoreError::TooNew`] as [`decode`], and the first for another organization's record.
pub fn decode_at(
    bytes: &[u8],
    org: &ScopeName,
    place: &str,
    remedy: impl FnOnce() -> String,
) -> Result<Record, StoreError> {
    let record = match decode(bytes) {
        Ok(record) => record,
        Err(unreadable) => return Err(unreadable.at(place.to_owned(), remedy())),
    };
    if record.org == *org {
        return Ok(record);
    }
    let why = format!("it is the record of {}, not of {org}", record.org);
    Err(Unreadable::Corrupt { why }.at(place.to_owned(), remedy()))
}

/// All that is needed to tell a newer document from a broken one.
#[derive(Deserialize)]
struct Probe {
    format: u64,
}

fn read(bytes: &[u8]) -> Result<Record, Unreadable> {
    if bytes.is_empty() {
        return Err(Unreadable::corrupt("it is empty"));
    }
    let framed = bytes.strip_prefix(FRAME).and_then(|rest| rest.split_at_checked(DIGITS));
    let Some((digits, sealed)) = framed else {
        return Err(Unreadable::corrupt(injury(bytes).unwrap_or_else(|| {
            "1:1: it doesn't begin with `{`, a new line and a checksum, as every record does: something else wrote it, or \
             laid it out anew"
                .to_owned()
        })));
    };
    if digits != checksum(sealed).as_bytes() {
        return Err(Unreadable::corrupt(injury(bytes).unwrap_or_else(|| {
            "2:15: its checksum is not that of its content: something altered it after it was saved".to_owned()
        })));
    }
    let document: WireDocument<'static> =
        serde_json::from_slice(bytes).map_err(|error| Unreadable::corrupt(placed(&error)))?;
    let record = document.into_record();
    match contradiction(&record) {
        // A later format's rules are not ours.
        Some(why) if record.format <= FORMAT => Err(Unreadable::corrupt(why)),
        _ => Ok(record),
    }
}

fn checksum(sealed: &[u8]) -> String {
    Digest::of(sealed).to_string().split_off(PREFIX.len())
}

/// What visibly happened to a document whose frame or checksum is wrong, if it shows.
fn injury(bytes: &[u8]) -> Option<String> {
    let conflict = |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
    if let Some((line, _)) = (1..).zip(bytes.split(|byte| *byte == b'\n')).find(|(_, line)| conflict(line)) {
        return Some(format!("{line}:1: it holds a merge conflict of two versions"));
    }
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return Some(placed(&error));
    }
    let crlf = bytes.windows(2).any(|pair| pair == b"\r\n");
    crlf.then(|| {
        "1:2: its line endings were made CRLF; they must stay LF (`*.json -text` in .gitattributes)".to_owned()
    })
}

/// A JSON error with its place in front, as all our messages have it.
fn placed(error: &serde_json::Error) -> String {
    let (line, column, text) = (error.line(), error.column(), error.to_string());
    let suffix = format!(" at line {line} column {column}");
    let what = match text.strip_suffix(&suffix).unwrap_or(&text) {
        "expected value" if (line, column) == (1, 1) => "it is no JSON",
        what => what,
    };
    if error.is_eof() { format!("{line}:{column}: it is cut short") } else { format!("{line}:{column}: {what}") }
}

/// In what a record contradicts itself, if it does.
fn contradiction(record: &Record) -> Option<String> {
    let Record { format, lineage: _, serial: _, org, endpoint: _, policies, lease: _, pending, known: _ } = record;
    if *format == 0 {
        return Some("format 0 was never written".to_owned());
    }
    // By the text, without taking it apart into names: that would be a fifth of all the work on a large record.
    let is_elsewhere = |address: &Address| address.as_str().split('/').next() != Some(org.as_str());
    for (address, entry) in policies {
        if is_elsewhere(address) {
            return Some(format!("{address} is not a policy of {org}"));
        }
        let said = match address.as_str().matches('/').count() {
            1 => ScopeLevel::Organization,
            2 => ScopeLevel::Workspace,
            _ => ScopeLevel::Repository,
        };
        let held = entry.sent.scope.level();
        if said != held {
            return Some(format!(
                "{address} lies at the {said} level, but what is recorded there holds at the {held} level"
            ));
        }
    }
    let elsewhere = pending
        .iter()
        .flat_map(|(address, intent)| [Some(address), intent.from.as_ref()])
        .flatten()
        .find(|address| is_elsewhere(address));
    elsewhere.map(|address| format!("{address}, which is pending, is not a policy of {org}"))
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
