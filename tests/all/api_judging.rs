//! Questions about wordings: what is odd about an answer is told and stops nothing, and a question may be asked again.

use std::collections::BTreeSet;

use policysync::api::{ApiError, Judging, Limits, Recommendation, Wording};
use policysync::domain::{ActionType, OrgId, RepoId, RiskType, Scope, WorkspaceId};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::api_server::{
    ACCESS, Manners, Received, Reply, Server, answer, failure, hasty, json as ok, org, quick, refreshing, session,
};

const TEXTS: [&str; 2] = ["Card numbers must never be sent.", "Keys must never be sent."];

fn wordings() -> Vec<Wording<'static>> {
    vec![Wording { id: "a", content: TEXTS[0] }, Wording { id: "b", content: TEXTS[1] }]
}

async fn judged(url: &str) -> Result<Judging, ApiError> {
    session(url, quick()).reader().judge(&wordings(), 4, &|_| {}).await
}

async fn recommended(url: &str) -> Result<Recommendation, ApiError> {
    session(url, quick()).reader().recommend(&org(), "card numbers").await
}

fn result(id: &str, score: &Value) -> Value {
    json!({"policy_uuid": id, "score": score, "advice": "Fine.", "severity": "none", "issues": []})
}

fn results(results: &[Value]) -> Vec<u8> {
    ok(200, &json!({ "results": results }))
}

/// What the answer with these results comes to.
async fn of(items: &[Value]) -> Judging {
    let server = Server::always(results(items));
    judged(&server.url()).await.expect("an answer")
}

#[tokio::test]
async fn the_question_holds_ids_and_texts_and_the_answer_is_taken_by_id() {
    let issue = json!({"type": "novelty", "description": "d", "suggestion": "s", "extra": 1});
    let b = json!({"policy_uuid": "b", "score": 72.5, "advice": " A. ", "severity": "odd", "issues": [issue]});
    let server = Server::always(results(&[b, result("a", &json!(100))]));
    let judging = judged(&server.url()).await.unwrap();
    let sent: Value = serde_json::from_str(&server.received()[0].body).unwrap();
    let asked = [json!({"policy_uuid": "a", "content": TEXTS[0]}), json!({"policy_uuid": "b", "content": TEXTS[1]})];
    assert_eq!(sent, json!({ "policies": asked }));
    assert_eq!(server.count("POST", "/policy/validate"), 1);
    let of = |id: &str| &judging.judgements[id];
    assert_eq!(of("a").score.as_ref().unwrap().to_string(), "100");
    let b = of("b");
    assert_eq!(
        (b.score.as_ref().unwrap().to_string().as_str(), b.advice.as_str(), b.severity.as_str()),
        ("72.5", "A.", "odd")
    );
    assert_eq!((b.issues[0].kind.as_str(), b.issues[0].suggestion.as_str()), ("novelty", "s"));
    assert!(judging.failed.is_empty() && judging.odd.is_empty() && b.odd.is_empty(), "{judging:?}");
}

#[tokio::test]
async fn a_result_that_is_missing_doubled_or_of_nobody_is_told() {
    let judging =
        of(&[result("a", &json!(90)), result("c", &json!(0)), result("a", &json!(40)), result("", &json!(1))]).await;
    let a = &judging.judgements["a"];
    assert_eq!(a.score.as_ref().unwrap().to_string(), "40", "the lower one counts");
    assert_eq!(a.odd, ["it was judged more than once; the lower score counts"]);
    assert_eq!(judging.failed["b"], "the answer has no judgement of it");
    assert_eq!(judging.odd, ["the answer judges 2 more than it was asked about; passed over"]);
}

#[tokio::test]
async fn a_score_that_is_none_is_told() {
    for (score, odd) in [
        (json!(101), "its score 101 is not one of 0 to 100"),
        (json!(-0.5), "its score -0.5 is not one of 0 to 100"),
        (json!(1e300), "its score 1e+300 is not one of 0 to 100"),
        (json!("90"), "its score is a text, no number"),
        (json!(null), "it has no score"),
        (json!([]), "its score is a list, no number"),
    ] {
        let judging = of(&[result("a", &score), result("b", &json!(0))]).await;
        let a = &judging.judgements["a"];
        assert_eq!((&a.score, a.odd.as_slice()), (&None, &[odd.to_owned()][..]), "{score}");
        assert_eq!(judging.judgements["b"].score.as_ref().unwrap().to_string(), "0");
    }
    let exact = of(&[result("a", &json!(79.999)), result("b", &json!(80.0))]).await;
    let [a, b] = ["a", "b"].map(|id| exact.judgements[id].score.clone().unwrap());
    assert_eq!((a.to_string().as_str(), a.is_below(80), b.is_below(80)), ("79.99", true, false));
}

