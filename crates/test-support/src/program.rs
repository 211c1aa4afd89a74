//! Programs that tests talk to, and that not every machine has.

use std::process::{Command, Stdio};

/// Whether there is a program of this name. Says that the test is skipped where there is none.
///
/// # Panics
/// When there is none and `CI` is set: there, everything that a test needs is installed.
#[must_use]
pub fn needs_program(name: &str) -> bool {
    let version = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_installed = version.is_ok_and(|status| status.success());
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(is_installed || !in_ci, "{name} is not installed (apt-get install -y {name})");
    if !is_installed {
        eprintln!("skipped: {name} is not installed (apt-get install -y {name})");
    }
    is_installed
}
