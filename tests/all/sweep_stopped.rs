//! F26: a run that stands still for longer than its lease, while another run takes over and finishes, and then wakes up, at
//! every point in turn. It sends nothing more, saves nothing more, says what it had done, and ends with 6; nothing is doubled.

use std::time::{Duration, Instant};

use crate::sweep::sweep_points::traced;
use crate::sweep::sweep_stages::{Kept, Stage, landing_late};
use crate::sweep::{Extent, Reached, Sweep};
use crate::world::{Ran, World};
use crate::world_process::{Going, until};

/// What a lease of these runs lasts, a third of which goes by between two renewals, and for how long a save lets calls
/// start: longer where a save takes several processes or requests.
fn lease(kept: Kept) -> (&'static str, &'static str) {
    match kept {
        Kept::Files => ("2s", "500ms"),
        Kept::Git | Kept::S3 | Kept::Azure => ("5s", "1500ms"),
    }
}

const LANDS_AFTER: u64 = 350;
/// Between two looks whether the lease is over.
const PAUSE: Duration = Duration::from_millis(200);

/// Where a run stands still.
struct Point {
    nth: u64,
    name: String,
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stopped at point {} (about {})", self.nth, self.name)
    }
}

fn stage(stage: Stage, kept: Kept) -> World {
    let mut world = stage.set_with(kept);
    world.pace = ("2s", "2500ms");
    let (lease, least) = lease(kept);
    world.env.push(("POLICYSYNC_TEST_LEASE".to_owned(), lease.to_owned()));
    world.env.push(("POLICYSYNC_TEST_LEAST".to_owned(), least.to_owned()));
    world.service.set_faults(landing_late(LANDS_AFTER));
    world
}

/// `count` is how many points a run of this stage passes through.
pub fn sweep(of: Stage, kept: Kept, count: u64, extent: Extent) {
    let what = format!("stopped and woken, {of}, {kept}");
    let names = traced(&stage(of, kept), of.args());
    // How often the lease is renewed meanwhile differs.
    let found = names.len() as u64;
    assert!(
        (count / 2..=count * 3 / 2).contains(&found),
        "{what}: a run passes through {found} points, not about {count}: say so at the test, and in docs/promises.md\n{names:#?}"
    );
    let short_by = usize::try_from(count.saturating_sub(found)).expect("a small number");
    let points = (1..=count).map(|nth| {
        let name = usize::try_from(nth).ok().and_then(|nth| names.get(nth - 1)).cloned().unwrap_or_default();
        Point { nth, name }
    });
    let every = usize::try_from(count / 6).expect("a small number");
    // They mostly stand still.
    let sweep = Sweep { what, extent, at_a_time: if kept == Kept::Files { 24 } else { 40 }, short_by };
    sweep.play(extent.of(points, every), |point| play(of, kept, point));
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    AtWork,
    StandsStill,
}

/// What a run does; nothing where it has ended.
#[expect(clippy::disallowed_methods, reason = "the system's own file")]
fn state_of(run: &Going) -> Option<State> {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", run.id())).ok()?;
    // The name before it may hold any character but stands in brackets.
    match status.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next()) {
        Some('Z' | 'X') | None => None,
        Some('T') => Some(State::StandsStill),
        Some(_) => Some(State::AtWork),
    }
}

fn play(of: Stage, kept: Kept, point: &Point) -> Reached {
    let world = stage(of, kept);
    let mut command = world.command_of_apply(of.args());
    command.env("POLICYSYNC_FAILPOINT_STOP", point.nth.to_string());
    command.env("POLICYSYNC_FAILPOINT_TRACE", world.path().join("trace"));
    // Else another thread could be stopped between its last look at the clock and the system call that writes.
    command.env("TOKIO_WORKER_THREADS", "1");
    let stopped = Going::start(command, world.path());
    let mut state = None;
    until("it stands still or has ended", || {
        state = state_of(&stopped);
        state != Some(State::AtWork)
    });
    if state != Some(State::StandsStill) {
        // It ended before its point, well or, on a machine too busy for so short a lease, in part.
        world.settles(of.args());
        return Reached::No;
    }

    let under_its_hands = under_its_hands(&world);
    let reached = match take_over(&world, of) {
        Taken::Over => {
            world.holds_the_tree();
            let writes = world.writes();
            stopped.signal("CONT");
            let woken = stopped.end();
            world.quiet();
            let late = late(&world, writes);
            if !late.is_empty() && late.len() <= under_its_hands {
                return Reached::No;
            }
            assert!(late.is_empty(), "it sends nothing more: {late:?} {}", woken.err);
            is_told(&woken)
        }
        // It stands in the middle of a save: nobody can take over, and it goes on where it was.
        Taken::InTheMiddleOfASave => {
            stopped.signal("CONT");
            let woken = stopped.end();
            // It may say of calls under way that their end is not known: the next run finds out.
            assert!(matches!(woken.code, Some(0 | 5)), "{}", woken.err);
            world.settles(of.args());
            Reached::Yes
        }
    };
    world.holds_the_tree();
    world.settles(of.args());
    reached
}

