//! Exit codes, which are part of the interface.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use crate::{redaction::Secrets, report::escape_for_terminal};

/// How the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: all as expected.
    Success,
    /// 1: an implementation failed a check.
    Failure,
    /// 2: wrong usage, or an invalid suite, fixture or golden.
    Usage,
    /// 3: the harness could not do its work: a target that cannot be reached, a port that is taken.
    Harness,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::Harness => 3,
        })
    }
}

/// Why a command ends without having done its work.
#[derive(Debug)]
pub struct CommandError {
    /// The exit code.
    pub exit: Exit,
    message: String,
    hint: Option<String>,
}

impl CommandError {
    /// Something about the command line, a suite, a fixture or a golden is wrong.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, message: message.to_string(), hint: None }
    }

    /// The harness cannot do its work.
    pub fn harness(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Harness, message: message.to_string(), hint: None }
    }

    /// There is nothing to do, and that is as it should be.
    pub fn nothing_to_do(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Success, message: message.to_string(), hint: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Diagnostics of files say "error:" themselves.
        if !self.message.starts_with("error:") && self.exit != Exit::Success {
            formatter.write_str("error: ")?;
        }
        formatter.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Writes to standard error: a warning, a note, an error. Secrets of the process are taken out, and what would change the
/// terminal is written out. A standard error that is closed or full is no reason to end.
pub(super) fn notice(message: impl fmt::Display) {
    let mut text = Secrets::of_this_process().redactor().text(&message.to_string()).into_owned();
    escape_for_terminal(&mut text);
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// So many things that were left behind are named; `isi-conformance clean` finds the others.
const NAMED: usize = 10;

/// Warns of what is left behind on a server.
pub(super) fn warn_of_remains(left: &[String]) {
    for left in left.iter().take(NAMED) {
        notice(format_args!("warning: left behind: {left}"));
    }
    if let Some(more) = left.len().checked_sub(NAMED).filter(|more| *more > 0) {
        notice(format_args!("warning: left behind: and {more} more"));
    }
}

/// What became of writing to standard output. A pipe that was closed, as `head` does, ends quietly.
///
/// # Errors
/// When standard output takes no more, because a disk is full.
pub(super) fn printed(written: io::Result<()>) -> Result<(), CommandError> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| CommandError::harness(format!("cannot write to standard output: {error}"))),
    }
}

/// Ends a command: an error goes to standard error.
#[must_use]
pub(super) fn finish(outcome: Result<Exit, CommandError>) -> ExitCode {
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            notice(&error);
            error.exit.into()
        }
    }
}
