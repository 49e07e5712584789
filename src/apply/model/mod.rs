//! The apply protocol as a model, every state of it visited: what it promises holds in each, and no part of it can be left out.
//!
//! Two models. In the first one policy is to be created, by several runs that may overlap and die, while requests land late,
//! lists are stale, saves fail and strangers make the same policy ([`protocol`], [`runs`]); in the second it is updated and
//! deleted ([`amend`]). The decisions in them are the real ones ([`decisions`]): which policy is a candidate, what a look
//! settles, what a record says afterwards, whether a lease may be taken and a call may start, what a save does. What is
//! modelled is their order, and the world around them.
//!
//! Time is counted in ticks; a request may land, and a list be stale, for two. A crash may come between any two steps of a
//! run. After all that may go wrong comes one run to which nothing happens, and it must come to a good end.
//!
//! What is left out: other policies beside the one; texts that a service rewrites beyond white space; clocks that run at
//! different speeds; two steps of one run at the same time (a save beside a call is one that comes before or after it).

mod amend;
mod decisions;
mod explore;
mod protocol;
mod runs;
mod settings;
mod world;

mod tests;
