//! Policies that the service recommends → draft files of a scope: names for them, and their texts. Pure.

use std::collections::BTreeMap;

use crate::api::Draft;
use crate::domain::{ActionType, Address, Policy, RiskType, Scope, ScopePath};
use crate::tree::writing::names::{self, Taken};
use crate::tree::writing::{NewPolicy, policy_text};
use crate::tree::yaml::{is_invisible, quote};
use crate::tree::{Tree, line_endings};

/// What stands above each draft.
const ABOVE: &str =
    "# Drafted by the service. Read it and mend it; whoever signs it off takes the line `draft: true` out.\n";

/// The longest name, in characters: that of a console's list, and of a file.
const NAME: usize = 80;

/// The longest word of the service that is repeated, in characters.
const WORD: usize = 40;

/// A draft and its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFile {
    /// The file, below the tree's root.
    pub file: String,
    /// Its address.
    pub address: Address,
    /// Its name, made from its text.
    pub name: String,
    /// How severe a breach is.
    pub risk_type: RiskType,
    /// What happens on a breach.
    pub action_type: ActionType,
    /// Its text.
    pub content: String,
    /// Fields for which the service said a word that there isn't, and what stands there instead, in a sentence each.
    pub chosen: Vec<String>,
    /// What is to be done.
    pub doing: Drafting,
}

/// What is to be done about a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drafting {
    /// The file is written with this text.
    Write(String),
    /// Nothing: the policy of that file says the same already.
    There,
    /// Nothing: no file can say it, and why.
    Unusable(String),
}

/// The files for what was recommended for a scope of the tree. `taken` has the names of all that lies in its folder, `head` is
/// what stands first in each file. Nothing where the tree doesn't know the scope.
#[must_use]
pub fn drafts(tree: &Tree, path: &ScopePath, recommended: &[Draft], mut taken: Taken, head: &str) -> Vec<DraftFile> {
    let Some(scope) = tree.scopes.get(path).map(|desired| &desired.scope) else { return Vec::new() };
    let mut texts = BTreeMap::new();
    for (address, desired) in tree.policies.iter().filter(|(address, _)| address.scope() == *path) {
        taken.take(address.key());
        let text = desired.scoped.policy.content().trim().to_owned();
        texts.entry(text).or_insert_with(|| (address.clone(), desired.place.file.clone()));
    }
    let mut files = Vec::new();
    for draft in recommended {
        let text = line_endings(&draft.content).trim().to_owned();
        let name = name(&text);
        let there = texts.get(&text).cloned();
        let (address, file) = match &there {
            Some(there) => there.clone(),
            None => {
                let Some(key) = names::key(&name, &mut taken) else { continue };
                (path.policy(&key), format!("{path}/{key}.yaml"))
            }
        };
        let (risk_type, said_risk) = chosen("riskType", &draft.risk_type, RiskType::High);
        let (action_type, said_action) = chosen("actionType", &draft.action_type, ActionType::Block);
        let mut made = DraftFile {
            address,
            file,
            name,
            risk_type,
            action_type,
            content: format!("{text}\n"),
            chosen: said_risk.into_iter().chain(said_action).collect(),
            doing: Drafting::There,
        };
        if there.is_none() {
            made.doing = if text.is_empty() {
                Drafting::Unusable("its text is empty".to_owned())
            } else {
                made.written(scope, head)
            };
            if matches!(made.doing, Drafting::Write(_)) {
                texts.insert(text, (made.address.clone(), made.file.clone()));
            }
        }
        files.push(made);
    }
    files
}

impl DraftFile {
    fn written(&self, scope: &Scope, head: &str) -> Drafting {
        let policy = Policy::new(self.name.clone(), self.content.clone(), self.risk_type, self.action_type);
        let (Ok(policy), Some(key)) = (policy, names::key(self.address.key(), &mut Taken::default())) else {
            return Drafting::Unusable("it has no name or no text".to_owned());
        };
        let none = BTreeMap::new();
        let text = policy_text(&NewPolicy {
            file: &self.file,
            key: &key,
            scope,
            policy: &policy,
            protected: false,
            draft: true,
            metadata: &none,
        });
        match text {
            Ok(text) => {
                let chosen: String = self.chosen.iter().map(|said| format!("# {said}\n")).collect();
                Drafting::Write(format!("{head}{ABOVE}{chosen}{text}"))
            }
            Err(why) => Drafting::Unusable(why.to_string()),
        }
    }
}

/// What the service said; for a word that there isn't the strongest, until somebody chooses.
fn chosen<T: Copy + std::fmt::Display>(field: &str, said: &Result<T, String>, strongest: T) -> (T, Option<String>) {
    match said {
        Ok(value) => (*value, None),
        Err(said) => {
            let cut: String = said.chars().take(WORD).collect();
            let told =
                format!("`{field}`: the service said {}, which there isn't; {strongest} until you choose", quote(&cut));
            (strongest, Some(told))
        }
    }
}

/// A text's first sentence, as far as a name can be long, without its full stop.
fn name(text: &str) -> String {
    let line = text.lines().find(|line| line.contains(char::is_alphanumeric)).unwrap_or_default();
    let clean: String = line.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
    let from = clean.find(char::is_alphanumeric).unwrap_or_default();
    let words = clean.get(from..).unwrap_or_default().split_whitespace();
    let mut name = String::new();
    for word in words {
        let room = NAME.saturating_sub(name.chars().count() + 1);
        if !name.is_empty() && word.chars().count() > room {
            break;
        }
        if !name.is_empty() {
            name.push(' ');
        }
        name.extend(word.chars().take(NAME));
        if name.ends_with(['.', '!', '?']) {
            break;
        }
    }
    let name = name.trim_end_matches(['.', ':', ',', ';', ' ']).to_owned();
    if name.is_empty() { "Draft".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_first_sentence_and_shows_all_that_it_is() {
        for (text, wanted) in [
            ("Do not share keys. Never.", "Do not share keys"),
            ("\n- **Card numbers** are masked:\n  always", "Card numbers** are masked"),
            ("\u{1b}[2K\u{202e}Keys", "2KKeys"),
            ("🔥", "Draft"),
            ("", "Draft"),
        ] {
            assert_eq!(name(text), wanted, "{text:?}");
        }
        let long = name(&"many words ".repeat(40));
        assert!(long.chars().count() <= NAME && long.ends_with("words"), "{long}");
        assert_eq!(name(&"x".repeat(500)).chars().count(), NAME);
    }
}
