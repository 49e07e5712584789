//! A policy → the file that says it: the tree, written. `text` is pure, and reads back what it wrote before anyone gets it;
//! `names` finds folders' and keys' names; `disk` is the one file of this wing that writes.

mod disk;
pub mod names;
mod scalar;
mod text;

pub use disk::{NotWritten, Over, Writing};
pub(super) use scalar::block;
pub use scalar::line;
pub use text::{NewPolicy, Unwritable, policy_text, said_of_scope, scope_text};
