//! The apply protocol as a model, every state of it visited.

mod decisions;
mod explore;
mod protocol;
mod runs;
mod settings;
mod world;

use decisions::Signed;
use explore::{Broken, Found, explore};
use protocol::Protocol;
use settings::{Patience, Setting, Strategy};
use world::Text;

fn exploring(name: &str, setting: Setting, strategy: Strategy) -> Found {
    let begun = std::time::Instant::now();
    let found = explore(&Protocol::new(setting, strategy));
    println!(
        "model, {name}: {} states, {} transitions, {} violations ({:?})",
        found.states,
        found.steps,
        usize::from(found.broken.is_some()),
        begun.elapsed()
    );
    if found.broken.is_some() { println!("{}", found.history()); }
    found
}

#[test]
fn first() {
    use Text::*;
    let p = Setting::PLAIN;
    let two = Setting { runs: 2, ..p };
    let s = Strategy::SHIPPED;
    for signed in [Signed::Nobody, Signed::Apart, Signed::Alike] {
        exploring(&format!("one run {signed:?}"), Setting { signed, texts: &[Same, Spaced, Other], ..p }, s);
    }
    exploring("stale", Setting { stale_reads: true, ..p }, s);
    exploring("trims", Setting { trims: true, texts: &[Same, Spaced], ..p }, s);
    exploring("two strangers", Setting { strangers: 2, ..p }, s);
    exploring("two runs no strangers", Setting { strangers: 0, ..two }, s);
    exploring("two runs", Setting { faults: 0, ..two }, s);
    exploring("two runs fault", two, s);
    exploring("late", Setting { late: 1, ..p }, s);
    exploring("alike, patient", Setting { signed: Signed::Alike, ..p }, Strategy { at_once: false, ..s });
    exploring("no intents", p, Strategy { intents: false, ..s });
    exploring("no known", Setting { texts: &[Same, Spaced], ..p }, Strategy { known: false, ..s });
    exploring("no settle", p, Strategy { settles: false, ..s });
    exploring("no recovery settle", p, Strategy { recovery_settles: false, ..s });
    exploring("no stop", p, Strategy { stops: false, ..s });
    exploring("no looks", p, Strategy { looks: false, ..s });
    let q = Setting { strangers: 0, faults: 0, ..two };
    exploring("no fence", q, Strategy { fenced: false, ..s });
    exploring("wrong clocks", Setting { wrong_clocks: true, ..q }, s);
    exploring("unlock", Setting { unlocks: 1, ..q }, s);
    for b in [1, 2] { for more in 0..=b {
        exploring(&format!("unlock fresh {b} always {more}"), Setting { unlocks: 1, ..q }, Strategy { fresh: Some(b), patience: Patience::Always(more), ..s});
        exploring(&format!("unlock fresh {b} unproven {more}"), Setting { unlocks: 1, ..q }, Strategy { fresh: Some(b), patience: Patience::Unproven(more), ..s});
        exploring(&format!("clock fresh {b} always {more}"), Setting { wrong_clocks: true, ..q }, Strategy { fresh: Some(b), patience: Patience::Always(more), ..s});
    } }
    exploring("loss", Setting { losses: 1, ..q }, s);
    exploring("held up", Setting { held_up: true, ..q }, s);
}
