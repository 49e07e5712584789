//! What a server may say back that is secret: what git has of it in the remote's address, in its settings and in variables.
//! What a credential helper, a keyring or `.netrc` gives to git never comes by here.

use super::addresses;
use super::surroundings::Setting;
use crate::state::secrets::{SIGNS, Secrets, of_authorization, of_user, of_variables};

/// A variable of any tool may be called `…TOKEN…`, and be none where it is short.
const SHORTEST: usize = 8;

/// What is kept secret of a remote, these settings and these variables.
pub(super) fn known(remote: &str, settings: &[Setting], variables: &[(String, String)]) -> Secrets {
    let headers = settings.iter().filter(|(name, _)| name.ends_with(".extraheader"));
    let headers = headers.map(|(_, header)| header.split_once(':').map_or(header.as_str(), |(_, value)| value));
    let is_proxy = |name: &str| name.to_ascii_lowercase().ends_with("_proxy");
    let proxies = variables.iter().filter(|(name, _)| is_proxy(name)).map(|(_, address)| address.as_str());
    let texts = settings.iter().flat_map(|(name, value)| [name.as_str(), value]).chain([remote]).chain(proxies);
    let named = of_variables(variables, SIGNS).filter(|value| value.len() >= SHORTEST).cloned();
    Secrets::new(headers.flat_map(of_authorization).chain(texts.flat_map(of_text)).chain(named))
}

/// What the addresses in a text hold: passwords, and queries.
fn of_text(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (user, query) in addresses::credentials(text) {
        if let Some(user) = user {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            found.extend(of_user(user, password));
        }
        let Some(query) = query else { continue };
        found.push(query.to_owned());
        found.extend(query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value).to_owned()));
        found.extend(url::form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_git_is_let_in_by_is_known() {
        let settings = pairs(&[
            ("http.https://github.com/.extraheader", "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Y2FuYXJ5MQ=="),
            ("remote.other.url", "https://ci:canary2@h/x?private_token=canary3&ref=main#b"),
            ("url.https://ci:canary4@h/.insteadof", "git@h:"),
            ("http.proxy", "http://me:canary5@proxy:3128"),
            ("http.extraheader", "PRIVATE-TOKEN: canary6"),
            ("user.name", "Canary Seven"),
        ]);
        let variables = pairs(&[
            ("https_proxy", "http://me:canary8@proxy:3128"),
            ("CI_JOB_TOKEN", "canary9-and-more"),
            ("TOKEN_TYPE", "job"),
            ("HOME", "/home/canary"),
        ]);
        let secrets = known("https://ci:canaryA@h/x", &settings, &variables);
        for secret in ["1", "2", "3", "4", "5", "6", "8", "A"].map(|end| format!("canary{end}")) {
            assert_eq!(secrets.cut(&format!("bad login {secret}.")), "bad login [REDACTED].");
        }
        for encoded in ["eC1hY2Nlc3MtdG9rZW46Y2FuYXJ5MQ==", "Y2k6Y2FuYXJ5Mg==", "canary9-and-more"] {
            assert_eq!(secrets.cut(encoded), "[REDACTED]");
        }
        let plain = "Canary Seven, job, /home/canary, git@h: on proxy:3128, main@h as ci";
        assert_eq!(secrets.cut(plain), plain.replace("main", "[REDACTED]"));
    }
}
