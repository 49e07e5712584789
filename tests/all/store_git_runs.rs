//! Records on a Git branch, with the real binary: clones that share no disk, and whatever else a repository is in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use policysync::sandbox::{Call, Fault, FaultPlan, Moment};
use policysync::state::BRANCH;

use super::faults::hook;
use super::{HERMETIC, git};
use crate::world::{Ran, World};
use crate::world_process::{Going, until};

/// A world with a bare repository, of which there are clones.
struct Team {
    world: World,
}

impl Team {
    fn new() -> Self {
        let world = World::new();
        git(world.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "remote.git"]);
        let team = Self { world };
        let seed = team.clone("seed", &[]);
        for number in 0..3 {
            team.policy("seed", &format!("acme/rule-{number}"), &format!("Do not share secrets of kind {number}."));
        }
        git(&seed, &["add", "--all"]);
        git(&seed, &["commit", "--quiet", "--message", "policies"]);
        git(&seed, &["push", "--quiet", "origin", "HEAD:main"]);
        team
    }

    fn remote(&self) -> PathBuf {
        self.world.path().join("remote.git")
    }

    fn clone(&self, folder: &str, how: &[&str]) -> PathBuf {
        let address = format!("file://{}", self.remote().display());
        let mut arguments = vec!["clone", "--quiet"];
        arguments.extend(how);
        arguments.extend([address.as_str(), folder]);
        git(self.world.path(), &arguments);
        self.world.path().join(folder)
    }

    fn policy(&self, clone: &str, address: &str, content: &str) {
        let key = address.rsplit('/').next().unwrap();
        let text = format!("name: {key}\nriskType: HIGH\nactionType: block\ncontent: {content}\n");
        self.world.write(&format!("{clone}/policies/{address}.yaml"), &text);
    }

    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = self.world.command(arguments);
        command
            .current_dir(folder)
            .env("POLICYSYNC_STATE", "git:origin")
            .env("USER", "alice")
            .env("HOSTNAME", "build-7");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(HERMETIC.iter().copied());
        command
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> Ran {
        self.command(folder, arguments).output().expect("the binary runs").into()
    }

    fn apply(&self, folder: &Path) -> Ran {
        self.run(folder, &["apply", "--timeout", "5s", "--settle", "5500ms"])
    }

    /// Starts an apply in a process group of its own, as a shell does.
    fn start(&self, folder: &Path) -> Going {
        use std::os::unix::process::CommandExt as _;
        let mut command = self.command(folder, &["apply", "--timeout", "60s", "--settle", "61s"]);
        command.process_group(0);
        Going::start(command, self.world.path())
    }

    /// The record of `acme` on the branch.
    fn record(&self) -> serde_json::Value {
        serde_json::from_str(&git(&self.remote(), &["show", &format!("{BRANCH}:acme.json")])).expect("a record is JSON")
    }

    fn subjects(&self) -> Vec<String> {
        let log = git(&self.remote(), &["log", "--reverse", "--first-parent", "--format=%s", BRANCH]);
        log.lines().map(str::to_owned).collect()
    }
}

#[track_caller]
fn done(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran}");
}

