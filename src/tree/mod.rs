//! Floor 2, left wing: the tree, what should be.
//!
//! `disk` reads the disk, `layout` tells scopes from files, [`yaml`] reads YAML, `raw` is a policy as written, `rules` has
//! one rule a file, `prove` joins those of one document, `read` those of all. As written, a policy is a `Raw…`; proving
//! consumes it and returns a [`DesiredPolicy`] and all findings. `texts` are the files that may be a policy's text. [`writing`] goes the other way. [`codes`] is the list of what can be found,
//! [`schema`] what an editor knows of it, [`templates`] what to begin with,
//! [`formatting`] the house's form of it.

#![expect(
    clippy::result_large_err,
    reason = "a finding is made once for each fault and moved once; boxes would only hide it"
)]

pub mod codes;
mod desired;
mod disk;
pub mod formatting;
mod layout;
mod prove;
mod raw;
mod raw_hints;
mod read;
mod rules;
pub mod schema;
pub mod templates;
mod texts;
pub mod writing;
pub mod yaml;

pub use desired::{DesiredPolicy, DesiredScope, Tree, TreeError};
pub use read::{read, read_told, source};
pub use rules::content::line_endings;
pub use rules::draft::CODE as DRAFT;
pub use rules::twin_policies::{are_twins, fingerprint};
