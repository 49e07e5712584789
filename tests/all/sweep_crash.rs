//! F5: kill -9 at every step of a save and before and after every request, in plans of fifty. What was sent still lands
//! after the death; the next run, which may be killed too, starts at once. Then one more run converges.

use std::time::{Duration, Instant};

use crate::sweep::sweep_points::{stopped_at, traced};
use crate::sweep::sweep_stages::{Kept, Stage, landing_unevenly};
use crate::sweep::{Extent, Reached, Sweep};
use crate::world_process::until;

/// How long a write takes to take effect, in milliseconds, and how long one in seven takes.
const LANDS_AFTER: u64 = 100;
const MUCH_LATER: u64 = 1600;

/// Where a run is killed, and where the one after it is, if it is.
struct Point {
    nth: u64,
    name: String,
    again_at: Option<u64>,
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "killed at point {} (about {})", self.nth, self.name)?;
        self.again_at.map_or(Ok(()), |again| write!(f, ", the next run at {again}"))
    }
}

/// `count` is how many points a run of this stage passes through.
fn sweep(stage: Stage, kept: Kept, count: u64, extent: Extent) {
    let what = format!("crash sweep, {stage}, {kept}");
    let world = stage.set_with(kept);
    world.service.set_faults(landing_unevenly(LANDS_AFTER, MUCH_LATER));
    let names = traced(&world, stage.args());
    let found = names.len() as u64;
    // How many checkpoints there are depends on how busy the machine is.
    // Of the points beyond `count` a slow machine may have some: more checkpoints, whose steps are like those before.
    assert!(
        (count / 2..=count * 3 / 2).contains(&found),
        "{what}: a run passes through {found} points, not about {count}: say so at the test, and in docs/promises.md\n{names:#?}"
    );
    let short_by = usize::try_from(count.saturating_sub(found)).expect("a small number");
    let points = (1..=count).map(|nth| {
        let name = usize::try_from(nth).ok().and_then(|nth| names.get(nth - 1)).cloned().unwrap_or_default();
        // Every fourth time the recovering run dies as well, somewhere.
        let again_at = nth.is_multiple_of(4).then(|| 1 + nth * 7 % 61);
        Point { nth, name, again_at }
    });
    let every = usize::try_from(count / 6).expect("a small number");
    // A save in git takes several processes.
    let sweep = Sweep { what, extent, at_a_time: if kept == Kept::Git { 24 } else { 48 }, short_by };
    sweep.play(extent.of(points, every), |point| play(stage, kept, point));
}

fn play(stage: Stage, kept: Kept, point: &Point) -> Reached {
    let world = stage.set_with(kept);
    world.service.set_faults(landing_unevenly(LANDS_AFTER, MUCH_LATER));
    let ran = stopped_at(&world, stage.args(), point.nth);
    let stopped = Instant::now();
    if ran.code == Some(0) {
        world.holds_the_tree();
        world.settles(stage.args());
        return Reached::No;
    }
    assert_eq!(ran.code, None, "it was killed: {ran}");
    if let Some(again) = point.again_at {
        let ran = stopped_at(&world, stage.args(), again);
        assert!(matches!(ran.code, None | Some(0)), "it was killed, or was done before: {ran}");
    }
    world.settles(stage.args());
    let all_landed = Duration::from_millis(MUCH_LATER + 500);
    until("what was sent has landed", || stopped.elapsed() > all_landed);
    world.holds_the_tree();
    Reached::Yes
}

macro_rules! crash_sweeps {
    ($($name:ident: $stage:ident, $kept:ident, $count:literal;)*) => {
        /// A few points of each.
        mod sampled {
            use super::*;
            $(#[test]
            fn $name() {
                sweep(Stage::$stage, Kept::$kept, $count, Extent::Sample);
            })*
        }
        /// Every point of each.
        mod full {
            use super::*;
            $(#[test]
            #[ignore = "minutes; tests/run.sh all"]
            fn $name() {
                sweep(Stage::$stage, Kept::$kept, $count, Extent::Full);
            })*
        }
    };
}

crash_sweeps! {
    f5_creates: Creates, Files, 235;
    f5_updates: Updates, Files, 245;
    f5_renames: Renames, Files, 234;
    f5_renames_without_a_call: Rekeyings, Files, 34;
    f5_deletes: Deletes, Files, 284;
    f5_mixed: Mixed, Files, 203;
    f5_moves: Moves, Files, 560;
    f5_creates_in_git: Creates, Git, 198;
    f5_updates_in_git: Updates, Git, 198;
    f5_renames_in_git: Renames, Git, 198;
    f5_renames_without_a_call_in_git: Rekeyings, Git, 12;
    f5_deletes_in_git: Deletes, Git, 248;
    f5_mixed_in_git: Mixed, Git, 160;
}
