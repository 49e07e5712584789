//! The calls to the service, against raw sockets that answer what no honest server would.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test, a stage that can't be set is a failure")]

mod api_connections;
mod api_create;
mod api_judging;
mod api_limits;
mod api_retries;
mod api_secrets;
pub(crate) mod api_server;
mod api_tokens;
mod api_violations;
