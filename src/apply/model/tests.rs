//! What holds, and what breaks where a part of the protocol is left out.

use super::amend::{Amend, Edits, Words};
use super::decisions::{STALE, Signed, may_call};
use super::explore::{Broken, Found, Model, explore};
use super::protocol::Protocol;
use super::settings::{Loss, Patience, Setting, Strategy};
use super::world::Text::{Other, Same, Spaced};

const PLAIN: Setting = Setting::PLAIN;
const SHIPPED: Strategy = Strategy::SHIPPED;
const FRESH: Strategy = Strategy::FRESH;
/// Two runs that may overlap wherever the lease lets them.
const TWO: Setting = Setting { runs: 2, strangers: 0, faults: 0, ..PLAIN };

fn explored(name: &str, setting: Setting, strategy: Strategy) -> Found {
    of(name, &Protocol::new(setting, strategy))
}

fn of(name: &str, model: &impl Model) -> Found {
    let begun = std::time::Instant::now();
    let found = explore(model);
    let (states, steps, violations) = (found.states, found.steps, usize::from(found.broken.is_some()));
    println!("model, {name}: {states} states, {steps} transitions, {violations} violations ({:.1?})", begun.elapsed());
    found
}

/// No state that can be reached breaks a law, and from each a good end can be reached.
fn holds(name: &str, setting: Setting, strategy: Strategy) {
    let found = explored(name, setting, strategy);
    assert!(found.broken.is_none(), "{name}:\n{}", found.history());
}

/// A history breaks this law, and none that is shorter breaks any.
fn breaks(name: &str, setting: Setting, strategy: Strategy, law: Broken) -> Found {
    let found = explored(name, setting, strategy);
    println!("{}", found.history());
    assert_eq!(found.law(), Some(law), "{name}:\n{}", found.history());
    found
}

#[test]
fn a_run_that_dies_anywhere_is_recovered_by_the_next() {
    holds("a crash, a failed save, a stranger's twin", PLAIN, SHIPPED);
    holds("… of three texts", Setting { texts: &[Same, Spaced, Other], ..PLAIN }, SHIPPED);
    holds("… createdBy known", Setting { signed: Signed::Apart, texts: &[Same, Spaced, Other], ..PLAIN }, SHIPPED);
    holds("two strangers' twins", Setting { strangers: 2, texts: &[Same, Spaced], faults: 0, ..PLAIN }, SHIPPED);
    holds("the service trims", Setting { trims: true, texts: &[Same, Spaced], ..PLAIN }, SHIPPED);
}

#[test]
fn a_list_that_misses_what_is_new_does_no_harm() {
    holds("stale reads", Setting { stale_reads: true, texts: &[Same, Spaced], ..PLAIN }, SHIPPED);
    let signed = Setting { stale_reads: true, signed: Signed::Apart, ..PLAIN };
    holds("stale reads, createdBy known", signed, SHIPPED);
}

