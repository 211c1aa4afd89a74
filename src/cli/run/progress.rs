//! What a person sees while a run goes on: a bar with what failed and the time left, and the first failures as they come.

use std::{
    cell::Cell,
    io::{self, IsTerminal, Write},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::RunArguments;
use crate::{
    report::{ColorChoice, Paint, terminal},
    verdict::CaseResult,
};

/// So many cases that are not as expected are shown as they come; more would hide what was said before.
const SHOWN: usize = 10;

/// The progress of a run, on standard error; the bar is there only on a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    paint: Paint,
    /// How many cases did not come out as expected.
    failed: Cell<usize>,
    /// How many of them are shown.
    most: usize,
    /// Which repetition it is, where there are several.
    repetition: String,
}

impl Progress {
    /// Begins the repetition of this number, with so many cases to come.
    #[must_use]
    pub(super) fn begin(cases: usize, color: ColorChoice, arguments: &RunArguments, number: u32) -> Self {
        let is_shown = io::stderr().is_terminal() && !arguments.quiet;
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(cases as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}, {eta} left, {wide_msg}") {
            bar.set_style(style);
        }
        let most = match (arguments.verbose, arguments.quiet) {
            (true, _) => usize::MAX,
            (false, true) => 0,
            (false, false) => SHOWN,
        };
        let repetition = match arguments.repeat {
            1 => String::new(),
            repeat => format!("repetition {number} of {repeat}, "),
        };
        Self { bar, paint: Paint::choose(color, &io::stderr()), failed: Cell::new(0), most, repetition }
    }

    /// How many cases did not come out as expected so far.
    pub(super) fn failed(&self) -> usize {
        self.failed.get()
    }

    /// Notes a case that came out.
    pub(super) fn finished(&self, case: &CaseResult) {
        if case.is_failure() {
            self.failed.set(self.failed.get() + 1);
        }
        if case.is_failure() && self.failed.get() <= self.most {
            let mut text = Vec::new();
            if terminal::brief(case, self.paint, &mut text).is_ok() {
                if self.failed.get() == self.most {
                    text.extend_from_slice(b"             more are counted, and shown at the end\n");
                }
                self.bar.suspend(|| {
                    // Nothing can be done about a terminal that went away; the results follow on standard output.
                    let _ = io::stderr().write_all(&text);
                });
            }
        }
        let failed = match self.failed.get() {
            0 => "none failed".to_owned(),
            failed => format!("{failed} failed"),
        };
        self.bar.set_message(format!("{}{failed}, {}", self.repetition, case.suite));
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}
