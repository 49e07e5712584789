//! What networks and proxies do to a save, over real servers: nothing is lost, nothing is taken for a conflict that is none.

use std::time::{Duration, Instant};

use policysync::domain::ScopeName;
use policysync::state::{BucketStore, Record, Store as _, StoreError};

use crate::store_bucket::{Corner, told};
use crate::store_bucket_gate::{Fault, Gate};
use crate::store_contract::{name, record, run};

/// A corner of a server, and a gate before it.
struct Gated {
    corner: Corner,
    gate: Gate,
}

impl Gated {
    fn all() -> impl Iterator<Item = Self> {
        Corner::both().into_iter().map(Self::before)
    }

    fn before(corner: Corner) -> Self {
        let gate = Gate::before(&corner.url);
        Self { corner, gate }
    }

    /// A new handle that goes through the gate, as another run has one.
    fn store(&self) -> BucketStore {
        Corner { url: self.gate.url(), ..self.corner.clone() }.hasty()
    }
}

fn acme() -> ScopeName {
    name("acme")
}

fn numbered(serial: u64) -> Record {
    Record { serial, ..record("acme", 1, 40) }
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_save_whose_answer_was_lost_is_found_by_looking() {
    let lost = [
        Fault::CutAfter,
        Fault::HalfAnswer,
        Fault::Silence,
        Fault::Status { status: 500, effect: true },
        Fault::Status { status: 502, effect: true },
        Fault::Status { status: 503, effect: true },
        Fault::Status { status: 504, effect: true },
    ];
    for gated in Gated::all() {
        let mut version = None;
        for (serial, fault) in (1..).zip(&lost) {
            let store = gated.store();
            gated.gate.clear();
            gated.gate.fault("/acme.json", 1, fault.clone());
            let saved = run(store.save_if(&numbered(serial), version.as_ref()));
            let saved = saved.unwrap_or_else(|error| panic!("{fault:?}: {}", told::<()>(Err(error))));
            let found = gated.corner.load().unwrap().unwrap();
            assert_eq!(found, (numbered(serial), saved.clone()), "{fault:?}");
            let puts = gated.gate.methods().iter().filter(|method| *method == "PUT").count();
            // The question about If-Match, the save, and after the first save the one about If-None-Match.
            assert_eq!(puts, if version.is_none() { 3 } else { 2 }, "{fault:?}: it was not sent again");
            version = Some(saved);
        }
    }
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_save_that_never_arrived_is_sent_again() {
    for gated in Gated::all() {
        let version = gated.corner.save(&numbered(1), None).unwrap();
        let store = gated.store();
        for (serial, fault) in [
            (2, Fault::CutBefore),
            (3, Fault::Status { status: 503, effect: false }),
            (4, Fault::Status { status: 429, effect: false }),
            (5, Fault::Status { status: 409, effect: false }),
        ] {
            gated.gate.clear();
            gated.gate.fault("PUT ", 2, fault.clone());
            let base = gated.corner.load().unwrap().unwrap().1;
            assert!(run(store.save_if(&numbered(serial), Some(&base))).is_ok(), "{fault:?}");
            assert_eq!(gated.corner.load().unwrap().unwrap().0, numbered(serial), "{fault:?}");
        }
        assert!(matches!(run(store.save_if(&numbered(9), Some(&version))), Err(StoreError::Conflict { .. })));
    }
}

/// The answer to the own save was lost, and another run saved over it: that is a conflict.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_conflict_after_a_doubt_is_still_a_conflict() {
    for gated in Gated::all() {
        let version = gated.corner.save(&numbered(1), None).unwrap();
        gated.corner.save(&numbered(2), Some(&version)).unwrap();
        for fault in [Fault::CutBefore, Fault::Silence, Fault::Status { status: 500, effect: false }] {
            let store = gated.store();
            gated.gate.clear();
            gated.gate.fault("/acme.json", 1, fault);
            let refused = run(store.save_if(&numbered(3), Some(&version)));
            assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
            assert_eq!(gated.corner.load().unwrap().unwrap().0, numbered(2));
        }
    }
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_store_that_does_not_come_back_is_given_up_in_time_and_says_what_is_known() {
    for gated in Gated::all() {
        let base = gated.corner.save(&numbered(1), None).unwrap();
        let store = gated.store();
        run(store.probe()).unwrap();
        for (to, fault, known) in [
            ("PUT ", Fault::CutBefore, "; the record is as it was before"),
            ("PUT ", Fault::Status { status: 503, effect: false }, " answers 503; the record is as it was before"),
            ("/acme.json", Fault::CutBefore, "; whether it was saved isn't known: "),
            (
                "/acme.json",
                Fault::Status { status: 503, effect: false },
                " answers 503; whether it was saved isn't known: ",
            ),
        ] {
            gated.gate.clear();
            gated.gate.fault(to, usize::MAX, fault.clone());
            let begun = Instant::now();
            let told = told(run(store.save_if(&numbered(2), Some(&base))));
            assert!(begun.elapsed() < Duration::from_secs(8), "{fault:?}: {:?}", begun.elapsed());
            assert!(
                told.starts_with(&format!("can't save {}/acme.json: 127.0.0.1:", gated.corner.location())),
                "{told}"
            );
            assert!(told.contains(known), "{told}");
            assert!(told.contains("\nhint: apply again once it answers; look at --state, A"), "{told}");
        }
        assert_eq!(gated.corner.load().unwrap(), Some((numbered(1), base)));
    }
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_load_is_tried_again_and_given_up_in_time() {
    for gated in Gated::all() {
        gated.corner.save(&numbered(1), None).unwrap();
        let store = gated.store();
        for fault in [Fault::CutAfter, Fault::HalfAnswer, Fault::Silence, Fault::Status { status: 500, effect: false }]
        {
            gated.gate.clear();
            gated.gate.fault("GET ", 2, fault.clone());
            assert_eq!(run(store.load(&acme())).unwrap().unwrap().0, numbered(1), "{fault:?}");
        }
        gated.gate.fault("GET ", usize::MAX, Fault::Silence);
        let begun = Instant::now();
        let told = told(run(store.load(&acme())));
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
        assert!(told.contains("no answer from 127.0.0.1:"), "{told}");
    }
}

/// A proxy's or a wrong host's 404 must not look like an organization without a record: everything would be made again.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn only_the_stores_own_word_says_that_there_is_no_record() {
    for gated in Gated::all() {
        gated.corner.save(&numbered(1), None).unwrap();
        let store = gated.store();
        for body in ["<html>not here</html>", "", r#"{"message":"not found"}"#] {
            gated.gate.fault("GET ", 1, Fault::Says { status: 404, body: body.to_owned() });
            let told = told(run(store.load(&acme())));
            assert!(told.contains(" answers 404\nhint: look at --state, A"), "{told}");
        }
    }
}

/// A store, or a proxy before it, that takes no notice of conditions: the worst outcome would be silence.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_store_without_conditional_writes_is_found_out_before_the_first_save() {
    // Azure signs its conditions: who takes them away is refused anyhow.
    let gated = Gated::before(Corner::s3());
    let base = gated.corner.save(&numbered(1), None).unwrap();
    gated.gate.fault("PUT ", usize::MAX, Fault::Unconditional);
    for told in [
        told(run(gated.store().probe())),
        told(run(gated.store().save_if(&numbered(2), Some(&base))).map(|_| ())),
        told(run(gated.store().save_if(&record("globex", 1, 40), None)).map(|_| ())),
    ] {
        assert!(told.starts_with(&format!("can't save in {}: ", gated.corner.location())), "{told}");
        assert!(told.contains("it has no conditional writes: it took a write whose If-Match did not hold"), "{told}");
        assert!(told.contains("\nhint: use a store that obeys If-Match and If-None-Match on PUT"), "{told}");
    }
    assert_eq!(gated.corner.load().unwrap(), Some((numbered(1), base)));
    assert_eq!(gated.corner.names(), ["acme.json"], "the question left nothing behind");
}

/// One that knows If-Match alone is found out at the first record, and that record goes away again.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_store_that_ignores_if_none_match_is_found_out_at_the_first_record() {
    let gated = Gated::before(Corner::s3());
    gated.gate.fault("/acme.json", usize::MAX, Fault::Unconditional);
    let told = told(run(gated.store().save_if(&numbered(1), None)));
    assert!(told.contains("it took a write whose If-None-Match did not hold"), "{told}");
    assert_eq!(gated.corner.names(), <[&str; 0]>::default());
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_store_that_knows_no_conditions_and_says_so_is_told_as_such() {
    for gated in Gated::all() {
        let body = "<Error><Code>NotImplemented</Code><Message>A header is not implemented.</Message></Error>";
        gated.gate.fault("PUT ", 1, Fault::Says { status: 501, body: body.to_owned() });
        let told = told(run(gated.store().probe()));
        assert!(
            told.contains(" answers 501 NotImplemented: A header is not implemented\nhint: the store lacks"),
            "{told}"
        );
    }
}

/// Real S3's own words, which the stand-in never says.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_refusal_says_what_to_look_at() {
    let gated = Gated::before(Corner::s3());
    for (status, code, message, hint) in [
        (403, "AccessDenied", "User: arn:aws:iam::1:user/ci is not authorized.", "the credentials need s3:ListBucket"),
        (403, "SignatureDoesNotMatch", "The request signature we calculated", "set AWS_ACCESS_KEY_ID and AWS_SECRET"),
        (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided", "set AWS_ACCESS_KEY_ID and AWS_SECRET"),
        (400, "ExpiredToken", "The provided token has expired.", "set AWS_ACCESS_KEY_ID and AWS_SECRET"),
        (403, "RequestTimeTooSkewed", "The difference between the request time", "this machine's clock is wrong"),
        (400, "AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong", "it is the region that is wrong"),
        (301, "PermanentRedirect", "The bucket must be addressed", "look at --state, AWS_REGION"),
    ] {
        let body = format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        gated.gate.fault(" /", usize::MAX, Fault::Says { status, body });
        let store = gated.store();
        let begun = Instant::now();
        for told in [
            told(run(store.orgs()).map(|_| ())),
            told(run(store.load(&acme())).map(|_| ())),
            told(run(store.save_if(&numbered(1), None)).map(|_| ())),
        ] {
            let said = format!(" answers {status} {code}: {}", message.trim_end_matches('.'));
            assert!(told.contains(&said), "{told}");
            assert!(told.contains(&format!("\nhint: {hint}")), "{told}");
        }
        assert!(begun.elapsed() < Duration::from_secs(2), "a refusal is not tried again");
        gated.gate.clear();
    }
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn an_object_larger_than_any_record_is_refused_unread() {
    let gated = Gated::before(Corner::s3());
    let headers = "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nLast-Modified: Sun, 22 Nov 2026 21:30:29 GMT\r\nContent-Length: 99999999999\r\n\r\n";
    gated.gate.fault("GET ", 1, Fault::Raw(headers.to_owned()));
    let told = told(run(gated.store().load(&acme())));
    assert!(told.contains("it has more than 268435456 bytes\nhint: bring the version before it back"), "{told}");
}
