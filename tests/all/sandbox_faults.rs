//! Each way in which the sandbox goes wrong, seen from the socket.

use std::io::Read;
use std::time::{Duration, Instant};

use policysync::sandbox::{Call, Fault, FaultBody, FaultPlan, Moment, Outcome};
use serde_json::{Value, json};

use super::client::{Answer, Api, parse, policy, split, until};

const FOREVER: u64 = 3_600_000;

fn create_goes(fault: Fault) -> Api {
    Api::failing(FaultPlan::none().nth(Call::Create, 1, fault))
}

fn create_raw(api: &Api) -> Vec<u8> {
    api.raw("POST", "/policy", Some(&policy("a")))
}

fn answer(api: &Api) -> Answer {
    parse(&create_raw(api)).expect("a whole answer")
}

fn live(api: &Api) -> usize {
    api.sandbox.policies().len()
}

#[test]
fn cut_before_sends_not_one_byte_and_does_nothing() {
    let api = create_goes(Fault::CutBefore);
    assert_eq!(create_raw(&api), b"");
    assert_eq!(live(&api), 0);
    assert_eq!(api.sandbox.requests()[0].outcome, Outcome::Cut);
    api.post("/policy", &policy("a")).is(201);
}

#[test]
fn cut_after_sends_not_one_byte_and_has_taken_effect() {
    let api = create_goes(Fault::CutAfter);
    assert_eq!(create_raw(&api), b"");
    assert_eq!(live(&api), 1);
    assert_eq!(api.sandbox.requests()[0].outcome, Outcome::Cut);
}

#[test]
fn half_an_answer_is_half_of_what_it_announces() {
    let whole = create_raw(&Api::failing(FaultPlan::none()));
    let (_, body) = split(&whole).unwrap();
    let api = create_goes(Fault::HalfAnswer);
    let cut = create_raw(&api);
    let (head, half) = split(&cut).expect("the head is whole");
    assert!(head.starts_with("HTTP/1.1 201"), "{head}");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    assert_eq!(half, &body[..body.len() / 2]);
    assert_eq!(live(&api), 1);
}

#[test]
fn an_answer_can_lack_the_id_or_be_no_json() {
    let api = create_goes(Fault::NoId);
    let without = answer(&api).is(201);
    assert_eq!((&without.body["policy"]["id"], &without.body["policy"]["name"]), (&Value::Null, &json!("a")));
    assert_eq!(live(&api), 1);

    let api = create_goes(Fault::Unreadable);
    assert_eq!(answer(&api).is(201).body, Value::Null);
    assert_eq!(live(&api), 1);
}

#[test]
fn a_status_comes_in_the_services_own_json_without_effect() {
    let api = create_goes(Fault::too_many("2"));
    let refused = answer(&api).is(429);
    assert_eq!((refused.header("retry-after"), refused.message()), (Some("2"), "Too Many Requests"));
    assert_eq!(live(&api), 0);
}

#[test]
fn a_proxy_answers_html_with_an_effect_behind_it_or_without() {
    for (effect, policies) in [(true, 1), (false, 0)] {
        let api = create_goes(Fault::proxy(502, effect));
        let page = answer(&api).is(502);
        assert_eq!(page.header("content-type"), Some("text/html"));
        assert!(page.body.as_str().unwrap().contains("<h1>502 Bad Gateway</h1>"));
        assert_eq!(live(&api), policies);
    }
}

#[test]
fn a_status_can_come_with_nothing_or_a_line_of_text() {
    for (body, text) in [(FaultBody::Empty, ""), (FaultBody::Text, "Service Unavailable\n")] {
        let api = create_goes(Fault::Status { code: 503, body, retry_after: None, effect: false });
        let bytes = create_raw(&api);
        assert_eq!(split(&bytes).unwrap().1, text.as_bytes());
    }
}

#[test]
fn a_redirect_names_where_to() {
    let api = create_goes(Fault::Redirect { to: "http://evil.example/policy".to_owned(), code: 307 });
    let redirected = answer(&api).is(307);
    assert_eq!(redirected.header("location"), Some("http://evil.example/policy"));
    assert_eq!(live(&api), 0);
}

#[test]
fn a_delay_after_the_effect_keeps_back_the_answer_alone() {
    let api = create_goes(Fault::Delay { ms: FOREVER, effect: Moment::Before });
    let client = api.open("POST", "/policy", Some(&policy("a")));
    until(|| live(&api) == 1);
    assert_eq!(api.sandbox.requests()[0].outcome, Outcome::Underway);
    drop(client);
    until(|| api.sandbox.requests()[0].outcome == Outcome::Gone);
    assert_eq!(live(&api), 1);
}

#[test]
fn a_delay_before_the_effect_ends_with_its_client() {
    let api = create_goes(Fault::Delay { ms: FOREVER, effect: Moment::After });
    drop(api.open("POST", "/policy", Some(&policy("a"))));
    until(|| api.sandbox.requests().first().is_some_and(|request| request.outcome == Outcome::Gone));
    assert_eq!(live(&api), 0);
}

#[test]
fn a_delay_is_over_some_time() {
    for effect in [Moment::Before, Moment::After] {
        let api = create_goes(Fault::Delay { ms: 30, effect });
        let begun = Instant::now();
        answer(&api).is(201);
        assert!(begun.elapsed() >= Duration::from_millis(30));
    }
}

