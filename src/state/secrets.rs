//! Secrets are cut out of what a store says, before it is shortened or shown: some say back what they were sent.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands where a secret stood.
pub(super) const INSTEAD: &str = "[REDACTED]";

/// A shorter value is part of words that mean something else.
const SHORTEST: usize = 4;

/// What a query has to write otherwise (RFC 3986, 2.3).
const IN_A_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What the name of a variable holds whose value is a secret.
pub(super) const SIGNS: &[&str] = &["PASSWORD", "SECRET", "TOKEN"];

/// Texts that nobody may be shown. They have no form that prints.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// These, each as it is and as a query writes it.
    pub(super) fn new(values: impl IntoIterator<Item = String>) -> Self {
        Self::default().and(values)
    }

    /// These too.
    pub(super) fn and(&self, values: impl IntoIterator<Item = String>) -> Self {
        // A switch is none, whatever it is called: AWS_SSE_BUCKET_KEY_ENABLED.
        let is_one = |text: &String| {
            text.len() >= SHORTEST && !["true", "false"].iter().any(|switch| text.eq_ignore_ascii_case(switch))
        };
        let both = |value: String| [utf8_percent_encode(&value, IN_A_QUERY).to_string(), value];
        let new = values.into_iter().filter(is_one).flat_map(both);
        let mut all: Vec<String> = self.0.iter().cloned().chain(new).collect();
        // Longest first, so that a secret that begins another one leaves no rest of it.
        all.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        all.dedup();
        Self(all)
    }

    /// The text without any of them.
    pub(super) fn cut(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), INSTEAD))
    }
}

/// The values of variables whose names hold one of these signs. What names a place is none.
pub(super) fn of_variables<'a>(
    variables: &'a [(String, String)],
    signs: &'a [&str],
) -> impl Iterator<Item = &'a String> {
    let names_a_place = |name: &str| ["_FILE", "_PATH", "_URI", "_URL"].iter().any(|place| name.ends_with(place));
    let holds_one = move |name: &str| signs.iter().any(|sign| name.contains(sign)) && !names_a_place(name);
    variables.iter().filter(move |(name, _)| holds_one(name)).map(|(_, value)| value)
}

/// What of a header that lets someone in is secret: all of it, and each part that opens the door alone.
pub(super) fn of_authorization(value: &str) -> Vec<String> {
    let value = value.trim();
    let credentials = value.split_once(' ').map_or(value, |(_scheme, rest)| rest.trim());
    let mut found = vec![value.to_owned(), credentials.to_owned()];
    // `AWS4-HMAC-SHA256 Credential=ID/DAY/REGION/…, SignedHeaders=…, Signature=…`
    for (name, part) in credentials.split(',').filter_map(|pair| pair.trim().split_once('=')) {
        if matches!(name, "Credential" | "Signature") {
            found.extend([part.to_owned(), before_slash(part)]);
        }
    }
    // `SharedKey ACCOUNT:SIGNATURE`
    found.extend(credentials.rsplit_once(':').map(|(_, signature)| signature.to_owned()));
    // `Basic` and base64 of `USER:PASSWORD`
    let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some((user, password)) = decoded.as_deref().and_then(|text| text.split_once(':')) {
        found.extend(of_user(user, password));
    }
    found
}

/// A password in each form in which it is sent. Where there is none, the user's name may be a token that stands for both.
pub(super) fn of_user(user: &str, password: &str) -> Vec<String> {
    /// No token is shorter, and few names are as long.
    const TOKEN: usize = 16;
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut found = Vec::new();
    for (user, password) in [(user.to_owned(), password.to_owned()), (plain(user), plain(password))] {
        found.push(STANDARD.encode(format!("{user}:{password}")));
        if password.is_empty() {
            found.extend(Some(user).filter(|user| user.len() >= TOKEN));
        } else {
            found.extend([format!("{user}:{password}"), password]);
        }
    }
    found
}

/// What stands before the first slash.
pub(super) fn before_slash(text: &str) -> String {
    text.split('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_header_that_lets_in_each_part_that_opens_the_door_is_cut() {
        for (header, said, shown) in [
            ("Bearer canary", "Bearer canary; canary", "[REDACTED]; [REDACTED]"),
            (
                "AWS4-HMAC-SHA256 Credential=AKIACANARY/20261127/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=f586",
                "SignatureDoesNotMatch: AKIACANARY, f586 of host in eu-west-1",
                "SignatureDoesNotMatch: [REDACTED], [REDACTED] of host in eu-west-1",
            ),
            ("SharedKey acme:c2lnbmVk=", "c2lnbmVk= of acme, c2lnbmVk%3D", "[REDACTED] of acme, [REDACTED]"),
            ("basic Y2k6Y2FuYXJ5", "ci has canary, Y2k6Y2FuYXJ5", "ci has [REDACTED], [REDACTED]"),
            ("canary-alone", "canary-alone", "[REDACTED]"),
        ] {
            assert_eq!(Secrets::new(of_authorization(header)).cut(said), shown);
        }
    }

    #[test]
    fn a_password_is_cut_in_each_form_and_a_user_only_where_it_is_long_as_a_token() {
        let secrets = Secrets::new(of_user("ci", "can%40ry"));
        assert_eq!(secrets.cut("ci: can%40ry, can@ry, Y2k6Y2FuQHJ5"), "ci: [REDACTED], [REDACTED], [REDACTED]");
        assert_eq!(Secrets::new(of_user("acme", "")).cut("acme"), "acme");
        assert_eq!(Secrets::new(of_user("glpat-canary-canary", "")).cut("glpat-canary-canary"), INSTEAD);
    }

    #[test]
    fn a_switch_and_a_short_value_are_no_secrets_and_a_secret_never_prints() {
        let secrets = Secrets::new(["true", "False", "abc", "canary", "canary-and-more"].map(str::to_owned));
        assert_eq!(secrets.cut("true False abc canary-and-more canary"), "true False abc [REDACTED] [REDACTED]");
        assert!(!format!("{secrets:?}").contains("canary"));
    }
}
