//! The command as somebody starts it, and what it leaves behind.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// A run that is about to be started.
pub(crate) struct Run {
    command: Command,
    reports: tempfile::TempDir,
}

/// A run that was started.
pub(crate) struct Running {
    child: Child,
    begun: Instant,
    reports: tempfile::TempDir,
}

/// What is left of a run.
pub(crate) struct Finished {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) duration: Duration,
    /// The JSON report; `null` if there is none.
    pub(crate) report: Value,
}

impl Run {
    /// Of the built-in suites.
    pub(crate) fn builtin() -> Self {
        let reports = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_isi-conformance"));
        command.args(["run", "--token", "user-demo", "--report"]);
        command.arg(format!("json={}", reports.path().join("report.json").display()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command, reports }
    }

    /// Of the suites in a folder.
    pub(crate) fn folder(path: &str) -> Self {
        let mut run = Self::builtin();
        run.command.arg(path);
        run
    }

    pub(crate) fn target(self, url: &str) -> Self {
        self.arguments(&["--target", url])
    }

    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Starts it, in the namespace `demo` unless the arguments name another.
    pub(crate) fn start(mut self) -> Running {
        if !self.command.get_args().any(|argument| argument == "--namespace") {
            self.command.args(["--namespace", "demo"]);
        }
        Running { child: self.command.spawn().unwrap(), begun: Instant::now(), reports: self.reports }
    }

    pub(crate) async fn finish(self) -> Finished {
        self.start().finished().await
    }
}

impl Running {
    /// What Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &process]).status().unwrap().success());
    }

    pub(crate) async fn finished(self) -> Finished {
        let output = tokio::task::spawn_blocking(|| self.child.wait_with_output()).await.unwrap().unwrap();
        let report = std::fs::read(self.reports.path().join("report.json")).unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Finished {
            exit: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            duration: self.begun.elapsed(),
            report: serde_json::from_slice(&report).unwrap_or_default(),
        }
    }
}

impl Finished {
    /// Every case with its verdict and what its checks say.
    pub(crate) fn verdicts(&self) -> String {
        let mut lines = Vec::new();
        for case in self.report["cases"].as_array().into_iter().flatten() {
            lines.push(format!("{} {}", case["case"].as_str().unwrap(), case["verdict"].as_str().unwrap()));
            for check in case["checks"].as_array().into_iter().flatten() {
                let message = check["message"].as_str().map(|message| format!(": {message}")).unwrap_or_default();
                let verdict = check["verdict"].as_str().unwrap();
                if verdict != "pass" {
                    lines.push(format!("    {} {verdict}{message}", check["check"].as_str().unwrap()));
                }
            }
        }
        lines.join("\n")
    }
}
