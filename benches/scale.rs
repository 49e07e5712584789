//! Scale.
fn main() {}
