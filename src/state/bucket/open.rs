//! From the environment to an object store: the variables of each cloud's own tools, and nothing else.

use std::str::FromStr;
use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::ClientConfigKey;
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{ObjectStore, RetryConfig};

use super::secrets::of_environment;
use super::wire::{Wire, root_cause};
use super::{Advised, Cloud};

type Variables = [(String, String)];

/// The variables that are set to something: an unset input of a CI job is empty, and means nothing.
pub(super) fn environment() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// The object store of a bucket.
pub(super) fn objects(cloud: Cloud, bucket: &str, variables: &Variables) -> Result<Arc<dyn ObjectStore>, Advised> {
    match cloud {
        Cloud::S3 => s3(bucket, variables),
        Cloud::Gcs => gcs(bucket, variables),
        Cloud::Azure => azure(bucket, variables),
    }
}

fn s3(bucket: &str, variables: &Variables) -> Result<Arc<dyn ObjectStore>, Advised> {
    let builder =
        known("AWS_", variables).fold(AmazonS3Builder::new(), |builder, (key, value)| builder.with_config(key, value));
    let in_the_clear = builder.get_config_value(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
    let built = builder
        .with_bucket_name(bucket)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        // The call for many at once is not known to every look-alike.
        .with_disable_bulk_delete(true)
        .with_retry(once())
        .with_http_connector(wire(bucket, in_the_clear.as_deref(), variables)?)
        .build();
    built.map(|store| Arc::new(store) as _).map_err(|error| {
        advised(&error, "look at the variables that begin with AWS_: a key's id and its secret belong together")
    })
}

fn gcs(bucket: &str, variables: &Variables) -> Result<Arc<dyn ObjectStore>, Advised> {
    let builder = known("GOOGLE_", variables)
        .fold(GoogleCloudStorageBuilder::new(), |builder, (key, value): (GoogleConfigKey, _)| {
            builder.with_config(key, value)
        });
    let built =
        builder.with_bucket_name(bucket).with_retry(once()).with_http_connector(wire(bucket, None, variables)?).build();
    built.map(|store| Arc::new(store) as _).map_err(|error| {
        advised(
            &error,
            "look at GOOGLE_APPLICATION_CREDENTIALS: the key file of a service account or of `gcloud auth application-default \
             login` is read; with workload identity federation set GOOGLE_BEARER_TOKEN to an access token instead",
        )
    })
}

fn azure(container: &str, variables: &Variables) -> Result<Arc<dyn ObjectStore>, Advised> {
    // As `az storage` calls them.
    let also =
        |name: &str, key: AzureConfigKey| set(variables).find(|(set, _)| *set == name).map(|(_, value)| (key, value));
    let own = [
        also("AZURE_STORAGE_ACCOUNT", AzureConfigKey::AccountName),
        also("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
        also("IDENTITY_ENDPOINT", AzureConfigKey::MsiEndpoint),
    ];
    let all = own.into_iter().flatten().chain(known("AZURE_", variables));
    let builder = all.fold(MicrosoftAzureBuilder::new(), |builder, (key, value)| builder.with_config(key, value));
    let in_the_clear = builder.get_config_value(&AzureConfigKey::Client(ClientConfigKey::AllowHttp));
    let built = builder
        .with_container_name(container)
        .with_retry(once())
        .with_http_connector(wire(container, in_the_clear.as_deref(), variables)?)
        .build();
    built.map(|store| Arc::new(store) as _).map_err(|error| {
        advised(
            &error,
            "look at the variables that begin with AZURE_: AZURE_STORAGE_ACCOUNT_NAME is needed always, and \
             AZURE_STORAGE_ACCOUNT_KEY is base64, as the portal shows it",
        )
    })
}

/// The variables that are set to something.
fn set(variables: &Variables) -> impl Iterator<Item = (&str, &str)> {
    variables.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.as_str(), value.as_str()))
}

/// The variables of one cloud that are known for options.
fn known<'a, K: FromStr>(prefix: &'static str, variables: &'a Variables) -> impl Iterator<Item = (K, &'a str)> {
    set(variables)
        .filter(move |(name, _)| name.starts_with(prefix))
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value)))
}

/// One layer decides about a second try, and it isn't this one.
fn once() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

fn wire(bucket: &str, in_the_clear: Option<&str>, variables: &Variables) -> Result<Wire, Advised> {
    let is_said = in_the_clear.is_some_and(|text| matches!(text.to_ascii_lowercase().as_str(), "1" | "true" | "yes"));
    Wire::new(bucket, is_said, of_environment(variables)).map_err(|why| {
        let hint = "look at HTTPS_PROXY and SSL_CERT_FILE".to_owned();
        Advised { why: format!("TLS or the proxy can't be set up: {why}"), hint }
    })
}

fn advised(error: &object_store::Error, hint: &str) -> Advised {
    Advised { why: root_cause(error), hint: hint.to_owned() }
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
