//! Whether a call is tried again, and when: a pure function of what was asked, what was seen and how often.
//!
//! The laws: a POST is never sent twice by this layer (but for a 401, which surely did nothing); what was surely not sent
//! is not tried again, since waiting doesn't mend an address; a wait is full jitter, never below what the service asks for.

use std::time::Duration;

use super::Limits;

/// What kind of call it is, by what a second one would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallKind {
    /// GET.
    Read,
    /// PUT: the same again changes nothing.
    Update,
    /// DELETE: the same again changes nothing.
    Delete,
    /// POST of a policy: the same again makes a second one.
    Create,
    /// POST of the refresh token, which is good for one use.
    Refresh,
}

/// What is known of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// An answer.
    Answer {
        /// Its status.
        status: u16,
        /// Whether it is the service's own `{"success": false, …}`, and no proxy's.
        own: bool,
        /// What its `Retry-After` asks for.
        retry_after: Option<Duration>,
    },
    /// Nothing of the request was written.
    NotSent,
    /// The connection broke or the time was over, after something may have been written.
    Broken,
    /// An answer that would be as large the next time.
    TooLarge,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing more: what was seen is what came of the call.
    Final,
    /// Trade the refresh token for a new pair, then call again.
    RefreshToken,
    /// The new token is not accepted either: stop all.
    Stop,
    /// Call again, after a time between these two.
    Retry(Wait),
    /// The service asks for a longer wait than is granted: nothing more, and say so.
    AskedTooLong(Duration),
}

/// A time to wait, before chance has chosen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    least: Duration,
    most: Duration,
}

impl Wait {
    /// The time that `chance`, any number, picks.
    pub(super) fn pick(self, chance: u64) -> Duration {
        let spread = self.most.saturating_sub(self.least).as_nanos();
        let share = spread.saturating_mul(u128::from(chance)) >> 64;
        self.least.saturating_add(Duration::from_nanos(u64::try_from(share).unwrap_or(u64::MAX)))
    }
}

/// Decides about try number `attempt` (from 1) of a call; `refreshed` if a new token was got for it already.
pub(super) fn decide(call: CallKind, attempt: u32, refreshed: bool, seen: Seen, limits: &Limits) -> Decision {
    let (status, own, retry_after) = match seen {
        Seen::Answer { status, own, retry_after } => (status, own, retry_after),
        Seen::Broken if repeatable(call) => return again(attempt, None, limits),
        Seen::Broken | Seen::NotSent | Seen::TooLarge => return Decision::Final,
    };
    match status {
        401 if call == CallKind::Refresh => Decision::Final,
        401 if refreshed => Decision::Stop,
        401 => Decision::RefreshToken,
        408 | 429 | 500..=599 if repeatable(call) => again(attempt, retry_after, limits),
        429 | 500..=599 if status == 429 || own => match call {
            // Surely not done, so the refresh token is still good.
            CallKind::Refresh => again(attempt, retry_after, limits),
            // The caller looks before it tries again, but not for a service that sends everybody away.
            _ => too_long(retry_after, limits).map_or(Decision::Final, Decision::AskedTooLong),
        },
        _ => Decision::Final,
    }
}

fn repeatable(call: CallKind) -> bool {
    match call {
        CallKind::Read | CallKind::Update | CallKind::Delete => true,
        CallKind::Create | CallKind::Refresh => false,
    }
}

fn too_long(asked: Option<Duration>, limits: &Limits) -> Option<Duration> {
    asked.filter(|asked| *asked > limits.retry_after_cap)
}

fn again(attempt: u32, asked: Option<Duration>, limits: &Limits) -> Decision {
    if let Some(asked) = too_long(asked, limits) {
        return Decision::AskedTooLong(asked);
    }
    if attempt >= limits.attempts {
        return Decision::Final;
    }
    Decision::Retry(pause(attempt, asked, limits))
}

/// The wait after the `attempt`th try, counted from 1: what the service asks for, and full jitter on top.
pub(super) fn pause(attempt: u32, asked: Option<Duration>, limits: &Limits) -> Wait {
    let doublings = 2_u32.saturating_pow(attempt.saturating_sub(1));
    let step = limits.backoff.saturating_mul(doublings).min(Limits::BACKOFF_CAP);
    let least = asked.unwrap_or_default();
    Wait { least, most: least.saturating_add(step) }
}

