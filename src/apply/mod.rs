//! Floor: apply.
