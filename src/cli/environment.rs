//! The environment, read in one place.

use crate::api::{ProxySettings, Token};

use super::exit::Exit;
use super::fault::Fault;
use super::{Global, ci};

/// A variable's value; none where it is empty, as an unset input of a CI job is.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read, besides clap")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The access token and, where there is one, the refresh token.
pub(super) fn tokens() -> Result<(Token, Option<Token>), Fault> {
    let Some(access) = variable("POLICYSYNC_TOKEN") else {
        return Err(Fault::new(Exit::Failure, "there is no token: POLICYSYNC_TOKEN is not set")
            .hint("set it to an access token of the service, or try the built-in stand-in with --sandbox"));
    };
    let refresh = variable("POLICYSYNC_REFRESH_TOKEN").map(Token::new_refresh).transpose()?;
    Ok((Token::new(access)?, refresh))
}

/// The proxy for https targets.
pub(super) fn proxies() -> Result<ProxySettings, Fault> {
    let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
    let https = first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
    let no_proxy = first(&["NO_PROXY", "no_proxy"]);
    ProxySettings::read(https.as_deref(), no_proxy.as_deref()).map_err(|error| {
        let wrong = Fault::new(Exit::Usage, error);
        wrong.hint("where no proxy is needed, take it out (HTTPS_PROXY, ALL_PROXY); NO_PROXY names what goes past it")
    })
}

/// The address of the CI run, where this is one.
pub(super) fn run_url() -> Option<String> {
    ci::run_url(&variable)
}

/// The commit that the tree is of, as the CI says.
pub(super) fn commit() -> Option<String> {
    ci::commit(&variable)
}

/// The address under which the repository's files can be read, as the CI says.
pub(super) fn files_url() -> Option<String> {
    ci::files_url(&variable)
}

/// The folder of the repository, as the CI says.
pub(super) fn workspace() -> Option<std::path::PathBuf> {
    ci::workspace(&variable).map(Into::into)
}

/// Who runs this: `alice@laptop (pid 4711)`.
pub(super) fn holder() -> String {
    let user = ci::user(&variable);
    let host = variable("HOSTNAME").or_else(|| variable("COMPUTERNAME")).or_else(kernel_host_name);
    let who = match (user, host) {
        (Some(user), Some(host)) => format!("{user}@{host}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "someone".to_owned(),
    };
    format!("{who} (pid {})", std::process::id())
}

/// The host's name where the shell did not export it.
#[expect(clippy::disallowed_methods, reason = "a small file of the kernel's")]
fn kernel_host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// `--token` is refused with the reason.
pub(super) fn refuse_token_flag(global: &Global) -> Result<(), Fault> {
    if global.token.is_none() {
        return Ok(());
    }
    Err(Fault::new(
        Exit::Usage,
        "the token can't be given as a flag: it would show in the process list and the history",
    )
    .hint("put it into the environment as POLICYSYNC_TOKEN"))
}