/// Reads a `Retry-After` in either form, seconds or a date. A date counts from the answer's own `Date`, so that a wrong
/// clock here changes nothing; without one, and for junk, there is nothing to obey.
pub(super) fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit()) {
        // More digits than fit are a very long time, not junk.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(date?.trim()).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLS: [CallKind; 5] =
        [CallKind::Read, CallKind::Update, CallKind::Delete, CallKind::Create, CallKind::Refresh];

    fn answer(status: u16, own: bool) -> Seen {
        Seen::Answer { status, own, retry_after: None }
    }

    /// One letter each: final, retry, token, stop, long.
    fn letter(decision: Decision) -> char {
        match decision {
            Decision::Final => '.',
            Decision::Retry(_) => 'R',
            Decision::RefreshToken => 'T',
            Decision::Stop => 'S',
            Decision::AskedTooLong(_) => 'L',
        }
    }

    #[test]
    fn every_call_and_every_answer_has_its_decision() {
        let limits = Limits::default();
        let day = Some(Duration::from_secs(86_400));
        let long = |status, own| Seen::Answer { status, own, retry_after: day };
        // Columns: GET, PUT, DELETE, POST /policy, POST /user/refresh.
        let table = [
            ("200", answer(200, false), "....."),
            ("201", answer(201, false), "....."),
            ("204", answer(204, false), "....."),
            ("301", answer(301, false), "....."),
            ("307", answer(307, false), "....."),
            ("400", answer(400, true), "....."),
            ("401", answer(401, true), "TTTT."),
            ("401 by a proxy", answer(401, false), "TTTT."),
            ("403", answer(403, true), "....."),
            ("404", answer(404, true), "....."),
            ("408", answer(408, false), "RRR.."),
            ("409", answer(409, true), "....."),
            ("429 by the service", answer(429, true), "RRR.R"),
            ("429 by a proxy", answer(429, false), "RRR.R"),
            ("500 by the service", answer(500, true), "RRR.R"),
            ("500 by a proxy", answer(500, false), "RRR.."),
            ("502", answer(502, false), "RRR.."),
            ("503", answer(503, false), "RRR.."),
            ("504", answer(504, false), "RRR.."),
            ("599", answer(599, false), "RRR.."),
            ("600", answer(600, false), "....."),
            ("429 for a day", long(429, false), "LLLLL"),
            ("503 for a day, by the service", long(503, true), "LLLLL"),
            ("503 for a day, by a proxy", long(503, false), "LLL.."),
            ("400 for a day", long(400, true), "....."),
            ("not sent", Seen::NotSent, "....."),
            ("broken", Seen::Broken, "RRR.."),
            ("too large", Seen::TooLarge, "....."),
        ];
        for (name, seen, wanted) in table {
            let got: String = CALLS.map(|call| letter(decide(call, 1, false, seen, &limits))).iter().collect();
            assert_eq!(got, wanted, "{name}");
            // The last try of all: nothing is retried, all else is as before.
            let last: String =
                CALLS.map(|call| letter(decide(call, limits.attempts, false, seen, &limits))).iter().collect();
            assert_eq!(last, wanted.replace('R', "."), "the last try: {name}");
            // With a new token already: a 401 stops all.
            let renewed: String = CALLS.map(|call| letter(decide(call, 1, true, seen, &limits))).iter().collect();
            assert_eq!(renewed, wanted.replace('T', "S"), "with a new token: {name}");
        }
    }

    #[test]
    fn no_answer_of_any_kind_sends_a_policy_twice() {
        let limits = Limits::default();
        for status in 100..=999 {
            for own in [true, false] {
                for retry_after in [None, Some(Duration::ZERO), Some(Duration::from_secs(1)), Some(Duration::MAX)] {
                    let seen = Seen::Answer { status, own, retry_after };
                    let decision = decide(CallKind::Create, 1, false, seen, &limits);
                    assert!(!matches!(decision, Decision::Retry(_)), "{status}");
                    assert_eq!(decision == Decision::RefreshToken, status == 401);
                }
            }
        }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_begin_at_zero() {
        let limits = Limits { attempts: u32::MAX, ..Limits::default() };
        let most = |attempt| match decide(CallKind::Read, attempt, false, Seen::Broken, &limits) {
            Decision::Retry(wait) => {
                assert_eq!(wait.pick(0), Duration::ZERO);
                assert!(wait.pick(u64::MAX) <= wait.most);
                wait.most.as_millis()
            }
            other => panic!("{other:?}"),
        };
        let waits: Vec<u128> = (1..=8).map(most).collect();
        assert_eq!(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        assert_eq!(most(4_000_000_000), 10_000);
    }

    #[test]
    fn a_wait_is_never_below_what_the_service_asks_for() {
        let limits = Limits::default();
        let asked = |seconds| Seen::Answer { status: 429, own: true, retry_after: Some(Duration::from_secs(seconds)) };
        let Decision::Retry(wait) = decide(CallKind::Read, 1, false, asked(2), &limits) else { panic!("no retry") };
        assert_eq!(wait.pick(0), Duration::from_secs(2));
        assert_eq!(wait.pick(1 << 63), Duration::from_millis(2_125));
        assert!(matches!(decide(CallKind::Read, 1, false, asked(60), &limits), Decision::Retry(_)));
        assert_eq!(
            decide(CallKind::Read, 1, false, asked(61), &limits),
            Decision::AskedTooLong(Duration::from_secs(61))
        );
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_junk_is_nothing() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let seconds = |value, date| retry_after(value, date).map(|wait| wait.as_secs());
        for (value, wanted) in [
            ("2", Some(2)),
            (" 2 ", Some(2)),
            ("0", Some(0)),
            ("007", Some(7)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10)),
            ("Sun Nov  6 08:49:47 1994", Some(10)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Mon, 07 Nov 1994 08:49:37 GMT", Some(86_400)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("2.5", None),
            ("2s", None),
            ("soon", None),
            ("\u{0663}", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ] {
            assert_eq!(seconds(value, date), wanted, "{value:?}");
        }
        for no_clock in [None, Some(""), Some("yesterday")] {
            assert_eq!(seconds("Sun, 06 Nov 1994 08:49:47 GMT", no_clock), None);
        }
    }
}
