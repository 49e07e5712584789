//! What is read of a text, and what is refused.

use super::*;

fn one(text: &str) -> Document {
    let mut documents = parse(&Text::new("f.yaml", text));
    assert_eq!(documents.len(), 1, "{text:?}: {documents:?}");
    documents.remove(0)
}

fn codes(text: &str) -> Vec<&'static str> {
    parse(&Text::new("f.yaml", text)).iter().flat_map(|d| &d.findings).map(|f| f.code.0).collect()
}

fn value(text: &str, field: &str) -> Node {
    let Some(Node { value: Value::Mapping(entries), .. }) = one(text).root else { panic!("{text:?} is no mapping") };
    entries.into_iter().find(|entry| entry.key.value == field).expect("the field is there").value
}

#[test]
fn text_stays_text() {
    for written in ["no", "012", "1e3", "true", "null", "~", "0x1F", "2026-01-01", "1_000", "off", ".inf"] {
        let node = value(&format!("a: {written}\n"), "a");
        assert_eq!(node.value, Value::Text { text: written.to_owned(), style: Style::Plain });
    }
    assert_eq!(value("a:\n", "a").value, Value::Text { text: String::new(), style: Style::Plain });
    assert!(value("a: ~\n", "a").is_null() && value("a:\n", "a").is_null() && !value("a: '~'\n", "a").is_null());
}

#[test]
fn nodes_know_their_bytes() {
    let text = "a: \"b c\"  # d\ne: |\n  f\n  g\nh: [i, j]\n";
    for (field, want) in [("a", "\"b c\""), ("h", "[i, j]")] {
        assert_eq!(&text[value(text, field).range], want);
    }
    assert_eq!(&text[value(text, "e").range], "f\n  g");
}

#[test]
fn what_yaml_can_do_and_a_policy_may_not_is_refused() {
    assert_eq!(codes("a: &x 1\nb: *x\nc: *y\n"), ["anchor", "alias", "alias"]);
    assert_eq!(codes("<<: {a: 1}\n'<<': 2\n"), ["merge-key"]);
    assert_eq!(codes("a: !!str 1\nb: !x 2\n!c d: 3\ne: ! f\n"), ["tag", "tag", "tag", "tag"]);
    assert_eq!(codes("a: 1\nb: {c: 1, c: 2}\na: 2\n"), ["duplicate-field", "duplicate-field"]);
    assert_eq!(
        codes("[a]: 1\n? {b: c}\n: 2\n: 3\n*x : 4\n"),
        ["bad-field-name", "bad-field-name", "bad-field-name", "alias"]
    );
    assert_eq!(codes("%YAML 1.2\n---\na: 1\n"), ["directive"]);
}

#[test]
fn a_key_given_twice_names_both_places() {
    let finding = one("a: 1\nb: 2\na: 3\n").findings.remove(0);
    assert_eq!((finding.place.line, finding.place.column), (3, 1));
    assert_eq!((finding.related[0].place.line, finding.related[0].place.column), (1, 1));
}

#[test]
fn after_a_syntax_error_the_next_document_is_read() {
    let documents = parse(&Text::new("f", "a: [1\n---\nb: 2\n---\nc: \"x\n---\nd: 4\n"));
    let read: Vec<(bool, bool)> = documents.iter().map(|d| (d.broken, d.root.is_some())).collect();
    assert_eq!(read, [(true, false), (false, true), (true, false), (false, true)]);
}

#[test]
fn empty_documents_are_told_from_missing_ones() {
    assert!(parse(&Text::new("f", "# nothing\n")).is_empty());
    assert!(parse(&Text::new("f", "")).is_empty());
    assert!(one("---\n").root.is_none());
    assert_eq!(parse(&Text::new("f", "a: 1\n---\n# b\n")).len(), 2);
}

#[test]
fn depth_and_number_are_bounded() {
    assert_eq!(codes(&"[".repeat(100_000)), ["too-deep"]);
    assert_eq!(codes(&"{a: ".repeat(50_000)), ["too-deep"]);
    assert_eq!(codes(&"- ".repeat(100_000)), ["too-deep"]);
    assert_eq!(codes(&"? ".repeat(100_000)), ["too-deep"]);
    assert_eq!(codes(&format!("[{}]", "a,".repeat(100_000))), ["too-many-nodes"]);
    assert_eq!(codes(&format!("a: {}\n", ["[b, ".repeat(40), "{c: ".repeat(40)].concat())), ["too-deep"]);
    let documents = parse(&Text::new("f", &"---\na: b\n".repeat(20_000)));
    assert_eq!(documents.len(), MAX_DOCUMENTS + 1);
    assert_eq!(documents.last().map(|d| d.findings.len()), Some(1));
}

#[test]
fn a_document_at_the_bounds_is_read() {
    let nested = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert_eq!(codes(&nested), Vec::<&str>::new());
    assert_eq!(codes(&format!("[{nested}]")), ["too-deep"]);
    let wide = format!("[{}]", "a,".repeat(MAX_NODES - 1));
    assert_eq!(codes(&wide), Vec::<&str>::new());
}
