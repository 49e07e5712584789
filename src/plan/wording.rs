//! What an update does to the words that carry a rule: English word lists, and what of them a text has lost. Pure.
//!
//! No judgement of meaning: it counts. A text that has fewer negations than before, or fewer words of duty and more of advice,
//! is worth a second look by whoever reviews it; the direction of the change stays "unclear". To teach it a word, add it to a list.

/// Words that turn a sentence round.
const NEGATIONS: &[&str] = &[
    "not",
    "no",
    "never",
    "none",
    "neither",
    "nor",
    "cannot",
    "without",
    "don't",
    "doesn't",
    "won't",
    "can't",
    "mustn't",
    "mayn't",
    "shouldn't",
    "isn't",
    "aren't",
    "nothing",
    "nobody",
    "nowhere",
];

/// Words that forbid or refuse by themselves.
const PROHIBITIONS: &[&str] = &[
    "forbidden",
    "forbid",
    "forbids",
    "prohibited",
    "prohibit",
    "prohibits",
    "banned",
    "ban",
    "disallowed",
    "disallow",
    "refuse",
    "refused",
    "deny",
    "denied",
    "block",
    "blocked",
    "reject",
    "rejected",
    "avoid",
    "stop",
    "prevent",
];

/// Words of duty.
const DUTIES: &[&str] = &[
    "must",
    "shall",
    "required",
    "require",
    "requires",
    "mandatory",
    "obligatory",
    "always",
    "only",
    "every",
    "all",
    "any",
    "strictly",
];

/// Words of advice.
const ADVICE: &[&str] = &[
    "should",
    "may",
    "might",
    "can",
    "could",
    "recommended",
    "recommend",
    "optional",
    "optionally",
    "preferably",
    "prefer",
    "consider",
    "try",
    "ideally",
    "usually",
    "generally",
    "normally",
    "unless",
    "except",
    "where possible",
    "if possible",
];

/// What a text has lost that another had, in a sentence a reviewer can act on; nothing where it lost none of it.
#[must_use]
pub(super) fn softened(before: &str, after: &str) -> Option<String> {
    let (old, new) = (Words::of(before), Words::of(after));
    let mut lost = Vec::new();
    for (list, what) in [(NEGATIONS, "negations"), (PROHIBITIONS, "words that forbid")] {
        if new.count(list) < old.count(list) {
            lost.push(format!("fewer {what} ({})", changes(list, &old, &new, Fewer)));
        }
    }
    let advice = new.count(ADVICE) > old.count(ADVICE);
    if new.count(DUTIES) < old.count(DUTIES) && advice {
        let (duties, advice) = (changes(DUTIES, &old, &new, Fewer), changes(ADVICE, &old, &new, More));
        lost.push(format!("duty became advice ({duties}; {advice})"));
    }
    (!lost.is_empty()).then(|| format!("the new text has {}: does it still say what it should?", lost.join(", and ")))
}

/// Which changes of a count are named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Fewer,
    More,
}
use Which::{Fewer, More};

/// The words of a list whose count changed: `never 2 → 1`.
fn changes(list: &[&str], old: &Words, new: &Words, which: Which) -> String {
    let counted = list.iter().map(|word| (word, old.of_word(word), new.of_word(word)));
    let changed = counted.filter(|(_, was, is)| if which == Fewer { is < was } else { is > was });
    changed.map(|(word, was, is)| format!("{word} {was} → {is}")).collect::<Vec<_>>().join(", ")
}

/// A text's words with a space on either side, in small letters, apostrophes straight.
struct Words(String);

impl Words {
    fn of(text: &str) -> Self {
        let mut words = String::with_capacity(text.len() + 2);
        words.push(' ');
        for c in text.chars() {
            match c {
                '’' | '\'' => words.push('\''),
                c if c.is_alphanumeric() => words.extend(c.to_lowercase()),
                _ if words.ends_with(' ') => {}
                _ => words.push(' '),
            }
        }
        words.push(' ');
        Self(words)
    }

    fn of_word(&self, word: &str) -> usize {
        // Two of the same word share the space between them, so that what is found is counted by hand.
        let (word, mut rest, mut found) = (format!(" {word} "), self.0.as_str(), 0);
        while let Some(at) = rest.find(&word) {
            found += 1;
            rest = &rest[at + word.len() - 1..];
        }
        found
    }

    fn count(&self, list: &[&str]) -> usize {
        list.iter().map(|word| self.of_word(word)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negation_that_is_gone_is_named() {
        let told =
            softened("Do not share keys. Never share tokens, not even old ones.", "Do share keys. Don’t share tokens.");
        assert_eq!(
            told.as_deref(),
            Some("the new text has fewer negations (not 2 → 0, never 1 → 0): does it still say what it should?")
        );
    }

    #[test]
    fn duty_that_became_advice_is_named() {
        let told = softened("Requests must be redacted.", "Requests should be redacted, where possible.").unwrap();
        assert!(told.contains("duty became advice (must 1 → 0; should 0 → 1, where possible 0 → 1)"), "{told}");
    }

    #[test]
    fn a_word_that_forbids_and_is_gone_is_named() {
        let told = softened("Sharing keys is FORBIDDEN.", "Sharing keys is discouraged.").unwrap();
        assert!(told.contains("fewer words that forbid (forbidden 1 → 0)"), "{told}");
    }

    #[test]
    fn what_is_as_strict_or_stricter_or_only_said_otherwise_is_not_told() {
        for (before, after) in [
            ("Do not share keys.", "Do not share keys, and never share tokens."),
            ("Do not share keys.", "Don't share keys."),
            ("You should redact names.", "You must redact names."),
            ("No knot, noted: another nothingness.", "No tied rope, seen: a second void."),
            ("Names must be redacted.", "Names must be redacted.\n\nYou may ask the team."),
            ("Redact names.", "Redact addresses."),
            ("must must", "must\nmust"),
        ] {
            assert_eq!(softened(before, after), None, "{before} {after}");
        }
    }

    #[test]
    fn no_word_stands_in_two_lists_or_twice_in_one() {
        let all: Vec<&str> = [NEGATIONS, PROHIBITIONS, DUTIES, ADVICE].concat();
        let unique: std::collections::BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(unique.len(), all.len());
        for word in all {
            assert_eq!(Words::of(word).of_word(word), 1, "{word} is found as it is written");
        }
    }
}
