//! Which process holds a lease, named so that another run on the same machine can tell when it is dead: after a
//! `kill -9` nobody need wait for the lease to expire.
//!
//! Only certainty counts. A process on another machine, in another container, or behind a `/proc` that hides processes is
//! never called dead.

use super::Process;

impl Process {
    /// This process; nothing where the system has no name for it that holds for good (anywhere but on Linux).
    #[must_use]
    pub fn current() -> Option<Self> {
        system::current()
    }

    /// Whether the process is surely dead: same boot, same namespace, and its process id is free, another process's, or
    /// waits only to be reaped. `false` also where that can't be known.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        system::is_gone(self)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Process;

    pub(super) fn current() -> Option<Process> {
        None
    }

    pub(super) fn is_gone(_: &Process) -> bool {
        false
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;

    use super::Process;

    pub(super) fn current() -> Option<Process> {
        let Status { pid, started, dead: _ } = status("self").ok()?;
        // Another namespace's /proc counts processes otherwise than we do.
        (pid == std::process::id()).then_some(())?;
        Some(Process { boot: boot()?, namespace: namespace()?, pid, started })
    }

    pub(super) fn is_gone(process: &Process) -> bool {
        let Process { boot: its_boot, namespace: its_namespace, pid, started } = process;
        // The own name is asked for as a whole, because it is none where /proc isn't ours.
        let same_world = current().is_some_and(|ours| ours.boot == *its_boot && ours.namespace == *its_namespace);
        if !same_world {
            return false;
        }
        match status(&pid.to_string()) {
            Ok(found) => found.dead || found.started != *started,
            Err(error) => error.kind() == io::ErrorKind::NotFound && shows_all(),
        }
    }

    fn boot() -> Option<String> {
        let boot = String::from_utf8(std::fs::read("/proc/sys/kernel/random/boot_id").ok()?).ok()?;
        Some(boot.trim_end().to_owned())
    }

    /// The namespaces of process ids and of clocks: both are in what `/proc` says of another process.
    fn namespace() -> Option<String> {
        let of =
            |kind: &str| std::fs::read_link(format!("/proc/self/ns/{kind}")).ok()?.into_os_string().into_string().ok();
        let pid = of("pid")?;
        // A kernel before 5.6 has one clock for all.
        Some(of("time").map_or(pid.clone(), |time| format!("{pid} {time}")))
    }

    /// What `/proc/<pid>/stat` says, as far as it matters here (proc_pid_stat(5)).
    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct Status {
        pub(super) pid: u32,
        pub(super) dead: bool,
        pub(super) started: u64,
    }

    fn status(pid: &str) -> io::Result<Status> {
        let bytes = std::fs::read(format!("/proc/{pid}/stat"))?;
        parse(&bytes).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
    }

    pub(super) fn parse(stat: &[u8]) -> Option<Status> {
        let text = String::from_utf8_lossy(stat);
        // The name, field 2, is in parentheses and may itself hold spaces and parentheses.
        let (before, after) = text.rsplit_once(')')?;
        let pid = before.split_once(' ')?.0.parse().ok()?;
        let mut fields = after.split_ascii_whitespace();
        // Field 3: zombie or dead.
        let dead = matches!(fields.next()?, "Z" | "X" | "x");
        // Field 22; three are behind us.
        let started = fields.nth(22 - 4)?.parse().ok()?;
        Some(Status { pid, dead, started })
    }

    /// Whether `/proc` shows the processes of everyone: with `hidepid`, one that isn't seen may well be alive.
    fn shows_all() -> bool {
        std::fs::read("/proc/self/mountinfo").is_ok_and(|mounts| hides_none(&String::from_utf8_lossy(&mounts)))
    }

    /// The same of a `/proc/self/mountinfo`: each `proc` mounted at `/proc` names no `hidepid`, or says that it is off.
    pub(super) fn hides_none(mounts: &str) -> bool {
        let mut mounted = mounts
            .lines()
            .filter(|line| line.split(' ').nth(4) == Some("/proc"))
            .filter_map(|line| line.split_once(" - "))
            .peekable();
        let hides = |(_, rest): (&str, &str)| {
            let option = |option: &str| option.strip_prefix("hidepid=").is_some_and(|how| how != "0" && how != "off");
            !rest.starts_with("proc ") || rest.split([' ', ',']).any(option)
        };
        mounted.peek().is_some() && !mounted.any(hides)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::system::{Status, hides_none, parse};
    use super::*;

    /// A child that lives until its input is closed or it is killed.
    fn child() -> Child {
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("cat is there")
    }

    fn named(pid: u32) -> Process {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).unwrap();
        Process { pid, started: parse(&stat).unwrap().started, ..Process::current().unwrap() }
    }

    #[test]
    fn this_process_is_not_gone() {
        let current = Process::current().expect("Linux names processes for good");
        assert_eq!(current.pid, std::process::id());
        assert!(!current.is_gone());
        assert_eq!(Process::current(), Some(current));
    }

    #[test]
    fn a_child_is_gone_once_it_is_dead_also_before_it_is_reaped() {
        let mut child = child();
        let name = named(child.id());
        assert!(!name.is_gone(), "it lives");
        child.kill().unwrap();
        // Dying takes the kernel a moment; `waitid` without reaping isn't to be had here.
        let begun = std::time::Instant::now();
        while !name.is_gone() {
            assert!(begun.elapsed().as_secs() < 30, "a killed process, not reaped yet, is not seen as dead");
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(name.is_gone(), "its id is free");
    }

    #[test]
    fn another_start_time_is_another_process() {
        let current = Process::current().unwrap();
        let earlier = Process { started: current.started - 1, ..current };
        assert!(earlier.is_gone());
    }

    #[test]
    fn what_is_elsewhere_is_never_called_dead() {
        let mut child = child();
        let name = named(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(name.is_gone());
        let boot = "6f1e7a5c-0000-4000-8000-000000000000".to_owned();
        assert!(!Process { boot, ..name.clone() }.is_gone(), "another boot or machine");
        assert!(!Process { namespace: "pid:[1]".to_owned(), ..name }.is_gone(), "another container");
    }

    #[test]
    fn a_name_with_spaces_and_parentheses_is_skipped() {
        let tail = "S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 9 10";
        let want = Status { pid: 17, dead: false, started: 4242 };
        assert_eq!(parse(format!("17 (a) Z 1 (b)) {tail}").as_bytes()), Some(want));
        let zombie = format!("17 (cat) {}", tail.replacen('S', "Z", 1));
        assert!(parse(zombie.as_bytes()).unwrap().dead);
        for broken in ["", "17", "17 (cat", "17 (cat) S 1 1", "x (cat) S"] {
            assert_eq!(parse(broken.as_bytes()), None, "{broken}");
        }
    }

    #[test]
    fn a_proc_that_hides_processes_proves_nothing() {
        let mount = |options: &str| format!("22 1 0:21 / /proc rw,nosuid shared:5 - proc proc {options}\n");
        for (mounts, all) in [
            (mount("rw"), true),
            (mount("rw,hidepid=0"), true),
            (mount("rw,hidepid=off"), true),
            (mount("rw,gid=10,hidepid=2"), false),
            (mount("rw,hidepid=invisible"), false),
            (mount("rw,hidepid=ptraceable"), false),
            (mount("rw") + &mount("rw,hidepid=2"), false),
            ("22 1 0:21 / /sys rw - sysfs sysfs rw\n".to_owned(), false),
            ("22 1 0:21 / /proc rw - fuse.lxcfs lxcfs rw\n".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(hides_none(&mounts), all, "{mounts}");
        }
    }
}
