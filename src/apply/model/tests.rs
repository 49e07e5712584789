//! What holds, and what breaks where a part of the protocol is left out or an assumption fails.
//!
//! `cargo test --lib model -- --nocapture` shows the numbers and the histories.

use super::amend::{Amend, Edits, Words};
use super::decisions::Signed;
use super::explore::{Broken, Found, Model, explore};
use super::protocol::Protocol;
use super::settings::{Loss, Patience, Setting, Strategy};
use super::world::Text::{Other, Same, Spaced};

const PLAIN: Setting = Setting::PLAIN;
const SHIPPED: Strategy = Strategy::SHIPPED;
/// Two runs that may overlap wherever the lease lets them; nothing else goes wrong with the store, and no stranger comes.
const TWO: Setting = Setting { runs: 2, strangers: 0, faults: 0, ..PLAIN };

/// Where the numbers are told to whom they are promised.
const PROMISES: &str = include_str!("../../../docs/promises.md");

fn line(name: &str, found: &Found) -> String {
    let violations = usize::from(found.law().is_some());
    format!("model, {name}: {} states, {} transitions, {violations} violations", found.states, found.steps)
}

fn explored(name: &str, model: &impl Model) -> Found {
    let found = explore(model);
    println!("{}", line(name, &found));
    if let Some(law) = found.law() {
        println!("{law:?}:\n{}", found.history());
    }
    found
}

/// No state that can be reached breaks a law, and from each a good end can be reached; and `docs/promises.md` says of how many.
#[track_caller]
fn holds(name: &str, model: &impl Model) {
    let found = explored(name, model);
    assert!(found.law().is_none(), "{name}:\n{}", found.history());
    let line = line(name, &found);
    assert!(PROMISES.lines().any(|told| told == line), "docs/promises.md doesn't have the line\n{line}");
}

/// Some history breaks this law, and none that is shorter breaks any.
#[track_caller]
fn breaks(name: &str, law: Broken, model: &impl Model) -> String {
    let found = explored(name, model);
    assert_eq!(found.law(), Some(law), "{name}:\n{}", found.history());
    found.history().to_owned()
}

fn shipped(setting: Setting) -> Protocol {
    Protocol::new(setting, SHIPPED)
}

fn plain_but(strategy: Strategy) -> Protocol {
    Protocol::new(PLAIN, strategy)
}

#[test]
fn whatever_a_run_dies_of_the_next_one_mends_it() {
    holds("a run dies, a save fails, a stranger makes the same", &shipped(PLAIN));
    let texts: &[_] = &[Same, Spaced, Other];
    holds(
        "a run dies, a save fails, a stranger makes the same, nearly the same or another",
        &shipped(Setting { texts, ..PLAIN }),
    );
    holds(
        "a run dies, a save fails, a stranger makes any of these, createdBy tells us apart",
        &shipped(Setting { texts, signed: Signed::Apart, ..PLAIN }),
    );
    holds(
        "a run dies, a save fails, a stranger makes nearly the same, the service trims",
        &shipped(Setting { texts: &[Same, Spaced], trims: true, ..PLAIN }),
    );
    let two = Setting { strangers: 2, faults: 0, texts: &[Same, Spaced], ..PLAIN };
    holds("a run dies, strangers make the same twice", &shipped(two));
}

#[test]
fn a_list_that_misses_what_is_new_does_no_harm() {
    holds("lists are stale", &shipped(Setting { stale_reads: true, texts: &[Same, Spaced], ..PLAIN }));
    let signed = Setting { stale_reads: true, signed: Signed::Apart, ..PLAIN };
    holds("lists are stale, and createdBy tells us apart", &shipped(signed));
}

