//! The command, as a person starts it against a cluster.

use std::process::Command;

use test_support::{Finished, Running};

/// The folder of suites of these tests.
pub(crate) const FOLDER: &str = "tests/servers/harmless/folder";

/// `isi-conformance` against a target, with the users that the target knows.
pub(crate) fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = test_support::command(env!("CARGO_BIN_EXE_isi-conformance"));
    command.args(arguments).args(["--target", url, "--token", "user-alice"]);
    if !arguments.contains(&"--admin-token") {
        command.args(["--admin-token", "admin-token"]);
    }
    command.env("USER", "alice");
    command
}

/// Runs the command to its end.
pub(crate) async fn finish(url: &str, arguments: &[&str]) -> Finished {
    test_support::finish(command(url, arguments)).await
}

/// Starts the command.
pub(crate) fn start(url: &str, arguments: &[&str]) -> Running {
    Running::start(command(url, arguments))
}

/// Everything that a command wrote, without what differs from run to run.
pub(crate) fn shown(finished: &Finished, url: &str) -> String {
    let Finished { exit, stdout, stderr, .. } = finished;
    let text = format!("exit {:?}\n{stdout}{stderr}", exit.unwrap_or(-1)).replace(url, "[target]");
    let changing = [
        (r"alice@\S+", "alice@[host]"),
        (r"process \d+", "process [number]"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[time]"),
        (r"--run [0-9a-f]{8}", "--run [run]"),
        (r"run [0-9a-f]{8}", "run [run]"),
        (r"-[0-9a-f]{8}\b", "-[run]"),
        (r"sha256:[0-9a-f]{64}", "[digest]"),
        (r"pull-[0-9a-f]{32}", "pull-[uuid]"),
        (r"\d+\.\d+\.\d+\.\d+:\d+", "[registry]"),
        (r"\[ +[0-9.]+s\]", "[ TIME ]"),
    ];
    changing.iter().fold(text, |text, (pattern, shown)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *shown).into_owned()
    })
}
