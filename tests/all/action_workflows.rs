//! The example workflows hold what they promise.