#[tokio::test]
async fn fields_of_other_kinds_are_told_and_the_rest_stands() {
    let odd = json!({"policy_uuid": "a", "score": 1, "advice": 7, "severity": {}, "issues": "many"});
    let half = json!({"policy_uuid": "b", "score": 1, "issues": [7, {"type": 8}, {}]});
    let judging = of(&[odd, half, json!(7), json!({"score": 3}), json!({"policy_uuid": 4})]).await;
    assert_eq!(
        judging.judgements["a"].odd,
        ["its issues are a text, no list", "its severity is an object, no text", "its advice is a number, no text"]
    );
    assert_eq!(
        judging.judgements["b"].odd,
        ["one of its issues is a number, no object", "its type is a number, no text"]
    );
    assert_eq!(judging.judgements["b"].issues.len(), 2);
    assert_eq!(judging.odd.len(), 3, "{judging:?}");
    let many = vec![json!({"type": "clarity"}); 300];
    let judging = of(&[json!({"policy_uuid": "a", "score": 1, "issues": many}), result("b", &json!(1))]).await;
    assert_eq!(judging.judgements["a"].issues.len(), 20);
    assert_eq!(judging.judgements["a"].odd, ["it has 300 issues; the first 20 are kept"]);
    let long =
        of(&[json!({"policy_uuid": "a", "score": 1, "advice": "ü".repeat(5_000)}), result("b", &json!(1))]).await;
    assert_eq!(long.judgements["a"].advice.chars().count(), 500);
}

#[tokio::test]
async fn an_answer_that_is_none_fails_and_says_why() {
    for (bytes, said) in [
        (answer(200, "", "<html>"), "it is not JSON"),
        (answer(200, "", ""), "it is not JSON"),
        (answer(200, "", &"[".repeat(100_000)), "it is not JSON"),
        (ok(200, &json!([])), "it is a list, no object"),
        (ok(200, &json!({})), "is missing"),
        (ok(200, &json!({"results": {}, "recommended_policies": {}})), "is an object, no list"),
        (ok(200, &json!({"success": false, "message": "closed today"})), "closed today"),
        (failure(401, "who are you"), "401: who are you"),
        (failure(403, "not you"), "403: not you"),
        (failure(404, "nothing here"), "404: nothing here"),
        (failure(500, "overloaded"), "500: overloaded"),
        (answer(502, "", "<html><title>Bad gateway</title>"), "502: Bad gateway"),
        (answer(307, "Location: https://evil.example/\r\n", ""), "where nothing is sent"),
        (answer(200, "Content-Length: 99999999999\r\n", ""), ""),
    ] {
        let server = Server::always(bytes);
        let errors = [judged(&server.url()).await.map(drop), recommended(&server.url()).await.map(drop)];
        for error in errors {
            let error = error.expect_err(said);
            assert!(super::api_server::shown(&error).contains(said), "{said}: {error:?}");
        }
    }
}

#[tokio::test]
async fn what_may_pass_is_asked_again_and_what_hangs_ends() {
    for (first, calls) in [(failure(500, "x"), 2), (answer(503, "Retry-After: 0\r\n", ""), 2), (failure(429, "x"), 2)] {
        let good = results(&[result("a", &json!(1)), result("b", &json!(1))]);
        let server = Server::in_turn([first, good]);
        assert_eq!(judged(&server.url()).await.unwrap().judgements.len(), 2);
        assert_eq!(server.received().len(), calls);
    }
    let server = Server::with_manners(Manners::Resets, |_, _| Reply::Hang);
    assert!(matches!(judged(&server.url()).await, Err(ApiError::Broken { .. } | ApiError::NotSent { .. })));
    for reply in [|| Reply::Hang, || Reply::Drip(answer(200, "", "{")[..40].to_vec())] {
        let server = Server::start(move |_, _| reply());
        let judged = session(&server.url(), hasty()).reader().judge(&wordings(), 1, &|_| {}).await;
        assert!(matches!(judged, Err(ApiError::Broken { .. })), "{judged:?}");
    }
    let expired = Server::start(|_, request| {
        Reply::Send(match (request.target.as_str(), request.header("authorization")) {
            ("/user/refresh", _) => ok(200, &json!({"accessToken": "access-2", "refreshToken": "refresh-2"})),
            (_, Some("Bearer access-2")) => results(&[result("a", &json!(1)), result("b", &json!(1))]),
            _ => failure(401, "expired"),
        })
    });
    let judging = refreshing(&expired.url(), quick()).reader().judge(&wordings(), 1, &|_| {}).await.unwrap();
    assert_eq!(judging.judgements.len(), 2);
}

