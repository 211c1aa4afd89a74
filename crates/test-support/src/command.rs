//! A command as a person starts it, and what it leaves behind.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// `program` without the variables that would change what it does: `ISI_*`, `CI`, `GITHUB_ACTIONS` and `KUBECONFIG`. What it remembers for
/// the next run goes into a temporary folder.
///
/// A test gives `env!("CARGO_BIN_EXE_isi-conformance")`, which Cargo sets for the package's own tests only.
#[must_use]
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("XDG_STATE_HOME", std::env::temp_dir().join("isi-conformance-tests"));
    let changing = |name: &str| name.starts_with("ISI_") || matches!(name, "CI" | "GITHUB_ACTIONS" | "KUBECONFIG");
    for (name, _) in std::env::vars().filter(|(name, _)| changing(name)) {
        command.env_remove(name);
    }
    command
}

/// Runs the command to its end, with nothing on its standard input, beside the tasks of the test.
///
/// # Panics
/// When the program cannot be started.
pub async fn finish(command: Command) -> Finished {
    Running::start(command).finished().await
}

/// A command while it runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    started: Instant,
}

impl Running {
    /// Starts the command with nothing on its standard input.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { child: command.spawn().unwrap(), started: Instant::now() }
    }

    /// Sends it a signal: `INT`, `KILL`.
    ///
    /// # Panics
    /// When it has ended already, or the system has no `kill`.
    pub fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &process]).status().unwrap().success());
    }

    /// Waits for its end, beside the tasks of the test.
    ///
    /// # Panics
    /// When its output cannot be read.
    pub async fn finished(self) -> Finished {
        let Self { child, started } = self;
        let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Finished {
            exit: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            duration: started.elapsed(),
        }
    }
}

/// What is left of a command.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; absent if a signal ended it.
    pub exit: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// How long it ran.
    pub duration: Duration,
}
