//! What the sweeps play on: fifty policies in seven scopes that other people work in too, and what is asked for next.

use std::sync::OnceLock;

use policysync::domain::PolicyId;
use policysync::sandbox::{Call, Fault, FaultPlan};
use policysync::state::{Record, codec};

use crate::store_bucket::Corner;
use crate::world::{SCOPES, World};

/// How many policies a plan has.
pub const FIFTY: usize = 50;

/// Other people's policies in the scopes that are worked in: names and texts like ours, but never both.
fn with_strangers() -> World {
    let world = World::new();
    for scope in ["acme", "acme/east", "acme/east/one", "acme/west/two2"] {
        world.stranger(scope, "policy-0000", "Of the same name, with another text.");
        world.stranger(scope, "Of someone else", &text(0));
    }
    world
}

fn text(n: usize) -> String {
    format!("Rule number {n}: do not share secrets of kind {n}.")
}

fn scope(address: &str) -> &str {
    address.rsplit_once('/').expect("an address has a scope").0
}

/// Every write takes effect this long after it arrived, and only then is it answered: what a dead run has sent still lands.
pub fn landing_late(ms: u64) -> FaultPlan {
    let late = Fault::Late { ms, cut: false, code: None };
    [Call::Create, Call::Update, Call::Delete]
        .into_iter()
        .fold(FaultPlan::none(), |plan, call| plan.every(call, late.clone()))
}

/// The same, but one in seven takes effect much later: long after the next run has begun.
pub fn landing_unevenly(ms: u64, much_later: u64) -> FaultPlan {
    let late = |ms| Fault::Late { ms, cut: false, code: None };
    let writes = [Call::Create, Call::Update, Call::Delete];
    let much_later = writes
        .into_iter()
        .flat_map(|call| (0..7).map(move |n| (call, 3 + 7 * n)))
        .fold(FaultPlan::none(), |plan, (call, nth)| plan.nth(call, nth, late(much_later)));
    writes.into_iter().fold(much_later, |plan, call| plan.every(call, late(ms)))
}

/// Where records are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In a folder.
    Files,
    /// On a branch of a Git repository.
    Git,
    /// In a bucket of the S3 server that `tests/stores/run.sh` starts.
    S3,
    /// In a container of its Azure server.
    Azure,
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Files => "file store",
            Self::Git => "git store",
            Self::S3 => "S3 store",
            Self::Azure => "Azure store",
        })
    }
}

/// A stage of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Fifty policies that were never applied.
    Creates,
    /// Fifty that are live and changed, in one way or another.
    Updates,
    /// Fifty that are live and have other keys and other names.
    Renames,
    /// Fifty that are live and have other keys only: the service is not called.
    Rekeyings,
    /// Fifty that are live and are not in the tree any more; another one stays.
    Deletes,
    /// Fifty that are live and are asked for in other scopes: wider, narrower, beside.
    Moves,
    /// Fifty live ones: 10 more, 12 others, 8 under new keys and 6 less are asked for.
    Mixed,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Creates => "creates",
            Self::Updates => "updates",
            Self::Renames => "renames",
            Self::Rekeyings => "renames without a call",
            Self::Deletes => "deletes",
            Self::Moves => "moves",
            Self::Mixed => "mixed",
        })
    }
}

