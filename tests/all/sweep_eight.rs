//! F25: eight processes at once. One works; the others say who does and since when, or find nothing to do after it.

use crate::sweep::sweep_stages::{Kept, Stage, landing_late};
use crate::sweep::{Extent, Reached, Sweep};
use crate::world::{ALLOWED, Ran, World};
use crate::world_process::Going;

const EIGHT: usize = 8;

/// One round: a plan, and how long a write takes, which decides how the eight meet.
struct Round {
    stage: Stage,
    lands_after: u64,
    number: usize,
}

impl std::fmt::Display for Round {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "round {}: {}, {} ms a write", self.number, self.stage, self.lands_after)
    }
}

fn play(round: &Round, kept: Kept) -> Reached {
    let world = round.stage.set_with(kept);
    world.service.set_faults(landing_late(round.lands_after));
    let args = [&["apply", ALLOWED, "--timeout", "20s", "--settle", "20500ms"], round.stage.args()].concat();
    let runs: Vec<Going> = (0..EIGHT).map(|_| world.start(&args)).collect();
    let ended: Vec<(u32, Ran)> = runs.into_iter().map(|run| (run.id(), run.end())).collect();
    one_worked(&world, &ended);
    world.holds_the_tree();
    world.settles(round.stage.args());
    Reached::Yes
}

/// Exactly one changed something, and each of the others named it or found its work done.
#[track_caller]
fn one_worked(world: &World, ended: &[(u32, Ran)]) {
    let applied = |ran: &Ran| ran.out.contains("Applied: ");
    let workers: Vec<u32> = ended.iter().filter(|(_, ran)| applied(ran)).map(|(id, _)| *id).collect();
    assert_eq!(workers.len(), 1, "one worked: {}", ended.iter().map(|(_, ran)| ran.to_string()).collect::<String>());
    let worker = format!("(pid {}) since ", workers[0]);
    for (id, ran) in ended {
        match ran.code {
            Some(0) if *id == workers[0] || ran.out.contains("No changes") => {}
            // Planned before the other one ended, and planned anew after it.
            Some(0) => assert!(ran.err.contains("planned anew"), "{ran}"),
            Some(6) => {
                let named = ran.err.contains(&worker) || ran.err.contains("was changed by another run");
                // A run that had found nothing to do holds the lease too, for a moment.
                assert!(named || ran.err.contains("is locked by"), "it is told who works: {ran}");
            }
            _ => unreachable!("no way to end: {ran}"),
        }
    }
    let posts: std::collections::BTreeSet<String> = world
        .requests("POST /policy")
        .iter()
        .map(|request| request.body.clone().unwrap_or_default().to_string())
        .collect();
    assert_eq!(posts.len(), world.calls("POST"), "nothing was sent twice");
}

/// So many rounds; the plans and the times of a write take turns in them.
pub fn sweep(kept: Kept, rounds: usize, extent: Extent) {
    let stages = [Stage::Creates, Stage::Mixed];
    let rounds =
        (0..rounds).map(|number| Round { stage: stages[number % 2], lands_after: [0, 20, 150][number % 3], number });
    let sweep = Sweep { what: format!("eight at once, {kept}"), extent, at_a_time: 2, short_by: 0 };
    sweep.play(rounds.collect(), |round| play(round, kept));
}

#[test]
fn f25_of_eight_at_once_one_works_a_few_rounds() {
    sweep(Kept::Files, 6, Extent::Sample);
    sweep(Kept::Git, 4, Extent::Sample);
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn f25_of_eight_at_once_one_works() {
    sweep(Kept::Files, 60, Extent::Full);
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn f25_of_eight_at_once_one_works_in_git() {
    sweep(Kept::Git, 60, Extent::Full);
}
