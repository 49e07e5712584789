//! The page of a plan, an outcome or drift: the tree of scopes with what changes in each.

use std::collections::BTreeMap;

use askama::Template;

use super::links::Links;
use super::page::Frame;
use super::style::Role;
use super::view::{FieldLine, Text, View};
use super::words_html::{Block, blocks};
use crate::domain::{Direction, ScopeLevel, ScopePath};
use crate::tree::{DesiredPolicy, Tree};

/// The template's values.
#[derive(Template)]
#[template(path = "changes.html")]
struct Page<'a> {
    frame: Frame,
    changes: usize,
    kinds: Vec<(&'static str, usize)>,
    directions: Vec<(&'static str, usize)>,
    scopes: Vec<Section<'a>>,
    closes: usize,
    others_title: String,
    others: Vec<(String, String)>,
}

/// A scope with what lies in it.
#[derive(Default)]
struct Section<'a> {
    path: String,
    name: String,
    word: String,
    display: Option<String>,
    level: usize,
    /// How many sections end where it begins.
    closes: usize,
    open: bool,
    /// Changes in it and below it.
    total: usize,
    weaker: usize,
    cards: Vec<Card<'a>>,
    unchanged: Vec<(&'a str, String)>,
}

/// A change.
struct Card<'a> {
    anchor: String,
    sign: &'static str,
    tone: &'static str,
    word: &'static str,
    address: &'a str,
    from: Option<&'a str>,
    direction: &'static str,
    ended: Option<Ended>,
    notes: Vec<String>,
    facts: Option<String>,
    fields: Vec<FieldLine>,
    reach: Option<String>,
    file: Option<(String, Option<String>)>,
    text_label: &'static str,
    text: Vec<Block>,
}

impl Card<'_> {
    fn has_facts(&self) -> bool {
        self.facts.is_some() || !self.fields.is_empty() || self.reach.is_some() || self.file.is_some()
    }
}

/// How a change ended: its colour and its words.
pub(super) type Ended = (&'static str, &'static str);

/// A change with its scope, and what came of it.
pub(super) struct Shown<'a> {
    pub(super) scope: ScopePath,
    pub(super) view: View<'a>,
    pub(super) ended: Option<Ended>,
}

/// What else the page shows.
pub(super) struct Rest<'a> {
    /// For the names of its scopes.
    pub(super) tree: &'a Tree,
    /// Whether policies of the tree that no change is about are listed as unchanged.
    pub(super) lists_unchanged: bool,
    /// A list below all scopes: its title, and its lines.
    pub(super) others: (String, Vec<(String, String)>),
}

/// The id on the page of the change with this index.
pub(super) fn anchor(index: usize) -> String {
    format!("change-{}", index + 1)
}

/// The page; the changes stand in their scopes in the order given.
pub(super) fn page(frame: Frame, shown: Vec<Shown<'_>>, links: &Links, rest: Rest<'_>) -> String {
    let Rest { tree, lists_unchanged, others: (others_title, others) } = rest;
    let changes = shown.len();
    let count = |words: &mut dyn Iterator<Item = &'static str>| {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        words.for_each(|word| *counts.entry(word).or_default() += 1);
        counts.into_iter().collect::<Vec<_>>()
    };
    let kinds = count(&mut shown.iter().map(|shown| shown.view.word));
    let directions = count(&mut shown.iter().map(|shown| shown.view.direction.as_str()));
    let mut sections: BTreeMap<Vec<String>, Section<'_>> = BTreeMap::new();
    if lists_unchanged {
        unchanged(&mut sections, tree, &shown);
    }
    for (index, Shown { scope, view, ended }) in shown.into_iter().enumerate() {
        for above in std::iter::successors(Some(scope.clone()), ScopePath::parent) {
            let section = section(&mut sections, &above, tree);
            section.total += 1;
            section.weaker += usize::from(view.is_weaker());
            section.open = true;
        }
        section(&mut sections, &scope, tree).cards.push(card(view, ended, index, links));
    }
    let mut depth = 0;
    let mut scopes: Vec<Section<'_>> = sections.into_values().collect();
    for scope in &mut scopes {
        scope.closes = (depth + 1usize).saturating_sub(scope.level);
        depth = scope.level;
    }
    let page = Page { frame, changes, kinds, directions, scopes, closes: depth, others_title, others };
    page.render().expect("a template of plain values fails nowhere, and memory takes every write")
}

/// The section of a scope, which is made with those above it where it isn't there.
fn section<'m, 'a>(
    sections: &'m mut BTreeMap<Vec<String>, Section<'a>>,
    path: &ScopePath,
    tree: &Tree,
) -> &'m mut Section<'a> {
    let parts = |path: &ScopePath| path.as_str().split('/').map(str::to_owned).collect::<Vec<_>>();
    for path in std::iter::successors(Some(path.clone()), ScopePath::parent) {
        sections.entry(parts(&path)).or_insert_with(|| Section {
            path: path.to_string(),
            name: path.name().to_owned(),
            word: path.level().to_string(),
            display: tree.scopes.get(&path).and_then(|scope| scope.name.as_deref().map(str::to_owned)),
            level: match path.level() {
                ScopeLevel::Organization => 1,
                ScopeLevel::Workspace => 2,
                ScopeLevel::Repository => 3,
            },
            ..Section::default()
        });
    }
    sections.entry(parts(path)).or_default()
}

fn unchanged<'a>(sections: &mut BTreeMap<Vec<String>, Section<'a>>, tree: &'a Tree, shown: &[Shown<'_>]) {
    let changed: std::collections::BTreeSet<&str> = shown.iter().map(|shown| shown.view.address).collect();
    for (address, DesiredPolicy { scoped, .. }) in &tree.policies {
        if !changed.contains(address.as_str()) {
            let policy = &scoped.policy;
            let facts = format!("\"{}\", {}, {}", policy.name(), policy.risk_type(), policy.action_type());
            section(sections, &address.scope(), tree).unchanged.push((address.key(), facts));
        }
    }
}

fn card<'a>(view: View<'a>, ended: Option<Ended>, index: usize, links: &Links) -> Card<'a> {
    let View {
        sign,
        role,
        word,
        address,
        from,
        direction,
        mut notes,
        reach,
        impact,
        facts,
        fields,
        text,
        file,
        is_asked_for,
        place,
    } = view;
    notes.extend(impact.map(|impact| format!("impact: {impact}")));
    if text.is_some_and(|text| text.has_the_same_words()) {
        notes.push("the text has the same words; only spaces and line breaks changed".to_owned());
    }
    let file = file.map(|file| {
        let line = place.map(|place| place.line);
        let shown = line.map_or_else(|| links.shown(file), |line| format!("{}:{line}", links.shown(file)));
        (shown, links.url(file, line).filter(|_| is_asked_for))
    });
    Card {
        anchor: anchor(index),
        sign,
        tone: match role {
            Role::Add => "add",
            Role::Remove => "remove",
            _ => "change",
        },
        word,
        address,
        from,
        direction: match direction {
            Direction::Stronger => "stronger",
            Direction::Neutral => "neutral",
            Direction::Unclear => "unclear",
            Direction::Weaker => "weaker",
        },
        ended,
        notes,
        facts,
        fields,
        reach,
        file,
        text_label: match text {
            Some(Text::New(_)) => "The new text",
            Some(Text::Gone(_)) => "The text that goes",
            Some(Text::Changed { .. }) | None => "The difference of the text",
        },
        text: text.as_ref().map(blocks).unwrap_or_default(),
    }
}
