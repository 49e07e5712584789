//! Every integration test, in one binary: linked once, run in parallel.

#[path = "all/floors.rs"]
mod floors;
#[path = "all/sandbox.rs"]
mod sandbox;
