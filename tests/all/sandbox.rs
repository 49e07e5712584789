//! The sandbox, over real HTTP: what it answers, what it keeps, and how it goes wrong when it is told to.

#[path = "sandbox_calls.rs"]
mod calls;
#[path = "sandbox_client.rs"]
mod client;
#[path = "sandbox_data_file.rs"]
mod data_file;
#[path = "sandbox_faults.rs"]
mod faults;
#[path = "sandbox_policies.rs"]
mod policies;
#[path = "sandbox_server.rs"]
mod server;
