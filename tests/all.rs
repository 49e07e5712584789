//! Every integration test, in one binary: linked once, run in parallel.

#[path = "all/floors.rs"]
mod floors;
#[path = "all/tree_cases.rs"]
mod tree_cases;
#[path = "all/tree_hostile.rs"]
mod tree_hostile;