/// The ids that a request asks about.
fn asked(request: &Received) -> Vec<String> {
    let sent: Value = serde_json::from_str(&request.body).expect("JSON");
    let policies = sent["policies"].as_array().expect("a list");
    policies.iter().map(|policy| policy["policy_uuid"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn many_texts_are_asked_about_a_few_at_a_time() {
    let ids: Vec<String> = (0..37).map(|n| format!("id-{n}")).collect();
    let content = |n: usize| "x".repeat(if n.is_multiple_of(9) { 32 * 1024 } else { 10 });
    let contents: Vec<String> = (0..ids.len()).map(content).collect();
    let wordings: Vec<Wording<'_>> = ids.iter().zip(&contents).map(|(id, content)| Wording { id, content }).collect();
    let server = Server::start(|_, request| {
        let all: Vec<Value> = asked(request).iter().map(|id| result(id, &json!(50))).collect();
        Reply::Send(results(&all))
    });
    let seen = std::cell::Cell::new(0);
    let judging = session(&server.url(), quick())
        .reader()
        .judge(&wordings, 3, &|done| seen.set(seen.get().max(done)))
        .await
        .unwrap();
    assert_eq!((judging.judgements.len(), seen.get()), (ids.len(), ids.len()));
    let mut seen = BTreeSet::new();
    for request in server.received() {
        let asked = asked(&request);
        assert!(asked.len() <= 10 && request.body.len() <= 66 * 1024, "{} {}", asked.len(), request.body.len());
        for id in asked {
            assert!(seen.insert(id), "each once");
        }
    }
    assert_eq!(seen.len(), ids.len());
}

#[tokio::test]
async fn a_service_that_fails_again_and_again_is_left_alone() {
    let ids: Vec<String> = (0..400).map(|n| format!("id-{n}")).collect();
    let wordings: Vec<Wording<'_>> = ids.iter().map(|id| Wording { id, content: "x" }).collect();
    let limits = || Limits { attempts: 1, ..quick() };
    for (status, most) in [(500, 8), (401, 2), (404, 8)] {
        let server = Server::always(failure(status, "no"));
        let judged = session(&server.url(), limits()).reader().judge(&wordings, 2, &|_| {}).await;
        judged.expect_err("it fails");
        assert!(server.received().len() <= most, "{status}: {}", server.received().len());
    }
    // Where one of them is judged, all are asked about.
    let server = Server::start(|n, request| {
        let asked = asked(request);
        Reply::Send(if n == 0 { results(&[result(&asked[0], &json!(1))]) } else { failure(500, "no") })
    });
    let judging = session(&server.url(), limits()).reader().judge(&wordings, 1, &|_| {}).await.unwrap();
    assert_eq!((judging.judgements.len(), judging.failed.len(), server.received().len()), (1, 399, 40));
}

#[tokio::test]
async fn a_text_that_is_refused_costs_the_others_nothing() {
    for status in [400, 413, 422] {
        let server = Server::start(move |_, request| {
            let asked = asked(request);
            Reply::Send(match asked.contains(&"b".to_owned()) {
                true => failure(status, "b is no text"),
                false => results(&[result(&asked[0], &json!(9))]),
            })
        });
        let judging = judged(&server.url()).await.unwrap();
        assert_eq!(judging.judgements.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(judging.failed["b"], format!("the service answered {status}: b is no text"));
        assert_eq!(server.received().len(), 3);
    }
}

#[tokio::test]
async fn a_token_that_is_echoed_is_cut_out_of_everything() {
    let echo = format!("Bearer {ACCESS}!");
    let issue = json!({"type": echo, "description": echo, "suggestion": echo});
    let of_a = json!({"policy_uuid": "a", "score": 1, "advice": echo, "severity": echo, "issues": [issue]});
    let drafts = [
        json!({"content": echo, "riskType": echo, "alertType": echo}),
        json!({"content": "x", "riskType": "low", "alertType": "log"}),
    ];
    let server = Server::always(ok(200, &json!({"results": [of_a], "recommended_policies": drafts})));
    let said = format!("{:?} {:?}", judged(&server.url()).await.unwrap(), recommended(&server.url()).await.unwrap());
    assert!(!said.contains("canary") && said.matches("[REDACTED]").count() == 8, "{said}");
}

#[tokio::test]
async fn each_level_is_asked_about_by_its_number_and_id() {
    let (o, w, r) = (OrgId::new("o").unwrap(), WorkspaceId::new("w").unwrap(), RepoId::new("r").unwrap());
    let scopes = [
        Scope::Organization { org: o.clone() },
        Scope::Workspace { org: o.clone(), workspace: w.clone() },
        Scope::Repository { org: o, workspace: w, repo: r },
    ];
    let server = Server::always(ok(200, &json!({"recommended_policies": []})));
    for (scope, (level, uuid)) in scopes.iter().zip([(0, "o"), (1, "w"), (2, "r")]) {
        session(&server.url(), quick()).reader().recommend(scope, "what").await.unwrap();
        let sent: Value = serde_json::from_str(&server.received().last().unwrap().body).unwrap();
        assert_eq!(sent, json!({"level": level, "uuid": uuid, "prompt": "what"}));
    }
}

#[tokio::test]
async fn drafts_are_read_in_the_services_spelling_and_what_is_odd_is_told() {
    let draft = |risk: Value, alert: Value| json!({"content": "c", "riskType": risk, "alertType": alert});
    let mut drafts = vec![
        draft(json!("low"), json!("log")),
        draft(json!("HIGH"), json!("Block")),
        draft(json!("critical"), json!(1)),
        draft(json!(null), json!({})),
        json!({"content": 7}),
        json!({}),
        json!(7),
    ];
    let body = json!({"level": 1, "uuid": "w", "tokens_in": 3, "tokens_out": -1, "recommended_policies": drafts});
    let got = recommended(&Server::always(ok(200, &body)).url()).await.unwrap();
    let read: Vec<_> = got.drafts.iter().map(|draft| (draft.risk_type.clone(), draft.action_type.clone())).collect();
    assert_eq!(
        read,
        [
            (Ok(RiskType::Low), Ok(ActionType::Log)),
            (Ok(RiskType::High), Ok(ActionType::Block)),
            (Err("critical".to_owned()), Ok(ActionType::Alert)),
            (Err("nothing".to_owned()), Err("an object".to_owned())),
        ]
    );
    assert_eq!((got.tokens_in, got.tokens_out), (Some(3), None));
    assert_eq!(
        got.odd,
        [
            "the answer says that it is for another scope than the one asked about",
            "tokens_out is no number of tokens",
            "recommended_policies[4] has as content a number, no text; passed over",
            "recommended_policies[5] has no content; passed over",
            "recommended_policies[6] is a number, no object; passed over",
        ]
    );
    drafts = vec![draft(json!("low"), json!("log")); 70];
    let got = recommended(&Server::always(ok(200, &json!({"recommended_policies": drafts}))).url()).await.unwrap();
    assert_eq!((got.drafts.len(), got.odd.len()), (50, 1), "{:?}", got.odd);
}

/// Any JSON, a few levels deep, with the names that the service uses.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ab\u{1b}\u{202e}\n:]{0,6}".prop_map(Value::from),
        Just(json!("a")),
    ];
    let name = prop_oneof![
        Just("results"),
        Just("policy_uuid"),
        Just("score"),
        Just("advice"),
        Just("severity"),
        Just("issues"),
        Just("type"),
        Just("description"),
        Just("suggestion"),
        Just("recommended_policies"),
        Just("content"),
        Just("riskType"),
        Just("alertType"),
        Just("tokens_in"),
        Just("level"),
        Just("uuid"),
        Just("success"),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_answer_is_odd_enough_to_panic_and_every_text_is_accounted_for(
        results in any_json(),
        drafts in any_json(),
        whole in any_json(),
        wrapped in any::<bool>(),
    ) {
        let body = if wrapped { json!({"results": [results], "recommended_policies": [drafts]}) } else { whole };
        let server = Server::always(ok(200, &body));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (judging, recommendation) =
            runtime.block_on(async { (judged(&server.url()).await, recommended(&server.url()).await) });
        if let Ok(judging) = judging {
            for id in ["a", "b"] {
                prop_assert!(judging.judgements.contains_key(id) != judging.failed.contains_key(id), "{judging:?}");
            }
            prop_assert_eq!(judging.judgements.len() + judging.failed.len(), 2);
        }
        if let Ok(recommendation) = recommendation {
            prop_assert!(recommendation.drafts.len() <= 50);
        }
    }
}
