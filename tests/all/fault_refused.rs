//! F10 to F18, F22, F30: what is refused, not sent, or sent away. One that fails doesn't stop the rest, and each says why.

use std::time::{Duration, Instant};

use policysync::sandbox::{Call, Fault, FaultBody, FaultPlan, Moment, Options};

use serde_json::json;

use super::fault_gate::Gate;
use crate::world::{TOKEN, World};
use crate::world_process::at_once;

/// Another token of the user `tester`.
const NEXT_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJ0ZXN0ZXIifQ.bmV4dA";

fn single(name: &str) -> World {
    let world = World::new();
    world.policy(&format!("acme/{name}"), "HIGH", "block", "Do not share one.");
    world
}

/// F10: the service is gone before the first POST: nothing was sent, nothing is pending, nothing is waited for.
#[test]
fn f10_a_create_that_was_surely_not_sent_leaves_no_intent() {
    let mut world = single("one");
    let gate = Gate::open(&mut world, 1);
    let ran = world.apply(&["--concurrency", "1"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.out.contains("can't connect to 127.0.0.1"), "{ran}");
    assert!(ran.out.contains("POLICYSYNC_ENDPOINT"), "the setting to look at is named: {ran}");
    assert!(!ran.err.contains("looked for"), "{ran}");
    assert_eq!(world.writes(), 0, "{ran}");
    let record = world.record();
    assert!(record["pending"].is_null() && record["lease"].is_null(), "{record}");
    gate.reopen(&world);
    world.settles(&[]);
    assert_eq!(world.calls("POST"), 1);
}

/// F10: nobody there, and no TLS where https is due; before anything else.
#[test]
fn f10_a_service_that_can_not_be_reached_ends_the_run_before_anything_is_written() {
    let mut world = single("one");
    let tls = world.service.url().replace("http://", "https://");
    for endpoint in ["http://127.0.0.1:1", tls.as_str()] {
        world.env.push(("POLICYSYNC_ENDPOINT".to_owned(), endpoint.to_owned()));
        world.env.push(("POLICYSYNC_STATE".to_owned(), format!("state-{}", world.env.len())));
        let ran = world.apply(&[]);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.err.contains("can't connect to"), "{ran}");
        assert!(ran.err.contains("POLICYSYNC_ENDPOINT"), "the setting to look at is named: {ran}");
        assert_eq!(world.writes(), 0);
    }
}

#[test]
fn f11_a_wait_that_the_service_asks_for_is_waited() {
    let world = single("one");
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::too_many("2")));
    let begun = Instant::now();
    let ran = world.apply(&[]);
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.calls("POST"), 2);
    world.settles(&[]);
}

#[test]
fn f12_a_wait_of_a_day_is_not_waited_and_the_next_run_goes_on() {
    let world = World::new();
    world.policies(10);
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 3, Fault::too_many("86400")));
    let ran = world.apply(&["--format", "json"]);
    assert_eq!(ran.code, Some(5), "a format never changes the exit code: {ran}");
    let told = ran.json();
    assert_eq!((&told["summary"]["applied"], &told["summary"]["failed"]), (&json!(9), &json!(1)), "{told}");
    let failed = told["changes"].as_array().and_then(|all| all.iter().find(|one| one["result"] == "failed"));
    assert!(failed.and_then(|one| one["error"].as_str()).is_some_and(|why| why.contains("429")), "{told}");
    assert!(world.record()["pending"].is_null());
    world.settles(&[]);
}

#[test]
fn f12_junk_for_a_wait_is_passed_over() {
    at_once(["soon", "-5", "", "1e9"], |junk| {
        let world = single("one");
        world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::too_many(junk)));
        let ran = world.apply(&[]);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert_eq!(world.calls("POST"), 2);
        world.settles(&[]);
    });
}

/// F12: the service never has time; it is asked a bounded number of times.
#[test]
fn f12_a_service_that_never_has_time_fails_that_change() {
    let world = single("one");
    world.service.set_faults(FaultPlan::none().every(Call::Create, Fault::too_many("0")));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert_eq!(world.calls("POST"), 5);
    world.settles(&[]);
}

