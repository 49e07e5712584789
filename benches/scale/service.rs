//! The service to apply to: `policysync sandbox` in a process of its own, in memory only.

use std::io::{BufRead as _, BufReader};
use std::process::{ChildStdout, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::process::{self, Ending};

/// A sandbox; it ends when it is dropped.
pub(crate) struct Service {
    url: String,
    _process: Ending,
    /// Held open, so that the sandbox never meets a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl Service {
    /// Starts one that waits so long before each answer.
    pub(crate) fn start(latency: Duration) -> Result<Self> {
        let mut sandbox = process::policysync();
        sandbox.args(["sandbox", "--quiet", "--listen", "127.0.0.1:0"]);
        sandbox.args(["--latency", &format!("{}ms", latency.as_millis())]);
        let mut process = Ending(sandbox.stdout(Stdio::piped()).spawn().context("can't start the sandbox")?);
        let mut output = BufReader::new(process.0.stdout.take().context("the sandbox has an output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let url = line.trim().strip_prefix("listening on ").context("the sandbox says where it listens")?.to_owned();
        Ok(Self { url, _process: process, _output: output })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}
