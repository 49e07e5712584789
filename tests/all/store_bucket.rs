//! Object stores, over real servers that `tests/stores/run.sh` starts: the contract, and what is an object store's own.

#![expect(clippy::unwrap_used, reason = "a test's own functions; clippy knows only those marked as tests")]

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use policysync::state::{BucketStore, Cloud, Patience, Record, Store, StoreError, Version, codec};
use uuid::Uuid;

use crate::store_bucket_gate::{Fault, Gate};
use crate::store_contract::{Place, contract, name, record, run};

/// The bucket and the container that `run.sh` makes.
pub const BUCKET: &str = "records";
/// The account and key of every emulator of Azure's storage.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A prefix of its own in a server's bucket.
#[derive(Clone)]
pub struct Corner {
    pub cloud: Cloud,
    /// Where the server is: `http://127.0.0.1:4711`.
    pub url: String,
    pub bucket: String,
    pub prefix: String,
}

impl Corner {
    pub fn s3() -> Self {
        Self::of(Cloud::S3, "POLICYSYNC_TEST_S3")
    }

    pub fn azure() -> Self {
        Self::of(Cloud::Azure, "POLICYSYNC_TEST_AZURE")
    }

    pub fn both() -> [Self; 2] {
        [Self::s3(), Self::azure()]
    }

    #[expect(clippy::disallowed_methods, reason = "says where the servers of run.sh are")]
    fn of(cloud: Cloud, variable: &str) -> Self {
        let url = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: use tests/stores/run.sh"));
        Self { cloud, url, bucket: BUCKET.to_owned(), prefix: format!("tests/{}", Uuid::new_v4()) }
    }

