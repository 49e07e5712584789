//! What a store may say back that is secret: of the environment what is a cloud's, and of a request what lets it in. Keys that
//! are fetched while we run are in no variable, only in the requests that they sign.

use object_store::client::HttpRequest;
use url::Url;

use crate::state::secrets::{SIGNS, Secrets, before_slash, of_authorization, of_variables};

/// What the name of a cloud's variable holds besides, whose value is a secret.
const OF_CLOUDS: &[&str] = &["KEY", "SAS"];

/// The secrets that the environment holds for the clouds.
pub(super) fn of_environment(variables: &[(String, String)]) -> Secrets {
    let is_a_clouds = |name: &str| ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|cloud| name.starts_with(cloud));
    let clouds: Vec<(String, String)> = variables.iter().filter(|(name, _)| is_a_clouds(name)).cloned().collect();
    let signs = [SIGNS, OF_CLOUDS].concat();
    // A signature that is asked with in a query is one also without the rest of it.
    let parts = |value: &String| {
        let query = value.trim_start_matches('?');
        let mut found = of_pairs(query, |name| name == "sig");
        found.push(value.clone());
        found
    };
    Secrets::new(of_variables(&clouds, &signs).flat_map(parts))
}

/// What of a request lets it in: of its headers, its query and, where it asks for credentials, its form.
pub(super) fn of_request(request: &HttpRequest, url: &Url, about_bucket: bool) -> Vec<String> {
    let headers = request.headers().iter().filter(|(name, _)| is_secret(name.as_str()));
    let mut found: Vec<String> =
        headers.filter_map(|(_, value)| value.to_str().ok()).flat_map(of_authorization).collect();
    found.extend(of_pairs(url.query().unwrap_or_default(), is_secret));
    let form = request.body().as_bytes().filter(|_| !about_bucket).and_then(|form| std::str::from_utf8(form).ok());
    found.extend(of_pairs(form.unwrap_or_default(), is_secret));
    found
}

/// The values of a query or a form, as they stand and decoded; of `ID/DAY/REGION` the first part too.
fn of_pairs(pairs: &str, is_secret: impl Fn(&str) -> bool) -> Vec<String> {
    let raw = pairs.split('&').filter_map(|pair| pair.split_once('='));
    let raw = raw.filter(|(name, _)| is_secret(name)).map(|(_, value)| value.to_owned());
    let decoded = url::form_urlencoded::parse(pairs.as_bytes()).filter(|(name, _)| is_secret(name));
    let decoded = decoded.flat_map(|(name, value)| {
        let first = name.to_ascii_lowercase().ends_with("credential").then(|| before_slash(&value));
        [Some(value.into_owned()), first]
    });
    raw.chain(decoded.flatten()).collect()
}

/// Whether a header or a parameter lets someone in, by its name.
fn is_secret(name: &str) -> bool {
    const NAMES: &[&str] =
        &["assertion", "authorization", "credential", "identity-header", "password", "secret", "signature", "token"];
    let name = name.to_ascii_lowercase();
    // `client_assertion_type`, `X-aws-ec2-metadata-token-ttl-seconds`
    let is_about_one = name.ends_with("_type") || name.contains("-ttl-");
    name == "sig" || (NAMES.iter().any(|sign| name.contains(sign)) && !is_about_one)
}

#[cfg(test)]
mod tests {
    use object_store::client::HttpRequestBody;

    use super::*;

    #[test]
    fn what_the_environment_keeps_secret_is_cut_out() {
        let variables = [
            ("AWS_SECRET_ACCESS_KEY", "canary"),
            ("AWS_SESSION_TOKEN", "canary-and-more"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/token"),
            ("AWS_SSE_BUCKET_KEY_ENABLED", "true"),
            ("AZURE_STORAGE_SAS_TOKEN", "?sv=2024-01-01&sig=a%2Bb%3D&se=2030"),
            ("AZURE_STORAGE_KEY", "x"),
            ("POLICYSYNC_TOKEN", "not-ours"),
        ];
        let secrets = of_environment(&variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let said = "canary-and-more, canary in eu-west-1; x, /run/token, not-ours, true; sig=a%2Bb%3D or a+b=";
        let shown = "[REDACTED], [REDACTED] in eu-west-1; x, /run/token, not-ours, true; sig=[REDACTED] or [REDACTED]";
        assert_eq!(secrets.cut(said), shown);
    }

    #[test]
    fn what_lets_a_request_in_is_cut_out() {
        let url = "https://sts.example/?Action=AssumeRole&WebIdentityToken=can%2Bary&X-Amz-Credential=AKIACANARY%2Fday";
        let form = "grant_type=client_credentials&client_secret=canary%3Dform&client_assertion_type=urn%3Ajwt";
        let mut request = HttpRequest::new(HttpRequestBody::from(form.to_owned()));
        for (name, value) in [
            ("x-amz-security-token", "canary-session"),
            ("x-aws-ec2-metadata-token-ttl-seconds", "21600"),
            ("x-identity-header", "canary-identity"),
            ("accept", "application/json"),
        ] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let said = "AssumeRole can+ary can%2Bary AKIACANARY canary=form canary-session canary-identity urn:jwt 21600 \
                    application/json";
        let cut = |about_bucket| Secrets::new(of_request(&request, &url.parse().unwrap(), about_bucket)).cut(said);
        let cuts = |times: usize| vec![crate::state::secrets::INSTEAD; times].join(" ");
        assert_eq!(cut(false), format!("AssumeRole {} urn:jwt 21600 application/json", cuts(6)));
        // The form is a record then.
        assert!(cut(true).contains("canary=form"));
    }
}
