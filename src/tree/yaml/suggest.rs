//! "Did you mean …?"

/// The longest word that is compared with others, in bytes; a longer one is no slip of the finger.
const LONGEST: usize = 40;

/// The one of `options` that `written` is most likely a slip of: letter case, `-` and `_` aside, or a few letters off.
#[must_use]
pub fn nearest<'o>(written: &str, options: impl IntoIterator<Item = &'o str>) -> Option<&'o str> {
    if written.len() > LONGEST {
        return None;
    }
    let plain = squeezed(written);
    if plain.is_empty() {
        return None;
    }
    let distance = |option: &&str| strsim::damerau_levenshtein(&plain, &squeezed(option));
    let best = options.into_iter().min_by_key(distance)?;
    // A third of the letters may be wrong; of a short word at least one.
    let allowed = (best.chars().count().max(plain.chars().count()) / 3).max(1);
    let off = distance(&best);
    (off <= allowed && off < best.chars().count()).then_some(best)
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
}
