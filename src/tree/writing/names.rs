//! Names of the service → names of the tree: one word that can stand in an address, in a shell and on every disk.

use unicode_normalization::UnicodeNormalization;

use crate::domain::{Key, ScopeName, fold};

/// The longest name made here, in bytes: a number may come after it.
const LONGEST: usize = 96;

/// A name as words in small letters, joined by `-`; letters as ASCII where they are such with a mark, other scripts as they
/// are. Nothing where no letter or digit is left.
#[must_use]
pub fn word(name: &str) -> Option<String> {
    let mut out = String::new();
    let mut gap = false;
    for c in name.nfkd().flat_map(char::to_lowercase).nfkd().flat_map(|c| spelled(c).chars().collect::<Vec<_>>()) {
        let mark = unicode_normalization::char::is_combining_mark(c);
        let follows_ascii = out.ends_with(|c: char| c.is_ascii());
        if mark && (out.is_empty() || gap || follows_ascii) {
            // The accent of a letter that stands without it, or of nothing.
            continue;
        }
        if !(mark || c.is_alphanumeric()) || ScopeName::new(format!("a{c}")).is_err() {
            gap = true;
            continue;
        }
        if gap && !out.is_empty() {
            out.push('-');
        }
        gap = false;
        out.push(c);
    }
    let word = shortened(&out.nfc().collect::<String>());
    (!word.is_empty() && Key::new(word.as_str()).is_ok()).then_some(word)
}

/// The letters that are written with others of ASCII, and have no mark to take away.
fn spelled(c: char) -> String {
    match c {
        'ß' => "ss".to_owned(),
        'æ' => "ae".to_owned(),
        'œ' => "oe".to_owned(),
        'ø' => "o".to_owned(),
        'ł' => "l".to_owned(),
        'đ' | 'ð' => "d".to_owned(),
        'þ' => "th".to_owned(),
        'ı' => "i".to_owned(),
        c => c.to_string(),
    }
}

/// At most [`LONGEST`] bytes of it, up to the end of a word where there is one.
fn shortened(word: &str) -> String {
    if word.len() <= LONGEST {
        return word.to_owned();
    }
    let end = (0..=LONGEST).rev().find(|at| word.is_char_boundary(*at)).unwrap_or_default();
    let head = word.get(..end).unwrap_or_default();
    match head.rfind('-') {
        Some(at) if at > LONGEST / 2 => head.get(..at).unwrap_or(head).to_owned(),
        _ => head.trim_end_matches('-').to_owned(),
    }
}

/// The names of one folder: which are taken, and what is free.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    folded: std::collections::BTreeSet<String>,
    /// What names look like, and whether one of them is more than ASCII.
    looks: std::collections::BTreeMap<String, bool>,
}

impl Taken {
    /// Takes a name.
    pub fn take(&mut self, name: &str) {
        self.folded.insert(fold(name));
        let skeleton = unicode_security::skeleton(name).collect();
        *self.looks.entry(skeleton).or_default() |= !name.is_ascii();
    }

    /// Whether no taken name is the same on some system, or looks the same.
    #[must_use]
    pub fn is_free(&self, name: &str) -> bool {
        let skeleton: String = unicode_security::skeleton(name).collect();
        // Names of plain ASCII are never confused with each other.
        let alike = self.looks.get(&skeleton).is_some_and(|foreign| *foreign || !name.is_ascii());
        !alike && !self.folded.contains(&fold(name))
    }

    /// `name`, or the first of `name-2`, `name-3`, … that is free; it is taken then.
    pub fn next(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        let mut number = 2_usize;
        while !self.is_free(&free) {
            free = format!("{name}-{number}");
            number += 1;
        }
        self.take(&free);
        free
    }
}

/// The key for a policy of that name.
pub fn key(name: &str, taken: &mut Taken) -> Option<Key> {
    let word = word(name).unwrap_or_else(|| "policy".to_owned());
    Key::new(taken.next(&word)).ok()
}

/// The folder for a scope of that name and id: the name where it can stand in an address, else its words, else the id.
pub fn folder(name: &str, id: &str, taken: &mut Taken) -> Option<ScopeName> {
    let as_it_is = Some(name).filter(|name| usable(name));
    let word = as_it_is.map(str::to_owned).or_else(|| word(name)).or_else(|| usable(id).then(|| id.to_owned()));
    ScopeName::new(taken.next(&word.or_else(|| self::word(id))?)).ok()
}

/// Whether a name can be a folder's as it is, and leaves room for a number. A policy's file must not have the same name.
fn usable(name: &str) -> bool {
    let like_a_file = name.rsplit_once('.').is_some_and(|(_, ending)| matches!(fold(ending).as_str(), "yaml" | "yml"));
    name.len() <= LONGEST && !like_a_file && ScopeName::new(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_word() {
        for (name, want) in [
            ("PII protection", Some("pii-protection")),
            ("  No source/code: ever!  ", Some("no-source-code-ever")),
            ("Datenschutz für Ärzte & Straße", Some("datenschutz-fur-arzte-strasse")),
            ("İstanbul ﬁle № 5", Some("istanbul-file-no-5")),
            ("Персональные данные", Some("персональные-данные")),
            ("Йод", Some("йод")),
            ("個人情報", Some("個人情報")),
            ("حماية البيانات", Some("حماية-البيانات")),
            ("🔥 hot 👩‍💻 keys", Some("hot-keys")),
            ("🔥", None),
            ("\u{202e}abc\u{3164}", Some("abc")),
            ("\u{301}", None),
            ("../../etc/passwd", Some("etc-passwd")),
            ("---", None),
        ] {
            assert_eq!(word(name).as_deref(), want, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_ends_with_a_word_and_leaves_room_for_a_number() {
        let long = word(&"many words ".repeat(40)).unwrap();
        assert!(long.len() <= LONGEST && long.ends_with("words") || long.ends_with("many"), "{long}");
        for letter in ["x", "й", "個"] {
            let word = word(&letter.repeat(300)).unwrap();
            assert!(Key::new(format!("{word}-1000000")).is_ok(), "{word}");
        }
    }

    #[test]
    fn what_is_alike_gets_a_number() {
        let mut taken = Taken::default();
        for (name, want) in [
            ("PII", "pii"),
            ("pii", "pii-2"),
            ("Pii!", "pii-3"),
            ("cop", "cop"),
            ("\u{441}\u{43e}\u{440}", "\u{441}\u{43e}\u{440}-2"),
        ] {
            assert_eq!(key(name, &mut taken).unwrap().as_str(), want);
        }
        assert_eq!(key("🔥", &mut taken).unwrap().as_str(), "policy");
        let mut folders = Taken::default();
        for (name, id, want) in [
            ("Production", "ws-1", "Production"),
            ("production", "ws-2", "production-2"),
            ("Acme Inc", "ws-3", "acme-inc"),
            ("pii.yaml", "ws-4", "pii-yaml"),
            ("🔥", "ws-5", "ws-5"),
            ("", "ws:6", "ws-6"),
        ] {
            assert_eq!(folder(name, id, &mut folders).unwrap().as_str(), want);
        }
    }
}
