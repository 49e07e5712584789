//! "Did you mean …?"

/// The longest word that is compared with others, in bytes; a longer one is no slip of the finger.
const LONGEST: usize = 40;

/// The one of `options` that `written` is most likely a slip of: letter case, `-` and `_` aside, or a few letters off.
#[must_use]
pub fn nearest<'o>(written: &str, options: impl IntoIterator<Item = &'o str>) -> Option<&'o str> {
    nearest_by(written, options, strsim::damerau_levenshtein)
}

/// The same by a measure, which is taken only of words that are of nearly the same length: an option may come from a file's
/// name, and there may be many.
fn nearest_by<'o>(
    written: &str,
    options: impl IntoIterator<Item = &'o str>,
    mut measure: impl FnMut(&str, &str) -> usize,
) -> Option<&'o str> {
    if written.len() > LONGEST {
        return None;
    }
    let plain = squeezed(written);
    if plain.is_empty() {
        return None;
    }
    let length = plain.chars().count();
    let mut best: Option<(usize, &str)> = None;
    for option in options.into_iter().filter(|option| option.len() <= 2 * LONGEST) {
        let other = squeezed(option);
        let letters = option.chars().count();
        // A third of the letters may be wrong; of a short word at least one.
        let allowed = (letters.max(length) / 3).max(1);
        if other.chars().count().abs_diff(length) > allowed {
            continue;
        }
        let off = measure(&plain, &other);
        if off <= allowed && off < letters && best.is_none_or(|(least, _)| off < least) {
            best = Some((off, option));
        }
    }
    best.map(|(_, option)| option)
}

fn squeezed(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let fields = ["name", "riskType", "actionType", "content", "contentFile", "key"];
        for (written, want) in [
            ("riskTpye", Some("riskType")),
            ("risk_type", Some("riskType")),
            ("RISKTYPE", Some("riskType")),
            ("contnet", Some("content")),
            ("content-file", Some("contentFile")),
            ("nam", Some("name")),
            ("description", None),
            ("zzz", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, fields), want, "{written}");
        }
        assert_eq!(nearest("hihg", ["LOW", "MEDIUM", "HIGH"]), Some("HIGH"));
        assert_eq!(nearest("critical", ["LOW", "MEDIUM", "HIGH"]), None);
        assert_eq!(nearest("Block", ["log", "alert", "block"]), Some("block"));
        assert_eq!(nearest("3", ["0", "1", "2", "log", "alert", "block"]), None);
    }

    #[test]
    fn only_words_of_nearly_the_same_length_are_measured() {
        let long = ["x".repeat(200), "texts-of-the-policies-of-the-whole-company-in-one.md".to_owned()];
        let options = long.iter().map(String::as_str).chain(["pii", "customers.md", "pii-eu.md", "pii.md"]);
        let mut measured = Vec::new();
        let found = nearest_by("pij.md", options, |written, option| {
            measured.push(option.to_owned());
            strsim::damerau_levenshtein(written, option)
        });
        assert_eq!(found, Some("pii.md"));
        assert_eq!(measured, ["piieu.md", "pii.md"]);
    }
}
