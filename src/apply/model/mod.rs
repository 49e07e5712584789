//! The apply protocol as a model, every state of it visited.

mod amend;
mod decisions;
mod explore;
mod protocol;
mod runs;
mod settings;
mod world;

mod tests;
