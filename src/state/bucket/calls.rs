//! The calls that a store is asked with, each bounded in time and told in our words.

use std::future::Future;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, GetResult, ObjectStoreExt as _, PutMode, PutOptions, PutResult, UpdateVersion,
};
use uuid::Uuid;

use super::hearing::{Listener, listen};
use super::trouble::Trouble;
use super::{BucketStore, Cloud, Version, codec};
use crate::failpoint;

/// No load, save or list is tried more often than this.
const TRIES: u32 = 6;
/// What a look at the end gets, even where the time is over.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// An object's bytes and version.
pub(super) struct Found {
    pub(super) bytes: Bytes,
    pub(super) version: Version,
}

impl BucketStore {
    /// Makes one try of a call, bounded in time, and says in our words what came of it.
    pub(super) async fn call<T>(
        &self,
        attempt: u32,
        end: Instant,
        work: impl Future<Output = object_store::Result<T>> + Send,
    ) -> Result<T, Trouble> {
        // The last look may come when the time is over.
        let left = end.saturating_duration_since(Instant::now()).max(LAST_LOOK);
        let limit = self.patience.call.min(left);
        let (answered, heard) = listen(Listener::new(&self.observer, attempt), tokio::time::timeout(limit, work)).await;
        match answered {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(Trouble::of(self.cloud, &self.bucket, &error, heard)),
            Err(_) => Err(Trouble::too_late(limit, heard)),
        }
    }

    /// Waits before another try; `false` where there is none left or no time for one.
    pub(super) async fn pause(&self, tries: u32, end: Instant) -> bool {
        let longest = self.patience.pause.saturating_mul(1 << tries.min(TRIES));
        // Half of it by chance, so that those who met once don't meet again.
        let [high, low, ..] = *Uuid::new_v4().as_bytes();
        let wait = longest / 4 + longest.mul_f64(f64::from(u16::from_be_bytes([high, low])) / 65536.0 / 4.0);
        if tries >= TRIES || Instant::now() + wait >= end {
            return false;
        }
        tokio::time::sleep(wait).await;
        true
    }

    /// Makes a call that changes nothing until it is answered; it is told which try each is, from 1.
    pub(super) async fn persist<T, F: Future<Output = Result<T, Trouble>>>(
        &self,
        end: Instant,
        mut call: impl FnMut(u32) -> F,
    ) -> Result<T, Trouble> {
        for tries in 1.. {
            match call(tries).await {
                Err(Trouble::Unclear { .. }) if self.pause(tries, end).await => {}
                ended => return ended,
            }
        }
        unreachable!("tries are counted")
    }

    pub(super) fn end(&self) -> Instant {
        Instant::now() + self.patience.whole
    }

    /// Reads an object; nothing where there is none.
    pub(super) async fn get(&self, path: &Path, end: Instant) -> Result<Option<Found>, Trouble> {
        let read = async |attempt| {
            let answered = async {
                let answer = self.objects.get_opts(path, GetOptions::default()).await?;
                Ok((answer.meta.clone(), collect(answer).await?))
            };
            let (meta, bytes) = self.call(attempt, end, answered).await?;
            let version = self.version(meta.e_tag.as_deref(), meta.version.as_deref())?;
            Ok(bytes.map(|bytes| Found { bytes, version }))
        };
        match self.persist(end, read).await {
            Ok(Some(found)) => Ok(Some(found)),
            Ok(None) => Err(Trouble::TooLarge),
            Err(Trouble::Missing) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Writes an object if it is still at a version (`None`: if there is none).
    pub(super) async fn put(
        &self,
        attempt: u32,
        path: &Path,
        bytes: &Bytes,
        base: Option<&Version>,
        end: Instant,
    ) -> Result<Version, Trouble> {
        let mode = match (base, self.cloud) {
            (None, _) => PutMode::Create,
            (Some(Version(tag)), Cloud::S3 | Cloud::Azure) => {
                PutMode::Update(UpdateVersion { e_tag: Some(tag.clone()), version: None })
            }
            (Some(Version(generation)), Cloud::Gcs) => {
                PutMode::Update(UpdateVersion { e_tag: None, version: Some(generation.clone()) })
            }
        };
        let attributes = Attributes::from_iter([(Attribute::ContentType, "application/json")]);
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        failpoint::reach("bucket/put");
        let put = self.call(attempt, end, self.objects.put_opts(path, bytes.clone().into(), options)).await;
        failpoint::reach("bucket/put answered");
        let PutResult { e_tag, version, .. } = put?;
        self.version(e_tag.as_deref(), version.as_deref())
    }

    pub(super) async fn delete(&self, path: &Path, end: Instant) -> Result<(), Trouble> {
        self.call(1, end, self.objects.delete(path)).await
    }

    /// What names a saved state here: at Google, whose conditions speak of generations, that number.
    fn version(&self, e_tag: Option<&str>, version: Option<&str>) -> Result<Version, Trouble> {
        let named = match self.cloud {
            Cloud::S3 | Cloud::Azure => e_tag,
            Cloud::Gcs => version,
        };
        named.map(|text| Version(text.to_owned())).ok_or_else(Trouble::nameless)
    }
}

/// An object's bytes, as long as they come; nothing where it is larger than any record.
async fn collect(answer: GetResult) -> object_store::Result<Option<Bytes>> {
    if answer.meta.size > codec::MAX_BYTES {
        return Ok(None);
    }
    let mut bytes = BytesMut::with_capacity(usize::try_from(answer.meta.size).unwrap_or_default());
    let mut parts = answer.into_stream();
    while let Some(part) = parts.try_next().await? {
        if (bytes.len() + part.len()) as u64 > codec::MAX_BYTES {
            return Ok(None);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(Some(bytes.freeze()))
}
