//! The page of a finding, a guard, a notice or an exit code: a part of `docs/`, for people at a terminal and for programs.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escape;
use super::style::{Role, Styles};

/// How long a line of text may be.
const WIDTH: usize = 80;

/// What there is to say of a kind of finding, a guard, a notice or an exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What `policysync explain CODE --format json` writes")]
pub struct Explained {
    /// The form of this document.
    pub format: ExplainFormat,
    /// The code of a finding or a notice, the name of a guard, or an exit code.
    pub code: String,
    /// What it is.
    pub of: PageOf,
    /// What it is in a few words.
    pub title: String,
    /// Why, an example, and what to do: Markdown.
    pub page: String,
}

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PageOf {
    /// A finding that keeps all from being planned.
    Error,
    /// A finding that is told and passed over.
    Warning,
    /// A rule over a plan that can refuse it.
    Guard,
    /// Something that a plan remarks and nothing is done about.
    Notice,
    /// How a command ended, as a number.
    Exit,
}

impl PageOf {
    /// The word before its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Guard => "guard",
            Self::Notice => "notice",
            Self::Exit => "exit",
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Error => Role::Error,
            Self::Warning | Self::Notice => Role::Warning,
            Self::Guard => Role::Change,
            Self::Exit => Role::Hint,
        }
    }
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
    /// The section of a name in the page of all of its kind; nothing where the page has none.
    #[must_use]
    pub fn find(page: &str, code: &str, of: PageOf, title: &str) -> Option<Self> {
        let heading = format!("## {code}");
        let (_, rest) = page.split("\n## ").skip(1).find_map(|section| {
            let (first, rest) = section.split_once('\n')?;
            (format!("## {first}") == heading).then_some((first, rest))
        })?;
        // Its first paragraph is level and title.
        let body = rest.trim().split_once("\n\n").map_or("", |(_, body)| body);
        Some(Self {
            format: ExplainFormat::V1,
            code: code.to_owned(),
            of,
            title: title.to_owned(),
            page: format!("{}\n", body.trim()),
        })
    }

    /// The exit codes of a page that has them in a table: the code, what it means, what was done in the service, what to look
    /// at, what to do then.
    #[must_use]
    pub fn exits(page: &str) -> Vec<Self> {
        let of_row = |row: &str| {
            let cells: Vec<&str> = row.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
            let [code, means, done, look, then] = cells[..] else { return None };
            let code = code.trim_start_matches('[').split(']').next().unwrap_or_default();
            code.parse::<u8>().ok()?;
            let done = if means.starts_with(done) { "nothing but what it was asked for" } else { done };
            let to_do = match (look, then) {
                ("", "") => "Nothing.".to_owned(),
                (look, then) => format!("Look at {look}. Then: {then}."),
            };
            Some(Self {
                format: ExplainFormat::V1,
                code: code.to_owned(),
                of: PageOf::Exit,
                title: means.to_owned(),
                page: format!(
                    "What was done in the service: {done}.\n\nRunning the same command again is safe. \
                     `docs/how-to/recover.md` has an example of each exit code.\n\n**What to do:** {to_do}\n"
                ),
            })
        };
        page.lines().filter_map(of_row).collect()
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
    let Explained { format: _, code, of, title, page } = explained;
    let heading = styles.paint(of.role(), format!("{}[{}]", of.as_str(), escape::line(code)));
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
pub fn codes_text(pages: impl Iterator<Item = Explained>, styles: &Styles) -> String {
    let mut out = String::new();
    for Explained { format: _, code, of, title, page: _ } in pages {
        let word = styles.paint(of.role(), format!("{:7}", of.as_str()));
        let _ = writeln!(out, "{word}  {code:23}  {}", escape::line(&title));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Findings\n\nIntro.\n\n## one\n\nError. The one.\n\nA long paragraph that has to be broken somewhere, as it is longer than eighty columns.\nIts second line.\n\n```yaml\na:   b\n```\n\n**What to do:** Mend it.\n\n## two\n\nWarning. The two.\n\nText.\n";

    #[test]
    fn a_section_becomes_a_page_of_eighty_columns() {
        let found = Explained::find(PAGE, "one", PageOf::Error, "The one").unwrap();
        let text = explain_text(&found, &Styles::plain());
        assert_eq!(
            text,
            "error[one]: The one\n\nA long paragraph that has to be broken somewhere, as it is longer than eighty\n\
             columns. Its second line.\n\n    a:   b\n\nWhat to do: Mend it.\n"
        );
        assert_eq!(Explained::find(PAGE, "two", PageOf::Warning, "The two").unwrap().page, "Text.\n");
        assert_eq!(Explained::find(PAGE, "on", PageOf::Error, ""), None);
    }
}
