//! A run of suites as a person starts it, and what it leaves behind.

use std::{process::Command, time::Duration};

use serde_json::Value;
use test_support::command;

/// A run that is about to be started.
pub(crate) struct Run {
    command: Command,
    reports: tempfile::TempDir,
}

/// A run that was started.
pub(crate) struct Running {
    command: test_support::Running,
    reports: tempfile::TempDir,
}

/// What is left of a run.
pub(crate) struct Finished {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) duration: Duration,
    /// The JSON report; `null` if the run wrote no report.
    pub(crate) report: Value,
}

impl Run {
    /// Of the built-in suites.
    pub(crate) fn builtin() -> Self {
        let reports = tempfile::tempdir().unwrap();
        let mut command = command(env!("CARGO_BIN_EXE_isi-conformance"));
        command.args(["run", "--token", "user-demo", "--report"]);
        command.arg(format!("json={}", reports.path().join("report.json").display()));
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
        Running { command: test_support::Running::start(self.command), reports: self.reports }
    }

    pub(crate) async fn finish(self) -> Finished {
        self.start().finished().await
    }
}

impl Running {
    /// What Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.command.signal("INT");
    }

    pub(crate) async fn finished(self) -> Finished {
        let test_support::Finished { exit, stdout, stderr, duration } = self.command.finished().await;
        let report = std::fs::read(self.reports.path().join("report.json")).unwrap_or_default();
        Finished { exit, stdout, stderr, duration, report: serde_json::from_slice(&report).unwrap_or_default() }
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
