use super::*;

fn answer(cloud: Cloud, status: u16, code: &str) -> Trouble {
    let said = Said { status, code: Some(code.to_owned()).filter(|code| !code.is_empty()), ..Said::default() };
    heard(cloud, true, What::Answer(said))
}

fn heard(cloud: Cloud, about_bucket: bool, what: What) -> Trouble {
    let error = object_store::Error::NotImplemented { operation: "o".to_owned(), implementer: "i".to_owned() };
    let host = "store.example".to_owned();
    Trouble::of(cloud, "records", &error, Some(Heard { host, about_bucket, what }))
}

#[test]
fn only_the_stores_own_word_says_that_an_object_is_not_there() {
    for (cloud, code) in [(Cloud::S3, "NoSuchKey"), (Cloud::Gcs, "NoSuchKey"), (Cloud::Azure, "BlobNotFound")] {
        assert_eq!(answer(cloud, 404, code), Trouble::Missing);
        for other in ["NoSuchBucket", "ContainerNotFound", "", "NotFound"] {
            assert!(matches!(answer(cloud, 404, other), Trouble::Refused { .. }), "{other}");
        }
    }
}

#[test]
fn what_may_have_taken_effect_is_never_taken_for_a_refusal() {
    for status in [200, 204, 408, 429, 500, 502, 503, 504] {
        assert!(answer(Cloud::S3, status, "").may_have_taken_effect(), "{status}");
    }
    for (sent, doubt) in [(true, true), (false, false)] {
        let fault = heard(Cloud::S3, true, What::Fault { text: "cut".to_owned(), sent, untrusted: false });
        assert!(fault.may_pass());
        assert_eq!(fault.may_have_taken_effect(), doubt);
    }
    assert!(heard(Cloud::S3, true, What::Silence).may_have_taken_effect());
    assert!(Trouble::too_late(Duration::from_secs(20), None).may_have_taken_effect());
    for status in [304, 409, 412] {
        assert!(matches!(answer(Cloud::Azure, status, "BlobAlreadyExists"), Trouble::Condition { .. }), "{status}");
    }
    for status in [301, 307, 400, 401, 403, 404, 407, 501] {
        assert!(!answer(Cloud::S3, status, "").may_pass(), "{status}");
    }
}

#[test]
fn each_refusal_says_what_to_look_at() {
    let hint = |cloud, trouble: Trouble| trouble.advised(cloud, "records").hint;
    for (cloud, status, code, begins) in [
        (Cloud::S3, 404, "NoSuchBucket", "make the bucket records, or look at --state"),
        (Cloud::Azure, 404, "ContainerNotFound", "make the container records in that account"),
        (Cloud::S3, 403, "AccessDenied", "the credentials need s3:ListBucket"),
        (Cloud::Gcs, 403, "AccessDenied", "the credentials need the role Storage Object User"),
        (
            Cloud::Azure,
            403,
            "AuthorizationPermissionMismatch",
            "the credentials need the role Storage Blob Data Contributor",
        ),
        (Cloud::S3, 403, "SignatureDoesNotMatch", "set AWS_ACCESS_KEY_ID"),
        (Cloud::Azure, 403, "AuthenticationFailed", "set AZURE_STORAGE_ACCOUNT_NAME"),
        (Cloud::Gcs, 401, "AuthenticationRequired", "set GOOGLE_APPLICATION_CREDENTIALS"),
        (Cloud::S3, 403, "RequestTimeTooSkewed", "this machine's clock is wrong"),
        (Cloud::S3, 400, "AuthorizationHeaderMalformed", "it is the region that is wrong: set AWS_REGION"),
        (Cloud::S3, 301, "PermanentRedirect", "look at --state, AWS_REGION"),
        (Cloud::S3, 407, "", "look at HTTPS_PROXY"),
        (Cloud::S3, 501, "NotImplemented", "the store lacks what is needed here: conditional writes"),
        (Cloud::Gcs, 418, "", "look at --state and, where it is set, GOOGLE_BASE_URL"),
    ] {
        let hint = hint(cloud, answer(cloud, status, code));
        assert!(hint.starts_with(begins), "{status} {code}: {hint}");
    }
    let elsewhere = Said { status: 301, region: Some("eu-west-1".to_owned()), ..Said::default() };
    let elsewhere = hint(Cloud::S3, heard(Cloud::S3, true, What::Answer(elsewhere)));
    assert_eq!(elsewhere, "the bucket is in eu-west-1: set AWS_REGION=eu-west-1");
    let late = Said { message: Some("Request date header too old: 'x'".to_owned()), status: 403, ..Said::default() };
    assert!(hint(Cloud::Azure, heard(Cloud::Azure, true, What::Answer(late))).starts_with("this machine's clock"));
}

#[test]
fn missing_credentials_are_called_so() {
    let fault = What::Fault { text: "no answer within 2s".to_owned(), sent: false, untrusted: false };
    for cloud in Cloud::ALL {
        let Advised { why, hint } = heard(cloud, false, fault.clone()).advised(cloud, "records");
        assert_eq!(why, "there are no credentials: none are set, and store.example gives none: no answer within 2s");
        assert!(hint.starts_with("set A") || hint.starts_with("set GOOGLE_"), "{hint}");
    }
    let said = Said { status: 400, code: Some("InvalidIdentityToken".to_owned()), ..Said::default() };
    let told = heard(Cloud::S3, false, What::Answer(said)).advised(Cloud::S3, "records").why;
    assert_eq!(told, "there are no credentials: store.example answers 400 InvalidIdentityToken");
}

#[test]
fn a_certificate_that_is_not_trusted_names_the_way_out() {
    let fault = What::Fault { text: "UnknownIssuer".to_owned(), sent: false, untrusted: true };
    let Advised { why, hint } = heard(Cloud::S3, true, fault).advised(Cloud::S3, "records");
    assert_eq!(why, "store.example: UnknownIssuer");
    assert!(hint.contains("SSL_CERT_FILE"), "{hint}");
}
