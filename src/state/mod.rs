//! Floor 2, middle wing: the record, what policysync last applied.
//!
//! The record and its lease are pure values; a store keeps one document for each organization and knows nothing of what is
//! in it. Locking is nothing else than saving a lease.

pub mod atomic_file;
mod audit;
#[cfg(feature = "clouds")]
mod bucket;
pub mod codec;
mod file;
mod file_name;
mod git;
mod lease;
mod location;
mod memory;
mod mend;
mod observe;
mod process;
mod record;
mod secrets;
mod store;
mod wire;

#[cfg(feature = "clouds")]
pub use bucket::{BucketStore, Patience};
pub use file::FileStore;
pub use git::GitStore;
pub use lease::{Claim, Ended, LONGEST, Term};
pub use location::{BRANCH, Cloud, InvalidLocation, Location};
pub use memory::MemoryStore;
pub use mend::MendError;
pub use observe::{StoreAnswer, StoreAsked, StoreCall, StoreObserver};
pub use record::{Entry, FORMAT, Intent, Lease, Lineage, Process, Record, Stored, Undecided};
#[cfg(feature = "clouds")]
use store::Advised;
pub use store::{BoxFuture, Store, StoreError, Version};
