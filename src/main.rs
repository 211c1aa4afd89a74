//! The `isi-conformance` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    isi_conformance::cli::main()
}
