//! What `state` can be told.

use std::path::PathBuf;

use clap::Subcommand;
use uuid::Uuid;

use super::complete;
use crate::domain::{Address, InvalidId, PolicyId, ScopeName};

/// `policysync state …`
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List what is recorded
    List {
        /// Only this organization
        #[arg(long, value_name = "NAME", add = complete::organizations())]
        org: Option<ScopeName>,
    },
    /// Show what is recorded of one policy
    Show {
        /// Its address: organization[/workspace[/repository]]/key
        #[arg(add = complete::addresses())]
        address: Address,
    },
    /// Give a policy another address in the record, as if its file had been renamed; nothing changes in the service
    Mv {
        /// The address it has: organization[/workspace[/repository]]/key
        #[arg(add = complete::addresses())]
        from: Address,
        /// The address it is to have, in the same scope
        #[arg(add = complete::addresses())]
        to: Address,
    },
    /// Forget policies: they stay live and enforced, and nobody manages them any more
    Rm {
        /// Their addresses, all of one organization; all are forgotten or none
        #[arg(required = true, value_name = "ADDRESS", add = complete::addresses())]
        addresses: Vec<Address>,
    },
    /// Decide what an interrupted create has made, where several live policies could be it
    Resolve {
        /// Its address: organization[/workspace[/repository]]/key
        #[arg(add = complete::addresses())]
        address: Address,
        /// It is this one of the candidates
        #[arg(long, value_name = "ID", required_unless_present = "forget", conflicts_with = "forget", value_parser = policy_id)]
        adopt: Option<PolicyId>,
        /// It is none of them: the next apply creates it
        #[arg(long)]
        forget: bool,
    },
    /// End another run's lease: it stops at its next save, and the next apply waits until nothing of it can land any more
    Unlock {
        /// The lease's id, as the refusal names it
        #[arg(value_parser = lease_id)]
        lease: Uuid,
    },
    /// Put back a record that could not be saved; refused unless it is a later save of the record that is there
    Push {
        /// The file that the run left: policysync-record-….json
        file: PathBuf,
    },
}

fn lease_id(text: &str) -> Result<Uuid, &'static str> {
    text.parse().map_err(|_| "it is no lease's id; the message of the run that was refused has it")
}

fn policy_id(text: &str) -> Result<PolicyId, InvalidId> {
    PolicyId::new(text)
}
