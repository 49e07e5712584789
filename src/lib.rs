//! Keeps AI-governance policies under version control.
//!
//! Policies are YAML files in a tree laid out as organization / workspace / repository. `policysync plan` shows what
//! would change, `policysync apply` makes the service match. Three promises shape the code: nothing doubled and nothing
//! lost; no silent weakening; you can read it.
//!
//! # The house
//!
//! A file imports from lower floors and from its own, never upwards; `tests/all/floors.rs` holds it.
//!
//! | floor | room | what lives there |
//! | --- | --- | --- |
//! | 6 | [`cli`] | what the user said → settings, verdict, exit code |
//! | 5 | [`report`] | values → text; pure; one format a file; all escaping in one file |
//! | 4 | [`apply`] | plan → effects; lease, in doubt, outcome |
//! | 3 | [`plan`] | tree, record and live joined; pure |
//! | 2 | [`tree`], [`state`], [`api`] | desired, recorded, live: three wings that don't know each other |
//! | 1 | [`domain`] | nouns and their laws; pure |
//! | – | [`github`] | the pull request a run belongs to, and what is told there; beside the floors, over `api`'s transport, known to `cli` only |
//! | – | [`sandbox`] | the service, emulated; beside the floors, known to `cli` and the tests only |
//! | – | [`failpoint`] | where a test build can be stopped dead; beside the floors, empty in a release build |
//!
//! # Words
//!
//! *Tree*: the folder of YAML files, what should be. *Record*: what policysync last applied. *Live*: what the service
//! holds now. *Address*: scope path and key, the identity of a policy for its whole life. *Finding*: something wrong or
//! odd in the tree; data, collected, never thrown. *Failure*: policysync could not do its work. As written: `Raw…`; on
//! the wire: `Wire…`; proven: the bare noun.

pub mod api;
pub mod apply;
pub mod cli;
pub mod domain;
pub mod failpoint;
pub mod github;
pub mod plan;
pub mod report;
pub mod sandbox;
pub mod state;
pub mod tree;
