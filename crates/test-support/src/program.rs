//! Programs that tests talk to, and that not every machine has.

use std::{env, path::Path};

/// Whether there is a program of this name. Says that the test is skipped where there is none.
///
/// # Panics
/// When there is none and `CI` is set: there, everything that a test needs is installed.
#[must_use]
pub fn needs_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_installed = env::split_paths(&path).any(|folder| Path::new(&folder).join(name).is_file());
    let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(is_installed || !in_ci, "{name} is not installed");
    if !is_installed {
        eprintln!("skipped: {name} is not installed");
    }
    is_installed
}
