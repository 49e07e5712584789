//! Runs the `git` program: with a time limit, in a process group of its own, and never asking anybody anything.
//!
//! A Ctrl-C on the terminal goes to every process of the foreground group; a save under way must not end half way with it,
//! so what runs here is in another group, and is killed as one where its time is over.
//!
//! Blocks: called on threads that may wait. A process whose thread has gone (kill -9) runs on to its end by itself.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::state::{StoreAnswer, StoreAsked, StoreCall, StoreObserver};

/// As much as is kept of what git says; a server may say any amount.
const LONGEST_SPEECH: u64 = 64 * 1024;
/// How long after its end a process's last words are waited for: someone it has started may hold its pipes for ever.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Between two looks whether a process has ended that has closed its pipes, or hasn't.
const SHORT: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_millis(20);

/// What tells git which repository, objects and settings to work with (`git rev-parse --local-env-vars`): ours has its own.
const OF_A_REPOSITORY: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REF_FORMAT",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// The git program, what it is told besides the environment of this process, and who is told what it does.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) folder: PathBuf,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) observer: Arc<dyn StoreObserver>,
}

/// A remote that a command speaks with, as the log has it, and which try it is, from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Afar<'a> {
    pub(super) remote: &'a str,
    pub(super) attempt: u32,
}

/// A process that has ended by itself.
#[derive(Debug)]
pub(super) struct Ended {
    /// Whether its exit code is 0.
    pub(super) well: bool,
    /// Its exit code; nothing where a signal ended it.
    pub(super) code: Option<i32>,
    /// What it wrote to its standard output.
    pub(super) out: Vec<u8>,
    /// What it said on its standard error.
    pub(super) said: String,
}

