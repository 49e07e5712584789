//! A run of the binary that a test looks at, signals and kills while it works.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::world::Ran;

/// Nothing takes this long but what never comes to be; how long it takes decides nothing.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until something is so that another thread or process brings about.
#[track_caller]
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < DEADLINE, "this never came to be: {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Plays variants of a history side by side: they mostly wait.
pub fn at_once<T: Send>(variants: impl IntoIterator<Item = T>, play: impl Fn(T) + Sync) {
    let play = &play;
    std::thread::scope(|scope| {
        for variant in variants {
            scope.spawn(move || play(variant));
        }
    });
}

/// A process that runs; it is killed where a test forgets it.
pub struct Going {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Going {
    /// Starts it; what it writes goes into files of `folder`, so that it can be read meanwhile.
    pub fn start(mut command: Command, folder: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let (out, err) = (folder.join(format!("out-{number}")), folder.join(format!("err-{number}")));
        let file = |path: &Path| Stdio::from(std::fs::File::create(path).expect("a file can be made"));
        let child = command.stdout(file(&out)).stderr(file(&err)).spawn().expect("the binary starts");
        Self { child, out, err }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has told so far.
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    pub fn told(&self) -> String {
        std::fs::read_to_string(&self.err).expect("the file is there")
    }

    /// What it has written to standard output so far.
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.out).expect("the file is there")
    }

    /// Sends it a signal: `INT`, `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
        assert!(sent.expect("there is a shell").success(), "{name} was not sent");
    }

    /// kill -9.
    pub fn kill(mut self) {
        let ended = self.child.try_wait().expect("its end can be asked for");
        assert_eq!(ended, None, "it is still at work when it is killed: {}", self.told());
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is dead");
    }

    /// Waits for its end.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    pub fn end(mut self) -> Ran {
        let mut status = None;
        until("the end of the run", || {
            status = self.child.try_wait().expect("its end can be asked for");
            status.is_some()
        });
        let out = std::fs::read_to_string(&self.out).expect("the file is there");
        Ran { code: status.and_then(|status| status.code()), out, err: self.told() }
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        // One that has ended can't be killed, and needn't.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
