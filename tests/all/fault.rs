//! Nothing doubled, nothing lost: the real binary over real HTTP, with all that can go wrong. F numbers name the cases.

mod fault_drift;
mod fault_gate;
mod fault_kill;
mod fault_lease;
mod fault_lies;
mod fault_lost;
mod fault_move;
mod fault_refused;
mod fault_stop;
mod fault_texts;
mod fault_twins;
