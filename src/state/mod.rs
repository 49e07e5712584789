//! Floor 2, middle wing: the record, what policysync last applied.
//!
//! The record and its lease are pure values; a store keeps one document for each organization and knows nothing of what is
//! in it. Locking is nothing else than saving a lease.

mod record;
mod store;

pub use record::{Entry, FORMAT, Intent, Lease, Lineage, Process, Record, Stored, Undecided};
pub use store::{BoxFuture, Store, StoreError, Version};
