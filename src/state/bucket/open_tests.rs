use super::*;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    // No file of the home folder is to be looked for.
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn opened(cloud: Cloud, pairs: &[(&str, &str)]) -> Result<String, Advised> {
    objects(cloud, "records", &variables(pairs)).map(|store| store.to_string())
}

#[test]
fn each_cloud_is_opened_from_its_own_variables() {
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    assert_eq!(opened(Cloud::S3, &keys), Ok("AmazonS3(records)".to_owned()));
    let identity = [("AWS_ROLE_ARN", "arn:aws:iam::1:role/ci"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token")];
    assert!(opened(Cloud::S3, &identity).is_ok());
    assert!(
        opened(
            Cloud::Gcs,
            &[(
                "GOOGLE_SERVICE_ACCOUNT_KEY",
                r#"{"private_key":"","private_key_id":"","client_email":"","disable_oauth":true}"#
            )]
        )
        .is_ok()
    );
    for account in ["AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"] {
        let named = "MicrosoftAzure { account: acme, container: records }".to_owned();
        assert_eq!(opened(Cloud::Azure, &[(account, "acme"), ("AZURE_STORAGE_KEY", "a2V5")]), Ok(named));
    }
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let pairs =
        [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_SESSION_TOKEN", ""), ("AWS_ENDPOINT_URL", "")];
    assert!(opened(Cloud::S3, &pairs).is_ok());
    assert!(known::<AmazonS3ConfigKey>("AWS_", &variables(&pairs)).next().is_none());
}

#[test]
fn what_is_wrong_with_the_variables_is_told_and_their_secrets_are_not() {
    let half = opened(Cloud::S3, &[("AWS_SECRET_ACCESS_KEY", "hunter2")]).unwrap_err();
    assert!(half.why.contains("AccessKeyId") || half.why.to_lowercase().contains("access key"), "{half:?}");
    assert!(half.hint.contains("AWS_") && !format!("{half:?}").contains("hunter2"), "{half:?}");
    let nameless = opened(Cloud::Azure, &[("AZURE_STORAGE_KEY", "hunter2=")]).unwrap_err();
    assert!(
        nameless.hint.contains("AZURE_STORAGE_ACCOUNT_NAME") && !format!("{nameless:?}").contains("hunter2"),
        "{nameless:?}"
    );
    let missing = opened(Cloud::Gcs, &[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")]).unwrap_err();
    assert!(missing.hint.starts_with("look at GOOGLE_APPLICATION_CREDENTIALS"), "{missing:?}");
}

#[test]
fn conditional_writes_cant_be_switched_off() {
    let pairs = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_CONDITIONAL_PUT", "disabled")];
    let store = objects(Cloud::S3, "records", &variables(&pairs)).unwrap();
    assert!(!format!("{store:?}").contains("conditional_put: Disabled"));
}
