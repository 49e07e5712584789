//! What is shown for single texts; what holds for any text stands with the reports' laws.

use super::*;

#[test]
fn ordinary_text_is_shown_as_it_is() {
    for text in [
        "Do not share personal data: names, e-mail addresses, IBANs.",
        "Zürich, 東京, Αθήνα, שלום, مرحبا, हिन्दी, e\u{301}",
        "⚠\u{fe0f} never ❤\u{fe0f} 😀",
        r"\d{3}-\d{2}, C:\Users\me, \\server\share, a\\b",
        "## Heading, # one, ### three, #[attribute], ::not-at-start in the middle a::b",
        "50 % of [all] {braces} <b>&amp;</b>",
        "no\u{a0}break",
    ] {
        assert_eq!(lines(text), text);
    }
    assert_eq!(lines("a\n\tb\n"), "a\n\tb\n");
}

#[test]
fn what_a_terminal_obeys_or_hides_is_shown_as_an_escape() {
    for (text, shown) in [
        ("\u{1b}[2K", r"\u{1b}[2K"),
        ("a\rb", r"a\u{d}b"),
        ("\u{9b}31m", r"\u{9b}31m"),
        ("\u{7f}", r"\u{7f}"),
        ("\0", r"\u{0}"),
        ("ab\u{202e}c", r"ab\u{202e}c"),
        ("\u{2066}\u{200b}\u{feff}\u{ad}", r"\u{2066}\u{200b}\u{feff}\u{ad}"),
        ("\u{e0041}", r"\u{e0041}"),
        ("a\u{fe0f}", r"a\u{fe0f}"),
        ("\u{e0100}\u{2028}", r"\u{e0100}\u{2028}"),
        ("a\nb\tc", r"a\nb\tc"),
    ] {
        assert_eq!(line(text), shown);
    }
}

#[test]
fn what_looks_like_an_escape_is_told_from_one() {
    for (text, shown) in [
        (r"\u{1b}", r"\\u{1b}"),
        ("\\\u{1b}", r"\\\u{1b}"),
        (r"\\u{1b}", r"\\\\u{1b}"),
        (r"C:\new", r"C:\\new"),
        ("C:\\\n", r"C:\\\n"),
        (r"\d\w\\x\", r"\d\w\\x\"),
    ] {
        assert_eq!(line(text), shown);
    }
    assert_eq!(lines(r"C:\new"), r"C:\new");
}

#[test]
fn a_command_to_a_runner_is_inert() {
    for (text, shown) in [
        ("::error::x", r"\u{3a}:error::x"),
        (" \u{a0}\t::add-mask::x", " \u{a0}\t\\u{3a}:add-mask::x"),
        ("a\n::error::x\nb ::error::", "a\n\\u{3a}:error::x\nb ::error::"),
        ("a ##[set-output name=x]y", r"a #\u{23}[set-output name=x]y"),
        ("###[x]", r"##\u{23}[x]"),
        ("##vso[task.x]", r"#\u{23}vso[task.x]"),
        ("##\u{200b}[x]", r"##\u{200b}[x]"),
    ] {
        assert_eq!(lines(text), shown);
    }
}

#[test]
fn json_keeps_the_value_and_shows_nothing_hidden() {
    let text = "\u{1b}[2K \u{9b} \u{202e} \u{e0041} ##[set-output] \"q\" \\ \n\t é 😀";
    let shown = json(&text);
    assert_eq!(
        shown,
        "\"\\u001b[2K \\u009b \\u202e \\udb40\\udc41 #\\u0023[set-output] \\\"q\\\" \\\\ \\n\\t é 😀\"\n"
    );
    assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    let value = serde_json::json!({"a": [1, {"b": null}], "e": [], "o": {}});
    assert_eq!(json(&value), format!("{}\n", serde_json::to_string_pretty(&value).unwrap()));
}
