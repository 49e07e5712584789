//! An organization's name as a file's name and back: pure.
//!
//! Two organizations never share a file, on no file system: letter case, the composition of accents and the device
//! names of one system make no difference, because none of them is left in a file's name.

use crate::domain::ScopeName;

/// How a record's file ends.
const ENDING: &str = ".json";
/// The longest stem: with all that is put before and behind it, a name stays below the 255 bytes of most systems.
const LONGEST: usize = 200;
/// Begins a stem that would be too long with `%`; no other stem can begin so.
const DENSE: &str = "%-";
const BASE32: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// The name of the file for an organization's record: `acme.json`, `%41cme.json` for `Acme`.
pub(super) fn of(org: &ScopeName) -> String {
    let name = org.as_str();
    let device = is_device(name);
    let mut stem = String::with_capacity(name.len() + ENDING.len());
    for (at, byte) in name.bytes().enumerate() {
        let plain = matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-') && !(device && at == 0);
        if plain {
            stem.push(char::from(byte));
        } else {
            stem.push_str(&format!("%{byte:02X}"));
        }
    }
    if stem.len() > LONGEST {
        stem = format!("{DENSE}{}", base32(name.as_bytes()));
    }
    stem + ENDING
}

/// The organization whose record has this file name; nothing for a foreign file.
pub(super) fn org(file_name: &str) -> Option<ScopeName> {
    let stem = file_name.strip_suffix(ENDING)?;
    let bytes = match stem.strip_prefix(DENSE) {
        Some(digits) => from_base32(digits)?,
        None => from_percent(stem)?,
    };
    let org = ScopeName::new(String::from_utf8(bytes).ok()?).ok()?;
    // One name, one file: another spelling of the same is someone else's.
    (of(&org) == file_name).then_some(org)
}

/// Whether Windows takes a file of this name, with any ending, for a device.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let numbered =
        |kind: &str| stem.strip_prefix(kind).is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit());
    matches!(stem, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

fn from_percent(stem: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(stem.len());
    let mut rest = stem.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    Some(bytes)
}

/// Five bits a letter, the highest first; the last letter is filled up with zeros.
fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
    let letters = (bytes.len() * 8).div_ceil(5);
    (0..letters)
        .map(|letter| (0..5).fold(0, |value, at| value << 1 | usize::from(bit(letter * 5 + at))))
        .map(|value| char::from(BASE32[value]))
        .collect()
}

fn from_base32(letters: &str) -> Option<Vec<u8>> {
    let values: Vec<usize> =
        letters.bytes().map(|letter| BASE32.iter().position(|digit| *digit == letter)).collect::<Option<_>>()?;
    let bit = |at: usize| u8::from(values[at / 5] >> (4 - at % 5) & 1 == 1);
    let bytes = values.len() * 5 / 8;
    Some((0..bytes).map(|byte| (0..8).fold(0, |value, at| value << 1 | bit(byte * 8 + at))).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::fold;

    fn name(text: &str) -> ScopeName {
        ScopeName::new(text).unwrap()
    }

    #[test]
    fn a_plain_name_stays_as_it_is() {
        for (plain, file) in [
            ("acme", "acme.json"),
            ("globex-health.eu_1", "globex-health.eu_1.json"),
            ("Acme", "%41cme.json"),
            ("a@b+c", "a%40b%2Bc.json"),
            ("zürich", "z%C3%BCrich.json"),
            ("nul", "%6Eul.json"),
            ("com1.example", "%63om1.example.json"),
            ("com10", "com10.json"),
            ("acme.json", "acme.json.json"),
        ] {
            assert_eq!(of(&name(plain)), file);
            assert_eq!(org(file), Some(name(plain)));
        }
    }

    #[test]
    fn a_foreign_file_is_no_organization() {
        for file in [
            "",
            ".json",
            "acme",
            "acme.json.bak",
            "acme.json.lock",
            ".acme.json.x7Yz01.tmp",
            "Acme.json",
            "%61cme.json",
            "%c3%bc.json",
            "%.json",
            "%4.json",
            "%-.json",
            "%-zz.json",
            "_scope.json",
            "a b.json",
            "%2F.json",
            "%+1a.json",
            "nul.json",
        ] {
            assert_eq!(org(file), None, "{file}");
        }
    }

    #[test]
    fn names_that_some_system_joins_have_files_that_it_keeps_apart() {
        let orgs = ["acme", "Acme", "ACME", "caf\u{e9}", "cafe\u{301}", "CAF\u{c9}", "ﬁn", "fin", "Fin", "ß", "SS"];
        let files: BTreeMap<String, &str> = orgs.iter().map(|org| (fold(&of(&name(org))), *org)).collect();
        assert_eq!(files.len(), orgs.len(), "{files:?}");
    }

    #[test]
    fn the_longest_names_fit() {
        for longest in ["Ü".repeat(64), "A".repeat(128), "a".repeat(128), "汉".repeat(42)] {
            let file = of(&name(&longest));
            assert!(format!(".{file}.lock.XXXXXX.tmp").len() <= 255, "{file}");
            assert_eq!(org(&file), Some(name(&longest)));
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back(text in r"[\p{L}\p{N}+@][\p{L}\p{N}._+@-]{0,60}[\p{L}\p{N}]") {
            if let Ok(named) = ScopeName::new(text) {
                let file = of(&named);
                prop_assert!(file.bytes().all(|b| b.is_ascii_graphic() && b != b'/' && b != b'\\'));
                prop_assert_eq!(org(&file), Some(named));
            }
        }
    }
}
