//! What git has here: which repository is worked in, its settings, the remote, and who commits.
//!
//! Records are handled in a repository of our own ([`super::repository`]), so that the user's is left as it is: no object,
//! no ref, no shallow boundary is added. What it has that we need is its settings: remotes, rewritten addresses, proxies,
//! credentials; also those that hold only there (`includeIf "gitdir:…"`, which is how CI checkouts hand on their token). git
//! itself is asked for all that hold here, and they are handed on through the environment, never written to a disk.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::program::{Broken, Ended, Program};
use super::{addresses, credentials, words};
use crate::state::secrets::Secrets;
use crate::state::store::Advised;

/// Reading settings takes milliseconds; a network disk may take longer.
const LIMIT: Duration = Duration::from_secs(20);
/// Larger than any settings.
const CAP: u64 = 4 * 1024 * 1024;
/// The first version that takes settings from the environment (`GIT_CONFIG_COUNT`).
const OLDEST: (u32, u32) = (2, 31);
/// Who commits where git knows nobody. `.invalid` is nobody's, for ever (RFC 2606).
const NOBODY: (&str, &str) = ("policysync", "policysync@policysync.invalid");

/// What holds where we work.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// The program, told all settings that hold here.
    pub(super) program: Program,
    /// What git is to call the remote: a name from the settings, a path or an address.
    pub(super) remote: String,
    /// The remote as the log has it: its address where the settings name one, without a user's name or password. Messages
    /// name it as the user did.
    pub(super) address: String,
    /// What a server must not be heard to say back.
    pub(super) secrets: Secrets,
    /// Whether the repository that is worked in names objects by SHA-256.
    pub(super) is_sha256: bool,
    /// Who commits: `Name <address>`.
    pub(super) committer: String,
}

/// A setting: its name and its value.
pub(super) type Setting = (String, String);

impl Surroundings {
    /// Asks git what there is around the program's folder.
    pub(super) fn explore(program: &Program, remote: &str) -> Result<Self, Advised> {
        check_version(&ask(program, &["version"])?)?;
        let found = ask(program, &["rev-parse", "--absolute-git-dir", "--show-object-format", "--show-cdup"])?;
        let settings = ask(program, &["config", "--list", "-z"])?;
        let variables = variables(program);
        if !settings.well {
            let said = words::told(&settings.said, &credentials::known(remote, &[], &variables));
            return Err(Advised::new(format!("git can't read its settings: {said}")));
        }
        let settings = parse(&settings.out);
        let secrets = credentials::known(remote, &settings, &variables);
        let lines = String::from_utf8_lossy(&found.out).into_owned();
        let mut lines = lines.lines().skip(1);
        let is_sha256 = found.well && lines.next() == Some("sha256");
        // A remote's relative path is relative to the top of the work tree, as everywhere in git.
        let folder = match (found.well, lines.next()) {
            (true, Some(up)) if !up.is_empty() => program.folder.join(up),
            _ => program.folder.clone(),
        };
        let named = is_named(&settings, remote);
        let address = addresses::address(only_address(&settings, remote).unwrap_or(remote));
        let remote = if named { remote.to_owned() } else { elsewhere(program, remote, &settings, &found, &secrets)? };
        let committer = committer(&settings, program);
        Ok(Self { program: told(program, folder, settings), remote, address, secrets, is_sha256, committer })
    }
}

fn ask(program: &Program, arguments: &[&str]) -> Result<Ended, Advised> {
    program.run(program.here(arguments), None, Vec::new(), LIMIT, CAP).map_err(|broken| not_run(&broken))
}

/// The program itself failed.
pub(super) fn not_run(broken: &Broken) -> Advised {
    let advised = Advised::new(broken.to_string());
    match broken {
        Broken::NotStarted(_) => advised.advice("install git 2.31 or later, and see that it is on the PATH"),
        Broken::TimedOut(_) | Broken::Lost(_) => advised,
    }
}

