//! A text that says what another one in the same line of inheritance says already: in the same scope, or in one above it, whose
//! policies hold here too. Two copies drift apart, and a reader of one believes that there is no other.
//!
//! Texts are compared by their words, three in a row: letter case, punctuation and line breaks aside. What is compared word
//! by word is first found by a sketch (the smallest hashes of each text), so that ten thousand texts take milliseconds.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::twin_policies::are_twins;
use crate::domain::{Address, Code, Finding, Place, ScopePath, ScopedPolicy};
use crate::tree::yaml::quote;

/// It does.
pub(in crate::tree) const CODE: Code = Code("repeated-text");

/// How many hashes of a text are looked up.
const SKETCH: usize = 8;
/// How many of them two texts must share to be compared.
const SHARED: usize = 3;
/// How much of two texts' word triples must be the same.
const NEARLY: f64 = 0.7;
/// How many texts one is compared with at most: a scope full of one text is told all the same.
const MOST: usize = 32;

/// The policies of the whole tree, in the order of their addresses.
pub(in crate::tree) fn check(elements: &[(&Address, &ScopedPolicy, &Place)]) -> Vec<Finding> {
    let texts: Vec<Text<'_>> = elements.par_iter().map(|(_, scoped, _)| Text::of(scoped.policy.content())).collect();
    let lines = Lines::of(elements);
    // By scope and hash: only texts that hold in the same place are ever looked at together.
    let mut holders: Vec<(usize, u64, usize)> = texts
        .iter()
        .enumerate()
        .flat_map(|(number, text)| {
            let scope = lines.scope(number);
            text.sketch.iter().map(move |hash| (scope, *hash, number))
        })
        .collect();
    holders.par_sort_unstable();
    let holders_of = |scope: usize, hash: u64| {
        let from = holders.partition_point(|(of, held, _)| (*of, *held) < (scope, hash));
        let same = holders.iter().skip(from).take_while(move |(of, held, _)| (*of, *held) == (scope, hash));
        same.map(|(_, _, number)| *number).take(MOST)
    };
    let found = elements.par_iter().enumerate().filter_map(|(number, element)| {
        let text = &texts[number];
        let mut shared: Vec<usize> = Vec::new();
        for scope in lines.up_from(number) {
            for hash in &text.sketch {
                // Of two in one scope the later one is told.
                let here = *scope == lines.scope(number);
                shared.extend(holders_of(*scope, *hash).filter(|other| !here || *other < number));
            }
        }
        shared.sort_unstable();
        let enough = SHARED.min(text.sketch.len());
        let candidates = shared.chunk_by(|one, next| one == next).filter(|same| same.len() >= enough);
        let alike = candidates.filter_map(|same| same.first().copied()).take(MOST).filter_map(|other| {
            let likeness = text.likeness(&texts[other]);
            // Equal in all fields is an error of its own.
            (likeness >= NEARLY && !are_twins(element.1, elements[other].1)).then_some((other, likeness))
        });
        // The likest; of equals the widest scope's, which comes first.
        let (other, likeness) = alike.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
        Some(finding(element, &elements[other], likeness))
    });
    found.collect()
}

/// The scopes of policies as numbers, each with itself and all above it that have policies.
struct Lines {
    /// Of each policy, its scope.
    scopes: Vec<usize>,
    /// Of each scope, its line of inheritance.
    lines: Vec<Vec<usize>>,
}

impl Lines {
    fn of(elements: &[(&Address, &ScopedPolicy, &Place)]) -> Self {
        let scopes: Vec<ScopePath> = elements.iter().map(|(address, ..)| address.scope()).collect();
        let mut numbers: BTreeMap<&ScopePath, usize> = BTreeMap::new();
        let scopes_of: Vec<usize> = scopes
            .iter()
            .map(|scope| {
                let next = numbers.len();
                *numbers.entry(scope).or_insert(next)
            })
            .collect();
        let mut lines = vec![Vec::new(); numbers.len()];
        for (scope, number) in &numbers {
            let line = std::iter::successors(Some((*scope).clone()), ScopePath::parent);
            lines[*number] = line.filter_map(|above| numbers.get(&above).copied()).collect();
        }
        Self { scopes: scopes_of, lines }
    }

    fn scope(&self, policy: usize) -> usize {
        self.scopes[policy]
    }

    fn up_from(&self, policy: usize) -> &[usize] {
        &self.lines[self.scopes[policy]]
    }
}

/// A text as it is compared.
struct Text<'a> {
    content: &'a str,
    /// The smallest hashes of its word triples.
    sketch: Vec<u64>,
    /// All of them, in order: made where a text is compared, which few are.
    triples: OnceLock<Vec<u64>>,
}

impl<'a> Text<'a> {
    fn of(content: &'a str) -> Self {
        let mut sketch = sorted_triples(content);
        sketch.truncate(SKETCH);
        sketch.shrink_to_fit();
        Self { content, sketch, triples: OnceLock::new() }
    }

    fn triples(&self) -> &[u64] {
        self.triples.get_or_init(|| sorted_triples(self.content))
    }

