//! F1 to F5: kill -9 at every step of an apply of fifty. One more run converges, whatever step it was.

use policysync::sandbox::{Call, Fault, FaultPlan, Moment, Outcome, Request};

use crate::sweep::sweep_stages::Stage;
use crate::sweep::{Extent, Reached, Sweep};
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

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
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

/// Plays every point in a world of its own.
fn play_all(points: Vec<Point>, stage: Stage) {
    let sweep = Sweep {
        what: format!("calls held, {stage}, file store"),
        extent: Extent::Full,
        at_a_time: AT_A_TIME,
        short_by: 0,
    };
    sweep.play(points, |point| {
        play(&stage.set(), point, stage.args());
        Reached::Yes
    });
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
    play_all(points, Stage::Creates);
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
    play_all(points, Stage::Mixed);
}

/// F1: the intents are not durable yet, so nothing was sent; the next run sends each once.
#[test]
fn f1_killed_before_the_intents_nothing_was_sent() {
    let world = Stage::Creates.set();
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
