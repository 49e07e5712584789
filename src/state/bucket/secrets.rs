//! Secrets of the environment are cut out of what a store says, before it is shortened or shown: some say back what they were
//! sent.

/// What stands where a secret stood.
const INSTEAD: &str = "[REDACTED]";

/// What the name of a variable holds whose value is one. A file's name is none.
const SIGNS: &[&str] = &["KEY", "PASSWORD", "SAS", "SECRET", "TOKEN"];

/// A shorter value is part of words that mean something else.
const SHORTEST: usize = 4;

/// The secrets that the environment holds for the clouds.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn of(variables: &[(String, String)]) -> Self {
        let is_a_clouds = |name: &str| ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|cloud| name.starts_with(cloud));
        let holds_one = |name: &str| {
            let names_a_place = ["_FILE", "_PATH", "_URI", "_URL"].iter().any(|place| name.ends_with(place));
            SIGNS.iter().any(|sign| name.contains(sign)) && !names_a_place
        };
        let values = variables.iter().filter(|(name, _)| is_a_clouds(name) && holds_one(name)).map(|(_, value)| value);
        // A signature that is asked with in a query is one also without the rest of it.
        let parts = |value: &String| {
            let signature = |(name, value): (_, std::borrow::Cow<'_, str>)| (name == "sig").then(|| value.into_owned());
            let decoded = url::form_urlencoded::parse(value.trim_start_matches('?').as_bytes()).filter_map(signature);
            let raw = value.split('&').filter_map(|pair| pair.trim_start_matches('?').strip_prefix("sig="));
            decoded.chain(raw.map(str::to_owned)).chain([value.clone()]).collect::<Vec<_>>()
        };
        let mut secrets: Vec<String> = values.flat_map(parts).filter(|secret| secret.len() >= SHORTEST).collect();
        // Longest first, so that a secret that begins another one leaves no rest of it.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// The text without any of them.
    pub(super) fn cut(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), INSTEAD))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_environment_keeps_secret_is_cut_out() {
        let variables = [
            ("AWS_SECRET_ACCESS_KEY", "canary"),
            ("AWS_SESSION_TOKEN", "canary-and-more"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/token"),
            ("AZURE_STORAGE_SAS_TOKEN", "?sv=2024-01-01&sig=a%2Bb%3D&se=2030"),
            ("AZURE_STORAGE_KEY", "x"),
            ("POLICYSYNC_TOKEN", "not-ours"),
        ];
        let secrets = Secrets::of(&variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let said = "canary-and-more, canary in eu-west-1; x, /run/token, not-ours; sig=a%2Bb%3D or a+b=";
        let shown = "[REDACTED], [REDACTED] in eu-west-1; x, /run/token, not-ours; sig=[REDACTED] or [REDACTED]";
        assert_eq!(secrets.cut(said), shown);
    }
}
