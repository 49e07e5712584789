//! A hermetic world for the real binary: a folder and a home of its own, a cleared environment, a service on loopback.
//!
//! Tests speak the domain: write a tree, run a command, look at what came of it and at what the service saw.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use policysync::sandbox::{FaultPlan, Options, Outcome, Request, Running, Sandbox};
use serde_json::{Value, json};

use crate::store_bucket::Corner;
use crate::store_git;
use crate::world_process::{Going, until};

/// The bare repository of a world whose records are kept in one.
const REMOTE: &str = "remote.git";

/// An unsigned JWT of the user `tester`: `{"userId":"tester"}`.
pub const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJ0ZXN0ZXIifQ.c2ln";

/// The scopes of [`World::policies`].
pub const SCOPES: [&str; 7] =
    ["acme", "acme/east", "acme/west", "acme/east/one", "acme/east/two", "acme/west/one2", "acme/west/two2"];

/// Lets changes pass that weaken or delete.
pub const ALLOWED: &str = "--allow=weaken,delete";

/// A folder, a service, and a way to run policysync between them.
pub struct World {
    folder: tempfile::TempDir,
    pub service: Running,
    /// The time limit of a call and the settle time of [`World::apply`]; half a second lies between them.
    pub pace: (&'static str, &'static str),
    /// What is set in the environment besides the usual.
    pub env: Vec<(String, String)>,
    /// Where the record is, if it is in an object store.
    corner: Option<Corner>,
    /// Policies of other people, as they were made.
    strangers: RefCell<Vec<Value>>,
}

/// A policy as it matters: (name, riskType, actionType, content, scope ids).
pub type Facts = (String, String, i64, String, String);

