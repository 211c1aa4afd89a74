//! The command, as a person starts it against a cluster.

use std::process::{Child, Command, Output, Stdio};

/// The folder of suites of these tests.
pub(crate) const FOLDER: &str = "tests/harmless/folder";

/// `isi-conformance` against a target, with the users that the target knows.
pub(crate) fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isi-conformance"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ISI_") || name == "CI") {
        command.env_remove(name);
    }
    command.args(arguments).args(["--target", url, "--token", "user-alice"]);
    if !arguments.contains(&"--admin-token") {
        command.args(["--admin-token", "admin-token"]);
    }
    command.env("USER", "alice").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the command to its end.
pub(crate) async fn finish(url: &str, arguments: &[&str]) -> Finished {
    let mut command = command(url, arguments);
    tokio::task::spawn_blocking(move || Finished::of(command.output().unwrap())).await.unwrap()
}

/// The command while it runs.
pub(crate) struct Started(Child);

impl Started {
    pub(crate) fn new(url: &str, arguments: &[&str]) -> Self {
        Self(command(url, arguments).spawn().unwrap())
    }

    /// Sends it a signal: `INT`, `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.0.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &process]).status().unwrap().success());
    }

    pub(crate) async fn finished(self) -> Finished {
        let output = tokio::task::spawn_blocking(|| self.0.wait_with_output()).await.unwrap();
        Finished::of(output.unwrap())
    }
}

/// What is left of the command.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { exit: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Everything it said, without what differs from run to run.
    pub(crate) fn text(&self, url: &str) -> String {
        let text =
            format!("exit {:?}\n{}{}", self.exit.unwrap_or(-1), self.stdout, self.stderr).replace(url, "[target]");
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
}
