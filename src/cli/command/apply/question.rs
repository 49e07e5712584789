//! The question at the terminal: whether the plan that was shown is to be applied.

use std::io::{BufRead as _, Write as _};

use super::Work;
use crate::apply::ApplyError;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;

impl Work<'_> {
    /// Whether someone will be asked.
    pub(super) fn asks(&self) -> bool {
        !self.args.yes && self.settings.sandbox.is_none() && self.console.is_attended()
    }

    /// On a terminal someone is asked; elsewhere the guards stand between a plan and harm. The stand-in can't be harmed.
    pub(super) async fn confirm(&self) -> Result<bool, Fault> {
        if !self.asks() {
            return Ok(true);
        }
        // A question is no line of a log for programs, and who sits at a terminal must not be passed over in silence.
        if !self.console.can_ask() {
            let message = "on a terminal apply asks before it changes anything, and with --log-format json it can't";
            return Err(Fault::new(Exit::Usage, message).hint("look at the plan, and say --yes"));
        }
        let mut interrupt = self.interrupt.clone();
        let question = format!("Apply these changes to {}? Only `yes` is taken: ", self.settings.endpoint);
        let (sender, answer) = tokio::sync::oneshot::channel();
        // A thread that nobody waits for: the runtime would not end before its own threads, and nobody may answer after
        // an interrupt. The receiver may be gone then.
        std::thread::spawn(move || sender.send(ask(&question)));
        tokio::select! {
            biased;
            () = interrupt.wait() => Err(ApplyError::Interrupted.into()),
            answer = answer => answer.map_err(Fault::ours)?.map_err(|error| {
                Fault::new(Exit::Failure, "there was no answer, and nothing of this plan was applied").because(error).hint("look at the plan, and say --yes")
            }),
        }
    }
}

fn ask(question: &str) -> std::io::Result<bool> {
    // Not locked while someone thinks: an interrupt has something to say too.
    let mut err = std::io::stderr();
    write!(err, "{question}")?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
