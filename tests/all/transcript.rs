//! A page's transcripts, typed line by line into one shell, as a reader does who follows the page, and compared with what the
//! page shows.
//!
//! In a `console` block a line that begins with `$ ` is typed, one with `> ` goes on with it; what follows is what the terminal
//! shows. A line `…` stands for any lines. A page says in one of three ways what that is ([`Shown`]). A comment
//! `<!-- until: COMMAND -->` waits for what a reader sees by looking.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Nothing on a page takes this long.
const DEADLINE: Duration = Duration::from_secs(120);
/// What the shell says when a command has ended.
const ENDED: &str = "-- the command has ended --";
/// Where pages have the service; each run takes a port that is free.
const ADDRESS: &str = "127.0.0.1:8787";
/// Where pages have the reader work.
const FOLDER: &str = "/builds/acme";

/// What a page shows of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The result, to the letter; `ID` stands for an id that the service gave.
    Result,
    /// Both streams, likewise.
    Both,
    /// Both streams as they were once. Ids and digests may be others in each run, but one stays itself throughout the page,
    /// also where it is typed; times and process numbers are not compared.
    Once,
}

/// A page of this project, by its path.
#[expect(clippy::disallowed_methods, reason = "reads this project's own pages")]
pub fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// What a reader does next.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Type { typed: String, shown: Vec<String> },
    Wait(String),
}

/// What a page has a reader do.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (false, _) => {
                let waits = line.strip_prefix("<!-- until: ").and_then(|rest| rest.strip_suffix(" -->"));
                steps.extend(waits.map(|command| Step::Wait(command.to_owned())));
            }
            (true, "```") => inside = false,
            (true, _) => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(typed), _) => steps.push(Step::Type { typed: typed.to_owned(), shown: Vec::new() }),
                (None, Some(Step::Type { typed, shown })) => match line.strip_prefix("> ") {
                    Some(more) if shown.is_empty() => *typed += &format!("\n{more}"),
                    _ => shown.push(line.trim_end().to_owned()),
                },
                (None, _) => panic!("a block begins with a command, not with {line}"),
            },
        }
    }
    steps
}