fn check_version(answer: &Ended) -> Result<(), Advised> {
    let said = String::from_utf8_lossy(&answer.out);
    let number = said.trim().strip_prefix("git version ").unwrap_or_default();
    let mut parts = number.split(['.', ' ', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if answer.well && version >= OLDEST {
        return Ok(());
    }
    let said = if number.is_empty() { words::told(&answer.said, &Secrets::default()) } else { words::one_line(number) };
    Err(Advised::new(format!("the git that is there can't be worked with: {said}")).advice("install git 2.31 or later"))
}

/// What `git config --list -z` prints: a name, a line feed and a value, each ended by a zero byte; no line feed where a
/// setting has no value, which means that it is on.
fn parse(listed: &[u8]) -> Vec<Setting> {
    let listed = String::from_utf8_lossy(listed);
    let one = |entry: &str| match entry.split_once('\n') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (entry.to_owned(), "true".to_owned()),
    };
    listed.split('\0').filter(|entry| !entry.is_empty()).map(one).collect()
}

/// A setting of a remote: which remote and which setting.
fn of_remote(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("remote.")?.rsplit_once('.')
}

fn is_named(settings: &[Setting], remote: &str) -> bool {
    settings.iter().filter_map(|(name, _)| of_remote(name)).any(|(named, what)| named == remote && what == "url")
}

/// The address of a remote of this name, where there is one and no more.
fn only_address<'a>(settings: &'a [Setting], remote: &str) -> Option<&'a str> {
    let of_it = settings.iter().filter_map(|(name, value)| Some((of_remote(name)?, value)));
    let mut addresses = of_it
        .filter(|((named, what), _)| *named == remote && matches!(*what, "url" | "pushurl"))
        .map(|(_, value)| value);
    addresses.next().filter(|_| addresses.next().is_none()).map(String::as_str)
}

