//! Every integration test, in one binary: linked once, run in parallel.

#[path = "all/api.rs"]
mod api;
#[path = "all/floors.rs"]
mod floors;

#[path = "all/store_contract.rs"]
mod store_contract;

#[path = "all/report.rs"]
mod report;
#[path = "all/store_file.rs"]
mod store_file;
#[path = "all/tree_cases.rs"]
mod tree_cases;
