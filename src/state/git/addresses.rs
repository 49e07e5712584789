//! Addresses, and what in them lets someone in: pure.

use std::ops::Range;

use super::words::one_line;

/// A remote's address for the log: host and path, or as it is where it is a path or as `ssh` writes it. What can't be taken
/// apart may hold a password anywhere, and no more is shown of it than its scheme, if it has one.
pub(super) fn address(remote: &str) -> String {
    if let Some((schemes, _)) = remote.split_once("://").filter(|(schemes, _)| schemes.split("::").all(is_scheme)) {
        let parts = url::Url::parse(remote).ok().filter(|url| url.scheme() == schemes);
        let Some(url) = parts else { return one_line(&format!("{schemes}://…")) };
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        return one_line(&format!("{schemes}://{}{port}{}", url.host_str().unwrap_or_default(), url.path()));
    }
    // `ext::COMMAND` runs a program, and who knows what that is told.
    match remote.split_once("::").filter(|(helper, _)| is_scheme(helper)) {
        Some((helper, _)) => format!("{helper}::…"),
        None if remote.contains("://") => "…".to_owned(),
        None => one_line(remote),
    }
}

/// Whether a text can be an address's scheme, or the name of one of git's helpers.
fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
}

/// The same text, where no address holds a user's name, a password or a query; of `ext::COMMAND`, which runs a program, no
/// command is left, nor what follows it.
pub(in crate::state) fn without_credentials(text: &str) -> String {
    let is_its_own = |at: &usize| !text[..*at].ends_with(|c: char| c.is_alphanumeric());
    if let Some(at) = text.match_indices("ext::").map(|(at, _)| at).find(is_its_own) {
        return without_credentials(&text[..at]) + "ext::…";
    }
    let mut out = String::with_capacity(text.len());
    for part in parts(text) {
        match part {
            Part::Plain(plain) => out.push_str(plain),
            Part::User(_) => {}
            Part::Query(_) => out.push_str("?…"),
        }
    }
    out
}

/// Each user's name and password, and each query, that the addresses in a text hold.
pub(super) fn credentials(text: &str) -> impl Iterator<Item = (Option<&str>, Option<&str>)> {
    parts(text).into_iter().filter_map(|part| match part {
        Part::Plain(_) => None,
        Part::User(user) => Some((Some(user), None)),
        Part::Query(query) => Some((None, Some(query))),
    })
}

/// A piece of a text that may hold addresses.
#[derive(Debug)]
enum Part<'a> {
    Plain(&'a str),
    /// What stands before the `@`.
    User(&'a str),
    /// What follows the `?`.
    Query(&'a str),
}

/// Takes a text apart; all parts together are the text, marks aside.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        of_words(before, &mut out);
        let whole = after.find(is_end).unwrap_or(after.len());
        let authority = after[..whole].find('/').unwrap_or(whole);
        // A password that should have been written otherwise may hold a slash.
        let is_no_port = |port: &str| !port.is_empty() && !port.chars().all(|c| c.is_ascii_digit());
        let holds_a_slash = !after[..authority].contains(['@', '['])
            && after[..authority].split_once(':').is_some_and(|(_, port)| is_no_port(port));
        let searched = if holds_a_slash { whole } else { authority };
        rest = after;
        if let Some(user) = after[..searched].rfind('@') {
            out.push(Part::User(&after[..user]));
            rest = &after[user + 1..];
        }
        let end = rest.find(|c: char| is_end(c) || c == '#').unwrap_or(rest.len());
        let query = rest[..end].find('?');
        let path = query.unwrap_or(end);
        // The next address may begin in this one's path.
        if !rest[..path].contains("://") {
            out.push(Part::Plain(&rest[..path]));
            out.extend(query.map(|at| Part::Query(&rest[at + 1..end])));
            rest = &rest[end..];
        }
    }
    of_words(rest, &mut out);
    out
}

/// Where an address ends in a text.
fn is_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\'' | '"')
}

/// The parts of a text without `://`: an address with a slip in it is one too, where it has a user and a password.
fn of_words<'a>(text: &'a str, out: &mut Vec<Part<'a>>) {
    for word in text.split_inclusive(is_end) {
        match user_of_a_slip(word) {
            Some(user) => out.extend([
                Part::Plain(&word[..user.start]),
                Part::User(&word[user.clone()]),
                Part::Plain(&word[user.end + 1..]),
            ]),
            None => out.push(Part::Plain(word)),
        }
    }
}