/// What a command printed, and its exit code.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl World {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    /// With a service that keeps things in memory, unless `options` say otherwise.
    pub fn with(options: Options) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let service = Sandbox::spawn(options).expect("the service starts on loopback");
        let pace = ("2s", "2500ms");
        Self { folder, service, pace, env: Vec::new(), corner: None, strangers: RefCell::default() }
    }

    /// A world whose service fails by this plan.
    pub fn failing(faults: FaultPlan) -> Self {
        Self::with(Options { faults, ..Options::default() })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the world's folder.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        std::fs::write(&path, text).expect("a file can be written");
        path
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).expect("the file is there")
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.folder.path().join(path)).expect("the file is there");
    }

    /// Writes the policy file `policies/SCOPE/KEY.yaml`.
    pub fn policy(&self, address: &str, risk: &str, action: &str, content: &str) {
        let name = address.rsplit('/').next().expect("an address has a key");
        let content = serde_json::to_string(content).expect("a text is JSON");
        let text = format!("name: {name}\nriskType: {risk}\nactionType: {action}\ncontent: {content}\n");
        self.write(&format!("policies/{address}.yaml"), &text);
    }

    /// Writes `count` policies over an organization, two workspaces and four repositories; returns their addresses.
    pub fn policies(&self, count: usize) -> Vec<String> {
        (0..count)
            .map(|n| {
                let address = format!("{}/policy-{n:04}", SCOPES[n % SCOPES.len()]);
                self.policy(&address, "HIGH", "block", &format!("Rule number {n}: do not share secrets of kind {n}."));
                address
            })
            .collect()
    }

    /// The binary, ready to run in this world with these arguments.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_policysync"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path())
            .env("POLICYSYNC_ENDPOINT", self.service.url())
            .env("POLICYSYNC_TOKEN", TOKEN)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().expect("the binary runs").into()
    }

    /// Starts the binary and lets it run.
    pub fn start(&self, args: &[&str]) -> Going {
        Going::start(self.command(args), self.path())
    }

    /// Starts `apply` with time limits that no stage of a test reaches, and lets it run; the guards let all pass.
    pub fn start_apply(&self, args: &[&str]) -> Going {
        let mut all = vec!["apply", "--timeout", "60s", "--settle", "61s", ALLOWED];
        all.extend(args);
        self.start(&all)
    }

    /// `apply`, with time limits fit for a test: a call may take 2 s, and is settled half a second after that. What weakens or
    /// deletes is let pass: the guards have tests of their own.
    pub fn apply(&self, args: &[&str]) -> Ran {
        self.command_of_apply(args).output().expect("the binary runs").into()
    }

    /// The same, ready to run.
    pub fn command_of_apply(&self, args: &[&str]) -> Command {
        let (timeout, settle) = self.pace;
        self.command(&[&["apply", "--timeout", timeout, "--settle", settle, ALLOWED], args].concat())
    }

    /// What the service holds, sorted.
    pub fn live(&self) -> Vec<Facts> {
        facts(&self.service.policies())
    }

    /// What the tree asks for, sorted; read without the code under test.
    pub fn wanted(&self) -> Vec<Facts> {
        let root = self.path().join("policies");
        let mut all: Vec<Facts> = walkdir::WalkDir::new(&root)
            .into_iter()
            .map(|entry| entry.expect("the tree is readable"))
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(&root).expect("below the root").to_str().expect("UTF-8");
                let fields: Value = serde_yaml::from_str(&self.read(&format!("policies/{path}"))).expect("YAML");
                let text = |field: &str| fields[field].as_str().expect("a text").to_owned();
                let mut scope: Vec<&str> = path.split('/').collect();
                scope.pop();
                scope.resize(3, "-");
                let action = ["log", "alert", "block"].iter().position(|word| *word == text("actionType"));
                let action = i64::try_from(action.expect("an action's word")).expect("a small number");
                (text("name"), text("riskType"), action, text("content"), scope.join("/"))
            })
            .collect();
        all.sort();
        all
    }

    /// Someone else makes a policy in `scope` (`acme/east`); returns its id. It must stay as it is.
    pub fn stranger(&self, scope: &str, name: &str, content: &str) -> String {
        let id = self.seed(scope, name, content, "user-console");
        let made = self.service.policies().into_iter().find(|policy| policy["id"] == id.as_str());
        self.strangers.borrow_mut().push(made.expect("what was made is live"));
        id
    }

    /// The user `by` makes a HIGH, block policy without a call; returns its id.
    pub fn seed(&self, scope: &str, name: &str, content: &str, by: &str) -> String {
        let mut ids = scope.split('/');
        let body = json!({
            "name": name, "content": content, "riskType": "HIGH", "actionType": 2,
            "orgId": ids.next(), "workspaceId": ids.next(), "repoId": ids.next(),
        });
        self.service.seed(body, by)
    }

    /// The id of the one live policy of this name.
    #[track_caller]
    pub fn id(&self, name: &str) -> String {
        let all = self.service.policies();
        let found: Vec<&Value> = all.iter().filter(|policy| policy["name"] == name).collect();
        assert_eq!(found.len(), 1, "one policy is named {name}: {found:?}");
        found[0]["id"].as_str().expect("an id").to_owned()
    }

    /// The record of `acme` as it stands where it is kept.
    #[track_caller]
    pub fn record(&self) -> Value {
        let in_git = self.env.iter().any(|(name, value)| name == "POLICYSYNC_STATE" && value.starts_with("git:"));
        let text = match (&self.corner, in_git) {
            (Some(corner), _) => corner.bytes("acme.json"),
            (None, true) => {
                store_git::git(&self.path().join(REMOTE), &["show", "policysync-state:acme.json"]).into_bytes()
            }
            (None, false) => self.read(".policysync/state/acme.json").into_bytes(),
        };
        serde_json::from_slice(&text).expect("a record is JSON")
    }

    /// Makes the folder a repository, and its runs keep their records on a branch of its remote, which is bare.
    pub fn keep_records_in_git(&mut self) {
        store_git::git(self.path(), &["init", "--quiet", "--template=", "--bare", REMOTE]);
        store_git::git(self.path(), &["init", "--quiet", "--template="]);
        let remote = self.path().join(REMOTE);
        store_git::git(self.path(), &["config", "remote.origin.url", remote.to_str().expect("UTF-8")]);
        // Nothing is to be tidied up after so few saves, and looking whether there is takes a process each time.
        store_git::git(&remote, &["config", "receive.autogc", "false"]);
        let path = std::env::var_os("PATH").and_then(|path| path.into_string().ok()).expect("git is found by it");
        let own = [
            ("POLICYSYNC_STATE", "git:origin"),
            ("PATH", &path),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
        ];
        self.env.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// Its runs keep their records in an object store.
    pub fn keep_records_in(&mut self, corner: Corner) {
        self.env.extend(corner.variables());
        self.env.push(("POLICYSYNC_STATE".to_owned(), corner.location()));
        self.corner = Some(corner);
    }

    /// The requests of a method and path beginning (`POST /policy`), oldest first.
    pub fn requests(&self, line: &str) -> Vec<Request> {
        let fits = |request: &Request| format!("{} {}", request.method, request.path).starts_with(line);
        self.service.requests().into_iter().filter(fits).collect()
    }

    /// Waits until so many requests of a kind have arrived.
    #[track_caller]
    pub fn arrived(&self, line: &str, count: usize) {
        until(&format!("{count} × {line}"), || self.requests(line).len() >= count);
    }

    /// Waits until the service has nothing more to do: what was sent has taken effect, or never will.
    #[track_caller]
    pub fn quiet(&self) {
        let done = |request: &Request| request.outcome != Outcome::Underway;
        until("the service is done with all requests", || self.service.requests().iter().all(done));
    }

    /// Asserts that the service holds what the tree asks for, each exactly once, and other people's policies as they were.
    #[track_caller]
    pub fn holds_the_tree(&self) {
        let strangers = self.strangers.borrow();
        let is_theirs = |policy: &Value| strangers.iter().any(|stranger| stranger["id"] == policy["id"]);
        let (theirs, ours): (Vec<Value>, Vec<Value>) = self.service.policies().into_iter().partition(is_theirs);
        assert_eq!(theirs, *strangers, "nobody else's policy was touched");
        assert_eq!(facts(&ours), self.wanted(), "the service holds the tree, one of each");
    }

    /// Asserts what every history must end with, now that nothing goes wrong any more: one apply makes the service hold
    /// the tree, leaves no work and no lease behind, and the one after it writes nothing.
    #[track_caller]
    pub fn settles(&self, args: &[&str]) -> Ran {
        self.service.set_faults(FaultPlan::none());
        let ran = self.apply(args);
        assert_eq!(ran.code, Some(0), "{ran}");
        self.holds_the_tree();
        let record = self.record();
        assert_eq!((&record["pending"], &record["lease"]), (&Value::Null, &Value::Null), "nothing is left: {ran}");
        let writes = self.writes();
        let again = self.apply(args);
        assert_eq!(again.code, Some(0), "{again}");
        assert!(again.out.contains("No changes"), "{again}");
        assert_eq!(self.writes(), writes, "an apply with nothing to do writes nothing");
        ran
    }

    /// How many requests of a method the service saw.
    pub fn calls(&self, method: &str) -> usize {
        self.service.requests().iter().filter(|request| request.method == method).count()
    }

    /// How many requests that write the service saw.
    pub fn writes(&self) -> usize {
        self.service.requests().iter().filter(|request| request.method != "GET").count()
    }

    /// Asserts what every history must end with: the next apply converges, the one after has nothing to do, and the
    /// service holds exactly one of each policy of the tree.
    #[track_caller]
    pub fn converges_to(&self, addresses: &[String]) {
        self.service.set_faults(FaultPlan::none());
        let ran = self.apply(&[]);
        assert_eq!(ran.code, Some(0), "{ran}");
        self.holds_one_each(addresses);
        let writes = self.writes();
        let ran = self.apply(&[]);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(ran.out.contains("No changes"), "{ran}");
        assert_eq!(self.writes(), writes, "an apply with nothing to do writes nothing");
    }

    /// Asserts that the service holds exactly one of each of these policies, by name.
    #[track_caller]
    pub fn holds_one_each(&self, addresses: &[String]) {
        let mut wanted: Vec<&str> =
            addresses.iter().map(|address| address.rsplit('/').next().expect("a key")).collect();
        wanted.sort_unstable();
        let live = self.live();
        let held: Vec<&str> = live.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(held, wanted);
    }
}

fn facts(policies: &[Value]) -> Vec<Facts> {
    let text = |policy: &Value, field: &str| policy[field].as_str().unwrap_or("-").to_owned();
    let mut all: Vec<Facts> = policies
        .iter()
        .map(|policy| {
            let scope = ["orgId", "workspaceId", "repoId"].map(|id| text(policy, id)).join("/");
            let action = policy["actionType"].as_i64().expect("an action is a number");
            (text(policy, "name"), text(policy, "riskType"), action, text(policy, "content"), scope)
        })
        .collect();
    all.sort();
    all
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the binary writes UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    /// The result as JSON.
    #[track_caller]
    #[expect(clippy::panic, reason = "a result that is no JSON fails the test, and is shown whole")]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no JSON ({error}): {self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.out, self.err)
    }
}