#[test]
fn runs_that_overlap_do_no_harm() {
    holds("two runs", TWO, SHIPPED);
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn more_of_all() {
    holds("two runs, a stranger, a failed save", Setting { faults: 1, strangers: 1, ..TWO }, SHIPPED);
    let stale = Setting { stale_reads: true, strangers: 1, texts: &[Same, Spaced], ..TWO };
    holds("two runs, stale reads, a stranger", stale, SHIPPED);
    holds("two runs, trims", Setting { trims: true, faults: 1, strangers: 1, texts: &[Spaced], ..TWO }, SHIPPED);
    let signed = Setting { signed: Signed::Apart, strangers: 1, faults: 1, texts: &[Same, Spaced, Other], ..TWO };
    holds("two runs, createdBy known", signed, SHIPPED);
    holds("two failed saves", Setting { faults: 2, ..TWO }, SHIPPED);
    holds("three runs", Setting { runs: 3, ..TWO }, SHIPPED);
    holds("three runs, wrong clocks", Setting { runs: 3, wrong_clocks: true, ..TWO }, FRESH);
    holds("three runs, state unlock", Setting { runs: 3, unlocks: 1, ..TWO }, FRESH);
}

#[test]
fn each_ingredient_is_needed() {
    breaks(
        "no list of the ids before",
        Setting { texts: &[Spaced], ..PLAIN },
        Strategy { known: false, ..SHIPPED },
        Broken::Stolen,
    );
    breaks("no settle time in the run", PLAIN, Strategy { settles: false, ..SHIPPED }, Broken::Doubled);
    breaks("no settle time in recovery", PLAIN, Strategy { recovery_settles: false, ..SHIPPED }, Broken::Orphaned);
    breaks("the first of several", PLAIN, Strategy { stops: false, ..SHIPPED }, Broken::Orphaned);
}

#[test]
fn each_other_part_is_needed() {
    breaks("no intent before the POST", PLAIN, Strategy { intents: false, ..SHIPPED }, Broken::Orphaned);
    breaks("a second POST without a look", PLAIN, Strategy { looks: false, ..SHIPPED }, Broken::Doubled);
    breaks("saves that compare nothing", TWO, Strategy { fenced: false, ..SHIPPED }, Broken::Orphaned);
}

#[test]
fn a_broken_assumption() {
    breaks("lands after the settle time", Setting { late: 1, ..PLAIN }, SHIPPED, Broken::Orphaned);
    breaks("a stranger with our user", Setting { signed: Signed::Alike, ..PLAIN }, SHIPPED, Broken::Orphaned);
    holds(
        "a stranger with our user, nothing at once",
        Setting { signed: Signed::Alike, ..PLAIN },
        Strategy { at_once: false, ..SHIPPED },
    );
    breaks("held up before the call", Setting { held_up: true, ..TWO }, SHIPPED, Broken::Orphaned);
    breaks("held up before the call, fresh", Setting { held_up: true, ..TWO }, FRESH, Broken::Orphaned);
}

#[test]
fn a_lease_taken_too_early() {
    for (name, setting) in
        [("wrong clocks", Setting { wrong_clocks: true, ..TWO }), ("state unlock", Setting { unlocks: 1, ..TWO })]
    {
        breaks(name, setting, SHIPPED, Broken::Orphaned);
        holds(&format!("{name}, fresh calls"), setting, FRESH);
        breaks(
            &format!("{name}, fresh calls, short patience"),
            setting,
            Strategy { patience: Patience::Settle, ..FRESH },
            Broken::Orphaned,
        );
    }
    let unproven = Strategy { patience: Patience::Unproven(1), ..FRESH };
    breaks("taker dies", Setting { runs: 3, unlocks: 1, ..TWO }, unproven, Broken::Orphaned);
}

#[test]
fn a_lost_record() {
    breaks("lost", Setting { loss: Loss::AnyTime, ..TWO }, SHIPPED, Broken::Doubled);
    holds("lost quietly", Setting { loss: Loss::Quiet, ..TWO }, SHIPPED);
    breaks("lost quietly, trims", Setting { loss: Loss::Quiet, trims: true, ..TWO }, SHIPPED, Broken::Doubled);
}

#[test]
fn a_run_calls_only_while_its_lease_lasts() {
    assert!(may_call(STALE - 1) && !may_call(STALE));
}

const AMEND: Amend = Amend {
    wants: &[Some(Words::Second), Some(Words::Second)],
    edits: Edits::Never,
    sent_again: true,
    settles: true,
    patient: false,
};

#[test]
fn amendments() {
    let third = &[Some(Words::Second), Some(Words::Third)];
    let back = &[Some(Words::Second), Some(Words::Third), Some(Words::Second)];
    let gone = &[None, None];
    let changed_mind = &[Some(Words::Second), None];
    for (name, wants) in [
        ("update", AMEND.wants),
        ("update update", third),
        ("uuu", back),
        ("delete", gone),
        ("update, then delete", changed_mind),
    ] {
        for edits in [Edits::Never, Edits::Between, Edits::AnyTime] {
            for (sent_again, patient) in [(false, false), (true, false), (true, true)] {
                let found = of(
                    &format!("{name} {edits:?} again {sent_again} patient {patient}"),
                    &Amend { wants, edits, sent_again, patient, ..AMEND },
                );
                println!("{}", found.history());
            }
        }
    }
    let found = of("no settle", &Amend { settles: false, ..AMEND });
    println!("{}", found.history());
}
