//! What every HTML report has: one file that asks nothing of any other place, its alarms on top, its content below.
//!
//! Laws: nothing of a text is mark-up, because every value of a template passes [`escape::Html`](super::escape::Html); the
//! page's content policy allows its own style and script by their hashes, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::view::View;

const CSS: &str = include_str!("page/page.css");
const JS: &str = include_str!("page/page.js");

/// How many lines of an alarm are shown unfolded.
const FIRST: usize = 12;

/// The frame of a page.
pub(super) struct Frame {
    pub(super) title: String,
    /// The sentence below the title.
    pub(super) lead: String,
    /// What the page is full of: `changes`.
    pub(super) content: &'static str,
    /// Labels and values.
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) policy: String,
    pub(super) css: &'static str,
    /// Empty for a page that needs none.
    pub(super) js: &'static str,
    pub(super) version: &'static str,
}

/// Something that a reader must not miss.
pub(super) struct Alarm {
    /// `bad` or `warn`.
    pub(super) tone: &'static str,
    pub(super) title: String,
    pub(super) lines: Vec<AlarmLine>,
}

/// A line of an alarm.
pub(super) struct AlarmLine {
    /// The id on the page of what it is about.
    pub(super) anchor: Option<String>,
    pub(super) what: String,
    pub(super) words: String,
    /// What to do.
    pub(super) hint: Option<String>,
}

impl Frame {
    /// A page of findings or changes; `filters`: with the script.
    pub(super) fn new(title: String, lead: String, content: &'static str, filters: bool) -> Self {
        let js = if filters { JS } else { "" };
        let script = if filters { format!("'sha256-{}'", hash(JS)) } else { "'none'".to_owned() };
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src {script}; base-uri 'none'; form-action 'none'",
            hash(CSS)
        );
        let version = env!("CARGO_PKG_VERSION");
        Self { title, lead, content, facts: Vec::new(), alarms: Vec::new(), policy, css: CSS, js, version }
    }

    /// Puts an alarm below those that are there; none without lines.
    pub(super) fn alarm(&mut self, tone: &'static str, title: impl Into<String>, lines: Vec<AlarmLine>) {
        if !lines.is_empty() {
            self.alarms.push(Alarm { tone, title: title.into(), lines });
        }
    }
}

impl Alarm {
    pub(super) fn first(&self) -> &[AlarmLine] {
        &self.lines[..self.cut()]
    }

    pub(super) fn rest(&self) -> &[AlarmLine] {
        &self.lines[self.cut()..]
    }

    fn cut(&self) -> usize {
        // A fold takes a line itself.
        if self.lines.len() <= FIRST + 1 { self.lines.len() } else { FIRST }
    }
}

impl AlarmLine {
    /// A line of words.
    pub(super) fn of(what: impl Into<String>, words: impl Into<String>, hint: Option<&str>) -> Self {
        Self { anchor: None, what: what.into(), words: words.into(), hint: hint.map(str::to_owned) }
    }

    /// A change that lets more through, by its id on the page.
    pub(super) fn weaker(view: &View<'_>, anchor: String) -> Self {
        let fields = view.fields.iter().filter(|field| field.weaker);
        let fields: Vec<_> = fields.map(|field| format!("{} {} → {}", field.label, field.old, field.new)).collect();
        let what = format!("{} {}", view.word, view.address);
        let words: Vec<String> = [fields.join(", ")].into_iter().chain(view.impact.clone()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|words| !words.is_empty()).collect();
        Self { anchor: Some(anchor), what, words: words.join("; "), hint: None }
    }
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}
