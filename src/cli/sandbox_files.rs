//! The files that a sandbox is told by: which calls go wrong, and what goes against the policies.

use std::error::Error;
use std::path::Path;

use crate::sandbox::{FaultPlan, Traffic};

use super::exit::Fault;

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
    let text = std::fs::read_to_string(file)
        .map_err(|error| anyhow::Error::from(error).context(format!("can't read {}", file.display())))?;
    Ok(parse(&text).map_err(|error| anyhow::Error::from(error).context(format!("can't use {}", file.display())))?)
}