/// A process that did not run, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// It could not be started.
    #[error("the `git` program can't be started: {0}")]
    NotStarted(#[source] io::Error),
    /// It was killed.
    #[error("it took longer than {}s and was stopped", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The system lost it.
    #[error("the `git` program can't be waited for: {0}")]
    Lost(#[source] io::Error),
}

impl Program {
    /// The program, in the repository that it finds by itself.
    pub(super) fn here<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(&self.folder)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            // Its words are read, and shown beside ours.
            .env("LC_ALL", "C")
            .env("LANGUAGE", "")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0");
        command
    }

    /// The program, told of no repository and of no settings but those that are added.
    pub(super) fn bare<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.here(arguments);
        let is_told = |name: &str| self.environment.iter().any(|(told, _)| told == name);
        for name in OF_A_REPOSITORY.iter().filter(|name| !is_told(name)) {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    /// Runs a command as [`run`] does, and tells of it.
    pub(super) fn run(
        &self,
        command: Command,
        afar: Option<Afar<'_>>,
        input: Vec<u8>,
        limit: Duration,
        cap: u64,
    ) -> Result<Ended, Broken> {
        // Of its arguments no more than the first: a remote's address may hold a password.
        let name = command.get_args().next().unwrap_or_default().to_string_lossy().into_owned();
        let begun = Instant::now();
        let ended = run(command, input, limit, cap);
        let answer = match &ended {
            Ok(Ended { code: Some(code), .. }) => StoreAnswer::Exit(*code),
            Ok(Ended { code: None, .. }) => StoreAnswer::Fault("a signal ended it".to_owned()),
            Err(broken) => StoreAnswer::Fault(broken.to_string()),
        };
        self.observer.over(&StoreCall {
            what: StoreAsked::Git { command: name, remote: afar.map(|afar| afar.remote.to_owned()) },
            attempt: afar.map_or(1, |afar| afar.attempt),
            answer,
            elapsed: begun.elapsed(),
        });
        ended
    }
}

/// Runs a command to its end, or for as long as `limit` allows; `input` is what it reads, and of its output no more than
/// `cap` bytes and one are kept.
fn run(mut command: Command, input: Vec<u8>, limit: Duration, cap: u64) -> Result<Ended, Broken> {
    in_own_group(&mut command);
    let begun = Instant::now();
    let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
    let mut child =
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(Broken::NotStarted)?;
    let (sender, closed) = channel();
    let out = child.stdout.take().map(|stream| gather(stream, cap.saturating_add(1), false, sender.clone()));
    let said = child.stderr.take().map(|stream| gather(stream, LONGEST_SPEECH, true, sender));
    if let Some(mut stdin) = child.stdin.take() {
        // It may end without having read everything; its exit code and its words say why.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let status = match wait(&mut child, &closed, begun, limit) {
        Ok(Some(status)) => status,
        Ok(None) => {
            kill(&mut child);
            return Err(Broken::TimedOut(limit));
        }
        Err(error) => {
            kill(&mut child);
            return Err(Broken::Lost(error));
        }
    };
    let ended = Instant::now();
    while closed.recv_timeout(LAST_WORDS.saturating_sub(ended.elapsed())).is_ok() {}
    let taken = |gathered: Option<Arc<Mutex<Vec<u8>>>>| {
        gathered.map(|bytes| std::mem::take(&mut *bytes.lock().unwrap_or_else(PoisonError::into_inner)))
    };
    let said = String::from_utf8_lossy(&taken(said).unwrap_or_default()).into_owned();
    Ok(Ended { well: status.success(), code: status.code(), out: taken(out).unwrap_or_default(), said })
}

/// Reads a stream on a thread of its own until it is closed, and tells when it is. Of more than `most` bytes the rest is
/// read and thrown away, or, where it is not to be read `to_its_end`, refused.
fn gather(
    mut stream: impl Read + Send + 'static,
    most: u64,
    to_its_end: bool,
    closed: Sender<()>,
) -> Arc<Mutex<Vec<u8>>> {
    let gathered = Arc::new(Mutex::new(Vec::new()));
    let bytes = Arc::clone(&gathered);
    std::thread::spawn(move || {
        let mut chunk = [0; 64 * 1024];
        while let Ok(read) = stream.read(&mut chunk) {
            let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
            let room = usize::try_from(most).unwrap_or(usize::MAX) - bytes.len();
            bytes.extend_from_slice(&chunk[..read.min(room)]);
            if read == 0 || (room <= read && !to_its_end) {
                break;
            }
        }
        drop(stream);
        // Nobody may be waiting any more.
        let _ = closed.send(());
    });
    gathered
}

/// Waits for the end of a process; nothing where its time is over first.
fn wait(
    child: &mut Child,
    closed: &Receiver<()>,
    begun: Instant,
    limit: Duration,
) -> io::Result<Option<std::process::ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let Some(left) = limit.checked_sub(begun.elapsed()) else { return Ok(None) };
        // A process closes its pipes when it ends, so this wakes at once; only who closes them earlier is looked at in turn.
        if let Err(RecvTimeoutError::Disconnected) = closed.recv_timeout(left.min(LONG)) {
            std::thread::park_timeout(SHORT);
        }
    }
}

#[cfg(unix)]
fn in_own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(unix)]
fn kill(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // It is not reaped yet, so its number is still its own. Who has ended can't be killed, and needn't.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    let _ = child.wait();
}

#[cfg(windows)]
fn in_own_group(command: &mut Command) {
    use std::os::windows::process::CommandExt as _;
    /// `CREATE_NEW_PROCESS_GROUP`: a Ctrl-C on the console doesn't reach it.
    const NEW_GROUP: u32 = 0x0000_0200;
    command.creation_flags(NEW_GROUP);
}

#[cfg(not(any(unix, windows)))]
fn in_own_group(_: &mut Command) {}

#[cfg(not(unix))]
fn kill(child: &mut Child) {
    // Who has ended can't be killed, and needn't.
    let _ = child.kill();
    let _ = child.wait();
}