/// What was sent after so many writes. That a policy which the other run has deleted is deleted once more does nothing.
fn late(world: &World, writes: usize) -> Vec<String> {
    let requests = world.service.requests().into_iter().filter(|request| request.method != "GET").skip(writes);
    let requests = requests.filter(|request| request.method != "DELETE");
    requests.map(|request| format!("{} {}", request.method, request.path)).collect()
}

/// How many requests another thread of the run was just writing when it was stopped: it had looked at the clock for the
/// last time, and the bytes were not out yet. Nobody can keep these from being sent after all; they are rare, and such a
/// history proves nothing.
fn under_its_hands(world: &World) -> usize {
    let begun = world.read("trace").lines().filter(|point| point.starts_with("body/")).count();
    begun.saturating_sub(world.calls("POST") + world.calls("PUT"))
}

/// What came of another run.
enum Taken {
    Over,
    InTheMiddleOfASave,
}

/// Another run: it is refused as long as the lease lasts, then it takes over, unless a save is half done.
#[track_caller]
fn take_over(world: &World, of: Stage) -> Taken {
    let (mut ran, mut again_at) = (None, Instant::now());
    until("the other run works", || {
        if Instant::now() < again_at {
            return false;
        }
        let other = world.apply(of.args());
        if other.code == Some(6) {
            assert!(other.err.contains("is locked by") && other.err.contains("since"), "{other}");
        }
        // On a machine too busy for so short a lease a run may give up.
        let works = !matches!(other.code, Some(5 | 6));
        ran = Some(other);
        again_at = Instant::now() + PAUSE;
        works
    });
    let ran = ran.expect("it ran");
    if ran.err.contains("another process has held it for") {
        return Taken::InTheMiddleOfASave;
    }
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    Taken::Over
}

/// A run that has lost its lease says so, and what it had done.
#[track_caller]
fn is_told(woken: &Ran) -> Reached {
    match woken.code {
        // It had nothing more to do than to end.
        Some(0) => Reached::No,
        Some(6) => {
            let told = format!("{woken}");
            let lost = ["no longer this run's", "was changed by another run", "is locked by"];
            assert!(lost.iter().any(|words| told.contains(words)), "{told}");
            Reached::Yes
        }
        _ => unreachable!("no way to end: {woken}"),
    }
}

const CREATES: u64 = 258;
const MIXED: u64 = 205;
const MIXED_IN_GIT: u64 = 165;

#[test]
fn f26_a_sample_of_points_at_which_a_run_is_stopped_and_woken() {
    sweep(Stage::Creates, Kept::Files, CREATES, Extent::Sample);
    sweep(Stage::Mixed, Kept::Files, MIXED, Extent::Sample);
    sweep(Stage::Mixed, Kept::Git, MIXED_IN_GIT, Extent::Sample);
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn f26_stopped_and_woken_at_every_point_of_fifty_creates() {
    sweep(Stage::Creates, Kept::Files, CREATES, Extent::Full);
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn f26_stopped_and_woken_at_every_point_of_a_plan_of_every_kind() {
    sweep(Stage::Mixed, Kept::Files, MIXED, Extent::Full);
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn f26_stopped_and_woken_at_every_point_of_a_plan_of_every_kind_in_git() {
    sweep(Stage::Mixed, Kept::Git, MIXED_IN_GIT, Extent::Full);
}
