//! What git and a server say, made fit to be shown: pure.
//!
//! One line, cut, without what a terminal would obey, without the credentials that stand in an address ([`super::addresses`]),
//! and without what git was let in by ([`super::credentials`]).

use super::addresses::without_credentials;
use crate::state::secrets::Secrets;

/// As much of a server's words as helps.
const LONGEST: usize = 300;

/// What a failed step means for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The remote doesn't let this user in.
    Denied,
    /// There is no repository there.
    NoRepository,
    /// There was no connection to begin with.
    Unreachable,
    /// Anything else, such as a connection that broke: what was asked for may have been done.
    Other,
}

impl Kind {
    /// What a failed step's words say of it. An unknown word makes it [`Kind::Other`], and that is always looked into.
    pub(super) fn of(said: &str) -> Self {
        let any = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
        if any(&[
            "Authentication failed",
            "could not read Username",
            "could not read Password",
            "Permission denied",
            "Permission to ",
            "access denied",
            "Access denied",
            "The requested URL returned error: 401",
            "The requested URL returned error: 403",
            "Host key verification failed",
            "not allowed to push",
            "key you are authenticating with has been marked as read only",
        ]) {
            Self::Denied
        } else if any(&[
            "does not appear to be a git repository",
            "Repository not found",
            "repository not found",
            "not a git repository",
            "The requested URL returned error: 404",
            "could not be found",
        ]) || (said.contains("fatal: repository '") && said.contains("' not found"))
            || (said.contains("fatal: '") && said.contains("' does not exist"))
        {
            Self::NoRepository
        } else if any(&[
            "Could not resolve host",
            "Couldn't resolve host",
            "Name or service not known",
            "Connection refused",
            "Failed to connect",
            "Could not connect",
            "Couldn't connect",
            "Network is unreachable",
            "No route to host",
            "SSL certificate problem",
            "unable to find remote helper",
            "protocol '",
            "unsafe repository",
            "transport '",
        ]) {
            Self::Unreachable
        } else {
            Self::Other
        }
    }

    /// What to do about it.
    pub(super) fn advice(self, remote: &str) -> Option<String> {
        match self {
            Self::Denied => Some(format!(
                "let this user read from and push to {remote}; in GitHub Actions give the job `permissions: contents: \
                 write`, and check it out with its credentials kept (`persist-credentials`)"
            )),
            Self::NoRepository => {
                Some(format!("look at --state: is {remote} the right repository, and may this user see it?"))
            }
            Self::Unreachable => Some("look at the network and the remote's address, then try again".to_owned()),
            Self::Other => None,
        }
    }
}

/// What git said, in one line and without these secrets: the server's own words first, as they say why.
pub(super) fn told(said: &str, secrets: &Secrets) -> String {
    let said = secrets.cut(said);
    let mut parts: Vec<String> = Vec::new();
    let mut server = Vec::new();
    for line in said.lines() {
        // A server's progress comes with carriage returns; only the last state of a line was ever to be seen.
        let line = line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or_default().trim();
        if let Some(words) = line.strip_prefix("remote:") {
            server.push(words.trim());
        } else if let Some(words) = ["fatal:", "error:"].iter().find_map(|mark| line.strip_prefix(mark)) {
            parts.push(words.trim().to_owned());
        }
    }
    let server: Vec<&str> = server.into_iter().filter(|line| line.chars().any(char::is_alphanumeric)).collect();
    if !server.is_empty() {
        parts.insert(0, format!("the remote says: {}", server.join(" / ")));
    }
    if parts.is_empty() {
        parts.extend(said.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    parts.dedup();
    match parts.is_empty() {
        true => "git said nothing".to_owned(),
        false => one_line(&parts.join("; ")),
    }
}

/// A text of someone else's in one short line.
pub(super) fn one_line(text: &str) -> String {
    let plain: String = without_credentials(text).chars().map(|c| if is_plain(c) { c } else { '?' }).collect();
    match plain.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &plain[..at]),
        None => plain,
    }
}

/// Whether a character is seen where it stands, and does nothing else.
fn is_plain(c: char) -> bool {
    c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric() || matches!(c, '…' | '–' | '—' | '‘' | '’' | '“' | '”')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_server_come_first_and_credentials_are_left_out() {
        let said = "remote: error: GH006: Protected branch update failed.\r\nremote: \nremote: - must not be pushed to\n\
                    To https://x:secret@example.com/a/b\nerror: failed to push some refs to 'https://x:secret@example.com/a/b'\n";
        assert_eq!(
            told(said, &Secrets::default()),
            "the remote says: error: GH006: Protected branch update failed. / - must not be pushed to; \
             failed to push some refs to 'https://example.com/a/b'"
        );
        assert_eq!(told("", &Secrets::default()), "git said nothing");
        assert_eq!(told("ssh: something else\n", &Secrets::default()), "ssh: something else");
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_left_and_no_flood() {
        let said = format!("remote: \u{1b}[2K\u{202e}::error::x\n{}", "remote: y\n".repeat(10_000));
        let told = told(&said, &Secrets::default());
        assert!(told.starts_with("the remote says: ?[2K?::error::x / y / y"), "{told}");
        assert!(told.chars().count() <= LONGEST + 1);
    }

    #[test]
    fn kinds_of_failures_are_told_apart() {
        for (said, kind) in [
            ("fatal: Authentication failed for 'https://h/x'", Kind::Denied),
            (
                "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
                Kind::Denied,
            ),
            ("fatal: could not read Username for 'https://h': terminal prompts disabled", Kind::Denied),
            ("fatal: unable to access 'https://h/': The requested URL returned error: 403", Kind::Denied),
            ("fatal: '/x' does not appear to be a git repository", Kind::NoRepository),
            ("fatal: repository 'https://h/x/' not found", Kind::NoRepository),
            ("fatal: unable to access 'https://h/': Could not resolve host: h", Kind::Unreachable),
            ("ssh: connect to host h port 22: Connection refused", Kind::Unreachable),
            ("fatal: the remote end hung up unexpectedly", Kind::Other),
            ("error: RPC failed; curl 56 Recv failure: Connection reset by peer", Kind::Other),
        ] {
            assert_eq!(Kind::of(said), kind, "{said}");
        }
    }
}