#[test]
fn runs_that_overlap_do_no_harm_whatever_ends_their_leases() {
    holds("two runs", &shipped(TWO));
    holds("two runs, clocks are wrong", &shipped(Setting { wrong_clocks: true, ..TWO }));
    holds("two runs, a lease is unlocked", &shipped(Setting { unlocks: 1, ..TWO }));
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn the_same_with_strangers_and_faults() {
    holds("two runs, a save fails, a stranger", &shipped(Setting { faults: 1, strangers: 1, ..TWO }));
    let stale = Setting { stale_reads: true, strangers: 1, texts: &[Same, Spaced], ..TWO };
    holds("two runs, lists are stale, a stranger", &shipped(stale));
    let trims = Setting { trims: true, faults: 1, strangers: 1, texts: &[Spaced], ..TWO };
    holds("two runs, the service trims, a save fails, a stranger", &shipped(trims));
    let signed = Setting { signed: Signed::Apart, strangers: 1, faults: 1, texts: &[Same, Spaced, Other], ..TWO };
    holds("two runs, createdBy tells us apart, a save fails, a stranger", &shipped(signed));
    holds("two runs, two saves fail", &shipped(Setting { faults: 2, ..TWO }));
    let all = Setting { wrong_clocks: true, faults: 1, strangers: 1, ..TWO };
    holds("two runs, clocks are wrong, a save fails, a stranger", &shipped(all));
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn the_same_with_three_runs() {
    holds("three runs", &shipped(Setting { runs: 3, ..TWO }));
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn the_same_with_three_runs_whose_clocks_are_wrong() {
    holds("three runs, clocks are wrong", &shipped(Setting { runs: 3, wrong_clocks: true, ..TWO }));
}

/// Design, §6: a durable list of the ids before, the settle time, the stop on ambiguity.
#[test]
fn each_of_the_three_ingredients_is_needed() {
    let near = Setting { texts: &[Spaced], ..PLAIN };
    let forgets = Protocol::new(near, Strategy { known: false, ..SHIPPED });
    breaks("without a durable list of the ids before", Broken::Stolen, &forgets);
    let hasty = breaks("without the settle time", Broken::Doubled, &plain_but(Strategy { settles: false, ..SHIPPED }));
    assert_eq!(hasty, HASTY);
    let recovery = plain_but(Strategy { recovery_settles: false, ..SHIPPED });
    breaks("without the settle time in recovery", Broken::Orphaned, &recovery);
    breaks("without the stop on ambiguity", Broken::Orphaned, &plain_but(Strategy { stops: false, ..SHIPPED }));
}

/// The shortest history without a settle time. `docs/promises.md` quotes it.
const HASTY: &str = "  1. run 1: begins and loads the record
  2. run 1: takes the lease
  3. run 1: lists the scope: the policy has to be created
  4. run 1: saves the intent, and the ids that are there
  5. run 1: sends the POST
  6. run 1: gets no answer
  7. run 1: looks, and finds nothing: it did not happen
  8. run 1: sends the POST
  9. service: run 1's POST takes effect (P1)
 10. service: run 1's POST takes effect (P2)
  => Doubled: live and ours P1, P2; live and someone else's none; recorded none; something is pending
";

#[test]
fn each_other_part_is_needed() {
    breaks("without an intent before the POST", Broken::Orphaned, &plain_but(Strategy { intents: false, ..SHIPPED }));
    breaks("without a look before the next POST", Broken::Doubled, &plain_but(Strategy { looks: false, ..SHIPPED }));
    let unfenced = Strategy { fenced: false, ..SHIPPED };
    breaks("without comparing versions when saving", Broken::Orphaned, &Protocol::new(TWO, unfenced));
    let clocks = Setting { wrong_clocks: true, ..TWO };
    for (name, setting) in [("clocks are wrong", clocks), ("a lease is unlocked", Setting { unlocks: 1, ..TWO })] {
        let stale = Strategy { fresh: false, ..SHIPPED };
        breaks(&format!("calls on a stale lease, {name}"), Broken::Orphaned, &Protocol::new(setting, stale));
        let hasty = Strategy { patience: Patience::Settle, ..SHIPPED };
        breaks(
            &format!("recovery waits the settle time alone, {name}"),
            Broken::Orphaned,
            &Protocol::new(setting, hasty),
        );
    }
}

#[test]
#[ignore = "minutes; tests/run.sh all"]
fn who_takes_a_lease_over_from_a_taker_that_died_knows_of_the_holder_before() {
    let chain = Setting { runs: 3, unlocks: 1, refusals: false, posts: 1, ..TWO };
    holds("three runs, a lease is unlocked, the taker dies", &shipped(chain));
    let forgetful = Strategy { patience: Patience::Forgetful, ..SHIPPED };
    breaks("a taker dies and doesn't say whom it took over", Broken::Orphaned, &Protocol::new(chain, forgetful));
}

/// CASES, F9: what lands too late is an unmanaged twin; nothing else goes wrong.
#[test]
fn what_lands_after_the_settle_time_is_a_twin_that_nobody_touches() {
    let late = Setting { late: 1, ..PLAIN };
    breaks("it lands after the settle time", Broken::Orphaned, &shipped(late));
    holds("it lands after the settle time: a twin, and no more", &shipped(Setting { forgives_twins: true, ..late }));
}

#[test]
fn a_process_stopped_between_its_last_look_at_the_clock_and_its_call_is_the_same_as_late_landing() {
    let held_up = Setting { held_up: true, ..TWO };
    breaks("a run is stopped right before its POST", Broken::Orphaned, &shipped(held_up));
    let forgiving = Setting { forgives_twins: true, ..held_up };
    holds("a run is stopped right before its POST: a twin, and no more", &shipped(forgiving));
}

/// `createdBy` proves who made a policy, not which request did: what is taken at once, as the design has it, may be that of
/// someone else who uses our user.
#[test]
fn a_stranger_with_our_own_user_can_be_taken_for_us_before_ours_lands() {
    let alike = Setting { signed: Signed::Alike, ..PLAIN };
    breaks("a stranger has our user", Broken::Orphaned, &shipped(alike));
    holds("a stranger has our user: a twin, and no more", &shipped(Setting { forgives_twins: true, ..alike }));
    let patient = Strategy { at_once: false, ..SHIPPED };
    holds("a stranger has our user, and nothing is taken at once", &Protocol::new(alike, patient));
}

#[test]
fn a_lost_record_doubles_nothing_once_all_has_landed_and_the_service_keeps_texts() {
    let quiet = Setting { loss: Loss::Quiet, ..TWO };
    holds("the record is lost while all is quiet", &shipped(quiet));
    breaks(
        "the record is lost while all is quiet, and the service trims",
        Broken::Doubled,
        &shipped(Setting { trims: true, ..quiet }),
    );
    breaks("the record is lost at any time", Broken::Doubled, &shipped(Setting { loss: Loss::AnyTime, ..TWO }));
}

const AMEND: Amend = Amend {
    wants: &[Some(Words::Second), Some(Words::Second)],
    edits: Edits::Between,
    sent_again: true,
    settles: true,
    patient: true,
};
const UPDATED_TWICE: &[Option<Words>] = &[Some(Words::Second), Some(Words::Third)];
const THERE_AND_BACK: &[Option<Words>] = &[Some(Words::Second), Some(Words::Third), Some(Words::Second)];
const DELETED: &[Option<Words>] = &[None, None];
const UPDATED_THEN_DELETED: &[Option<Words>] = &[Some(Words::Second), None];

#[test]
fn an_update_or_delete_in_doubt_is_found_out_and_no_edit_is_overwritten() {
    for (name, wants) in [("update", AMEND.wants), ("delete", DELETED), ("update, then delete", UPDATED_THEN_DELETED)] {
        for edits in [Edits::Never, Edits::Between] {
            holds(
                &format!(
                    "{name}, {}",
                    if edits == Edits::Never { "nobody edits" } else { "someone edits between runs" }
                ),
                &Amend { wants, edits, ..AMEND },
            );
        }
    }
    for wants in [UPDATED_TWICE, THERE_AND_BACK] {
        holds(&format!("updates, each sent once, {} runs", wants.len()), &Amend { wants, sent_again: false, ..AMEND });
    }
    breaks("an update, without the settle time", Broken::TooEarly, &Amend { settles: false, ..AMEND });
    breaks("a delete, without the settle time", Broken::TooEarly, &Amend { wants: DELETED, settles: false, ..AMEND });
}

/// The service has no condition on a write: what is edited after the last look is overwritten.
#[test]
fn an_edit_between_the_last_look_and_the_write_is_overwritten() {
    breaks("an edit while a PUT is under way", Broken::Overwritten, &Amend { edits: Edits::AnyTime, ..AMEND });
    let delete = Amend { wants: DELETED, edits: Edits::AnyTime, ..AMEND };
    breaks("an edit while a DELETE is under way", Broken::Overwritten, &delete);
}

/// A PUT is sent again when its answer is lost. Its first copy may land after the next run's update, if nobody waits for it.
#[test]
fn a_put_that_was_sent_twice_can_undo_the_next_update() {
    let twice = Amend { wants: UPDATED_TWICE, ..AMEND };
    breaks(
        "an update sent twice and not waited out, then another",
        Broken::Missing,
        &Amend { patient: false, ..twice },
    );
    for wants in [UPDATED_TWICE, THERE_AND_BACK] {
        holds(&format!("updates sent twice and waited out, {} runs", wants.len()), &Amend { wants, ..AMEND });
    }
}