/// Where user and password stand in `https:/user:password@host`, `ssh:user:password@host` and `user:password@host`.
fn user_of_a_slip(word: &str) -> Option<Range<usize>> {
    let end = word.rfind('@')?;
    let mut start = 0;
    let mut is_web = false;
    while let Some((scheme, rest)) = word[start..end].split_once(':').filter(|(scheme, rest)| begins(scheme, rest)) {
        is_web = scheme.to_ascii_lowercase().starts_with("http");
        start = end - rest.trim_start_matches('/').len();
    }
    let (user, password) = word[start..end].split_once(':').unwrap_or((&word[start..end], ""));
    // `git@host:path@x` and `C:\path@x` hold none. A user alone may be a token, where a web server is meant.
    let is_user = !user.is_empty() && !user.contains(['@', '/', '\\']);
    let is_password = if password.is_empty() { is_web } else { !password.starts_with(['/', '\\']) };
    (is_user && is_password).then_some(start..end)
}

/// Whether this is the scheme of what follows, and no user's name; a single letter is a drive's.
fn begins(scheme: &str, rest: &str) -> bool {
    let is_known = ["git", "http", "https", "ssh"].iter().any(|known| known.eq_ignore_ascii_case(scheme));
    is_known || (scheme.len() > 1 && is_scheme(scheme) && rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_left_out_wherever_an_address_stands() {
        for (text, shown) in [
            ("https://user:p@ss@example.com/x", "https://example.com/x"),
            ("a https://token@h/x b ssh://git@h:22/y", "a https://h/x b ssh://h:22/y"),
            ("https://h/a@b", "https://h/a@b"),
            ("https://user:p#s@h/x#b", "https://h/x#b"),
            ("https://h:8080/a@b", "https://h:8080/a@b"),
            ("ssh://[::1]:22/a@b", "ssh://[::1]:22/a@b"),
            ("https://user:p/s#s@h and https://user:p/s/s@h/x@y", "https://h and https://y"),
            ("'https://t@h' and 'x@y'", "'https://h' and 'x@y'"),
            ("git@example.com:a/b.git", "git@example.com:a/b.git"),
            (
                "can't read git:https://u:p@h/x?token=t&u=@#b: 'https://h?t' is it?",
                "can't read git:https://h/x?…#b: 'https://h?…' is it?",
            ),
            ("://", "://"),
            ("https:/user:secret@h/x and ssh:user:se@cret@h", "https:/h/x and ssh:h"),
            ("git:user:secret@h/x, git:https:/secret@h", "git:h/x, git:https:/h"),
            (
                "C:\\a@b git:/srv/a:1/b@2 ../a:b@c git:git@h:a/b@c a:/b@c",
                "C:\\a@b git:/srv/a:1/b@2 ../a:b@c git:git@h:a/b@c a:/b@c",
            ),
            ("git:ext::sh -c 'x secret https://h/x'", "git:ext::…"),
            ("in text::module", "in text::module"),
            ("s3:/key:secret@b gcs:/k:secret@b", "s3:/b gcs:/b"),
            ("https://u:p@h/x://y:secret@h2", "https://h/x://h2"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }

    #[test]
    fn of_an_address_the_log_has_host_and_path() {
        for (remote, shown) in [
            ("https://user:p@ss@example.com:8443/x.git?private_token=secret#secret", "https://example.com:8443/x.git"),
            ("https://user:se/cret@example.com/x", "https://…"),
            ("ssh://git@h:22/y", "ssh://h:22/y"),
            ("file:///srv/git/x.git", "file:///srv/git/x.git"),
            ("/srv/git/x.git", "/srv/git/x.git"),
            ("git@example.com:a/b.git", "git@example.com:a/b.git"),
            ("origin", "origin"),
            ("https::https://user:secret@h/x", "https::https://…"),
            ("ext::sh -c 'nc -u user:secret https://h/x'", "ext::…"),
            ("ext::sh -c 'nc -u user:secret h'", "ext::…"),
            ("user:secret@h:x://y", "…"),
            ("user:secret@h:x", "h:x"),
            ("git@[::1]:a/b", "git@[::1]:a/b"),
            ("://", "…"),
        ] {
            assert_eq!(address(remote), shown);
        }
    }
}
