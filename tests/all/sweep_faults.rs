//! Every fault of the sandbox at every call of an apply of fifty. The run that fails never claims success unless the service
//! holds the tree; one more run converges.

use policysync::sandbox::{Call, Fault, FaultBody, FaultPlan, Moment};

use crate::sweep::sweep_stages::Stage;
use crate::sweep::{Extent, Reached, Sweep};
use crate::world::World;

/// Longer than the calls' time limit of [`World::apply`], shorter than its settle time.
const TOO_LATE: u64 = 2300;
/// Shorter than the time limit.
const LATE: u64 = 900;

/// Every kind of fault, in each form that makes a difference to a client.
fn faults() -> Vec<(&'static str, Fault)> {
    let answer = |code, body, effect| Fault::Status { code, body, retry_after: None, effect };
    vec![
        ("200 of a login page, nothing done", answer(200, FaultBody::Html, false)),
        ("204 without a body, done", answer(204, FaultBody::Empty, true)),
        ("400", Fault::status(400)),
        ("403", Fault::status(403)),
        ("404", Fault::status(404)),
        ("429 for a second", Fault::too_many("1")),
        ("429 for a day", Fault::too_many("86400")),
        ("500", Fault::status(500)),
        ("502, nothing done", Fault::proxy(502, false)),
        ("502, done", Fault::proxy(502, true)),
        ("redirect", Fault::Redirect { to: "http://127.0.0.1:9/".to_owned(), code: 307 }),
        ("no answer in time, done", Fault::Delay { ms: TOO_LATE, effect: Moment::Before }),
        ("no answer in time, nothing done", Fault::Delay { ms: TOO_LATE, effect: Moment::After }),
        ("late, cut at once", Fault::Late { ms: LATE, cut: true, code: None }),
        ("late, 504 at once", Fault::Late { ms: LATE, cut: false, code: Some(504) }),
        ("later than the time limit", Fault::Late { ms: TOO_LATE, cut: false, code: None }),
        ("cut before", Fault::CutBefore),
        ("cut after", Fault::CutAfter),
        ("half an answer", Fault::HalfAnswer),
        ("no id", Fault::NoId),
        ("unreadable", Fault::Unreadable),
        ("a byte a second", Fault::Drip { ms: 1000 }),
        ("endless", Fault::Huge),
        ("token expired", Fault::Expire),
    ]
}

/// A plan of changes, what goes wrong in it anyway, and the calls that go wrong besides, from which one on.
struct Scene {
    stage: Stage,
    anyway: FaultPlan,
    calls: &'static [(Call, u64, u64)],
}

/// Where a run goes wrong.
struct Point {
    stage: Stage,
    call: Call,
    nth: u64,
    name: &'static str,
    fault: Fault,
    plan: FaultPlan,
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {:?} {}: {}", self.stage, self.call, self.nth, self.name)
    }
}

/// How many calls of a kind have arrived.
fn arrived(world: &World, call: Call) -> u64 {
    let (method, of_list) = match call {
        Call::Create => ("POST", true),
        Call::List => ("GET", true),
        Call::Get => ("GET", false),
        Call::Update => ("PUT", false),
        Call::Delete => ("DELETE", false),
        Call::Refresh | Call::Any => unreachable!("no point is there"),
    };
    let requests = world.service.requests();
    requests.iter().filter(|request| request.method == method && (request.path == "/policy") == of_list).count() as u64
}

impl Scene {
    /// Every fault at every call.
    fn points(&self) -> Vec<Point> {
        let mut points = Vec::new();
        for (call, first, last) in self.calls {
            for nth in *first..=*last {
                points.extend(faults().into_iter().map(|(name, fault)| {
                    let plan = self.anyway.clone().nth(*call, nth, fault.clone());
                    Point { stage: self.stage, call: *call, nth, name, fault, plan }
                }));
            }
        }
        points
    }
}

fn sweep(what: &str, scenes: &[Scene], extent: Extent) {
    let points: Vec<Point> = scenes.iter().flat_map(Scene::points).collect();
    // Not a divisor of how many faults there are, so that each comes up.
    let sweep = Sweep { what: format!("fault sweep, {what}"), extent, at_a_time: 48, short_by: 0 };
    sweep.play(extent.of(points, 127), play);
}

fn play(point: &Point) -> Reached {
    let mut world = point.stage.set();
    world.service.set_faults(point.plan.clone());
    let ran = world.apply(point.stage.args());
    match ran.code {
        Some(0) => world.holds_the_tree(),
        Some(1 | 5) => {}
        _ => unreachable!("no way to end: {ran}"),
    }
    let reached = if arrived(&world, point.call) >= point.nth { Reached::Yes } else { Reached::No };
    if point.fault == Fault::Expire {
        // Another token of the same user.
        let token = "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJ0ZXN0ZXIifQ.bmV4dA";
        world.env.push(("POLICYSYNC_TOKEN".to_owned(), token.to_owned()));
    }
    world.settles(point.stage.args());
    reached
}

fn creates(extent: Extent) {
    let plain = Scene {
        stage: Stage::Creates,
        anyway: FaultPlan::none(),
        calls: &[(Call::List, 1, 14), (Call::Create, 1, 50)],
    };
    // The lists by which a lost answer is looked for.
    let lost = FaultPlan::none().nth(Call::Create, 1, Fault::CutAfter);
    let looks = Scene { stage: Stage::Creates, anyway: lost, calls: &[(Call::List, 15, 15)] };
    sweep("creates", &[plain, looks], extent);
}

fn mixed(extent: Extent) {
    const ALL: &[(Call, u64, u64)] =
        &[(Call::List, 1, 14), (Call::Get, 1, 6), (Call::Create, 1, 10), (Call::Update, 1, 18), (Call::Delete, 1, 6)];
    let plain = Scene { stage: Stage::Mixed, anyway: FaultPlan::none(), calls: ALL };
    // The reads by which an update's odd answer is looked into.
    let odd = FaultPlan::none().nth(Call::Update, 3, Fault::NoId);
    let looks = Scene { stage: Stage::Mixed, anyway: odd, calls: &[(Call::Get, 1, 11)] };
    sweep("mixed", &[plain, looks], extent);
}

#[test]
fn a_sample_of_faults_at_calls_of_fifty_creates() {
    creates(Extent::Sample);
}

#[test]
fn a_sample_of_faults_at_calls_of_a_plan_of_every_kind() {
    mixed(Extent::Sample);
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn every_fault_at_every_call_of_fifty_creates() {
    creates(Extent::Full);
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn every_fault_at_every_call_of_a_plan_of_every_kind() {
    mixed(Extent::Full);
}
