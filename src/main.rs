//! The `isi-conformance` command.
fn main() {}
