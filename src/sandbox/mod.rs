//! Beside the floors: the service, emulated over real HTTP on loopback. It shares no code with the client that it tests.
//!
//! It follows `tests/openapi.yaml`, serves the list call in both readings, keeps its data in a file if it is given one,
//! and goes wrong as a fault plan tells it: see [`FaultPlan`] and `docs/sandbox.md`.

mod answer;
mod broken_body;
mod connection;
mod data_file;
mod fault_plan;
mod faults;
mod fields;
mod incidents;
mod latency;
mod options;
mod person;
mod policies;
mod policy;
mod query;
mod requests;
mod routes;
mod running;
mod sessions;
mod traffic;
mod wording;

pub use data_file::DataFileError;
pub use fault_plan::{FaultPlan, FaultPlanError};
pub use faults::{Call, Fault, FaultBody, Moment};
pub use options::{Ids, ListReading, Options, TextHandling, UnknownListReading};
pub use requests::{Outcome, Request};
pub use running::{Running, Sandbox, SandboxError};
pub use traffic::{Traffic, TrafficError};
