//! What is said of texts, as Markdown: what scores too low first, then a line for each text.

use super::lint_json::LintSummary;
use super::lint_text::newness_word;
use super::markdown::{Frame, List, Page, file, sentence};
use super::{counted, escape};
use crate::api::{Issue, Judgement};
use crate::plan::{Lint, Linted, Opinion, PolicyText};

/// What is said of texts for a comment, a job summary or a page, as long as the frame allows.
#[must_use]
pub fn lint_markdown(lint: &Lint<'_>, frame: Frame<'_>) -> String {
    let mut page = Page::begin(frame, &format!("Wording: {}", counted(lint.texts.len(), "text", "texts")));
    let (low, others): (Vec<_>, Vec<_>) = lint.texts.iter().partition(|linted| lint.is_too_low(linted));
    let shown = |texts: Vec<&Linted<'_>>| texts.into_iter().map(|linted| one(linted, &page)).collect::<Vec<_>>();
    let (low, others) = (shown(low), shown(others));
    if let Some(least) = lint.min_score {
        let heading = format!("> [!CAUTION]\n> **Below the score of {least} that is asked for:**\n>\n");
        page.list(&List { heading, prefix: "> ", lines: low }, 2);
    }
    page.list(&List { heading: String::new(), prefix: "", lines: others }, 1);
    let odd = lint.odd.iter().map(|odd| sentence(odd)).collect();
    page.list(&List { heading: "Odd about the answers:\n\n".to_owned(), prefix: "", lines: odd }, 1);
    page.end(&LintSummary::of(lint).to_string())
}

fn one(linted: &Linted<'_>, page: &Page<'_>) -> String {
    let Linted { text: PolicyText { address, desired, newness, softened, id: _ }, opinion } = linted;
    let at = file(page.links(), &desired.text.file, Some(&desired.text));
    let draft = if desired.draft { ", a draft" } else { "" };
    let mut out = format!("{at} {} ({}{draft})", escape::markdown_code(address.as_str()), newness_word(*newness));
    let mut said: Vec<String> = softened.iter().map(|softened| sentence(softened)).collect();
    match opinion {
        Opinion::NotAsked => {}
        Opinion::None(why) => said.push(format!("**not judged**: {}", sentence(why))),
        Opinion::Of(Judgement { score, severity: _, advice: _, issues, odd }) => {
            out.push_str(&match score {
                Some(score) => format!(": **{score}** of 100"),
                None => ": no score".to_owned(),
            });
            said.extend(issues.iter().map(in_one_line));
            said.extend(odd.iter().map(|odd| format!("odd: {}", sentence(odd))));
        }
    }
    for said in said {
        out.push_str("; ");
        out.push_str(&said);
    }
    out
}

fn in_one_line(Issue { kind, description, suggestion }: &Issue) -> String {
    let kind = if kind.is_empty() { String::new() } else { format!("{}: ", sentence(kind)) };
    let help = if suggestion.is_empty() { String::new() } else { format!("; help: {}", sentence(suggestion)) };
    format!("{kind}{}{help}", sentence(description))
}
