//! Where records are kept, as a user names it: `--state`, `POLICYSYNC_STATE`, `state:`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use super::git::without_credentials;
use super::observe::{StoreObserver, Unobserved};
use super::{FileStore, GitStore, Store, StoreError};

/// The branch that keeps records where none is named.
pub const BRANCH: &str = "policysync-state";

/// A place that keeps records: `.policysync/state`, `git:origin`, `git:origin#branch`, `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder on this machine.
    Folder(PathBuf),
    /// A branch of a Git repository.
    Git {
        /// The name of a remote of the repository that is worked in, or a repository's address or path.
        remote: String,
        /// The branch, without `refs/heads/`.
        branch: String,
    },
    /// A bucket or container of an object store, and a prefix in it.
    Bucket {
        /// Whose object store.
        cloud: Cloud,
        /// The bucket or container.
        bucket: String,
        /// What the objects' names begin with, without a slash at either end; may be empty.
        prefix: String,
    },
}

/// An object store's maker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// `s3://`: Amazon S3 and what speaks as it does.
    S3,
    /// `gs://`: Google Cloud Storage.
    Gcs,
    /// `az://`: Azure Blob Storage.
    Azure,
}

impl Cloud {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::S3, Self::Gcs, Self::Azure];

    /// The scheme of its addresses.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
        }
    }
}

/// A text that names no place for records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no place for the record: {why}")]
pub struct InvalidLocation {
    text: String,
    why: String,
}

impl InvalidLocation {
    /// What may be said instead.
    pub const HINT: &str = "give a folder (.policysync/state), git:REMOTE[#BRANCH], s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or \
                            az://CONTAINER/PREFIX";
}

impl FromStr for Location {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, InvalidLocation> {
        // There may be a password in it, and an error is read by many.
        let invalid = |why: &str| InvalidLocation { text: without_credentials(text), why: why.to_owned() };
        if text.is_empty() {
            return Err(invalid("it is empty"));
        }
        if let Some(place) = text.strip_prefix("git:") {
            let (remote, branch) = place.rsplit_once('#').unwrap_or((place, BRANCH));
            if remote.is_empty() {
                return Err(invalid("a remote follows `git:`, as in git:origin"));
            }
            if remote.starts_with('-') {
                return Err(invalid("a remote can't begin with `-`"));
            }
            if !is_branch(branch) {
                return Err(invalid("what follows `#` is no name of a branch"));
            }
            return Ok(Self::Git { remote: remote.to_owned(), branch: branch.to_owned() });
        }
        for cloud in Cloud::ALL {
            let Some(place) = text.strip_prefix(cloud.scheme()).and_then(|rest| rest.strip_prefix("://")) else {
                continue;
            };
            let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
            if bucket.is_empty() {
                return Err(invalid("the bucket's name is missing"));
            }
            let prefix = prefix.trim_matches('/');
            if text.contains(['?', '#', '@'])
                || prefix.split('/').any(|part| matches!(part, "." | "..") || (part.is_empty() && !prefix.is_empty()))
            {
                return Err(invalid(
                    "it may only have a bucket and a plain prefix; credentials and options come from the environment",
                ));
            }
            return Ok(Self::Bucket { cloud, bucket: bucket.to_owned(), prefix: prefix.to_owned() });
        }
        match text.split_once(':') {
            // A drive's letter, or a colon below a folder.
            Some((scheme, rest)) if scheme.len() > 1 && !scheme.contains(['/', '\\']) => {
                Err(match meant(scheme, rest) {
                    Some(meant) => invalid(&format!("did you mean {}?", without_credentials(&meant))),
                    None => invalid("a folder with `:` in its name is written ./like:this"),
                })
            }
            _ => Ok(Self::Folder(PathBuf::from(text))),
        }
    }
}

/// What was perhaps meant by a place of no known kind.
fn meant(scheme: &str, rest: &str) -> Option<String> {
    let schemes = Cloud::ALL.into_iter().map(Cloud::scheme);
    let plain = scheme.to_ascii_lowercase();
    match (plain.as_str(), schemes.into_iter().find(|cloud| *cloud == plain)) {
        // `s3:/bucket` and `S3://bucket`.
        (_, Some(cloud)) => Some(format!("{cloud}://{}", rest.trim_start_matches('/'))),
        ("http" | "https" | "ssh", None) => Some(format!("git:{scheme}:{rest}")),
        ("azure" | "abfs" | "abfss" | "wasb", None) => Some(format!("az://{}", rest.trim_start_matches('/'))),
        ("gcs", None) => Some(format!("gs://{}", rest.trim_start_matches('/'))),
        ("git" | "gti" | "gi" | "gt" | "gitt", None) => Some(format!("git:{rest}")),
        _ => None,
    }
}

/// Whether Git takes a text as a branch's name (`git check-ref-format`), and it is no option.
fn is_branch(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && name != "@"
        && !name.contains(|c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c))
        && name.split('/').all(part)
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Git { remote, branch } => write!(f, "git:{}#{branch}", without_credentials(remote)),
            Self::Bucket { cloud, bucket, prefix } if prefix.is_empty() => write!(f, "{}://{bucket}", cloud.scheme()),
            Self::Bucket { cloud, bucket, prefix } => write!(f, "{}://{bucket}/{prefix}", cloud.scheme()),
        }
    }
}

