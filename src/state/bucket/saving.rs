//! A save and its doubts. An answer that was lost, late or a proxy's says nothing about the save, and a refusal may be
//! meant for this very save, when an earlier try of it took effect: what counts is what the store holds.
//!
//! All tries carry the same bytes and the same condition, so that one of them takes effect at most, whenever it lands.

use std::time::Instant;

use bytes::Bytes;
use object_store::path::Path;
use uuid::Uuid;

use super::BucketStore;
use super::calls::Found;
use super::trouble::Trouble;
use crate::state::{Record, StoreError, Version, codec, file_name};

/// What the store holds after a try.
enum Held {
    /// What was to be saved.
    Ours(Version),
    /// Still what was to be replaced, or still nothing.
    Base,
    /// Something else.
    Others,
}

impl BucketStore {
    pub(super) async fn save(&self, record: &Record, version: Option<&Version>) -> Result<Version, StoreError> {
        let file = file_name::of(&record.org);
        let place = self.shown(&file);
        let bytes = codec::encode(record, Uuid::new_v4())
            .map_err(|source| StoreError::Unfit { place: place.clone(), source })?;
        self.find_out_match().await?;
        let (path, bytes) = (self.path(&file), Bytes::from(bytes));
        let saved = self.write(&path, &bytes, version, place).await?;
        if version.is_none() {
            self.find_out_none_match(&path, &bytes).await?;
        }
        Ok(saved)
    }

    async fn write(
        &self,
        path: &Path,
        bytes: &Bytes,
        base: Option<&Version>,
        place: String,
    ) -> Result<Version, StoreError> {
        let end = self.end();
        // Whether some try may have taken effect, or may still.
        let mut doubt = false;
        for tries in 1.. {
            let trouble = match self.put(tries, path, bytes, base, end).await {
                Ok(version) => return Ok(version),
                Err(trouble) => trouble,
            };
            doubt |= trouble.may_have_taken_effect();
            let is_refused = matches!(trouble, Trouble::Condition { .. } | Trouble::Missing);
            if doubt || is_refused {
                match self.look(path, bytes, base, end).await {
                    Ok(Held::Ours(version)) => return Ok(version),
                    Ok(Held::Others) => return Err(StoreError::Conflict { place }),
                    Ok(Held::Base) => {}
                    Err(unseen) if doubt => return Err(self.told("save", place, unseen.and_not_known())),
                    Err(unseen) => return Err(self.told("save", place, unseen)),
                }
            }
            if !(is_refused || trouble.may_pass()) || !self.pause(tries, end).await {
                let trouble = if doubt { trouble.and_not_yet() } else { trouble };
                return Err(self.told("save", place, trouble));
            }
        }
        unreachable!("tries are counted")
    }

    async fn look(&self, path: &Path, bytes: &Bytes, base: Option<&Version>, end: Instant) -> Result<Held, Trouble> {
        Ok(match (self.get(path, end).await?, base) {
            (Some(found), _) if found.bytes == *bytes => Held::Ours(found.version),
            (None, None) => Held::Base,
            (Some(Found { version, .. }), Some(base)) if version == *base => Held::Base,
            _ => Held::Others,
        })
    }
}
