//! F21: the disk is full or broken at every step of every save. The old record stays whole, no run claims success unsaved,
//! the emergency copy is named and can be put back, and one more run converges.
//!
//! The steps are those that the code marks; the system's own calls are failed too (`strace`), so that no step is forgotten.

use policysync::state::codec;
use serde_json::Value;

use crate::sweep::sweep_points::traced;
use crate::sweep::sweep_stages::{Stage, landing_late};
use crate::sweep::{Extent, Reached, Sweep};
use crate::world::{Ran, World};

pub const RECORD: &str = ".policysync/state/acme.json";
/// How long a write takes to take effect, in milliseconds, so that there is a checkpoint.
const LANDS_AFTER: u64 = 350;

/// What the system says: its number and name.
const ENOSPC: (i32, &str) = (28, "ENOSPC");
const EIO: (i32, &str) = (5, "EIO");

/// A step that fails, or all from it on.
struct Point {
    nth: u64,
    name: String,
    and_all_after: bool,
    error: (i32, &'static str),
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let on = if self.and_all_after { " and all after it" } else { "" };
        write!(f, "{} at step {}{on} (about {})", self.error.1, self.nth, self.name)
    }
}

fn steps(trace: &[String]) -> Vec<String> {
    trace.iter().filter(|point| point.starts_with("disk/")).cloned().collect()
}

/// `count` is how many steps on the disk a run of this stage takes.
fn sweep(stage: Stage, count: u64, extent: Extent) {
    let what = format!("disk sweep, {stage}, file store");
    let world = stage.set();
    world.service.set_faults(landing_late(LANDS_AFTER));
    let names = steps(&traced(&world, stage.args()));
    let found = names.len() as u64;
    assert!(
        (count / 2..=count * 3 / 2).contains(&found),
        "{what}: a run takes {found} steps, not about {count}: say so at the test, and in docs/promises.md\n{names:#?}"
    );
    let short_by = 4 * usize::try_from(count.saturating_sub(found)).expect("a small number");
    let mut points = Vec::new();
    for nth in 1..=count {
        let name = usize::try_from(nth).ok().and_then(|nth| names.get(nth - 1)).cloned().unwrap_or_default();
        for (and_all_after, error) in [(false, ENOSPC), (false, EIO), (true, ENOSPC), (true, EIO)] {
            points.push(Point { nth, name: name.clone(), and_all_after, error });
        }
    }
    let sweep = Sweep { what, extent, at_a_time: 48, short_by };
    sweep.play(extent.of(points, 23), |point| play(stage, point));
}

fn play(stage: Stage, point: &Point) -> Reached {
    let world = stage.set();
    world.service.set_faults(landing_late(LANDS_AFTER));
    let before = bytes(&world, RECORD);
    let mut command = world.command_of_apply(stage.args());
    let on = if point.and_all_after { "+" } else { "" };
    command.env("POLICYSYNC_FAILPOINT_DISK", format!("{}{on}:{}", point.nth, point.error.0));
    command.env("POLICYSYNC_FAILPOINT_TRACE", world.path().join("trace"));
    let ran: Ran = command.output().expect("the binary runs").into();
    let trace: Vec<String> = world.read("trace").lines().map(ToOwned::to_owned).collect();
    let reached = steps(&trace).len() as u64 >= point.nth;
    is_honest(&world, before.as_deref(), &ran);
    if let Some(copy) = emergency_copy(&world, &ran) {
        // Half of them are put back; the others are lost, and the next run finds out by itself.
        if point.nth.is_multiple_of(2) {
            put_back(&world, &copy);
        }
    }
    world.settles(stage.args());
    if reached { Reached::Yes } else { Reached::No }
}

/// The bytes of a file in the world's folder, if it is there.
fn bytes(world: &World, path: &str) -> Option<Vec<u8>> {
    std::fs::read(world.path().join(path)).ok()
}

/// The record is whole, whatever came of the run; and only a run that has saved all says that all is well.
#[track_caller]
pub fn is_honest(world: &World, before: Option<&[u8]>, ran: &Ran) {
    let record = bytes(world, RECORD);
    if before.is_some() {
        assert!(record.is_some(), "the record is still there: {ran}");
    }
    if let Some(record) = &record {
        let whole = codec::decode(record);
        assert!(whole.is_ok(), "the record is whole: {whole:?} {ran}");
        let serial = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map(|it| it["serial"].as_u64()).ok();
        assert!(before.is_none_or(|before| serial(record) >= serial(before)), "no save is taken back: {ran}");
    }
    match ran.code {
        Some(0) => {
            world.holds_the_tree();
            let record = world.record();
            assert!(record["pending"].is_null() && record["lease"].is_null(), "it is saved: {record} {ran}");
            let recorded = record["policies"].as_object().map_or(0, serde_json::Map::len);
            assert_eq!(recorded, world.wanted().len(), "{ran}");
        }
        Some(1 | 5) => assert!(ran.err.contains("error: ") || ran.out.contains("stopped["), "it is told: {ran}"),
        _ => unreachable!("no way to end: {ran}"),
    }
    let unsaved = ran.err.contains("could not be saved");
    assert_eq!(unsaved, ran.err.contains("policysync state push"), "what to do is said: {ran}");
}

/// The copy that a run says it has left, as the path of a file.
#[track_caller]
pub fn emergency_copy(world: &World, ran: &Ran) -> Option<String> {
    if !ran.err.contains("could not be saved") {
        return None;
    }
    if let Some((_, path)) = ran.err.split_once("put it back with: policysync state push ") {
        return Some(path.lines().next().expect("a path").to_owned());
    }
    // There was room for it nowhere: it stands in what was told.
    let (_, document) = ran.err.split_once("`policysync state push FILE`\n").expect("the record follows");
    Some(world.write("kept-by-hand.json", document).display().to_string())
}

#[track_caller]
pub fn put_back(world: &World, copy: &str) {
    let pushed = world.run(&["state", "push", copy]);
    assert_eq!(pushed.code, Some(0), "{pushed}");
    let record = world.record();
    assert!(
        record["lease"].is_null() || record["lease"]["revoked"] == true,
        "nobody works with it: {}",
        record["lease"]
    );
    for (address, entry) in record["policies"].as_object().into_iter().flatten() {
        let live = world.service.policies().into_iter().any(|policy| policy["id"] == entry["id"]);
        // What a run of which the end is not known has deleted may be recorded still.
        assert!(live || !record["pending"][address].is_null(), "{address} is recorded and live: {record}");
    }
}

#[test]
fn f21_a_sample_of_steps_at_which_the_disk_fails() {
    sweep(Stage::Creates, CREATES, Extent::Sample);
    sweep(Stage::Mixed, MIXED, Extent::Sample);
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn f21_the_disk_fails_at_every_step_of_a_first_apply() {
    sweep(Stage::Creates, CREATES, Extent::Full);
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn f21_the_disk_fails_at_every_step_of_a_plan_of_every_kind() {
    sweep(Stage::Mixed, MIXED, Extent::Full);
}

/// How many steps on the disk a run of the stage takes.
const CREATES: u64 = 38;
const MIXED: u64 = 39;
