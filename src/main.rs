//! The `isi-conformance` command.

use std::process::ExitCode;

/// Answers are JSON trees that one thread builds and another drops, which costs libc's allocators a fifth of an exploration,
/// and musl's far more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    isi_conformance::cli::main()
}
