//! The page of a finding: a section of `docs/findings.md`, for people at a terminal and for programs.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escape;
use super::style::{Role, Styles};
use crate::domain::{Code, Level};

/// How long a line of text may be.
const WIDTH: usize = 80;

/// What there is to say of a kind of finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What `policysync explain CODE --format json` writes")]
pub struct Explained {
    /// The form of this document.
    pub format: ExplainFormat,
    /// The code.
    pub code: String,
    /// How bad it is.
    #[schemars(with = "Level")]
    pub level: String,
    /// What it is in a few words.
    pub title: String,
    /// Why, an example, and what to do: Markdown.
    pub page: String,
}

/// The form of a document about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ExplainFormat {
    /// The first one.
    #[serde(rename = "policysync.explain/1")]
    V1,
}

impl Explained {
    /// The section of a code in the page of all findings; nothing where the page has none.
    #[must_use]
    pub fn find(page: &str, code: Code, level: Level, title: &str) -> Option<Self> {
        let heading = format!("## {code}");
        let (_, rest) = page.split("\n## ").skip(1).find_map(|section| {
            let (first, rest) = section.split_once('\n')?;
            (format!("## {first}") == heading).then_some((first, rest))
        })?;
        // Its first paragraph is level and title.
        let body = rest.trim().split_once("\n\n").map_or("", |(_, body)| body);
        Some(Self {
            format: ExplainFormat::V1,
            code: code.to_string(),
            level: level.to_string(),
            title: title.to_owned(),
            page: format!("{}\n", body.trim()),
        })
    }
}

/// As a document.
#[must_use]
pub fn explain_json(explained: &Explained) -> String {
    escape::json(explained)
}

/// All of them, as one document: a list.
#[must_use]
pub fn explain_all_json(all: impl Iterator<Item = Explained>) -> String {
    escape::json(&all.collect::<Vec<_>>())
}

/// For people: paragraphs in lines of at most 80 columns, examples set off.
#[must_use]
pub fn explain_text(explained: &Explained, styles: &Styles) -> String {
    let Explained { format: _, code, level, title, page } = explained;
    let role = if *level == Level::Error.to_string() { Role::Error } else { Role::Warning };
    let heading = styles.paint(role, format!("{level}[{}]", escape::line(code)));
    let mut out = format!("{heading}{}\n\n", styles.paint(Role::Bold, format!(": {}", escape::line(title))));
    let mut paragraph = String::new();
    let mut in_example = false;
    for line in page.lines() {
        if line.starts_with("```") {
            flush(&mut out, &mut paragraph, styles);
            in_example = !in_example;
        } else if in_example {
            let _ = writeln!(out, "    {}", escape::line(line));
        } else if line.is_empty() {
            flush(&mut out, &mut paragraph, styles);
            out.push('\n');
        } else {
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    flush(&mut out, &mut paragraph, styles);
    out
}

/// Ends a paragraph: breaks it between words. A code in backticks stays whole where it fits.
fn flush(out: &mut String, paragraph: &mut String, styles: &Styles) {
    const TO_DO: &str = "What to do:";
    let text = escape::line(paragraph.trim()).replace(&format!("**{TO_DO}**"), TO_DO);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().filter(|line| line.chars().count() + word.chars().count() < WIDTH);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    for line in lines.iter().filter(|line| !line.is_empty()) {
        match line.strip_prefix(TO_DO) {
            Some(rest) => {
                let _ = writeln!(out, "{}{rest}", styles.paint(Role::Hint, TO_DO));
            }
            None => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    paragraph.clear();
}

/// All there are: a line each.
#[must_use]
pub fn codes_text<'c>(codes: impl Iterator<Item = &'c (Code, Level, &'c str)>, styles: &Styles) -> String {
    let mut out = String::new();
    for (code, level, title) in codes {
        let role = if *level == Level::Error { Role::Error } else { Role::Warning };
        let level = styles.paint(role, format!("{:7}", level.to_string()));
        let _ = writeln!(out, "{level}  {:23}  {}", code.to_string(), escape::line(title));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Findings\n\nIntro.\n\n## one\n\nError. The one.\n\nA long paragraph that has to be broken somewhere, as it is longer than eighty columns.\nIts second line.\n\n```yaml\na:   b\n```\n\n**What to do:** Mend it.\n\n## two\n\nWarning. The two.\n\nText.\n";

    #[test]
    fn a_section_becomes_a_page_of_eighty_columns() {
        let found = Explained::find(PAGE, Code("one"), Level::Error, "The one").unwrap();
        let text = explain_text(&found, &Styles::plain());
        assert_eq!(
            text,
            "error[one]: The one\n\nA long paragraph that has to be broken somewhere, as it is longer than eighty\n\
             columns. Its second line.\n\n    a:   b\n\nWhat to do: Mend it.\n"
        );
        assert_eq!(Explained::find(PAGE, Code("two"), Level::Warning, "The two").unwrap().page, "Text.\n");
        assert_eq!(Explained::find(PAGE, Code("on"), Level::Error, ""), None);
    }
}
