//! Where a run takes place: the repository, the event, and GitHub itself.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use crate::api::{Limits, Token};
use crate::cli::call_log::CallLog;
use crate::cli::console::Console;
use crate::cli::environment;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::github::{Event, GitHub, Label, Surroundings};

/// The largest event that is read, in bytes; GitHub sends none that is larger.
const MAX_EVENT: u64 = 32 * 1024 * 1024;

/// The place of a run, and a way to call GitHub from it.
pub(in crate::cli) struct Place {
    pub(in crate::cli) github: GitHub,
    pub(in crate::cli) surroundings: Surroundings,
    pub(in crate::cli) event: Event,
}

impl Place {
    /// Reads what the runner says, and opens a session with its token.
    pub(in crate::cli) fn open(console: &Console) -> Result<Self, Fault> {
        let surroundings = Surroundings::read(&environment::variable)?;
        let event =
            environment::variable("GITHUB_EVENT_PATH").map_or_else(Event::default, |path| Event::read(&text(&path)));
        let setting = ["POLICYSYNC_GITHUB_TOKEN", "GITHUB_TOKEN"];
        let found = setting.into_iter().find_map(|name| environment::variable(name).map(|token| (name, token)));
        let Some((name, token)) = found else {
            return Err(Fault::new(Exit::Failure, "there is no token for GitHub: POLICYSYNC_GITHUB_TOKEN is not set")
                .hint("the action's input github-token gives it; by default it is the job's own"));
        };
        let token = Token::of_setting(name, token)?;
        // Nobody waits long for a comment.
        let limits = Limits {
            call: Duration::from_secs(15),
            run: Some(Duration::from_secs(60)),
            answer: 32 * 1024 * 1024,
            ..Limits::default()
        };
        let observer: Arc<dyn crate::api::Observe> = Arc::new(CallLog(*console));
        let github = GitHub::open(&surroundings, &token, &limits, &observer, &environment::proxies()?)?;
        Ok(Self { github, surroundings, event })
    }

    /// The label of this run's comment.
    pub(in crate::cli) fn label() -> Result<Label, Fault> {
        super::wanted::label().map_err(|why| Fault::new(Exit::Usage, why).hint("look at the action's input label"))
    }
}

/// The event's file; an empty text where it can't be read, as a job without an event has.
fn text(path: &str) -> String {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_EVENT).read_to_string(&mut text));
    if read.is_err() {
        text.clear();
    }
    text
}