#[test]
fn what_one_clone_applied_another_has_nothing_to_do_for() {
    let team = Team::new();
    let (one, two) = (team.clone("one", &[]), team.clone("two", &["--depth", "1"]));
    done(&team.apply(&one));
    assert_eq!(team.world.calls("POST"), 3);
    let plan = team.run(&two, &["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{plan}");
    assert!(plan.out.contains("No changes"), "{plan}");
    team.policy("two", "acme/rule-1", "Another text.");
    done(&team.apply(&two));
    team.policy("one", "acme/rule-1", "Another text.");
    let plan = team.run(&one, &["plan"]);
    assert!(plan.out.contains("No changes"), "{plan}");
    assert_eq!((team.world.calls("POST"), team.world.calls("PUT")), (3, 1));
}

/// F25.
#[test]
fn of_two_clones_that_apply_at_once_one_works_and_the_other_names_it() {
    let team = Team::new();
    let (one, two) = (team.clone("one", &[]), team.clone("two", &[]));
    team.world.service.set_faults(FaultPlan::none().nth(
        Call::Create,
        1,
        Fault::Late { ms: 6000, cut: false, code: None },
    ));
    let first = team.start(&one);
    team.world.arrived("POST /policy", 1);
    let second = team.apply(&two);
    assert_eq!(second.code, Some(6), "{second}");
    let holder = format!("the record of acme is locked by alice@build-7 (pid {}) since ", first.id());
    assert!(second.err.contains(&holder), "{holder}\n{second}");
    done(&first.end());
    assert_eq!(team.world.calls("POST"), 3);
    let again = team.apply(&two);
    assert!(again.out.contains("No changes"), "{again}");
}

#[test]
fn the_log_of_the_branch_reads_as_an_audit_trail() {
    let team = Team::new();
    let one = team.clone("one", &[]);
    let apply = |clone: &Path, number: u32| {
        let mut command = team.command(clone, &["apply", "--prune", "--timeout", "5s", "--settle", "5500ms"]);
        command
            .env("POLICYSYNC_RUN_URL", format!("https://ci.example/run/{number}"))
            .env("POLICYSYNC_COMMIT", "c0ffee");
        done(&command.output().expect("the binary runs").into());
    };
    apply(&one, 1);
    team.policy("one", "acme/rule-1", "Another text.");
    std::fs::remove_file(one.join("policies/acme/rule-2.yaml")).unwrap();
    apply(&one, 2);
    // What was done, by run. How many saves that took depends on how long it took, so that is left out, and renewals with it.
    let mut trail: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let format = "--format=%x1e%(trailers:key=Run,valueonly)%x1f%b";
    let log = git(&team.remote(), &["log", "--reverse", format, BRANCH]);
    for (run, body) in log.split('\x1e').filter_map(|commit| commit.split_once('\x1f')) {
        let is_told = |line: &&str| line.contains("acme/") || (line.starts_with("lease ") && !line.contains("renewed"));
        let told = body.lines().filter(is_told).map(|line| {
            let line = line.split(" (").next().unwrap_or_default();
            line.split(" until ").next().unwrap_or_default().to_owned()
        });
        trail.entry(run.trim().to_owned()).or_default().extend(told);
    }
    let of = |number: u32| {
        let mut told = trail[&format!("https://ci.example/run/{number}")].clone();
        told.sort();
        told
    };
    let lease = ["lease of alice@build-7", "lease taken by alice@build-7"];
    let first = ["begun: create acme/rule-0", "begun: create acme/rule-1", "begun: create acme/rule-2"];
    let done = ["created: acme/rule-0", "created: acme/rule-1", "created: acme/rule-2"];
    assert_eq!(of(1), [&first[..], &done, &lease].concat(), "{log}");
    let second = ["begun: delete acme/rule-2", "begun: update acme/rule-1", "deleted: acme/rule-2"];
    assert_eq!(of(2), [&second[..], &lease, &["updated: acme/rule-1"]].concat(), "{log}");
    assert_eq!(trail.len(), 2, "every commit names its run: {log}");

    // No save without a commit, no text of a policy, nothing that a terminal obeys.
    assert_eq!(git(&team.remote(), &["rev-list", "--count", BRANCH]), team.record()["serial"].to_string());
    assert!(!log.contains("Do not share") && !log.contains("Another text"), "{log}");
    assert!(log.chars().all(|c| matches!(c, '\n' | '\x1e' | '\x1f') || !c.is_control()), "{log}");
    assert!(team.subjects().iter().all(|subject| subject.chars().count() <= 72));
}

/// Every file below a folder with its bytes: objects, refs, index, settings, all of it.
fn files(below: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let all = walkdir::WalkDir::new(below).into_iter().map(|entry| entry.expect("readable"));
    all.filter(|entry| entry.file_type().is_file())
        .map(|entry| (entry.path().to_owned(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

#[test]
fn the_repository_that_is_worked_in_is_left_as_it_was_whatever_it_is() {
    let team = Team::new();
    let full = team.clone("full", &[]);
    let linked = team.world.path().join("linked");
    git(&full, &["worktree", "add", "--quiet", "--detach", linked.to_str().unwrap()]);
    let dirty = team.clone("dirty", &[]);
    team.world.write("dirty/notes.txt", "not committed");
    team.policy("dirty", "acme/rule-0", "Do not share secrets of kind 0.");
    git(&dirty, &["add", "notes.txt"]);
    git(&dirty, &["remote", "set-url", "origin", "../remote.git"]);
    git(&team.remote(), &["config", "uploadpack.allowFilter", "true"]);
    let clones = [
        ("full", full),
        ("linked", linked),
        ("dirty", dirty),
        ("shallow", team.clone("shallow", &["--depth", "1"])),
        ("partial", team.clone("partial", &["--filter=blob:none"])),
    ];
    for (number, (which, clone)) in clones.iter().enumerate() {
        team.policy(which, "acme/rule-1", &format!("Text {number}."));
        let before = files(&clone.join(".git"));
        let tree = git(clone, &["--no-optional-locks", "status", "--porcelain=v2", "--untracked-files=all"]);
        let before = if before.is_empty() { files(&team.world.path().join("full/.git")) } else { before };
        // Also from a folder below: the repository is found as git finds it.
        let ran = team.run(&clone.join("policies"), &["apply", ".", "--timeout", "5s", "--settle", "5500ms"]);
        done(&ran);
        let after = files(&clone.join(".git"));
        let after = if after.is_empty() { files(&team.world.path().join("full/.git")) } else { after };
        let differing: Vec<&PathBuf> =
            before.keys().chain(after.keys()).filter(|path| before.get(*path) != after.get(*path)).collect();
        assert_eq!(differing, Vec::<&PathBuf>::new(), "{which}");
        assert_eq!(
            git(clone, &["--no-optional-locks", "status", "--porcelain=v2", "--untracked-files=all"]),
            tree,
            "{which}"
        );
    }
    let left: Vec<_> = std::fs::read_dir(team.world.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(
        !left.iter().any(|name| name.to_string_lossy().starts_with("policysync-")),
        "nothing is left in TMPDIR: {left:?}"
    );
}

/// How many lines a file of the remote has.
fn lines_of(team: &Team, file: &str) -> String {
    team.world.read(&format!("remote.git/{file}")).lines().count().to_string()
}

/// What a Ctrl-C on the terminal does: the signal goes to the whole group, git's processes with it if they are in it.
fn interrupt_group(run: &Going) {
    let sent = Command::new("sh").args(["-c", &format!("kill -s INT -- -{}", run.id())]).status();
    assert!(sent.expect("there is a shell").success());
}

/// F27: the remote takes its time over a push; the run ends when it has, with the record saved.
#[test]
fn f27_a_signal_while_a_push_is_under_way_lets_it_end() {
    let team = Team::new();
    let one = team.clone("one", &[]);
    let (begun, go) = (team.remote().join("begun"), team.remote().join("go"));
    // The third push saves what is done: the lease and the intents were before it.
    let script = format!(
        "echo x >> pushes; test $(wc -l < pushes) -eq 3 || exit 0; touch {}; until test -e {}; do sleep 0.02; done",
        begun.display(),
        go.display()
    );
    hook(&team.remote(), "pre-receive", &script);
    let run = team.start(&one);
    until("the push is under way", || begun.exists());
    interrupt_group(&run);
    until("it says that it stops", || run.told().contains("interrupted"));
    let signalled = Instant::now();
    team.world.write("remote.git/go", "");
    let ran = run.end();
    assert!(signalled.elapsed() < Duration::from_secs(5), "{ran}");
    assert!(matches!(ran.code, Some(0 | 130)), "{ran}");
    assert_eq!(git(&team.remote(), &["rev-list", "--count", BRANCH]), lines_of(&team, "pushes"), "no push was lost");
    let record = team.record();
    assert!(record["lease"].is_null() && record["pending"].is_null(), "{record}");
    assert_eq!(record["policies"].as_object().map(serde_json::Map::len), Some(team.world.calls("POST")), "{record}");
}

/// A lease that was lost on the branch is found out at the next save: F26.
#[test]
fn f26_a_holder_whose_lease_was_ended_meanwhile_stops() {
    let team = Team::new();
    let (one, two) = (team.clone("one", &[]), team.clone("two", &[]));
    team.world.service.set_faults(FaultPlan::none().nth(
        Call::Create,
        1,
        Fault::Delay { ms: 4000, effect: Moment::Before },
    ));
    let first = team.start(&one);
    team.world.arrived("POST /policy", 1);
    let lease = team.record()["lease"]["id"].as_str().expect("a lease").to_owned();
    done(&team.run(&two, &["state", "unlock", &lease]));
    let ran = first.end();
    assert_eq!(ran.code, Some(6), "{ran}");
    assert!(ran.out.contains("stopped[lease-lost]: acme: the record of acme at git:origin"), "{ran}");
    assert!(ran.out.contains("this run's lease was ended by someone else"), "{ran}");
}

/// F22: found out before the first call.
#[test]
fn f22_a_remote_that_refuses_is_found_out_before_the_first_call() {
    let team = Team::new();
    let one = team.clone("one", &[]);
    hook(&team.remote(), "pre-receive", "echo 'not on my watch' >&2; exit 1");
    let ran = team.apply(&one);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("not on my watch"), "{ran}");
    assert_eq!(team.world.writes(), 0);
}

/// Two clones' runs at once, again and again: F25 with the races that come of it.
#[test]
fn runs_of_several_clones_at_once_never_double_a_policy() {
    let team = Team::new();
    let clones: Vec<PathBuf> = (0..4).map(|number| team.clone(&format!("clone-{number}"), &["--depth", "1"])).collect();
    let runs: Vec<Going> = clones.iter().map(|clone| team.start(clone)).collect();
    let ended: Vec<Ran> = runs.into_iter().map(Going::end).collect();
    assert!(ended.iter().any(|ran| ran.code == Some(0)), "{ended:?}");
    assert!(ended.iter().all(|ran| matches!(ran.code, Some(0 | 6))), "{ended:?}");
    assert_eq!(team.world.calls("POST"), 3);
    done(&team.apply(&clones[0]));
    assert_eq!(team.world.live().len(), 3);
    assert!(team.record()["lease"].is_null());
}
