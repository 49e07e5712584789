//! Each kind of field says what is due.

use super::*;
use crate::tree::yaml::parse::parse;

fn findings(text: &str, take: impl FnOnce(&mut Fields<'_, '_, '_>)) -> Vec<String> {
    let text = Text::new("f", text);
    let document = parse(&text).remove(0);
    let root = document.root.expect("a document");
    let mut fields = Fields::of(&root, "a thing", &text).expect("a mapping");
    take(&mut fields);
    let show = |f: Finding| match f.hint {
        Some(hint) => format!("{}:{} {} | {hint}", f.place.line, f.place.column, f.message),
        None => format!("{}:{} {}", f.place.line, f.place.column, f.message),
    };
    fields.finish(&[("severity", "risk")]).findings.into_iter().map(show).collect()
}

#[test]
fn what_was_not_asked_for_is_unknown() {
    let found = findings("nmae: x\nrisk: y\nSeverity: z\nother: w\n", |fields| {
        fields.text("name");
        fields.text("risk");
    });
    assert_eq!(
        found,
        [
            "1:1 `nmae` is not a known field | did you mean `name`?",
            "3:1 `Severity` is not a known field | did you mean `risk`?",
            "4:1 `other` is not a known field | the fields are `name`, `risk`",
        ]
    );
}

#[test]
fn each_kind_of_field_says_what_is_due() {
    let text = "a: [x]\nb: yes\nc: 17\nd: ~\ne: x\nf: x\ng: {h: [], i: ~}\nj: maybe\nk: 'null'\n";
    let mut read = Vec::new();
    let found = findings(text, |fields| {
        fields.text("a");
        fields.flag("b");
        fields.number("c", &(1..=16));
        fields.text("d");
        fields.list("e");
        assert!(fields.fields("f").is_none());
        read = fields.texts("g").into_value().expect("the texts that are texts");
        fields.choice("j", Code("x"), "YES or MAYBE", &[("YES", 1), ("MAYBE", 2)]);
        assert_eq!(fields.text("k").into_value().as_deref(), Some("null"));
    });
    assert_eq!(
        found,
        [
            "1:4 `a` must be a text, not a list | put it in quotes, if a text is meant",
            "2:4 `b` \"yes\" is not true or false | did you mean true?",
            "3:4 `c` \"17\" is not a number from 1 to 16 | write a whole number from 1 to 16, in digits alone",
            "4:4 `d` is empty | write its value, or take the line away",
            "5:4 `e` must be a list, not a text | write an entry a line, each after `- `",
            "6:4 `f` must be made of fields (`name: value`), not a text",
            "7:8 `h` in `g` must be a text, not a list | write it as one text, as in `owners: Ada, Grace`",
            "8:4 `j` \"maybe\" is not YES or MAYBE | did you mean MAYBE?",
        ]
    );
    assert_eq!(read.iter().map(|(k, v)| (&*k.value, &*v.value)).collect::<Vec<_>>(), [("i", "~")]);
}

#[test]
fn an_alias_is_told_once() {
    let found = findings("a: *x\n", |fields| assert_eq!(fields.text("a"), Field::Refused));
    assert!(found.is_empty(), "{found:?}");
}