/// Does what a page says in a folder, with these variables set and these words in the place of the page's; there must be at
/// least so many commands.
#[track_caller]
pub fn is_what_one_sees(
    (page, shown): (&str, Shown),
    at_least: usize,
    folder: &Path,
    set: &[(&str, &str)],
    words: &[(&str, &str)],
) {
    let steps = steps(page);
    let typed = steps.iter().filter(|step| matches!(step, Step::Type { .. })).count();
    assert!(typed >= at_least, "the page has {typed} commands, not {at_least}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("a port is free").to_string();
    let words_here = [(ADDRESS, address.as_str()), (FOLDER, folder.to_str().expect("a folder's name is UTF-8"))];
    let words = words_here.iter().chain(words).map(|(page, ours)| ((*page).to_owned(), (*ours).to_owned())).collect();
    let mut reader = Reader { shell: Shell::open(folder, set, shown), how: shown, words, names: BTreeMap::new() };
    for step in steps {
        match step {
            Step::Type { typed, shown } => reader.does(&typed, &shown),
            Step::Wait(command) => {
                let command = reader.ours(&command);
                reader.shell.run(&format!("until {command}; do sleep 0.05; done >/dev/null 2>&1"));
            }
        }
    }
}

/// Somebody who follows a page.
struct Reader {
    shell: Shell,
    how: Shown,
    /// What stands on the page for something that is otherwise in each run.
    words: Vec<(String, String)>,
    /// The page's ids and digests, and ours.
    names: BTreeMap<String, String>,
}

impl Reader {
    /// What the page says, as it is typed here.
    fn ours(&self, typed: &str) -> String {
        let words = self.words.iter().map(|(page, ours)| (page, ours));
        words.chain(&self.names).fold(typed.to_owned(), |typed, (page, ours)| typed.replace(page, ours))
    }

    #[track_caller]
    fn does(&mut self, typed: &str, shown: &[String]) {
        self.shell.begin(&self.ours(typed));
        // What works in the background may not have said anything yet when the shell is ready again.
        let background = typed.ends_with(" &") || typed.contains(" & ");
        let (mut printed, mut ended): (Vec<String>, bool) = (Vec::new(), false);
        let lines = loop {
            let line = self.shell.next();
            match line {
                Some(line) if line == ENDED => {
                    ended = true;
                    printed.pop_if(|last| last.is_empty());
                }
                Some(line) => {
                    let page = self.words.iter().fold(line, |line, (page, ours)| line.replace(ours, page));
                    printed.push(page.trim_end().to_owned());
                }
                None => {
                    panic!("$ {typed}\nshows no more than this:\n{}\n{}", printed.join("\n"), self.shell.beside())
                }
            }
            if !ended {
                continue;
            }
            match alike(self.how, shown, &printed) {
                Some(lines) => break lines,
                None => assert!(
                    background,
                    "$ {typed}\nthe page shows:\n{}\n\nit prints:\n{}\n\n{}",
                    shown.join("\n"),
                    printed.join("\n"),
                    self.shell.beside()
                ),
            }
        };
        let lines = if self.how == Shown::Once { lines } else { Vec::new() };
        for (page, ours) in lines.iter().flat_map(|(page, ours)| names(page).into_iter().zip(names(ours))) {
            let before = self.names.insert(page.clone(), ours.clone());
            assert!(
                before.as_ref().is_none_or(|before| *before == ours),
                "$ {typed}\nthe page has one name, {page}, for two things, {before:?} and {ours}"
            );
        }
    }
}

/// The lines shown beside those printed, if they are the same but for what is otherwise in each run.
fn alike(how: Shown, shown: &[String], printed: &[String]) -> Option<Vec<(String, String)>> {
    let Some((line, rest)) = shown.split_first() else { return printed.is_empty().then(Vec::new) };
    if line == "…" {
        return (0..=printed.len()).find_map(|skip| alike(how, rest, &printed[skip..]));
    }
    let (first, others) = printed.split_first()?;
    let is_same = match how {
        Shown::Once => plain(line) == plain(first),
        Shown::Result | Shown::Both => *line == without_ids(first),
    };
    if !is_same {
        return None;
    }
    let mut lines = alike(how, rest, others)?;
    lines.push((line.clone(), first.clone()));
    Some(lines)
}

/// The words and what is between them.
fn pieces(line: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    line.split_inclusive(|c| !is_word(c))
        .flat_map(|piece| match piece.char_indices().last() {
            Some((at, last)) if !is_word(last) => vec![&piece[..at], &piece[at..]],
            _ => vec![piece],
        })
        .collect()
}

fn is_hex(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_hexdigit())
}

/// An id that a service or a run gave.
fn is_id(word: &str) -> bool {
    word.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && word.split('-').all(is_hex)
}

/// An id or a digest.
fn is_name(word: &str) -> bool {
    is_id(word) || (word.len() == 64 && is_hex(word))
}

/// A line whose ids stand as the word for them.
fn without_ids(line: &str) -> String {
    pieces(line).into_iter().map(|piece| if is_id(piece) { "ID" } else { piece }).collect()
}

fn names(line: &str) -> Vec<String> {
    pieces(line).into_iter().filter(|piece| is_name(piece)).map(str::to_owned).collect()
}

