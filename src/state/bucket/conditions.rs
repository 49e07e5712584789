//! Whether a store obeys conditions at all: one that takes no notice of them accepts every save, and of two runs at once
//! the later one wins without a word.
//!
//! Both questions are writes that an honest store refuses, so they leave nothing behind, not even an old version or a
//! delete marker, and need no right to delete. If-Match is asked about once in each process, before anything is saved:
//! one call, which also shows that the bucket is there and may be written to. If-None-Match matters only where a record
//! is begun, and is asked about right after that.

use bytes::Bytes;
use object_store::path::Path;
use uuid::Uuid;

use super::trouble::Trouble;
use super::{Advised, BucketStore, Cloud, StoreError, Version};

const QUESTION: &[u8] =
    b"policysync asked whether this store obeys If-Match, and it does not. This object can be deleted.\n";

impl BucketStore {
    /// Asks for an object that isn't there to be replaced.
    pub(super) async fn find_out_match(&self) -> Result<(), StoreError> {
        let asked = self.obeys_match.get_or_try_init(|| async {
            let file = format!(".policysync-probe-{}", Uuid::new_v4());
            let path = self.path(&file);
            // Of the right shape for each cloud, and of nothing that ever was.
            let never = match self.cloud {
                Cloud::S3 => Version("\"00000000000000000000000000000000\"".to_owned()),
                Cloud::Azure => Version("\"0x0000000000000001\"".to_owned()),
                Cloud::Gcs => Version("1".to_owned()),
            };
            let end = self.end();
            let question = Bytes::from_static(QUESTION);
            match self.persist(end, |attempt| self.put(attempt, &path, &question, Some(&never), end)).await {
                Err(Trouble::Missing | Trouble::Condition { .. }) => Ok(()),
                Ok(_) => {
                    let left = self.delete(&path, end).await.is_err();
                    Err(self.disobeys("If-Match", left.then_some(&*file)))
                }
                Err(trouble) => Err(self.told("write to", self.shown_root(), trouble)),
            }
        });
        asked.await.copied()
    }

    /// Asks for the record that was begun just now to be begun again, with the same bytes.
    pub(super) async fn find_out_none_match(&self, path: &Path, bytes: &Bytes) -> Result<(), StoreError> {
        let asked = self.obeys_none_match.get_or_try_init(|| async {
            let end = self.end();
            match self.persist(end, |attempt| self.put(attempt, path, bytes, None, end)).await {
                Err(Trouble::Condition { .. }) => Ok(()),
                Ok(_) => {
                    // Nothing was done under it yet; the next run would find a lease that nobody holds.
                    let left = self.delete(path, end).await.is_err();
                    Err(self.disobeys("If-None-Match", left.then(|| path.filename().unwrap_or_default())))
                }
                Err(trouble) => Err(self.told("write to", self.shown_root(), trouble)),
            }
        });
        asked.await.copied()
    }

    fn disobeys(&self, header: &str, left: Option<&str>) -> StoreError {
        let left =
            left.map(|file| format!("; {} was left there by the question", self.shown(file))).unwrap_or_default();
        let why = format!(
            "it has no conditional writes: it took a write whose {header} did not hold, so that two runs at once would \
             overwrite each other's record{left}"
        );
        let hint =
            "use a store that obeys If-Match and If-None-Match on PUT, or a later version of this one; a proxy in \
                    between may also have taken the headers away"
                .to_owned();
        Advised { why, hint }.at("save in", self.shown_root())
    }
}
