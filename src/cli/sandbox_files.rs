//! The files that a sandbox is told by: which calls go wrong, and what goes against the policies.

use std::error::Error;
use std::path::Path;

use crate::sandbox::{FaultPlan, Traffic};

use super::exit::Exit;
use super::fault::Fault;
use super::files;

/// What to do about such a file.
const SHOWN: &str = "docs/sandbox.md shows how such a file is written";

/// The fault plan of a file, if one is named.
pub(super) fn faults(file: Option<&Path>) -> Result<FaultPlan, Fault> {
    read(file, FaultPlan::from_yaml)
}

/// The traffic of a file, if one is named.
pub(super) fn traffic(file: Option<&Path>) -> Result<Traffic, Fault> {
    read(file, Traffic::from_yaml)
}

fn read<T, E>(file: Option<&Path>, parse: fn(&str) -> Result<T, E>) -> Result<T, Fault>
where
    T: Default,
    E: Error + Send + Sync + 'static,
{
    let Some(file) = file else { return Ok(T::default()) };
    #[expect(clippy::disallowed_methods, reason = "a file that the user made to be read")]
    let text = std::fs::read_to_string(file).map_err(|error| files::unread(Exit::Failure, "", file, error, SHOWN))?;
    parse(&text)
        .map_err(|error| Fault::new(Exit::Failure, format!("can't use {}", file.display())).because(error).hint(SHOWN))
}
