//! What `sandbox` can be told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::args::duration;
use crate::sandbox::ListReading;

const USE: &str = "\
To use it, in another terminal:
  export POLICYSYNC_ENDPOINT=http://127.0.0.1:4210 POLICYSYNC_TOKEN=sandbox";

/// `policysync sandbox`
#[derive(Debug, Args)]
#[command(after_help = USE)]
pub struct SandboxArgs {
    /// Where to listen, on this machine; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4210")]
    pub listen: SocketAddr,
    /// Keep the policies in this file; else they are gone when it stops
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Write one line per request to this file
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Which policies a list call gives: those at the asked level, or also those below
    #[arg(long, value_name = "at|below", default_value = "at")]
    pub list: ListReading,
    /// Wait so long before each answer
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub latency: Option<Duration>,
    /// Fail as this file says; see docs/sandbox.md
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Let go against the policies what this file says; see docs/sandbox.md
    #[arg(long, value_name = "FILE")]
    pub traffic: Option<PathBuf>,
}