/// A line without what is otherwise in each run: ids, digests, times, and who runs it where.
fn plain(line: &str) -> String {
    let named = |piece: &str| if is_name(piece) { "NAME".to_owned() } else { piece.to_owned() };
    let mut line: String = pieces(line).into_iter().map(named).collect();
    let is_time = |text: &str| {
        text.bytes()
            .zip("0000-00-00T00:00:00".bytes())
            .all(|(a, b)| if b == b'0' { a.is_ascii_digit() } else { a == b })
    };
    let mut at = 0;
    while let Some(text) = line.get(at..) {
        match text.get(..19) {
            Some(time) if is_time(time) => {
                let end = text.find('Z').map_or(line.len(), |end| at + end + 1);
                line.replace_range(at..end, "TIME");
            }
            _ => at += text.chars().next().map_or(1, char::len_utf8),
        }
    }
    // A number of a process, of a save, and of a save that has become a file.
    for before in [" (pid ", "(save ", "policysync-record-acme-"] {
        let mut at = 0;
        while let Some(found) = line[at..].find(before) {
            let digits = at + found + before.len();
            let end = line[digits..].find(|c: char| !c.is_ascii_digit()).map_or(line.len(), |end| digits + end);
            line.replace_range(digits..end, "");
            at = digits;
        }
    }
    // The machine's name stands before the process.
    if let Some(process) = line.find(" (pid ") {
        let host = line[..process].rfind(' ').map_or(0, |space| space + 1);
        line.replace_range(host..process, "");
    }
    line
}

/// A shell in a terminal of its own.
struct Shell {
    bash: Child,
    lines: Receiver<String>,
    /// Where standard error goes that is not shown.
    beside: Option<tempfile::NamedTempFile>,
}

impl Shell {
    fn open(folder: &Path, set: &[(&str, &str)], shown: Shown) -> Self {
        let beside = (shown == Shown::Result).then(|| tempfile::NamedTempFile::new().expect("a file can be made"));
        let tools = Path::new(env!("CARGO_BIN_EXE_policysync")).parent().expect("the binary lies in a folder");
        let (printed, print) = std::io::pipe().expect("a pipe can be made");
        let bash = Command::new("bash")
            .args(["--noprofile", "--norc", "-s"])
            .current_dir(folder)
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", tools.display()))
            .env("HOME", folder)
            .env("TMPDIR", folder)
            .envs(set.iter().copied())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(print.try_clone().expect("a pipe has more than one end"))
            .stderr(print)
            .spawn()
            .expect("bash runs");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(printed).lines().map_while(Result::ok);
            lines.map(|line| send.send(line)).take_while(Result::is_ok).for_each(drop);
        });
        Self { bash, lines, beside }
    }

    /// Types a command.
    fn begin(&mut self, command: &str) {
        let input = self.bash.stdin.as_mut().expect("the shell reads");
        // Its exit code is for the next command to ask for.
        let beside = self.beside.as_ref().map_or_else(String::new, |file| format!(" 2>>{}", file.path().display()));
        write!(input, "{{ {command}\n}} </dev/null{beside}\n{{ code=$?; printf '\\n{ENDED}\\n'; (exit $code); }}\n")
            .and_then(|()| input.flush())
            .expect("the shell reads");
    }

    /// What was said on standard error so far, where that is not shown.
    fn beside(&self) -> String {
        let said = self.beside.as_ref().map(|file| std::fs::read(file.path()).unwrap_or_default());
        said.map_or_else(String::new, |said| format!("and on standard error:\n{}", String::from_utf8_lossy(&said)))
    }

    /// The next line that it shows; nothing where none comes.
    fn next(&mut self) -> Option<String> {
        self.lines.recv_timeout(DEADLINE).ok()
    }

    #[track_caller]
    fn finish(&mut self) {
        let begun = Instant::now();
        while self.next().expect("the command ends") != ENDED {
            assert!(begun.elapsed() < DEADLINE, "the command ends");
        }
    }

    #[track_caller]
    fn run(&mut self, command: &str) {
        self.begin(command);
        self.finish();
    }
}

impl Drop for Shell {
    /// Ends it and all that it began.
    fn drop(&mut self) {
        let group = format!("-{}", self.bash.id());
        drop(Command::new("kill").args(["-KILL", "--", &group]).status());
        drop(self.bash.wait());
    }
}