/// A remote that is no name of one here: a path or an address.
fn elsewhere(
    program: &Program,
    remote: &str,
    settings: &[Setting],
    found: &Ended,
    secrets: &Secrets,
) -> Result<String, Advised> {
    let path = program.folder.join(remote);
    if path.exists() {
        let whole = path.canonicalize().unwrap_or(path);
        // git's own paths on Windows don't begin with `\\?\`.
        let text = whole.to_string_lossy();
        return Ok(text.strip_prefix(r"\\?\").unwrap_or(&text).to_owned());
    }
    if remote.contains([':', '/', '\\']) {
        return Ok(remote.to_owned());
    }
    let shown = words::one_line(remote);
    if !found.well {
        let said = words::told(&found.said, secrets);
        return Err(Advised::new(format!(
            "`{shown}` is the name of a remote, and there is no repository to look it up in: {said}"
        ))
        .advice("run policysync in the repository, or give the remote's address: git:https://…"));
    }
    let mut names: Vec<&str> = settings.iter().filter_map(|(name, _)| of_remote(name)).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let there =
        if names.is_empty() { "there is none yet".to_owned() } else { format!("there are: {}", names.join(", ")) };
    Err(Advised::new(format!("the repository has no remote `{shown}`; {}", words::one_line(&there)))
        .advice("name one of them in --state, or add it: git remote add NAME ADDRESS"))
}

/// Whether a setting is to hold in our own repository: what leads to a remote does; what shapes a repository, or makes
/// fetching and pushing do more than they are told, does not.
fn leads_to_a_remote(name: &str) -> bool {
    let section = name.split('.').next().unwrap_or_default();
    match section {
        "core" => matches!(name, "core.sshcommand" | "core.askpass" | "core.gitproxy"),
        "push" => name == "push.pushoption",
        "remote" => of_remote(name).is_some_and(|(_, what)| {
            !matches!(
                what,
                "fetch" | "mirror" | "partialclonefilter" | "promisor" | "prune" | "prunetags" | "push" | "tagopt"
            )
        }),
        "branch" | "checkout" | "clone" | "commit" | "diff" | "extensions" | "fastimport" | "feature" | "fetch"
        | "filter" | "fsck" | "gc" | "gpg" | "include" | "includeif" | "index" | "init" | "log" | "maintenance"
        | "merge" | "pull" | "receive" | "safe" | "status" | "submodule" | "tag" | "transfer" | "uploadpack" => false,
        _ => true,
    }
}

/// The program in `folder`, told the settings.
fn told(program: &Program, folder: PathBuf, settings: Vec<Setting>) -> Program {
    let mut environment = program.environment.clone();
    let mut tell = |name: String, value: String| environment.push((name.into(), value.into()));
    let asks_nobody = !settings.iter().any(|(name, _)| name == "core.sshcommand")
        && ["GIT_SSH_COMMAND", "GIT_SSH"].iter().all(|name| variable(program, name).is_none());
    if asks_nobody {
        tell("GIT_SSH_COMMAND".to_owned(), "ssh -o BatchMode=yes".to_owned());
    }
    let settings: Vec<Setting> = settings.into_iter().filter(|(name, _)| leads_to_a_remote(name)).collect();
    tell("GIT_CONFIG_COUNT".to_owned(), settings.len().to_string());
    for (number, (name, value)) in settings.into_iter().enumerate() {
        tell(format!("GIT_CONFIG_KEY_{number}"), name);
        tell(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    Program { folder, environment, observer: Arc::clone(&program.observer) }
}

/// All variables as git sees them.
fn variables(program: &Program) -> Vec<(String, String)> {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().chain(program.environment.iter().cloned()).filter_map(text).collect()
}

/// A variable as git sees it; an empty one counts as none.
fn variable(program: &Program, name: &str) -> Option<OsString> {
    let added =
        program.environment.iter().find(|(added, _)| added.to_str() == Some(name)).map(|(_, value)| value.clone());
    // git's own variables, which git reads too: no settings of ours.
    added.or_else(|| std::env::var_os(name)).filter(|value| !value.is_empty())
}

/// Who commits: whom git would take, if someone has told it; nobody in particular otherwise. What git would make up from
/// the machine's and the user's names is not asked for: on a CI runner it says nothing.
fn committer(settings: &[Setting], program: &Program) -> String {
    let set = |name: &str| {
        let last = settings.iter().rev().find(|(setting, value)| setting == name && !value.trim().is_empty());
        last.map(|(_, value)| value.clone())
    };
    let find = |from: &str, own: &str, user: &str| {
        let said = variable(program, from).map(|value| value.to_string_lossy().into_owned());
        let text = said.or_else(|| set(own)).or_else(|| set(user))?;
        // git itself drops these from names.
        let text: String = text.chars().filter(|c| !c.is_control() && !"<>".contains(*c)).collect();
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let name = find("GIT_COMMITTER_NAME", "committer.name", "user.name");
    let address = find("GIT_COMMITTER_EMAIL", "committer.email", "user.email");
    match (name, address) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        _ => format!("{} <{}>", NOBODY.0, NOBODY.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::observe::Unobserved;

    fn settings(of: &[(&str, &str)]) -> Vec<Setting> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_listing_is_taken_apart_line_feeds_in_values_and_all() {
        let listed = b"user.name\nA B\0core.bare\0alias.x\n!f() {\n}\0remote.a.b.url\nhttps://h/x\0";
        let found = parse(listed);
        assert_eq!(
            found,
            settings(&[
                ("user.name", "A B"),
                ("core.bare", "true"),
                ("alias.x", "!f() {\n}"),
                ("remote.a.b.url", "https://h/x")
            ])
        );
        assert!(is_named(&found, "a.b") && !is_named(&found, "a"));
    }

    #[test]
    fn what_leads_to_a_remote_is_handed_on_and_what_shapes_a_repository_is_not() {
        for name in [
            "http.https://github.com/.extraheader",
            "http.proxy",
            "credential.helper",
            "url.git@h:.insteadof",
            "core.sshcommand",
            "remote.origin.url",
            "remote.origin.pushurl",
            "remote.origin.receivepack",
            "push.pushoption",
            "protocol.version",
            "ssh.variant",
        ] {
            assert!(leads_to_a_remote(name), "{name}");
        }
        for name in [
            "core.bare",
            "core.hookspath",
            "core.repositoryformatversion",
            "extensions.objectformat",
            "extensions.partialclone",
            "remote.origin.promisor",
            "remote.origin.fetch",
            "remote.origin.mirror",
            "remote.origin.tagopt",
            "push.followtags",
            "push.gpgsign",
            "include.path",
            "includeif.gitdir:/x.path",
            "fetch.prune",
            "branch.main.remote",
        ] {
            assert!(!leads_to_a_remote(name), "{name}");
        }
    }

    #[test]
    fn who_commits_is_who_was_told_to_git_or_nobody() {
        let program = |environment: &[(&str, &str)]| Program {
            folder: PathBuf::from("."),
            environment: environment.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            observer: Arc::new(Unobserved),
        };
        // An empty one in the test's own environment counts as none.
        let nobody = program(&[("GIT_COMMITTER_NAME", ""), ("GIT_COMMITTER_EMAIL", "")]);
        let user = settings(&[("user.name", "Old"), ("user.name", "A <B>\n"), ("user.email", "a@b.example")]);
        assert_eq!(committer(&user, &nobody), "A B <a@b.example>");
        assert_eq!(committer(&settings(&[("user.name", "A")]), &nobody), "policysync <policysync@policysync.invalid>");
        let told = program(&[("GIT_COMMITTER_NAME", "Bot"), ("GIT_COMMITTER_EMAIL", "bot@ci.example")]);
        assert_eq!(committer(&user, &told), "Bot <bot@ci.example>");
    }

    #[test]
    fn an_old_git_is_refused_and_a_vendors_version_is_read() {
        let answer =
            |text: &str| Ended { well: true, code: Some(0), out: text.as_bytes().to_vec(), said: String::new() };
        for good in [
            "git version 2.31.0\n",
            "git version 2.39.5 (Apple Git-154)\n",
            "git version 2.50.1.windows.1\n",
            "git version 3.0.rc1\n",
        ] {
            assert!(check_version(&answer(good)).is_ok(), "{good}");
        }
        for bad in ["git version 2.30.9\n", "git version 1.8.3.1\n", "", "hub version 2\n"] {
            assert!(check_version(&answer(bad)).is_err(), "{bad}");
        }
    }
}