impl Stage {
    /// What `apply` is told besides.
    pub fn args(self) -> &'static [&'static str] {
        match self {
            Self::Creates | Self::Updates | Self::Renames | Self::Rekeyings | Self::Moves => &[],
            Self::Deletes | Self::Mixed => &["--prune"],
        }
    }

    /// A world in which this is asked for, and nothing of it is done.
    pub fn set(self) -> World {
        let world = with_strangers();
        self.ask_for(&world);
        world
    }

    /// The same, its records kept elsewhere.
    pub fn set_with(self, kept: Kept) -> World {
        let mut world = with_strangers();
        // What lands late takes its time, and so does a busy machine.
        world.pace = ("4s", "4500ms");
        match kept {
            Kept::Files => {}
            Kept::Git => world.keep_records_in_git(),
            Kept::S3 => world.keep_records_in(Corner::s3()),
            Kept::Azure => world.keep_records_in(Corner::azure()),
        }
        self.ask_for(&world);
        world
    }

    fn ask_for(self, world: &World) {
        if self == Self::Creates {
            world.policies(FIFTY);
            return;
        }
        // One of the deletes stays: an empty tree is refused.
        let mut addresses = world.policies(FIFTY + usize::from(self == Self::Deletes));
        make_live(world, &addresses);
        addresses.truncate(FIFTY);
        for (n, address) in addresses.iter().enumerate() {
            self.change(world, n, address);
        }
        if self == Self::Mixed {
            for n in 50..60 {
                world.policy(&format!("acme/east/policy-{n:04}"), "HIGH", "block", &text(n));
            }
        }
        world.service.clear_requests();
    }

    fn change(self, world: &World, n: usize, address: &str) {
        match self {
            Self::Creates => {}
            Self::Updates => edit(world, n, address),
            Self::Renames => rename(world, n, address),
            Self::Rekeyings => rekey(world, n, address),
            Self::Deletes => world.remove(&format!("policies/{address}.yaml")),
            Self::Moves => relocate(world, n, address),
            Self::Mixed => match n {
                0..12 => edit(world, n, address),
                12..18 => rename(world, n, address),
                18..20 => rekey(world, n, address),
                20..26 => world.remove(&format!("policies/{address}.yaml")),
                _ => {}
            },
        }
    }
}

/// Makes what the tree asks for live and recorded, as an apply does, at a fraction of its cost: a record that an apply has
/// made is taken over, with the ids of this world's service.
#[expect(clippy::disallowed_methods, reason = "a test's own file")]
fn make_live(world: &World, addresses: &[String]) {
    static APPLIED: OnceLock<Record> = OnceLock::new();
    let applied = APPLIED.get_or_init(|| {
        let world = World::new();
        world.policies(FIFTY + 1);
        let ran = world.apply(&[]);
        assert_eq!(ran.code, Some(0), "{ran}");
        codec::decode(world.read(".policysync/state/acme.json").as_bytes()).expect("a record that was saved")
    });
    let mut record = applied.clone();
    record.endpoint = world.service.url().parse().expect("an endpoint");
    record.policies.retain(|address, entry| {
        let address = address.to_string();
        let policy = &entry.sent.policy;
        let wanted = addresses.contains(&address);
        if wanted {
            let id = world.seed(scope(&address), policy.name(), policy.content(), "tester");
            entry.id = PolicyId::new(id).expect("an id");
        }
        wanted
    });
    assert_eq!(record.policies.len(), addresses.len());
    let bytes = codec::encode(&record, uuid::Uuid::new_v4()).expect("a record");
    if world.env.is_empty() {
        std::fs::write(world.write(".policysync/state/acme.json", ""), bytes).expect("a file can be written");
        return;
    }
    let file = world.write("made.json", "");
    std::fs::write(&file, bytes).expect("a file can be written");
    let pushed = world.run(&["state", "push", "made.json"]);
    assert_eq!(pushed.code, Some(0), "{pushed}");
}

/// To the next but two of the scopes, its text the same.
fn relocate(world: &World, n: usize, address: &str) {
    let (key, there) = (address.rsplit('/').next().expect("a key"), SCOPES[(n + 3) % SCOPES.len()]);
    world.remove(&format!("policies/{address}.yaml"));
    world.policy(&format!("{there}/{key}"), "HIGH", "block", &text(n));
}

/// Weaker, of another text, or both.
fn edit(world: &World, n: usize, address: &str) {
    match n % 3 {
        0 => world.policy(address, "LOW", "block", &text(n)),
        1 => world.policy(address, "HIGH", "block", &format!("{} Nor of any other.", text(n))),
        _ => world.policy(address, "MEDIUM", "alert", &format!("{} At all.", text(n))),
    }
}

/// Another key, and so another name: the text is what shows that it is the same.
fn rename(world: &World, n: usize, address: &str) {
    world.remove(&format!("policies/{address}.yaml"));
    world.policy(&format!("{}/moved-{n:04}", scope(address)), "HIGH", "block", &text(n));
}

/// Another key, and all else the same.
fn rekey(world: &World, n: usize, address: &str) {
    let file = world.read(&format!("policies/{address}.yaml"));
    world.remove(&format!("policies/{address}.yaml"));
    world.write(&format!("policies/{}/other-key-{n:04}.yaml", scope(address)), &file);
}
