//! The expressions of workflows, as far as ours use them: literals, contexts, `!`, `==`, `!=`, `&&`, `||`, a few functions.

use serde_json::Value;

/// What expressions are about, and how the steps before went.
pub struct Scope<'a> {
    pub contexts: &'a Value,
    pub failed: bool,
    pub cancelled: bool,
}

/// Puts the values of all `${{ … }}` into a text.
#[track_caller]
pub fn fill(text: &str, scope: &Scope<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("an expression ends");
        out.push_str(before);
        out.push_str(&shown(&value(expression, scope)));
        rest = after;
    }
    out + rest
}

/// Whether a step runs: as its `if` says, which asks for success where it asks for nothing else.
#[track_caller]
pub fn runs(condition: Option<&str>, scope: &Scope<'_>) -> bool {
    let fine = !scope.failed && !scope.cancelled;
    let Some(text) = condition else { return fine };
    let text = text.trim().trim_start_matches("${{").trim_end_matches("}}");
    let asks = ["always()", "failure()", "success()", "cancelled()"].iter().any(|word| text.contains(word));
    (asks || fine) && is_true(&value(text, scope))
}

#[track_caller]
pub fn value(text: &str, scope: &Scope<'_>) -> Value {
    let mut parser = Parser { text, at: 0, scope };
    let value = parser.either();
    parser.space();
    assert_eq!(parser.at, text.len(), "an expression that is read whole: {text}");
    value
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    scope: &'a Scope<'a>,
}

impl Parser<'_> {
    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, sign: &str) -> bool {
        self.space();
        let there = self.text[self.at..].starts_with(sign);
        self.at += if there { sign.len() } else { 0 };
        there
    }

    fn either(&mut self) -> Value {
        let mut left = self.both();
        while self.eat("||") {
            let right = self.both();
            left = if is_true(&left) { left } else { right };
        }
        left
    }

    fn both(&mut self) -> Value {
        let mut left = self.same();
        while self.eat("&&") {
            let right = self.same();
            left = if is_true(&left) { right } else { left };
        }
        left
    }

    fn same(&mut self) -> Value {
        let left = self.one();
        // GitHub compares texts whatever their case, and numbers with texts as numbers.
        let same = |one: &Value, other: &Value| shown(one).eq_ignore_ascii_case(&shown(other));
        if self.eat("==") {
            let right = self.one();
            return same(&left, &right).into();
        }
        if self.eat("!=") {
            let right = self.one();
            return (!same(&left, &right)).into();
        }
        left
    }

    fn one(&mut self) -> Value {
        if self.eat("!") {
            return (!is_true(&self.one())).into();
        }
        if self.eat("(") {
            let inner = self.either();
            assert!(self.eat(")"), "a bracket is closed: {}", self.text);
            return inner;
        }
        if self.eat("'") {
            let (text, _) = self.text[self.at..].split_once('\'').expect("a text ends");
            self.at += text.len() + 1;
            return text.into();
        }
        self.space();
        let rest = &self.text[self.at..];
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name = &rest[..rest.find(|c| !word(c)).unwrap_or(rest.len())];
        self.at += name.len();
        match name {
            "true" => true.into(),
            "false" => false.into(),
            "null" => Value::Null,
            _ if name.starts_with(|c: char| c.is_ascii_digit()) => name.parse::<i64>().expect("a number").into(),
            _ if self.eat("(") => self.call(name),
            _ => name.split('.').fold(self.scope.contexts.clone(), |value, part| value[part].clone()),
        }
    }

    fn call(&mut self, name: &str) -> Value {
        let mut words = Vec::new();
        while !self.eat(")") {
            words.push(self.either());
            self.eat(",");
        }
        let text = |at: usize| shown(&words[at]);
        match name {
            "always" => true.into(),
            "success" => (!self.scope.failed && !self.scope.cancelled).into(),
            "failure" => self.scope.failed.into(),
            "cancelled" => self.scope.cancelled.into(),
            "fromJSON" => serde_json::from_str(&text(0)).expect("fromJSON gets JSON"),
            "toJSON" => words[0].to_string().into(),
            "contains" => text(0).contains(&text(1)).into(),
            "startsWith" => text(0).starts_with(&text(1)).into(),
            "format" => {
                let parts = words.iter().skip(1).enumerate();
                parts.fold(text(0), |all, (n, part)| all.replace(&format!("{{{n}}}"), &shown(part))).into()
            }
            other => unreachable!("the function {other} is none that is known here"),
        }
    }
}

#[test]
fn expressions_are_read_as_github_reads_them() {
    let contexts = serde_json::json!({"inputs": {"a-b": "x", "n": 2}, "github": {"event": {"pull_request": null}}});
    let scope = |failed| Scope { contexts: &contexts, failed, cancelled: false };
    for (text, wanted) in [
        ("inputs.a-b", "x"),
        ("inputs.none.deeper", ""),
        ("inputs.none || 'y'", "y"),
        ("inputs.a-b == 'X' && 'same'", "same"),
        ("!github.event.pull_request", "true"),
        ("(inputs.n == 2) != false", "true"),
        ("format('{0}/{1}', inputs.a-b, 3)", "x/3"),
        ("fromJSON('[\"p\"]')", "[\"p\"]"),
    ] {
        assert_eq!(shown(&value(text, &scope(false))), wanted, "{text}");
    }
    assert!(runs(None, &scope(false)) && !runs(None, &scope(true)));
    assert!(!runs(Some("inputs.n == 2"), &scope(true)), "success is asked for where nothing else is");
    assert!(runs(Some("failure() && inputs.n == 2"), &scope(true)));
    assert!(runs(Some("${{ always() }}"), &scope(true)));
}
