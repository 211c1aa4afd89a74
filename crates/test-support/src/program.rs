//! Programs that tests talk to, and that not every machine has.

use std::{env, path::Path, process::Command};

/// Whether there is a program of this name. Says that the test is skipped if there is not.
///
/// # Panics
/// When there is none and `CI` is set: there, everything that a test needs is installed.
#[must_use]
pub fn needs_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_installed = env::split_paths(&path).any(|folder| Path::new(&folder).join(name).is_file());
    let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(is_installed || !in_ci, "{name} is not installed (hint: install it, or unset CI to skip its tests)");
    if !is_installed {
        eprintln!("skipped: {name} is not installed");
    }
    is_installed
}

/// The oldest minor version of kubectl that knows what tests ask of it.
const OLDEST_KUBECTL: u32 = 28;

/// Whether there is a kubectl of a version that tests can use. Says that the test is skipped if there is not.
///
/// # Panics
/// As [`needs_program`].
#[must_use]
pub fn needs_kubectl() -> bool {
    if !needs_program("kubectl") {
        return false;
    }
    let output = Command::new("kubectl").args(["version", "--client"]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    // `Client Version: v1.32.4`, or in older ones `… Minor:"20" …`.
    let minor =
        text.split("v1.").nth(1).and_then(|rest| rest.split(|character: char| !character.is_ascii_digit()).next());
    let is_recent = minor.and_then(|minor| minor.parse().ok()).is_some_and(|minor: u32| minor >= OLDEST_KUBECTL);
    if !is_recent {
        eprintln!("skipped: kubectl is older than 1.{OLDEST_KUBECTL}");
    }
    is_recent
}