    /// What the environment says for this server.
    pub fn variables(&self) -> Vec<(String, String)> {
        let endpoint = format!("{}/{ACCOUNT}", self.url);
        let pairs: &[(&str, &str)] = match self.cloud {
            Cloud::S3 => &[
                ("AWS_ACCESS_KEY_ID", "tester"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
                ("AWS_ENDPOINT_URL", &self.url),
                ("AWS_SESSION_TOKEN", ""),
            ],
            Cloud::Azure => &[
                ("AZURE_STORAGE_ACCOUNT", ACCOUNT),
                ("AZURE_STORAGE_ACCOUNT_KEY", KEY),
                ("AZURE_STORAGE_ENDPOINT", &endpoint),
            ],
            Cloud::Gcs => panic!("no server for it"),
        };
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    pub fn location(&self) -> String {
        format!("{}://{}/{}", self.cloud.scheme(), self.bucket, self.prefix)
    }

    pub fn store(&self) -> BucketStore {
        BucketStore::open_with(self.cloud, &self.bucket, &self.prefix, &self.variables()).unwrap()
    }

    /// One that doesn't wait long.
    pub fn hasty(&self) -> BucketStore {
        let ms = std::time::Duration::from_millis;
        self.store().with_patience(Patience { call: ms(400), whole: ms(2500), pause: ms(20) })
    }

    pub fn save(&self, record: &Record, version: Option<&Version>) -> Result<Version, StoreError> {
        run(self.store().save_if(record, version))
    }

    pub fn load(&self) -> Result<Option<(Record, Version)>, StoreError> {
        run(self.store().load(&name("acme")))
    }

    /// The server itself, without policysync.
    fn server(&self) -> Arc<dyn ObjectStore> {
        // The store under test has set up TLS by then.
        drop(rustls::crypto::ring::default_provider().install_default());
        match self.cloud {
            Cloud::S3 => {
                let builder = AmazonS3Builder::new().with_access_key_id("tester").with_secret_access_key("secret");
                Arc::new(
                    builder.with_endpoint(&self.url).with_allow_http(true).with_bucket_name(BUCKET).build().unwrap(),
                )
            }
            Cloud::Azure => {
                let builder = MicrosoftAzureBuilder::new().with_account(ACCOUNT).with_access_key(KEY);
                let endpoint = format!("{}/{ACCOUNT}", self.url);
                let builder = builder.with_endpoint(endpoint).with_allow_http(true).with_container_name(BUCKET);
                Arc::new(builder.build().unwrap())
            }
            Cloud::Gcs => panic!("no server for it"),
        }
    }

    fn path(&self, file: &str) -> Path {
        Path::parse(format!("{}/{file}", self.prefix)).unwrap()
    }

    /// Puts an object there, whatever was there.
    pub fn put(&self, file: &str, bytes: &[u8]) {
        run(self.server().put(&self.path(file), bytes.to_vec().into())).unwrap();
    }

    pub fn bytes(&self, file: &str) -> Vec<u8> {
        run(async { self.server().get(&self.path(file)).await.unwrap().bytes().await.unwrap() }).to_vec()
    }

    pub fn remove(&self, file: &str) {
        run(self.server().delete(&self.path(file))).unwrap();
    }

    /// The names of all objects below the prefix.
    pub fn names(&self) -> Vec<String> {
        let prefix = Path::parse(&self.prefix).unwrap();
        let listed = run(self.server().list_with_delimiter(Some(&prefix))).unwrap();
        listed.objects.iter().filter_map(|object| object.location.filename().map(ToOwned::to_owned)).collect()
    }
}

impl Place for Corner {
    fn handle(&self) -> Arc<dyn Store> {
        Arc::new(self.store())
    }
}

contract!(
    #[ignore = "needs an S3 server; tests/stores/run.sh starts one"]
    s3,
    super::Corner::s3()
);
contract!(
    #[ignore = "needs an Azure server; tests/stores/run.sh starts one"]
    azure,
    super::Corner::azure()
);

/// An error with all that lies below it, and its hint.
pub fn told<T: std::fmt::Debug>(refused: Result<T, StoreError>) -> String {
    let error = refused.expect_err("it is to be refused");
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    format!("{told}\nhint: {}", error.hint())
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn an_object_holds_the_same_bytes_as_a_file() {
    for corner in Corner::both() {
        corner.save(&record("acme", 3, 40), None).unwrap();
        assert_eq!(corner.names(), ["acme.json"]);
        assert_eq!(codec::decode(&corner.bytes("acme.json")).unwrap(), record("acme", 3, 40));
        assert_eq!(corner.store().place(&name("acme")), format!("{}/acme.json", corner.location()));
    }
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn foreign_objects_are_no_organizations_and_a_list_of_many_pages_is_whole() {
    for corner in Corner::both() {
        for file in ["README.md", "acme.json.bak", "Acme.json", "below/globex.json"] {
            corner.put(file, b"not a record");
        }
        // More than S3 and moto give on one page.
        let orgs: Vec<String> = (0..1005).map(|number| format!("org-{number:04}")).collect();
        let server = corner.server();
        run(async {
            let put = |org: &String| {
                let (server, path) = (Arc::clone(&server), corner.path(&format!("{org}.json")));
                async move { server.put(&path, "x".into()).await.map(|_| ()) }
            };
            let puts = futures_util::stream::iter(orgs.iter().map(put));
            puts.buffer_unordered(16).try_collect::<()>().await.unwrap();
        });
        let found = run(corner.store().orgs()).unwrap();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), orgs);
    }
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_bucket_without_a_prefix_holds_records_too() {
    for mut corner in Corner::both() {
        let org = format!("org-{}", Uuid::new_v4());
        corner.prefix = String::new();
        run(corner.store().save_if(&record(&org, 1, 40), None)).unwrap();
        assert_eq!(run(corner.store().load(&name(&org))).unwrap().unwrap().0, record(&org, 1, 40));
        assert!(run(corner.store().orgs()).unwrap().contains(&name(&org)));
        corner.remove(&format!("{org}.json"));
    }
}

/// F23.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn an_altered_object_is_refused_and_not_saved_over() {
    for corner in Corner::both() {
        let version = corner.save(&record("acme", 2, 40), None).unwrap();
        let whole = corner.bytes("acme.json");
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 4;
        for altered in [&b""[..], &whole[..whole.len() - 1], &whole[..40], &flipped, b"<html>"] {
            corner.put("acme.json", altered);
            let told = told(corner.load());
            assert!(
                told.starts_with(&format!("the record at {}/acme.json can't be read: ", corner.location())),
                "{told}"
            );
            assert!(told.contains("bring the version before it back, which a bucket with versioning keeps"), "{told}");
            for base in [None, Some(&version)] {
                let refused = corner.save(&record("acme", 3, 40), base);
                assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
            }
            assert_eq!(corner.bytes("acme.json"), altered);
        }
        // What a bucket with versioning gives back is good again.
        corner.put("acme.json", &whole);
        assert_eq!(corner.load().unwrap().unwrap().0, record("acme", 2, 40));
    }
}

/// F24.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn another_organizations_object_and_a_newer_one_are_refused_naming_both() {
    for corner in Corner::both() {
        run(corner.store().save_if(&record("globex", 1, 40), None)).unwrap();
        corner.put("acme.json", &corner.bytes("globex.json"));
        assert!(told(corner.load()).contains("it is the record of globex, not of acme"));
        corner.put("acme.json", b"{\"format\": 7, \"shards\": []}");
        assert!(told(corner.load()).contains("acme.json has format 7; this version reads up to 1"));
    }
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_missing_bucket_is_named_by_every_operation() {
    for mut corner in Corner::both() {
        corner.bucket = "nowhere".to_owned();
        let store = corner.store();
        for told in [
            told(run(store.orgs()).map(|_| ())),
            told(run(store.load(&name("acme"))).map(|_| ())),
            told(run(store.probe())),
            told(run(store.save_if(&record("acme", 1, 40), None)).map(|_| ())),
        ] {
            let code = if corner.cloud == Cloud::S3 { "404 NoSuchBucket: " } else { "404 ContainerNotFound" };
            assert!(told.contains(code) && told.contains("://nowhere/"), "{told}");
            assert!(told.contains("\nhint: make the "), "{told}");
        }
    }
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_wrong_key_is_told_as_such() {
    let corner = Corner::azure();
    let mut variables = corner.variables();
    variables[1].1 = KEY.replace("Eby8", "8ybE");
    let store = BucketStore::open_with(corner.cloud, BUCKET, &corner.prefix, &variables).unwrap();
    for told in [told(run(store.load(&name("acme"))).map(|_| ())), told(run(store.probe()))] {
        assert!(told.contains("403 AuthorizationFailure: Server failed to authenticate"), "{told}");
        assert!(told.contains("\nhint: set AZURE_STORAGE_ACCOUNT_NAME, and AZURE_STORAGE_ACCOUNT_KEY"), "{told}");
        assert!(!told.contains("8ybE"), "{told}");
    }
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_probe_of_an_honest_store_writes_nothing_at_all() {
    for corner in Corner::both() {
        run(corner.store().probe()).unwrap();
        assert_eq!(corner.names(), <[&str; 0]>::default());
        corner.save(&record("acme", 1, 40), None).unwrap();
        assert_eq!(corner.names(), ["acme.json"]);
    }
}

/// OIDC: a token of the CI's, traded for credentials.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_web_identity_is_traded_for_credentials() {
    let corner = Corner::s3();
    let gate = Gate::before(&corner.url);
    let body = "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
                <AccessKeyId>traded</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
                <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>\
                </AssumeRoleWithWebIdentityResponse>";
    // moto finds its STS by the body of a request; this client says all in the query.
    gate.fault("AssumeRoleWithWebIdentity", usize::MAX, Fault::Says { status: 200, body: body.to_owned() });
    let token = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut token.as_file(), b"header.claims.signature").unwrap();
    let sts = gate.url();
    let variables = [
        ("AWS_ENDPOINT_URL", corner.url.as_str()),
        ("AWS_ENDPOINT_URL_STS", &sts),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.path().to_str().unwrap()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let store = BucketStore::open_with(Cloud::S3, BUCKET, &corner.prefix, &variables).unwrap();
    run(store.save_if(&record("acme", 1, 40), None)).unwrap();
    assert_eq!(run(store.load(&name("acme"))).unwrap().unwrap().0, record("acme", 1, 40));
    drop(token);
    let lost = BucketStore::open_with(Cloud::S3, BUCKET, &corner.prefix, &variables).unwrap();
    let told = told(run(lost.load(&name("acme"))));
    assert!(told.contains("No such file or directory") && told.contains("AWS_WEB_IDENTITY_TOKEN_FILE"), "{told}");
}

/// The machine's own credential service is not there: told at once, not after a minute of tries.
#[test]
fn missing_credentials_are_told_at_once() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let variables = [("AWS_METADATA_ENDPOINT".to_owned(), format!("http://{closed}"))];
    let store = BucketStore::open_with(Cloud::S3, "records", "acme", &variables).unwrap();
    let begun = std::time::Instant::now();
    let told = told(run(store.load(&name("acme"))));
    assert!(told.contains(&format!("there are no credentials: none are set, and {closed} gives none: ")), "{told}");
    assert!(told.contains("\nhint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{told}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
}

/// Nothing of a record or a credential goes to another machine in the clear.
#[test]
fn plain_http_to_another_machine_is_refused_unsent() {
    for (cloud, pairs) in [
        (
            Cloud::S3,
            vec![
                ("AWS_ACCESS_KEY_ID", "a"),
                ("AWS_SECRET_ACCESS_KEY", "b"),
                ("AWS_ENDPOINT_URL", "http://minio.invalid:9000"),
            ],
        ),
        (Cloud::Gcs, vec![("GOOGLE_BEARER_TOKEN", "t"), ("GOOGLE_BASE_URL", "http://gcs.invalid:9000")]),
        (
            Cloud::Azure,
            vec![
                ("AZURE_STORAGE_ACCOUNT", "a"),
                ("AZURE_STORAGE_KEY", KEY),
                ("AZURE_STORAGE_ENDPOINT", "http://az.invalid:9000"),
            ],
        ),
    ] {
        let variables: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let store = BucketStore::open_with(cloud, "records", "acme", &variables).unwrap();
        for told in [told(run(store.load(&name("acme"))).map(|_| ())), told(run(store.probe()))] {
            assert!(told.contains(".invalid:9000 is spoken to by plain http, which would show records"), "{told}");
            assert!(told.contains("\nhint: use https"), "{told}");
        }
    }
}
