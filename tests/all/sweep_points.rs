//! The points of a run, as a test build counts them: how many there are, and a run that ends at one.

use crate::world::{Ran, World};

/// The points that a run to its end passes through, by name, in order.
pub fn traced(world: &World, args: &[&str]) -> Vec<String> {
    let trace = world.path().join("trace");
    let mut command = world.command_of_apply(args);
    command.env("POLICYSYNC_FAILPOINT_TRACE", &trace);
    let ran: Ran = command.output().expect("the binary runs").into();
    assert_eq!(ran.code, Some(0), "{ran}");
    world.read("trace").lines().map(ToOwned::to_owned).collect()
}

/// Runs `apply` until it is killed at its `nth` point; how it ended.
pub fn stopped_at(world: &World, args: &[&str], nth: u64) -> Ran {
    let mut command = world.command_of_apply(args);
    command.env("POLICYSYNC_FAILPOINT", nth.to_string());
    command.output().expect("the binary runs").into()
}