/// A 500 in the service's own words says that nothing was done: one look, then once more.
#[test]
fn f13_a_500_by_the_service_itself_is_tried_again_after_a_look() {
    let world = single("one");
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::status(500)));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let requests = world.service.requests();
    let methods: Vec<&str> = requests.iter().map(|request| request.method.as_str()).collect();
    assert_eq!(methods, ["GET", "POST", "GET", "POST", "GET"], "{ran}");
    world.settles(&[]);
}

/// A 500 in the service's own words, although it did it all the same: the look finds it.
#[test]
fn f13_a_500_by_the_service_itself_that_took_effect_is_found_by_the_look() {
    let world = single("one");
    let lie = Fault::Status { code: 500, body: FaultBody::Json, retry_after: None, effect: true };
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, lie));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.calls("POST"), 1);
    world.settles(&[]);
}

#[test]
fn f14_a_500_to_a_get_or_put_is_retried_a_bounded_number_of_times() {
    let twice = |call| FaultPlan::none().nth(call, 1, Fault::status(500)).nth(call, 2, Fault::proxy(500, false));
    let always = |call| FaultPlan::none().every(call, Fault::status(500));
    // The faults, the exit code, and how many GET and PUT there are at least and at most.
    let (done, failed, in_part) = (Some(0), Some(1), Some(5));
    at_once(
        [
            (twice(Call::List), done, 4..=4, 1),
            (always(Call::List), failed, 5..=5, 0),
            // Its first copy could land late: that is waited out, and looked at.
            (twice(Call::Update), done, 4..=50, 3),
            (always(Call::Update), in_part, 3..=50, 5),
        ],
        |(faults, code, reads, puts)| {
            let world = single("one");
            assert_eq!(world.apply(&[]).code, done);
            world.policy("acme/one", "HIGH", "block", "Do not share two.");
            world.service.clear_requests();
            world.service.set_faults(faults);
            let ran = world.apply(&[]);
            assert_eq!((ran.code, world.calls("PUT")), (code, puts), "{ran}");
            assert!(reads.contains(&world.calls("GET")), "{ran}");
            world.settles(&[]);
        },
    );
}

#[test]
fn f15_a_token_that_is_not_accepted_changes_nothing_and_names_the_setting() {
    let world = World::with(Options { tokens: Some(vec!["another-token".to_owned()]), ..Options::default() });
    world.policies(3);
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("POLICYSYNC_TOKEN"), "{ran}");
    assert!(!format!("{ran}").contains(TOKEN));
    assert_eq!(world.writes(), 0);
}

#[test]
fn f16_a_token_that_expires_is_refreshed_once() {
    let mut world = World::new();
    world.env.push(("POLICYSYNC_REFRESH_TOKEN".to_owned(), "refresh-token-0123456789".to_owned()));
    world.policies(50);
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 20, Fault::Expire));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.requests("POST /user/refresh").len(), 1, "{ran}");
    world.holds_the_tree();
    world.env.push(("POLICYSYNC_TOKEN".to_owned(), NEXT_TOKEN.to_owned()));
    world.settles(&[]);
}

#[test]
fn f16_without_a_refresh_token_the_run_stops_and_what_was_done_is_recorded() {
    let mut world = World::new();
    world.policies(50);
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 20, Fault::Expire));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("stopped[unauthorized]") && ran.out.contains("POLICYSYNC_TOKEN"), "{ran}");
    let record = world.record();
    let recorded = record["policies"].as_object().map_or(0, serde_json::Map::len);
    assert_eq!(recorded, world.live().len(), "what was done is recorded: {ran}");
    // Of those that arrived before it, all but the ones under way at its side were answered.
    assert!((20 - 16..50).contains(&recorded), "{recorded}");
    assert!(record["pending"].is_null() && record["lease"].is_null(), "{record}");
    world.env.push(("POLICYSYNC_TOKEN".to_owned(), NEXT_TOKEN.to_owned()));
    world.settles(&[]);
}

/// F16: refreshed, and refused again: one try, no loop.
#[test]
fn f16_a_refresh_that_is_refused_stops_the_run() {
    let mut world = World::new();
    world.env.push(("POLICYSYNC_REFRESH_TOKEN".to_owned(), "refresh-token-0123456789".to_owned()));
    world.policies(20);
    let faults = FaultPlan::none().nth(Call::Create, 8, Fault::Expire).every(Call::Refresh, Fault::status(401));
    world.service.set_faults(faults);
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert_eq!(world.requests("POST /user/refresh").len(), 1, "{ran}");
    assert!(ran.out.contains("POLICYSYNC_REFRESH_TOKEN"), "{ran}");
    world.env.push(("POLICYSYNC_TOKEN".to_owned(), NEXT_TOKEN.to_owned()));
    world.settles(&[]);
}

