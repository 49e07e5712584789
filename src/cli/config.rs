//! `policysync.yaml`: the settings of a repository.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::{Code, Endpoint, Finding, Level};
use crate::plan::{Guard, Limits, Share};
use crate::tree::yaml::{self, Field, Fields, Text};

use super::exit::Exit;
use super::fault::Fault;
use super::files;

pub(super) const DEFAULT: &str = "policysync.yaml";
/// More than any settings file needs.
const MAX_BYTES: u64 = 64 * 1024;

/// What the file says; nothing where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Config {
    pub(super) tree: Option<PathBuf>,
    pub(super) endpoint: Option<Endpoint>,
    pub(super) state: Option<String>,
    pub(super) concurrency: Option<u16>,
    pub(super) timeout: Option<Duration>,
    pub(super) settle: Option<Duration>,
    pub(super) prune: Option<bool>,
    pub(super) limits: Limits,
}

impl Config {
    /// Reads the file that was named, or the default one where it exists.
    pub(super) fn read(named: Option<&Path>) -> Result<Self, Fault> {
        let path = named.unwrap_or(Path::new(DEFAULT));
        let text = match text(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                let otherwise = "look at --config and POLICYSYNC_CONFIG";
                return Err(files::unread(Exit::Usage, "the settings file ", path, error, otherwise));
            }
        };
        Self::parse(&path.to_string_lossy(), &text)
    }

    fn parse(file: &str, text: &str) -> Result<Self, Fault> {
        let text = Text::new(file, text);
        let mut documents = yaml::parse(&text).into_iter();
        let Some(document) = documents.next() else { return Ok(Self::default()) };
        let mut findings = document.findings;
        let mut config = Self::default();
        if let Some(root) = document.root.filter(|root| !root.is_null()) {
            match Fields::of(&root, "the settings", &text) {
                Ok(fields) => config.take(fields, &text, &mut findings),
                Err(finding) => findings.extend(finding),
            }
        }
        if documents.next().is_some() {
            let message = format!("the settings file {file} has more than one document");
            return Err(Fault::new(Exit::Usage, message).hint("make it one: take the `---` out, and what stands twice"));
        }
        match findings.is_empty() {
            true => Ok(config),
            false => Err(refused(file, findings)),
        }
    }

    fn take(&mut self, mut fields: Fields<'_, '_, '_>, text: &Text<'_>, findings: &mut Vec<Finding>) {
        if let Some(token) = fields.node("token") {
            findings.push(
                Finding::error(
                    BAD_SETTING,
                    text.place(token.key.range.clone()),
                    "a token must not stand in a file of the repository",
                )
                .hint("take it out, revoke it, and put a new one into POLICYSYNC_TOKEN"),
            );
        }
        self.tree = fields.text("tree").into_value().map(PathBuf::from);
        self.state = fields.text("state").into_value();
        self.endpoint = read(&fields.text("endpoint"), text, findings, ENDPOINT, |text| {
            text.parse::<Endpoint>().map_err(|error| error.to_string())
        });
        let time = |name: &'static str| {
            move |text: &str| {
                let time = text.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
                time.ok_or_else(|| format!("`{name}` {} is no time", yaml::quote(text)))
            }
        };
        self.timeout = read(&fields.text("timeout"), text, findings, TIME, time("timeout"));
        self.settle = read(&fields.text("settle"), text, findings, TIME, time("settle"));
        self.concurrency = fields.number("concurrency", &(1..=256)).into_value().and_then(|n| u16::try_from(n).ok());
        self.prune = fields.flag("prune").into_value();
        if let Some(guards) = fields.fields("guards") {
            self.limits(guards, text, findings);
        }
        let finished = fields.finish(&[("path", "tree"), ("url", "endpoint"), ("policies", "tree")]);
        findings.extend(finished.findings);
    }
}

/// What the guards let pass without being told.
impl Config {
    fn limits(&mut self, mut guards: Fields<'_, '_, '_>, text: &Text<'_>, findings: &mut Vec<Finding>) {
        let usual = Limits::default();
        let mut most = |guard: Guard, usual: usize| {
            let given = guards.number(guard.as_str(), &(0..=u64::from(u32::MAX))).into_value();
            given.and_then(|number| usize::try_from(number).ok()).unwrap_or(usual)
        };
        let weaken = most(Guard::Weaken, usual.weaken);
        let protected = most(Guard::Protected, usual.protected);
        let empty_tree = most(Guard::EmptyTree, usual.empty_tree);
        let delete = read(&guards.text(Guard::Delete.as_str()), text, findings, SHARE, |text| {
            text.parse::<Share>().map_err(|error| format!("`delete` {error}"))
        });
        self.limits = Limits { weaken, delete: delete.unwrap_or(usual.delete), protected, empty_tree };
        findings.extend(guards.finish(&[("weaker", "weaken"), ("deletes", "delete")]).findings);
    }
}

const BAD_SETTING: Code = Code("bad-setting");

/// What can be wrong in the settings file besides what any file of fields can have.
pub(super) const CODES: &[(Code, Level, &str)] = &[(BAD_SETTING, Level::Error, "A setting that can't be used")];

/// What to write instead of what is no time, no endpoint, no share.
const TIME: &str = "write a number and its unit: 15s, 500ms or 2m";
const ENDPOINT: &str = "write the service's address and nothing else: https://policies.example.com";
const SHARE: &str = "write a number of policies, or a share of them: 5 or 10%";

fn read<T>(
    field: &Field<String>,
    text: &Text<'_>,
    findings: &mut Vec<Finding>,
    instead: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let given = field.given()?;
    match read(&given.value) {
        Ok(value) => Some(value),
        Err(why) => {
            findings.push(Finding::error(BAD_SETTING, text.place(given.range.clone()), why).hint(instead));
            None
        }
    }
}

fn refused(file: &str, mut findings: Vec<Finding>) -> Fault {
    findings.sort();
    let errors = if findings.len() == 1 { "an error".to_owned() } else { format!("{} errors", findings.len()) };
    let hint = "it may say: tree, state, endpoint, concurrency, timeout, settle, prune, guards";
    let fault = Fault::new(Exit::Usage, format!("the settings file {file} has {errors}")).hint(hint);
    Fault { found: findings, ..fault }
}

/// The file's text; refused where it is no regular file, too large, or no UTF-8.
pub(super) fn text(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let kind = std::fs::metadata(path)?;
    if !kind.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other("it is larger than 64 KiB"));
    }
    Ok(text)
}
