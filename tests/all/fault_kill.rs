//! F1 to F5: kill -9 at every step of an apply of fifty. One more run converges, whatever step it was.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use policysync::sandbox::{Call, Fault, FaultPlan, Moment, Outcome, Request};

use crate::world::World;
use crate::world_process::until;

/// Longer than any test: what waits this long waits until its client is dead.
const HELD: u64 = 600_000;
/// How many histories are played at a time; they mostly wait for settle times.
const AT_A_TIME: usize = 16;

/// Whether the requests so far show that a run is at its point.
type IsThere = Box<dyn Fn(&[Request]) -> bool + Send>;

/// Where a run is killed: the faults that hold it there, and how one sees that it is there.
struct Point {
    name: String,
    faults: FaultPlan,
    is_there: IsThere,
    /// Whether the run after it is killed too, while it looks at what came of the first.
    twice: bool,
}

fn arrived(requests: &[Request], method: &str, of_list: bool) -> usize {
    let fits = |request: &&Request| request.method == method && (request.path == "/policy") == of_list;
    requests.iter().filter(fits).count()
}

/// The nth call of a kind, counted from 1, as (method, whether its path is `/policy` itself).
fn line(call: Call) -> (&'static str, bool) {
    match call {
        Call::Create => ("POST", true),
        Call::List => ("GET", true),
        Call::Get => ("GET", false),
        Call::Update => ("PUT", false),
        Call::Delete => ("DELETE", false),
        Call::Refresh | Call::Any => unreachable!("no point is there"),
    }
}

impl Point {
    fn new(name: String, faults: FaultPlan, is_there: impl Fn(&[Request]) -> bool + Send + 'static) -> Self {
        Self { name, faults, is_there: Box::new(is_there), twice: false }
    }

    /// The nth call is held before or after its effect.
    fn held(call: Call, nth: u64, effect: Moment) -> Self {
        let side = if effect == Moment::Before { "after" } else { "before" };
        let faults = FaultPlan::none().nth(call, nth, Fault::Delay { ms: HELD, effect });
        let (method, of_list) = line(call);
        Self::new(format!("{call:?} {nth}, {side} its effect"), faults, move |requests| {
            arrived(requests, method, of_list) >= usize::try_from(nth).expect("a small number")
        })
    }

    /// The nth call is answered, the next one held: killed before any checkpoint can be due.
    fn answered(call: Call, nth: u64) -> Self {
        let (method, of_list) = line(call);
        let faults = FaultPlan::none().from(call, nth + 1, Fault::Delay { ms: HELD, effect: Moment::After });
        Self::new(format!("{call:?} {nth}, after its answer"), faults, move |requests| {
            let answered = |request: &&Request| {
                request.method == method
                    && (request.path == "/policy") == of_list
                    && matches!(request.outcome, Outcome::Answered(_))
            };
            let count = usize::try_from(nth).expect("a small number");
            requests.iter().filter(answered).count() >= count && arrived(requests, method, of_list) > count
        })
    }

    /// The nth create's answer is lost, and the run is killed while it looks for what came of it.
    fn in_doubt(nth: u64, lists: u64) -> Self {
        let held = Fault::Delay { ms: HELD, effect: Moment::Before };
        let faults = FaultPlan::none().nth(Call::Create, nth, Fault::CutAfter).from(Call::List, lists + 1, held);
        Self::new(format!("looking for create {nth}"), faults, move |requests| {
            arrived(requests, "GET", true) > usize::try_from(lists).expect("a small number")
        })
    }

    fn twice(self) -> Self {
        Self { name: format!("{}; and the next run, while it looks", self.name), twice: true, ..self }
    }
}

/// Plays a history: killed there, run once more, and all is as it should be.
fn play(world: &World, point: &Point, args: &[&str]) {
    world.service.clear_requests();
    world.service.set_faults(point.faults.clone());
    let run = world.start_apply(args);
    until(&point.name, || (point.is_there)(&world.service.requests()));
    run.kill();
    world.quiet();
    if point.twice {
        let reads = Fault::Delay { ms: HELD, effect: Moment::Before };
        world.service.set_faults(FaultPlan::none().from(Call::List, 2, reads.clone()).from(Call::Get, 1, reads));
        let seen = world.calls("GET");
        let run = world.start_apply(args);
        until("the next run looks", || world.calls("GET") >= seen + 2);
        run.kill();
        world.quiet();
    }
    world.settles(args);
}

