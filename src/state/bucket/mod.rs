//! Records in an object store: `s3://`, `gs://`, `az://`; one object for each organization, the same bytes as a file.
//!
//! A save is one PUT with a condition: If-None-Match where there is no record yet, If-Match (at Google the generation)
//! where there is one. The entity tag that names a version is, at S3, a hash of the content; it names one save all the
//! same, because a document's `writeId` makes the bytes of each save unlike all others.
//!
//! One layer decides about a second try, and it is [`saving`]: the crate below has its own tries switched off, since it
//! takes a connection that was cut for a request that was never sent, sends it again, and reports a conflict with itself.
//!
//! A store that takes no notice of conditions would lose updates without a word, so it is found out before the first save
//! ([`conditions`]).

mod body;
mod calls;
mod conditions;
mod hearing;
mod open;
mod saving;
mod secrets;
mod trouble;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::path::Path;
use tokio::sync::OnceCell;

use super::observe::{StoreObserver, Unobserved};
use super::{Advised, BoxFuture, Cloud, Record, Store, StoreError, Version, codec, file_name};
use crate::domain::ScopeName;
use calls::Found;
use trouble::Trouble;

/// How long a store is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For one answer.
    pub call: Duration,
    /// For a load, a save or a list as a whole, with all its tries.
    pub whole: Duration,
    /// Before the second try; twice as long before each further one.
    pub pause: Duration,
}

impl Default for Patience {
    /// A whole save ends well within a lease ([`Lease::length`](super::Lease::length)).
    fn default() -> Self {
        Self { call: Duration::from_secs(20), whole: Duration::from_secs(45), pause: Duration::from_millis(200) }
    }
}

/// Keeps records as objects of one bucket or container, below a prefix.
///
/// Needs a tokio runtime with its timer and its network enabled.
pub struct BucketStore {
    objects: Arc<dyn ObjectStore>,
    cloud: Cloud,
    bucket: String,
    prefix: String,
    patience: Patience,
    observer: Arc<dyn StoreObserver>,
    /// Set once the store is known to obey If-Match.
    obeys_match: OnceCell<()>,
    /// Set once it is known to obey If-None-Match.
    obeys_none_match: OnceCell<()>,
}

impl BucketStore {
    /// The store in a bucket, with the options and credentials of the environment. Nothing is asked of it yet.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the environment contradicts itself or lacks what is needed.
    pub fn open(cloud: Cloud, bucket: &str, prefix: &str) -> Result<Self, StoreError> {
        Self::open_with(cloud, bucket, prefix, &open::environment())
    }

    /// As [`open`](Self::open), with these variables in the environment's place; what the clouds' own tools keep in the
    /// home folder is still read.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(
        cloud: Cloud,
        bucket: &str,
        prefix: &str,
        variables: &[(String, String)],
    ) -> Result<Self, StoreError> {
        let root = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        let place = format!("{}://{bucket}{root}", cloud.scheme());
        let objects = open::objects(cloud, bucket, variables).map_err(|advised| advised.at("open", place.clone()))?;
        Path::parse(prefix).map_err(|error| {
            let hint = "choose another prefix".to_owned();
            Advised { why: format!("it can't be part of an object's name: {error}"), hint }.at("open", place)
        })?;
        Ok(Self {
            objects,
            cloud,
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            patience: Patience::default(),
            observer: Arc::new(Unobserved),
            obeys_match: OnceCell::new(),
            obeys_none_match: OnceCell::new(),
        })
    }

    /// The same store, waited for as long as this.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The same store, of whose requests this observer is told.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn StoreObserver>) -> Self {
        Self { observer, ..self }
    }

    fn key(&self, file: &str) -> String {
        if self.prefix.is_empty() { file.to_owned() } else { format!("{}/{file}", self.prefix) }
    }

    /// The object of this name.
    fn path(&self, file: &str) -> Path {
        Path::parse(self.key(file)).expect("the prefix was tried, and a record's file name has no slash")
    }

    fn shown(&self, file: &str) -> String {
        format!("{}://{}/{}", self.cloud.scheme(), self.bucket, self.key(file))
    }

    /// The place as a whole.
    fn shown_root(&self) -> String {
        let shown = self.shown("");
        shown.trim_end_matches('/').to_owned()
    }

    fn told(&self, action: &'static str, place: String, trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::TooLarge => {
                let why = format!("it has more than {} bytes", codec::MAX_BYTES);
                let remedy = self.remedy(&place);
                StoreError::Corrupt { place, why, remedy }
            }
            other => other.advised(self.cloud, &self.bucket).at(action, place),
        }
    }

    /// How to get a good document back: what the bucket kept of the older ones, where it was told to.
    fn remedy(&self, place: &str) -> String {
        let how = match self.cloud {
            Cloud::S3 => "aws s3api list-object-versions",
            Cloud::Gcs => "gcloud storage ls --all-versions",
            Cloud::Azure => "az storage blob list --include v",
        };
        format!(
            "bring the version before it back, which a bucket with versioning keeps ({how}; docs/state.md shows it for {place}), \
             or one from a backup"
        )
    }

    async fn load_record(&self, org: &ScopeName) -> Result<Option<(Record, Version)>, StoreError> {
        let file = file_name::of(org);
        let place = self.shown(&file);
        let found = self.get(&self.path(&file), self.end()).await;
        let Some(Found { bytes, version }) = found.map_err(|trouble| self.told("read", place.clone(), trouble))? else {
            return Ok(None);
        };
        let record = codec::decode_at(&bytes, org, &place, || self.remedy(&place))?;
        Ok(Some((record, version)))
    }

    /// The organizations whose objects lie directly below the prefix; the store's pages are put together.
    async fn list(&self) -> Result<BTreeSet<ScopeName>, StoreError> {
        let prefix = Some(Path::parse(&self.prefix).unwrap_or_default()).filter(|path| !path.as_ref().is_empty());
        let end = self.end();
        let listed = self
            .persist(end, |attempt| self.call(attempt, end, self.objects.list_with_delimiter(prefix.as_ref())))
            .await;
        let listed = listed.map_err(|trouble| self.told("list", self.shown_root(), trouble))?;
        Ok(listed.objects.iter().filter_map(|object| file_name::org(object.location.filename()?)).collect())
    }
}

impl Store for BucketStore {
    fn orgs(&self) -> BoxFuture<'_, Result<BTreeSet<ScopeName>, StoreError>> {
        Box::pin(self.list())
    }

    fn load<'a>(&'a self, org: &'a ScopeName) -> BoxFuture<'a, Result<Option<(Record, Version)>, StoreError>> {
        Box::pin(self.load_record(org))
    }

    fn save_if<'a>(
        &'a self,
        record: &'a Record,
        version: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(self.save(record, version))
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.find_out_match())
    }

    fn place(&self, org: &ScopeName) -> String {
        self.shown(&file_name::of(org))
    }
}
