//! Names that look like other names: letters of several scripts in one name, and two names of a scope that nobody can tell
//! apart on a screen. `раypal` with a Cyrillic `р` reads as `paypal`; a reviewer approves the one and the tool applies the other.
//!
//! By Unicode's security mechanisms (UTS #39): scripts that are written together, as in Japanese, are one; two names are
//! confusable if their skeletons are the same. Names of plain ASCII are never compared with each other: `modem` and `modern`
//! have one skeleton, and everyone can read them.

use std::collections::BTreeMap;

use unicode_security::MixedScript as _;

use crate::domain::{Code, Finding, Place, fold};
use crate::tree::yaml::quote;

/// One name has letters of several scripts.
pub(in crate::tree) const MIXED: Code = Code("mixed-scripts");
/// Two names look the same.
pub(in crate::tree) const CONFUSABLE: Code = Code("confusable-names");

/// The names of one kind that lie in one scope: folders or keys, each with its place.
pub(in crate::tree) fn check(names: &[(&str, &Place)]) -> Vec<Finding> {
    if names.iter().all(|(name, _)| name.is_ascii()) {
        return Vec::new();
    }
    let mixed = names.iter().filter(|(name, _)| !name.is_single_script());
    let mut findings: Vec<Finding> = mixed.map(|(name, place)| mixed_scripts(name, place)).collect();
    let mut seen: BTreeMap<String, (&str, &Place)> = BTreeMap::new();
    for (name, place) in names {
        let skeleton: String = unicode_security::skeleton(name).collect();
        let (other, first) = *seen.entry(skeleton).or_insert((name, place));
        // Names that differ in case or composition only are another rule's.
        if fold(other) != fold(name) && !(name.is_ascii() && other.is_ascii()) {
            let odd = if name.is_ascii() { other } else { name };
            let message = format!("the name {} looks the same as {}: {}", quote(name), quote(other), foreign(odd));
            let finding = Finding::error(CONFUSABLE, (*place).clone(), message);
            findings.push(
                finding
                    .hint("type both anew in one script, or rename one of them")
                    .related(first.clone(), format!("{} is here", quote(other))),
            );
        }
    }
    findings
}

fn mixed_scripts(name: &str, place: &Place) -> Finding {
    let message = format!("the name {} mixes letters of several scripts: {}", quote(name), foreign(name));
    Finding::warning(MIXED, place.clone(), message).hint("type it anew; letters of another script can look the same")
}

/// The first letters of a name that are no ASCII, by their code points: they are what can't be told apart by looking.
fn foreign(name: &str) -> String {
    let letters = name.chars().filter(|c| !c.is_ascii()).map(|c| format!("{c} is U+{:04X}", u32::from(c)));
    letters.take(4).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(names: &[&str]) -> Vec<&'static str> {
        let place = Place::file("acme");
        let names: Vec<_> = names.iter().map(|name| (*name, &place)).collect();
        check(&names).into_iter().map(|finding| finding.code.0).collect()
    }

    #[test]
    fn plain_names_and_names_of_one_script_are_fine() {
        for names in [
            &["modem", "modern", "l1", "I1"][..],
            &["datenschutz-für-ärzte", "café"],
            &["персональные-данные", "секреты"],
            &["個人情報の保護", "개인정보", "ひらがなと漢字"],
            &["sécurité-2", "sécurité-3"],
        ] {
            assert!(codes(names).is_empty(), "{names:?}: {:?}", codes(names));
        }
    }

    #[test]
    fn a_foreign_letter_in_a_name_is_told() {
        assert_eq!(codes(&["p\u{430}ypal"]), ["mixed-scripts"]);
        assert_eq!(codes(&["\u{3bf}rg"]), ["mixed-scripts"]);
    }

    #[test]
    fn two_names_that_look_the_same_are_refused() {
        assert_eq!(codes(&["paypal", "p\u{430}ypal"]), ["mixed-scripts", "confusable-names"]);
        // Each in one script only: Cyrillic с, о, р and Latin c, o, p.
        assert_eq!(codes(&["cop", "\u{441}\u{43e}\u{440}"]), ["confusable-names"]);
    }
}