/// Plays every point in a world of its own; prints how many there were and fails with all that went wrong.
#[expect(clippy::print_stdout, reason = "the count of points is what a reader of the run looks for")]
fn play_all(what: &str, points: Vec<Point>, args: &[&str], stage: fn() -> World) {
    let count = points.len();
    assert!(count >= 12, "{count} points are too few");
    let waiting = Mutex::new(VecDeque::from(points));
    let violations = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some(point) = waiting.lock().expect("no panic").pop_front() else { break };
                    let played = catch_unwind(AssertUnwindSafe(|| play(&stage(), &point, args)));
                    if let Err(panic) = played {
                        let why = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                        violations.lock().expect("no panic").push(format!("{}: {why}", point.name));
                    }
                }
            });
        }
    });
    let violations = violations.into_inner().expect("no panic");
    println!("{what}: {count} points, {} violations", violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n\n"));
}

/// Other people's policies in the scopes that are worked in: names and texts like ours, but never both.
fn with_strangers() -> World {
    let world = World::new();
    for scope in ["acme", "acme/east", "acme/east/one", "acme/west/two2"] {
        world.stranger(scope, "policy-0000", "Of the same name, with another text.");
        world.stranger(scope, "Of someone else", "Rule number 0: do not share secrets of kind 0.");
    }
    world
}

/// Fifty policies over seven scopes, none of them made yet.
fn fifty_new() -> World {
    let world = with_strangers();
    world.policies(50);
    world
}

/// Fifty policies that are live; the tree then asks for 10 more, 12 others, 8 under new keys and 6 less.
fn fifty_changed() -> World {
    let world = with_strangers();
    let addresses = world.policies(50);
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let text = |n: usize| format!("Rule number {n}: do not share secrets of kind {n}.");
    for (n, address) in addresses.iter().enumerate().take(26) {
        let scope = address.rsplit_once('/').expect("an address has a scope").0;
        match n {
            0..4 => world.policy(address, "LOW", "block", &text(n)),
            4..8 => world.policy(address, "HIGH", "block", &format!("{} Nor of any other.", text(n))),
            8..12 => world.policy(address, "MEDIUM", "alert", &format!("{} At all.", text(n))),
            12..18 => {
                world.remove(&format!("policies/{address}.yaml"));
                world.policy(&format!("{scope}/moved-{n:04}"), "HIGH", "block", &text(n));
            }
            18..20 => {
                let file = world.read(&format!("policies/{address}.yaml"));
                world.remove(&format!("policies/{address}.yaml"));
                world.write(&format!("policies/{scope}/other-key-{n:04}.yaml"), &file);
            }
            _ => world.remove(&format!("policies/{address}.yaml")),
        }
    }
    for n in 50..60 {
        world.policy(&format!("acme/east/policy-{n:04}"), "HIGH", "block", &text(n));
    }
    world
}

#[test]
fn f1_to_f5_a_killed_run_of_creates_is_finished_by_the_next() {
    let mut points = vec![
        Point::held(Call::List, 1, Moment::Before),
        Point::held(Call::List, 7, Moment::Before),
        Point::held(Call::List, 8, Moment::Before),
        Point::held(Call::List, 14, Moment::Before).twice(),
        Point::in_doubt(1, 7),
        Point::in_doubt(30, 7).twice(),
    ];
    for nth in [1, 2, 16, 17, 33, 49, 50] {
        points.push(Point::held(Call::Create, nth, Moment::After));
        points.push(Point::held(Call::Create, nth, Moment::Before));
    }
    points.push(Point::held(Call::Create, 20, Moment::Before).twice());
    points.push(Point::held(Call::Create, 20, Moment::After).twice());
    for nth in [1, 10, 40] {
        points.push(Point::answered(Call::Create, nth));
    }
    play_all("creates", points, &[], fifty_new);
}

