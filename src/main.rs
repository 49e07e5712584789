//! Parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    policysync::cli::main().into()
}