impl Location {
    /// The store that is there, of whose requests and commands nobody is told. Nothing is read or written yet.
    ///
    /// # Errors
    /// As [`open_observed`](Self::open_observed).
    pub fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        self.open_observed(Arc::new(Unobserved))
    }

    /// The store that is there; this observer is told of its requests and commands. Nothing is read or written yet.
    ///
    /// # Errors
    /// [`StoreError::Io`] where this build can't reach such a place, or what it needs to is missing.
    pub fn open_observed(&self, observer: Arc<dyn StoreObserver>) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Self::Folder(folder) => Ok(Arc::new(FileStore::new(folder))),
            Self::Git { remote, branch } => Ok(Arc::new(GitStore::new(remote, branch).observed_by(observer))),
            #[cfg(feature = "clouds")]
            Self::Bucket { cloud, bucket, prefix } => {
                let store = super::BucketStore::open(*cloud, bucket, prefix)?;
                Ok(Arc::new(store.observed_by(observer)))
            }
            #[cfg(not(feature = "clouds"))]
            Self::Bucket { .. } => {
                let why = "this build knows no object stores: it was made without the cargo feature `clouds`";
                let advised = super::store::Advised::new(why);
                Err(advised
                    .advice("use a released binary, or build with the default features")
                    .at("open", self.to_string()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Location, String> {
        text.parse().map_err(|error: InvalidLocation| error.to_string())
    }

    fn git(remote: &str, branch: &str) -> Location {
        Location::Git { remote: remote.to_owned(), branch: branch.to_owned() }
    }

    fn bucket(cloud: Cloud, bucket: &str, prefix: &str) -> Location {
        Location::Bucket { cloud, bucket: bucket.to_owned(), prefix: prefix.to_owned() }
    }

    #[test]
    fn each_kind_of_place_is_read() {
        for (text, place) in [
            (".policysync/state", Location::Folder(".policysync/state".into())),
            ("./odd:name", Location::Folder("./odd:name".into())),
            ("C:\\state", Location::Folder("C:\\state".into())),
            ("git:origin", git("origin", BRANCH)),
            ("git:origin#state/prod", git("origin", "state/prod")),
            ("git:../other.git", git("../other.git", BRANCH)),
            ("git:git@example.com:a/b.git#state", git("git@example.com:a/b.git", "state")),
            ("git:https://example.com/a/b", git("https://example.com/a/b", BRANCH)),
            ("s3://records", bucket(Cloud::S3, "records", "")),
            ("s3://records/team/a/", bucket(Cloud::S3, "records", "team/a")),
            ("gs://records/a", bucket(Cloud::Gcs, "records", "a")),
            ("az://records/a", bucket(Cloud::Azure, "records", "a")),
        ] {
            assert_eq!(read(text), Ok(place), "{text}");
        }
    }

    #[test]
    fn what_names_no_place_is_refused() {
        for text in [
            "",
            "git:",
            "git:#b",
            "git:-x",
            "git:origin#",
            "git:origin#-b",
            "git:origin#a..b",
            "git:origin#a b",
            "git:origin#a.lock",
            "git:origin#/a",
            "s3://",
            "s3:///a",
            "s3://key:secret@bucket/a",
            "s3://b/a/../c",
            "s3://b/a//c",
            "s3://b?x=1",
            "s3:records",
            "gcs://records",
            "https://example.com/state",
            "odd:name",
        ] {
            assert!(read(text).is_err(), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        for text in [
            "s3://key:secret@bucket/a",
            "git:https://me:secret@example.com/a.git",
            "git:https://me:secret@example.com/a#..",
            "https://me:secret@example.com/a",
            "https:/me:secret@example.com/a",
            "https:secret@example.com/a",
            "ssh:me:secret@example.com",
            "S3:/key:secret@bucket",
            "s3:key:secret@bucket",
            "git:me:secret@example.com:a#..",
        ] {
            let shown = read(text).map_or_else(|error| error, |place| place.to_string());
            assert!(
                !shown.contains("secret") && (shown.contains("example.com") || shown.contains("bucket")),
                "{shown}"
            );
        }
    }

    #[test]
    fn what_is_shown_is_read_back_as_the_same() {
        for text in ["a/b", "git:origin", "git:git@h:a/b.git#s", "s3://b", "gs://b/p", "az://c/p/q"] {
            let place = read(text).unwrap();
            assert_eq!(read(&place.to_string()), Ok(place), "{text}");
        }
    }

    #[cfg(not(feature = "clouds"))]
    #[test]
    fn a_build_without_object_stores_says_so() {
        let Err(error) = read("gs://records/a").unwrap().open() else { panic!("it is to be refused") };
        let told = format!("{error}: {}", std::error::Error::source(&error).unwrap());
        assert!(told.starts_with("can't open gs://records/a: this build knows no object stores"), "{told}");
        assert!(error.hint().contains("build with the default features"));
    }

    #[cfg(feature = "clouds")]
    #[test]
    fn a_bucket_is_opened_without_a_call() {
        let store = read("s3://records/team").unwrap().open().unwrap();
        let acme = crate::domain::ScopeName::new("acme").unwrap();
        assert_eq!(store.place(&acme), "s3://records/team/acme.json");
    }
}
