//! F21 once more, by the system's own calls: `strace` fails them, whatever the code marks as a step; and it shows that the
//! code marks every one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::sweep::sweep_disk::{emergency_copy, is_honest, put_back};
use crate::sweep::sweep_stages::{Stage, landing_late};
use crate::sweep::{Extent, Reached, Sweep};
use crate::world::{Ran, World};

/// Kinds of system calls, by all the names that one has on some system.
const KINDS: [(&str, &str); 6] = [
    ("fsync", "?fsync,?fdatasync"),
    ("rename", "?rename,?renameat,?renameat2"),
    ("link", "?link,?linkat"),
    ("unlink", "?unlink,?unlinkat"),
    ("mkdir", "?mkdir,?mkdirat"),
    ("flock", "?flock"),
];
const STATE: &str = "/.policysync";
const LANDS_AFTER: u64 = 350;

/// The nth call of a kind in each thread, or all from it on.
struct Point {
    kind: (&'static str, &'static str),
    nth: u64,
    and_all_after: bool,
    error: &'static str,
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let on = if self.and_all_after { " and all after it" } else { "" };
        write!(f, "{} at {} {}{on}", self.error, self.kind.0, self.nth)
    }
}

/// `apply` under strace, which writes what it sees into `calls` in the world's folder.
fn traced(world: &World, args: &[&str], calls: &str, inject: Option<&str>) -> Ran {
    let run = world.command_of_apply(args);
    let mut command = Command::new("strace");
    command.args(["-f", "--seccomp-bpf", "-qq", "-y", "-o", "calls", "-e"]).arg(format!("trace={calls}"));
    if let Some(inject) = inject {
        command.arg("-e").arg(format!("inject={inject}"));
    }
    command.arg(run.get_program()).args(run.get_args()).current_dir(world.path()).env_clear();
    command.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("POLICYSYNC_FAILPOINT_TRACE", world.path().join("trace")).env("PATH", "/usr/bin:/bin:/usr/local/bin");
    let ran = command.output().expect("strace is needed: `apt-get install strace`, as tests/run.sh does");
    ran.into()
}

fn play(stage: Stage, point: &Point) -> Reached {
    let world = stage.set();
    world.service.set_faults(landing_late(LANDS_AFTER));
    let before = std::fs::read(world.path().join(crate::sweep::sweep_disk::RECORD)).ok();
    let on = if point.and_all_after { "+" } else { "" };
    let inject = format!("{}:error={}:when={}{on}", point.kind.1, point.error, point.nth);
    let ran = traced(&world, stage.args(), point.kind.1, Some(&inject));
    let calls = world.read("calls");
    let mut hit = calls.lines().filter(|line| line.contains("(INJECTED)")).peekable();
    let reached = if hit.peek().is_some() { Reached::Yes } else { Reached::No };
    is_honest(&world, before.as_deref(), &ran);
    if let Some(copy) = emergency_copy(&world, &ran).filter(|_| point.error == "EIO") {
        put_back(&world, &copy);
    }
    world.settles(stage.args());
    reached
}

fn sweep(extent: Extent) {
    let mut points = Vec::new();
    for kind in KINDS {
        for error in ["ENOSPC", "EIO"] {
            for (nth, and_all_after) in [(1, false), (1, true), (2, false), (2, true)] {
                points.push(Point { kind, nth, and_all_after, error });
            }
        }
    }
    let sweep = Sweep { what: "disk sweep, system calls, file store".to_owned(), extent, at_a_time: 8, short_by: 0 };
    sweep.play(extent.of(points, 7), |point| play(Stage::Creates, point));
}

#[test]
#[ignore = "minutes, and needs strace; tests/run.sh all"]
fn f21_the_systems_calls_fail_in_turn() {
    sweep(Extent::Full);
}

/// What the code marks as steps is all that it does to the record: else a sweep over the steps would prove little.
#[test]
#[ignore = "needs strace; tests/run.sh all"]
fn every_call_of_the_system_on_the_record_is_a_marked_step() {
    let world = Stage::Mixed.set();
    let kinds: Vec<&str> = KINDS.iter().map(|(_, names)| *names).collect();
    let calls = format!("{},write,openat", kinds.join(","));
    let ran = traced(&world, Stage::Mixed.args(), &calls, None);
    assert_eq!(ran.code, Some(0), "{ran}");
    let steps = world.read("trace");
    let steps = |name: &str| steps.lines().filter(|point| *point == format!("disk/{name}")).count();
    let seen = on_the_record(&world.read("calls"), world.path());
    let seen = |kind: &str| seen.get(kind).copied().unwrap_or_default();
    assert!(steps("rename file") >= 3, "there are saves");
    assert_eq!(seen("fsync"), steps("flush file") + steps("flush folder"));
    assert_eq!(seen("rename"), steps("rename file"));
    assert_eq!(seen("link"), steps("link backup"));
    assert_eq!(seen("unlink"), steps("remove backup") + steps("probe"));
    assert_eq!(seen("flock"), steps("open lock"), "each lock is had at once: nobody else is there");
    assert_eq!(seen("mkdir"), 0, "the folder is there");
    assert_eq!(seen("write"), steps("write first half") + steps("write second half") + steps("probe"));
    let made = steps("make file") + steps("open lock") + steps("probe");
    assert_eq!(seen("openat to write"), made);
}

/// How often each kind of call was made on something below the state folder.
fn on_the_record(calls: &str, folder: &Path) -> BTreeMap<String, usize> {
    let folder = format!("{}{STATE}", folder.display());
    let mut seen = BTreeMap::new();
    for line in calls.lines().filter(|line| line.contains(&folder) || line.contains("\".policysync/")) {
        // `4711 fsync(9</tmp/…/acme.json>) = 0`
        let name = line.split_whitespace().nth(1).and_then(|call| call.split('(').next()).unwrap_or_default();
        let kind = KINDS.iter().find(|(_, names)| names.split(',').any(|known| known == format!("?{name}")));
        let kind = match (kind, name) {
            (Some((kind, _)), _) => kind,
            (None, "openat") if line.contains("O_RDWR") || line.contains("O_WRONLY") => "openat to write",
            (None, name) => name,
        };
        *seen.entry(kind.to_owned()).or_default() += 1;
    }
    seen
}
