//! Floor 2, left wing: the tree, what should be.
//!
//! One file reads the disk, one reads YAML, one rule a file. As written, a policy is a `Raw…`; validation consumes it and
//! returns the proven [`DesiredPolicy`] and all findings.

mod desired;
pub mod yaml;

pub use desired::{DesiredPolicy, DesiredScope, Tree, TreeError};
