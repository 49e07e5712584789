//! Sweeps over the real binary with the record in an object store, on real servers: eight at once, and a run that is stopped
//! for longer than its lease and woken, at every point in turn.

use crate::sweep::Extent;
use crate::sweep::sweep_stages::{Kept, Stage};
use crate::sweep::{sweep_eight, sweep_stopped};

/// How many points a run of a plan of every kind passes through.
const MIXED: u64 = 150;
const ROUNDS: usize = 30;

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn f25_of_eight_at_once_one_works_in_s3() {
    sweep_eight::sweep(Kept::S3, ROUNDS, Extent::Full);
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn f25_of_eight_at_once_one_works_in_azure() {
    sweep_eight::sweep(Kept::Azure, ROUNDS, Extent::Full);
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn f26_stopped_and_woken_at_every_point_in_s3() {
    sweep_stopped::sweep(Stage::Mixed, Kept::S3, MIXED, Extent::Full);
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn f26_stopped_and_woken_at_every_point_in_azure() {
    sweep_stopped::sweep(Stage::Mixed, Kept::Azure, MIXED, Extent::Full);
}