#[test]
fn f1_to_f5_a_killed_run_of_changes_of_every_kind_is_finished_by_the_next() {
    let mut points = vec![
        Point::held(Call::List, 2, Moment::Before),
        Point::held(Call::List, 8, Moment::Before),
        Point::in_doubt(3, 7).twice(),
    ];
    for moment in [Moment::After, Moment::Before] {
        points.extend([1, 5, 10].map(|nth| Point::held(Call::Create, nth, moment)));
        points.extend([1, 9, 18].map(|nth| Point::held(Call::Update, nth, moment)));
        points.extend([1, 3, 6].map(|nth| Point::held(Call::Delete, nth, moment)));
        points.push(Point::held(Call::Update, 4, moment).twice());
        points.push(Point::held(Call::Delete, 2, moment).twice());
    }
    points.push(Point::answered(Call::Create, 4));
    points.push(Point::answered(Call::Update, 7));
    points.push(Point::answered(Call::Delete, 3));
    play_all("changes of every kind", points, &["--prune"], fifty_changed);
}

/// F1: the intents are not durable yet, so nothing was sent; the next run sends each once.
#[test]
fn f1_killed_before_the_intents_nothing_was_sent() {
    let world = fifty_new();
    world.service.set_faults(FaultPlan::none().nth(Call::List, 7, Fault::Delay { ms: HELD, effect: Moment::Before }));
    let run = world.start_apply(&[]);
    world.arrived("GET /policy", 7);
    run.kill();
    assert_eq!(world.writes(), 0);
    assert!(world.record()["pending"].is_null(), "{}", world.record());
    world.settles(&[]);
    assert_eq!(world.calls("POST"), 50);
}

/// F2: the intents are there and nothing was made; the next run waits out the settle time, then makes it once.
#[test]
fn f2_killed_before_a_post_took_effect_it_is_waited_for_and_sent_once_more() {
    let world = World::new();
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::Delay { ms: HELD, effect: Moment::After }));
    let run = world.start_apply(&[]);
    world.arrived("POST /policy", 1);
    run.kill();
    world.quiet();
    assert!(world.live().is_empty());
    world.service.clear_requests();
    let begun = std::time::Instant::now();
    let ran = world.settles(&[]);
    assert!(begun.elapsed() >= std::time::Duration::from_millis(2500), "the settle time was waited out");
    assert!(ran.err.contains("did not happen"), "{ran}");
    assert_eq!(world.calls("POST"), 1);
}

/// F3, F4: it was made; the next run adopts just that one, and sends nothing.
#[test]
fn f3_f4_killed_after_the_commit_the_next_run_adopts_it_without_a_post() {
    let before_its_answer = FaultPlan::none().nth(Call::Create, 2, Fault::Delay { ms: HELD, effect: Moment::Before });
    // The answers are there; what is held is the read back before the last save.
    let before_a_save = FaultPlan::none().nth(Call::List, 2, Fault::Delay { ms: HELD, effect: Moment::Before });
    for (faults, line, count) in [(before_its_answer, "POST /policy", 2), (before_a_save, "GET /policy", 2)] {
        let world = World::new();
        world.policy("acme/one", "HIGH", "block", "Do not share one.");
        world.policy("acme/two", "HIGH", "block", "Do not share two.");
        world.service.set_faults(faults);
        let run = world.start_apply(&[]);
        world.arrived(line, count);
        run.kill();
        world.quiet();
        let made: Vec<String> = ["one", "two"].map(|name| world.id(name)).into();
        world.service.clear_requests();
        let ran = world.settles(&[]);
        assert_eq!(world.writes(), 0, "{ran}");
        let record = world.record();
        let adopted: Vec<String> = ["acme/one", "acme/two"]
            .map(|address| record["policies"][address]["id"].as_str().unwrap_or("none").to_owned())
            .into();
        assert_eq!(adopted, made, "{record}");
    }
}