#[test]
fn a_late_effect_comes_though_its_client_is_gone() {
    let api = create_goes(Fault::Late { ms: 100, cut: false, code: None });
    drop(api.open("POST", "/policy", Some(&policy("a"))));
    until(|| api.sandbox.requests().first().is_some_and(|request| request.outcome == Outcome::Gone));
    until(|| live(&api) == 1);
}

#[test]
fn a_late_effect_comes_after_the_connection_was_cut_or_a_proxy_gave_up() {
    let api = create_goes(Fault::Late { ms: 100, cut: true, code: None });
    assert_eq!(create_raw(&api), b"");
    until(|| live(&api) == 1);

    let api = create_goes(Fault::Late { ms: 100, cut: false, code: Some(504) });
    answer(&api).is(504);
    until(|| live(&api) == 1);

    let api = create_goes(Fault::Late { ms: FOREVER, cut: false, code: Some(504) });
    answer(&api).is(504);
    assert_eq!(live(&api), 0, "an hour is not over");
}

#[test]
fn a_late_effect_is_answered_truly_to_a_client_that_waits() {
    let api = create_goes(Fault::Late { ms: 30, cut: false, code: None });
    assert_eq!(answer(&api).is(201).body["policy"]["id"], "policy-1");
}

#[test]
fn an_answer_can_drip() {
    let api = create_goes(Fault::Drip { ms: 1 });
    let begun = Instant::now();
    let dripped = answer(&api).is(201);
    let bytes = u64::try_from(dripped.body.to_string().len()).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(bytes - 1), "{bytes} bytes in {:?}", begun.elapsed());
    assert_eq!(live(&api), 1);
}

#[test]
fn an_answer_can_be_without_end() {
    let api = create_goes(Fault::Huge);
    let mut stream = api.open("POST", "/policy", Some(&policy("a")));
    let mut much = vec![0; 4 * 1024 * 1024];
    stream.read_exact(&mut much).expect("there is always more");
    assert!(split(&much).unwrap().0.starts_with("HTTP/1.1 201"));
    assert_eq!(live(&api), 1);
    drop(stream);
    api.post("/policy", &policy("b")).is(201);
}

#[test]
fn an_expired_token_is_refused_until_it_was_refreshed() {
    let mut api = Api::failing(FaultPlan::none().nth(Call::Any, 2, Fault::Expire));
    let before = api.post("/policy", &policy("a")).is(201).body["policy"]["createdBy"].clone();
    for _ in 0..2 {
        api.post("/policy", &policy("a")).is(401).message();
    }
    let fresh = api.post("/user/refresh", &json!({"refreshToken": "r"})).is(200).body;
    api.token = fresh["accessToken"].as_str().unwrap().to_owned();
    assert_eq!(api.post("/policy", &policy("a")).is(201).body["policy"]["createdBy"], before);
    assert_eq!(live(&api), 2);
}

#[test]
fn every_kind_of_call_can_fail() {
    let calls = [
        (Call::List, "GET", "/policy?orgId=acme", None),
        (Call::Get, "GET", "/policy/policy-1", None),
        (Call::Update, "PUT", "/policy/policy-1", Some(json!({"name": "b"}))),
        (Call::Refresh, "POST", "/user/refresh", Some(json!({"refreshToken": "r"}))),
        (Call::Delete, "DELETE", "/policy/policy-1", None),
        (Call::Any, "GET", "/health", None),
    ];
    for (kind, method, path, body) in calls {
        let api = Api::failing(FaultPlan::none());
        api.sandbox.seed(policy("a"), "user-a");
        api.sandbox.set_faults(FaultPlan::none().nth(kind, 1, Fault::CutBefore).nth(kind, 2, Fault::CutAfter));
        assert_eq!(api.raw(method, path, body.as_ref()), b"", "{kind:?}");
        assert_eq!((live(&api), &api.sandbox.policies()[0]["name"]), (1, &json!("a")), "{kind:?}");
        assert_eq!(api.raw(method, path, body.as_ref()), b"", "{kind:?}");
        let gone = usize::from(kind == Call::Delete);
        assert_eq!(live(&api), 1 - gone, "{kind:?}");
        assert!(!api.raw(method, path, body.as_ref()).is_empty(), "{kind:?}");
    }
}

#[test]
fn a_new_plan_counts_anew() {
    let api = create_goes(Fault::CutBefore);
    api.sandbox.set_faults(FaultPlan::none().nth(Call::Create, 2, Fault::status(500)));
    api.post("/policy", &policy("a")).is(201);
    api.post("/policy", &policy("a")).is(500);
    api.sandbox.set_faults(FaultPlan::none().nth(Call::Create, 2, Fault::status(500)));
    api.post("/policy", &policy("a")).is(201);
    api.post("/policy", &policy("a")).is(500);
}

#[test]
fn exactly_the_planned_number_fails_among_calls_at_once() {
    let plan = (1..=10).fold(FaultPlan::none(), |plan, nth| plan.nth(Call::Create, nth * 3, Fault::CutAfter));
    let api = Api::failing(plan);
    let answered: usize = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..40).map(|_| scope.spawn(|| usize::from(!create_raw(&api).is_empty()))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).sum()
    });
    assert_eq!((answered, live(&api)), (30, 40));
    let cut: Vec<u64> = api
        .sandbox
        .requests()
        .iter()
        .filter(|request| request.outcome == Outcome::Cut)
        .map(|request| request.seq)
        .collect();
    assert_eq!(cut, [3, 6, 9, 12, 15, 18, 21, 24, 27, 30], "the numbers and the faults agree");
}
