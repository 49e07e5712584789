//! Floor: sandbox.
