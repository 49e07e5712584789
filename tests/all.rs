//! Every integration test, in one binary: linked once, run in parallel.

#[path = "all/api.rs"]
mod api;
#[path = "all/floors.rs"]
mod floors;
