//! What can't be done without: reading the same files, and making the same calls. Each in a process of its own, as the
//! commands are that it is compared with.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rayon::prelude::*;
use reqwest::StatusCode;
use walkdir::{DirEntry, WalkDir};

use crate::{CONCURRENCY, TOKEN};

/// Tells this program to walk folders and read every file in them.
pub(crate) const READ: &str = "--floor-read";
/// Tells this program to create so many policies at a URL.
pub(crate) const CALLS: &str = "--floor-calls";

/// This program again, as a floor.
pub(crate) fn command<A: AsRef<OsStr>, const N: usize>(which: &str, arguments: [A; N]) -> Command {
    // Where this very program can't be found, starting it fails and says so.
    let mut floor = Command::new(std::env::current_exe().unwrap_or_default());
    floor.arg(which).args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    floor
}

/// Walks folders and reads every file, on all cores, and does nothing with it.
pub(crate) fn read(folders: &[String]) -> Result<()> {
    for folder in folders {
        let entries: Vec<DirEntry> = WalkDir::new(folder).into_iter().collect::<Result<_, _>>()?;
        let files = entries.par_iter().filter(|entry| entry.file_type().is_file());
        let bytes = files.map(|entry| {
            let mut file = File::open(entry.path())?;
            let length = file.metadata()?.len();
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1);
            file.read_to_end(&mut bytes)
        });
        let total = bytes.sum::<std::io::Result<usize>>()?;
        ensure!(total > 0, "{folder} holds nothing");
    }
    Ok(())
}

/// Creates policies as `apply` does, as many at a time, and looks at nothing but the status.
pub(crate) fn calls(arguments: &[String]) -> Result<()> {
    let [url, number] = arguments else { anyhow::bail!("a URL and a number are due") };
    let number: usize = number.parse()?;
    // The client wants one even where it is never used; a second one would be as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
    let concurrency = usize::try_from(CONCURRENCY)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        stream::iter(0..number)
            .map(|number| {
                let call = client.post(format!("{url}/policy")).bearer_auth(TOKEN).json(&serde_json::json!({
                    "name": format!("Policy {number:05}"),
                    "content": "Do not share personally identifiable information of customers or staff.\n".repeat(9),
                    "riskType": "HIGH",
                    "actionType": 2,
                    "orgId": "org-benchmark",
                }));
                tokio::spawn(async move {
                    let answer = call.send().await?;
                    ensure!(answer.status() == StatusCode::CREATED, "the service answered {}", answer.status());
                    answer.bytes().await?;
                    Ok(())
                })
            })
            .buffer_unordered(concurrency)
            .map(|ended| ended.context("a call broke down")?)
            .try_collect::<()>()
            .await
    })
}
