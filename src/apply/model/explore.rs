//! Walks every state that a model can reach, the nearest first, so that the first history that breaks a law is a shortest.
//!
//! Our own hundred lines instead of a crate: what is wanted is a breadth-first walk, a history to read, and "every state can
//! come to a good end"; stateright, the one that is kept, brings a web server and checks that last law only on acyclic graphs.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// What is explored.
pub(super) trait Model {
    type State: Clone + Eq + Hash;
    type Step: Copy + Display;

    fn first(&self) -> Self::State;
    /// Every step that is possible in a state, and where it leads.
    fn steps(&self, from: &Self::State) -> Vec<(Self::Step, Self::State)>;
    /// What a state breaks, if anything.
    fn breaks(&self, state: &Self::State) -> Option<Broken>;
    /// Whether all has come to a good end.
    fn is_end(&self, state: &Self::State) -> bool;
    /// What a state looks like, to read.
    fn describe(&self, state: &Self::State) -> String;
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// Two live policies that our own POSTs have made.
    Doubled,
    /// A live policy that our POST has made, and nobody knows of.
    Orphaned,
    /// A policy that is knowably someone else's is recorded as ours.
    Stolen,
    /// A run has ended well, and the policy is not there, or not as it should be.
    Missing,
    /// It was said not to have happened while it still could.
    TooEarly,
    /// What someone else did was overwritten unseen.
    Overwritten,
    /// No continuation, however lucky, comes to a good end.
    Stuck,
}

/// What an exploration has found.
pub(super) struct Found {
    pub(super) states: usize,
    pub(super) steps: usize,
    pub(super) broken: Option<(Broken, String)>,
}

impl Found {
    /// The law that was broken first.
    pub(super) fn law(&self) -> Option<Broken> {
        self.broken.as_ref().map(|(law, _)| *law)
    }

    /// The shortest history that breaks it, numbered.
    pub(super) fn history(&self) -> &str {
        self.broken.as_ref().map_or("", |(_, history)| history)
    }
}

/// Every state that was seen, the step that first led there, and from where.
struct Seen<M: Model> {
    states: Vec<M::State>,
    came: Vec<Option<(u32, M::Step)>>,
    known: HashMap<M::State, u32, BuildHasherDefault<Fnv>>,
}

/// Walks all states; stops at the first that breaks a law.
pub(super) fn explore<M: Model>(model: &M) -> Found {
    let first = model.first();
    let mut seen = Seen::<M> { states: Vec::new(), came: Vec::new(), known: HashMap::default() };
    seen.add(first, None);
    let mut edges: Vec<(u32, u32)> = Vec::new();
    let mut at = 0;
    while at < seen.states.len() {
        let state = seen.states[at].clone();
        let from = u32::try_from(at).unwrap();
        if let Some(broken) = model.breaks(&state) {
            return seen.found(edges.len(), Some((broken, from)), model);
        }
        for (step, next) in model.steps(&state) {
            if next != state {
                edges.push((from, seen.add(next, Some((from, step)))));
            }
        }
        at += 1;
    }
    let stuck = hopeless(&seen, &edges, model).map(|at| (Broken::Stuck, at));
    seen.found(edges.len(), stuck, model)
}

/// The first state from which no good end can be reached.
fn hopeless<M: Model>(seen: &Seen<M>, edges: &[(u32, u32)], model: &M) -> Option<u32> {
    let mut back: Vec<Vec<u32>> = vec![Vec::new(); seen.states.len()];
    for (from, to) in edges {
        back[*to as usize].push(*from);
    }
    let mut hope: Vec<bool> = seen.states.iter().map(|state| model.is_end(state)).collect();
    let mut waiting: Vec<usize> = (0..hope.len()).filter(|at| hope[*at]).collect();
    while let Some(at) = waiting.pop() {
        for from in &back[at] {
            let from = *from as usize;
            if !hope[from] {
                hope[from] = true;
                waiting.push(from);
            }
        }
    }
    hope.iter().position(|hope| !hope).map(|at| u32::try_from(at).unwrap())
}

impl<M: Model> Seen<M> {
    fn add(&mut self, state: M::State, came: Option<(u32, M::Step)>) -> u32 {
        if let Some(known) = self.known.get(&state) {
            return *known;
        }
        let at = u32::try_from(self.states.len()).unwrap();
        self.known.insert(state.clone(), at);
        self.states.push(state);
        self.came.push(came);
        at
    }

    fn found(&self, steps: usize, broken: Option<(Broken, u32)>, model: &M) -> Found {
        let broken = broken.map(|(law, at)| (law, self.history(law, at, model)));
        Found { states: self.states.len(), steps, broken }
    }

    fn history(&self, law: Broken, end: u32, model: &M) -> String {
        let mut steps = Vec::new();
        let mut at = end;
        while let Some((from, step)) = self.came[at as usize] {
            steps.push(step);
            at = from;
        }
        let mut text = String::new();
        for (number, step) in steps.iter().rev().enumerate() {
            text.push_str(&format!("{:>3}. {step}\n", number + 1));
        }
        text.push_str(&format!("  => {law:?}: {}\n", model.describe(&self.states[end as usize])));
        text
    }
}

/// FNV-1a, eight bytes at a time: states are many and small, and nobody attacks them.
#[derive(Default)]
pub(super) struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        // The table takes its place from the lowest bits and a tag from the highest: mixed once more.
        (self.0 ^ (self.0 >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word ^ 0xcbf2_9ce4_8422_2325).wrapping_mul(0x0100_0000_01b3);
    }
}
