//! Every integration test, in one binary: linked once, run in parallel.

#![expect(unreachable_pub, reason = "in one test crate `pub` says what a module offers the others")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails, with its place")]

#[path = "all/action.rs"]
mod action;
#[path = "all/api.rs"]
mod api;
#[path = "all/cli_counterparts.rs"]
mod cli_counterparts;
#[path = "all/cli_determinism.rs"]
mod cli_determinism;
#[path = "all/cli_doctor.rs"]
mod cli_doctor;
#[path = "all/cli_drift.rs"]
mod cli_drift;
#[path = "all/cli_exit.rs"]
mod cli_exit;
#[path = "all/cli_explain.rs"]
mod cli_explain;
#[path = "all/cli_failures.rs"]
mod cli_failures;
#[path = "all/cli_fmt.rs"]
mod cli_fmt;
#[path = "all/cli_formats.rs"]
mod cli_formats;
#[path = "all/cli_guards.rs"]
mod cli_guards;
#[path = "all/cli_help.rs"]
mod cli_help;
#[path = "all/cli_hostile.rs"]
mod cli_hostile;
#[path = "all/cli_init.rs"]
mod cli_init;
#[path = "all/cli_lint.rs"]
mod cli_lint;
#[path = "all/cli_log.rs"]
mod cli_log;
#[path = "all/cli_log_said_back.rs"]
mod cli_log_said_back;
#[path = "all/cli_log_stores.rs"]
mod cli_log_stores;
#[path = "all/cli_mend.rs"]
mod cli_mend;
#[path = "all/cli_new.rs"]
mod cli_new;
#[path = "all/cli_pull.rs"]
mod cli_pull;
#[path = "all/cli_pull_odd.rs"]
mod cli_pull_odd;
#[path = "all/cli_recommend.rs"]
mod cli_recommend;
#[path = "all/cli_record.rs"]
mod cli_record;
#[path = "all/cli_sandbox.rs"]
mod cli_sandbox;
#[path = "all/cli_saved.rs"]
mod cli_saved;
#[path = "all/cli_schema.rs"]
mod cli_schema;
#[path = "all/cli_scopes.rs"]
mod cli_scopes;
#[path = "all/cli_secrets.rs"]
mod cli_secrets;
#[path = "all/cli_settings.rs"]
mod cli_settings;
#[path = "all/cli_state.rs"]
mod cli_state;
#[path = "all/cli_violations.rs"]
mod cli_violations;
#[path = "all/contributing.rs"]
mod contributing;
#[path = "all/failure_laws.rs"]
mod failure_laws;
#[path = "all/fault.rs"]
mod fault;
#[path = "all/floors.rs"]
mod floors;
#[path = "all/guard_laws.rs"]
mod guard_laws;
#[path = "all/how_to.rs"]
mod how_to;
#[path = "all/life_cases.rs"]
mod life_cases;
#[path = "all/main_job.rs"]
mod main_job;
#[path = "all/plan_cases.rs"]
mod plan_cases;
#[path = "all/plan_laws.rs"]
mod plan_laws;
#[path = "all/plan_live_laws.rs"]
mod plan_live_laws;
#[path = "all/plan_live_world.rs"]
mod plan_live_world;
#[path = "all/plan_world.rs"]
mod plan_world;
#[path = "all/readme.rs"]
mod readme;
#[path = "all/report.rs"]
mod report;
#[path = "all/sandbox.rs"]
mod sandbox;
#[path = "all/store_bucket.rs"]
mod store_bucket;
#[path = "all/store_bucket_faults.rs"]
mod store_bucket_faults;
#[path = "all/store_bucket_gate.rs"]
mod store_bucket_gate;
#[path = "all/store_bucket_runs.rs"]
mod store_bucket_runs;
#[path = "all/store_bucket_sweeps.rs"]
mod store_bucket_sweeps;
#[path = "all/store_contract.rs"]
mod store_contract;
#[path = "all/store_file.rs"]
mod store_file;
#[path = "all/store_git.rs"]
mod store_git;
#[path = "all/sweep.rs"]
mod sweep;
#[path = "all/transcript.rs"]
mod transcript;
#[path = "all/tree_cases.rs"]
mod tree_cases;
#[path = "all/tree_hostile.rs"]
mod tree_hostile;
#[path = "all/tree_mended.rs"]
mod tree_mended;
#[path = "all/tree_write.rs"]
mod tree_write;
#[path = "all/world.rs"]
mod world;
#[path = "all/world_process.rs"]
mod world_process;