    /// The part of two texts' word triples that both have, of all that either has.
    fn likeness(&self, other: &Self) -> f64 {
        let (one, other) = (self.triples(), other.triples());
        let mut rest = other.iter().peekable();
        let found = |triple: &&u64| {
            while rest.next_if(|next| next < triple).is_some() {}
            rest.next_if_eq(triple).is_some()
        };
        let both = one.iter().filter(found).count();
        let either = one.len() + other.len() - both;
        if either == 0 { 0.0 } else { both as f64 / either as f64 }
    }
}

fn finding(
    (_, _, place): &(&Address, &ScopedPolicy, &Place),
    (other, _, first): &(&Address, &ScopedPolicy, &Place),
    likeness: f64,
) -> Finding {
    let other = quote(other.as_str());
    let how = if likeness >= 1.0 { "the same" } else { "nearly the same" };
    let message = format!("its text is {how} as that of {other}, which holds here too");
    Finding::warning(CODE, (*place).clone(), message)
        .hint("keep one of them, or say in each what the other doesn't")
        .related((*first).clone(), format!("{other} is here"))
}

fn sorted_triples(text: &str) -> Vec<u64> {
    let mut triples = triples(hashes(text));
    triples.sort_unstable();
    triples.dedup();
    triples
}

/// The hashes of a text's words (runs of letters and digits, in small letters), without making them: most texts are ASCII.
fn hashes(text: &str) -> Box<dyn Iterator<Item = u64> + '_> {
    if !text.is_ascii() {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        return Box::new(words.map(|word| word.to_lowercase().bytes().fold(BASIS, step)));
    }
    let words = text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    Box::new(words.map(|word| word.iter().map(u8::to_ascii_lowercase).fold(BASIS, step)))
}

/// Each three words in a row, as one number; all of them, where there are fewer.
fn triples(words: impl Iterator<Item = u64>) -> Vec<u64> {
    let words: Vec<u64> = words.collect();
    let join = |words: &[u64]| words.iter().fold(BASIS, |hash, word| (hash.rotate_left(5) ^ word).wrapping_mul(PRIME));
    if words.is_empty() {
        return Vec::new();
    }
    words.windows(words.len().min(3)).map(join).collect()
}

/// FNV-1a: quick on short words, and the same on every machine.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(PRIME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ActionType, OrgId, Policy, RiskType, Scope};

    const LONG: &str = "Do not share the personal data of customers with a model: no names, no addresses, no account \
                        numbers, no dates of birth, and nothing from which one of these can be told.";

    fn told(policies: &[(&str, &str)]) -> Vec<String> {
        let scope = Scope::Organization { org: OrgId::new("o").unwrap() };
        let owned: Vec<(Address, ScopedPolicy, Place)> = policies
            .iter()
            .map(|(address, content)| {
                let policy =
                    Policy::new((*address).into(), (*content).into(), RiskType::High, ActionType::Block).unwrap();
                let place = Place::file(format!("{address}.yaml"));
                (address.parse().unwrap(), ScopedPolicy { scope: scope.clone(), policy }, place)
            })
            .collect();
        let elements: Vec<_> = owned.iter().map(|(address, scoped, place)| (address, scoped, place)).collect();
        check(&elements).into_iter().map(|finding| format!("{}: {}", finding.place.file, finding.message)).collect()
    }

    #[test]
    fn a_copy_below_its_original_is_told_at_the_copy() {
        let shouted = LONG.to_uppercase().replace(' ', "\n");
        let said = told(&[("acme/pii", LONG), ("acme/prod/billing/customers", &shouted)]);
        assert_eq!(
            said,
            ["acme/prod/billing/customers.yaml: its text is the same as that of \"acme/pii\", which holds here too"]
        );
    }

    #[test]
    fn a_text_with_a_word_changed_is_nearly_the_same() {
        let other = LONG.replace("account", "card");
        let said = told(&[("acme/a", LONG), ("acme/b", &other)]);
        assert_eq!(said, ["acme/b.yaml: its text is nearly the same as that of \"acme/a\", which holds here too"]);
    }

    #[test]
    fn a_text_beside_the_line_of_inheritance_or_about_something_else_is_not_told() {
        let short = |n: usize| format!("Rule number {n}: do not share secrets of kind {n}.");
        assert!(told(&[("acme/east/pii", LONG), ("acme/west/pii", LONG), ("globex/pii", LONG)]).is_empty());
        assert!(
            told(&[("acme/a", &short(1)), ("acme/b", &short(2)), ("acme/c", "No secrets."), ("acme/d", "No keys.")])
                .is_empty()
        );
        let half = format!(
            "{LONG} Unless the customer asked for it in writing, the data is public, or an auditor of the \
                            company has said so and the ticket is named in the request; then it may be shared once."
        );
        assert!(told(&[("acme/a", LONG), ("acme/b", &half)]).is_empty());
    }

    #[test]
    fn very_short_texts_are_compared_whole() {
        assert_eq!(told(&[("acme/a", "No secrets."), ("acme/x/b", "no secrets")]).len(), 1);
    }
}