#[test]
fn f17_one_400_and_one_403_of_fifty_are_told_with_their_place_and_the_rest_is_done() {
    let world = World::new();
    let addresses = world.policies(50);
    let faults = FaultPlan::none().nth(Call::Create, 10, Fault::status(400)).nth(Call::Create, 30, Fault::status(403));
    world.service.set_faults(faults);
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("Applied in part: 48 done, 2 failed."), "{ran}");
    for (status, message) in [(400, "Bad Request"), (403, "Forbidden")] {
        let refused = world.requests("POST /policy").into_iter().find(|request| request.status() == Some(status));
        let body = refused.and_then(|request| request.body).expect("one was refused");
        let name = body["name"].as_str().expect("a name");
        let address = addresses.iter().find(|address| address.ends_with(name)).expect("an address");
        let told = format!(
            "failed  create {address}: the service answered {status}: {message}\n  --> policies/{address}.yaml:1:1\n"
        );
        assert!(ran.out.contains(&told), "{told}\n{ran}");
    }
    assert!(world.record()["pending"].is_null());
    world.settles(&[]);
}

/// F18: deleted by someone between the look and the PUT.
#[test]
fn f18_a_404_to_a_put_is_told_and_nothing_is_created() {
    let world = single("one");
    world.policy("acme/two", "HIGH", "block", "Do not share two.");
    assert_eq!(world.apply(&[]).code, Some(0));
    let id = world.id("one");
    world.policy("acme/one", "HIGH", "block", "Do not share one, nor two.");
    world.policy("acme/two", "HIGH", "block", "Do not share two, nor three.");
    world.service.clear_requests();
    world.service.set_faults(FaultPlan::none().every(Call::Update, Fault::Delay { ms: 3000, effect: Moment::After }));
    let run = world.start_apply(&[]);
    world.arrived("PUT /policy/", 2);
    world.service.remove(&id);
    let ran = run.end();
    assert_eq!(ran.code, Some(5), "{ran}");
    let told = format!("failed  update acme/one: policy {id} was deleted in the service");
    assert!(ran.out.contains(&told) && ran.out.contains("policies/acme/one.yaml:1:1"), "{ran}");
    assert!(ran.out.contains("done  update acme/two"), "{ran}");
    assert_eq!(world.calls("POST"), 0);
    assert!(world.record()["pending"].is_null());
}

/// F22: found out before the first call. A file stands where the folder should be, and a place where no one can write.
#[test]
fn f22_a_state_folder_that_can_not_be_written_is_found_out_before_the_first_call() {
    let mut world = single("one");
    world.write("in-the-way", "a file");
    for state in ["in-the-way/state", "/proc/policysync-state"] {
        world.env.push(("POLICYSYNC_STATE".to_owned(), state.to_owned()));
        let ran = world.apply(&[]);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.err.contains("--state") && ran.err.contains(state), "{ran}");
        assert_eq!(world.service.requests().len(), 0, "{ran}");
    }
}

#[test]
fn f30_two_policies_equal_in_all_fields_are_a_finding_naming_both_places() {
    let world = single("one");
    let text = "name: same\nriskType: HIGH\nactionType: block\ncontent: Do not share it.\n";
    world.write("policies/acme/first.yaml", text);
    world.write("policies/acme/second.yaml", text);
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(3), "{ran}");
    let told = format!("{ran}");
    assert!(told.contains("policies/acme/first.yaml") && told.contains("policies/acme/second.yaml"), "{ran}");
    assert_eq!(world.service.requests().len(), 0, "{ran}");
}

/// A mistyped endpoint leaves a record of nothing behind; it must not keep the right one out.
#[test]
fn a_first_run_that_came_to_nothing_binds_no_endpoint() {
    let world = World::new();
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let ran = world.apply(&["--endpoint", &format!("http://{closed}")]);
    assert_eq!(ran.code, Some(1), "{ran}");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.settles(&[]);
}
