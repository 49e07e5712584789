//! What a shell is told when someone presses Tab: commands and flags by clap, addresses from the tree and the record.
//!
//! The shell's script asks this binary with a variable set; nothing is written then, no service is asked, and whatever goes
//! wrong is silence. A record is looked at only where that is a folder: nobody waits for a network at a prompt.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use clap::CommandFactory as _;
use clap_complete::env::{CompleteEnv, EnvCompleter as _};
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::domain::Address;
use crate::state::Location;
use crate::tree::templates::TEMPLATES;
use crate::tree::{self, Tree};

use super::author_args::Shell;
use super::config::Config;
use super::settings::STATE_FOLDER;
use super::{Cli, Exit};

/// Set by the script; a variable of our own, so that nobody else's sets it by accident.
const VARIABLE: &str = "POLICYSYNC_COMPLETE";

/// Answers a shell that asks; nothing where none does.
pub(super) fn answer() -> Option<Exit> {
    let here = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(Cli::command).var(VARIABLE);
    match asked.try_complete(std::env::args_os(), here.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(Exit::Done),
        Err(_) => Some(Exit::Usage),
    }
}

/// The script for a shell that finds the binary by `completer`.
pub(super) fn script(shell: Shell, completer: &str) -> std::io::Result<Vec<u8>> {
    use clap_complete::env::{Bash, Elvish, Fish, Powershell, Zsh};
    let mut out = Vec::new();
    let name = env!("CARGO_PKG_NAME");
    match shell {
        Shell::Bash => Bash.write_registration(VARIABLE, name, name, completer, &mut out),
        Shell::Zsh => Zsh.write_registration(VARIABLE, name, name, completer, &mut out),
        Shell::Fish => Fish.write_registration(VARIABLE, name, name, completer, &mut out),
        Shell::Powershell => Powershell.write_registration(VARIABLE, name, name, completer, &mut out),
        Shell::Elvish => Elvish.write_registration(VARIABLE, name, name, completer, &mut out),
    }?;
    Ok(out)
}

/// Addresses of policies.
pub(super) fn addresses() -> ArgValueCompleter {
    completer(|| known().into_iter().map(|address| address.as_str().to_owned()).collect())
}

/// Scopes of the tree.
pub(super) fn scopes() -> ArgValueCompleter {
    completer(|| tree().scopes.keys().map(|path| path.as_str().to_owned()).collect())
}

/// Addresses of policies, and scopes of the tree.
pub(super) fn scopes_and_addresses() -> ArgValueCompleter {
    completer(|| {
        let scopes = tree().scopes.into_keys().map(String::from);
        scopes.chain(known().into_iter().map(|address| address.as_str().to_owned())).collect()
    })
}

/// Scopes of the tree, as beginnings of an address.
pub(super) fn folders() -> ArgValueCompleter {
    completer(|| tree().scopes.keys().map(|path| format!("{path}/")).collect())
}

/// Organizations of the tree and of the record.
pub(super) fn organizations() -> ArgValueCompleter {
    completer(|| {
        let recorded = known().into_iter().map(|address| address.org().as_str().to_owned());
        recorded.chain(tree().organizations().map(|org| org.as_str().to_owned())).collect()
    })
}

/// Codes of findings.
pub(super) fn codes() -> ArgValueCompleter {
    completer(|| super::codes::pages().map(|page| page.code).collect())
}

/// Names of schemas.
pub(super) fn schemas() -> ArgValueCompleter {
    completer(|| super::schemas::names().map(str::to_owned).collect())
}

/// Names of templates.
pub(super) fn templates() -> ArgValueCompleter {
    completer(|| TEMPLATES.iter().map(|template| template.name.to_owned()).collect())
}

fn completer(known: fn() -> BTreeSet<String>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let said = current.to_str().unwrap_or_default();
        step_by_step(said, &known()).into_iter().map(CompletionCandidate::new).collect::<Vec<_>>()
    })
}

/// What can follow, up to the next `/`: a tree may hold thousands of addresses.
fn step_by_step(said: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let step = |word: &String| {
        let rest = word.strip_prefix(said)?;
        let end = rest.find('/').map_or(word.len(), |at| said.len() + at + 1);
        word.get(..end).map(str::to_owned)
    };
    known.iter().filter_map(step).collect()
}

fn tree() -> Tree {
    let config = Config::read(None).unwrap_or_default();
    let path = config.tree.unwrap_or_else(|| "policies".into());
    tree::read(&path).unwrap_or_default()
}

/// The addresses of the tree and of the record.
fn known() -> BTreeSet<Address> {
    let mut known: BTreeSet<Address> = tree().policies.into_keys().collect();
    let config = Config::read(None).unwrap_or_default();
    let said = super::environment::variable("POLICYSYNC_STATE").or(config.state);
    let place = said.unwrap_or_else(|| STATE_FOLDER.to_owned()).parse::<Location>();
    if let Ok(folder @ Location::Folder(_)) = place {
        known.extend(recorded(&folder).unwrap_or_default());
    }
    known
}

fn recorded(place: &Location) -> Option<Vec<Address>> {
    let store = place.open().ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let mut addresses = Vec::new();
        for org in store.orgs().await.ok()? {
            let record = store.load(&org).await.ok().flatten();
            addresses.extend(record.into_iter().flat_map(|(record, _)| record.policies.into_keys()));
        }
        Some(addresses)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_completed_up_to_the_next_part() {
        let known = ["acme/pii", "acme/prod/a", "acme/prod/b", "beta/x"].map(str::to_owned).into();
        let steps = |said: &str| step_by_step(said, &known).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(steps(""), "acme/ beta/");
        assert_eq!(steps("acme/p"), "acme/pii acme/prod/");
        assert_eq!(steps("acme/prod/"), "acme/prod/a acme/prod/b");
        assert_eq!(steps("acme/pii"), "acme/pii");
        assert_eq!(steps("x"), "");
    }
}
