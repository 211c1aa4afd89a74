//! What a person sees while a run goes on: a bar, and a line for every case that did not come out as expected.

use std::{
    cell::Cell,
    io::{self, IsTerminal, Write},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    report::{ColorChoice, Paint, terminal},
    verdict::CaseResult,
};

/// So many cases that are not as expected have a line of their own; more would hide what was said before.
const LINES: usize = 10;

/// The progress of a run, on standard error; the bar is there only where somebody watches.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    paint: Paint,
    /// How many cases did not come out as expected.
    failed: Cell<usize>,
    /// How many of them have a line.
    most: usize,
}

impl Progress {
    /// Begins, with so many cases to come.
    #[must_use]
    pub(super) fn begin(cases: usize, color: ColorChoice, verbose: bool) -> Self {
        let target =
            if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(cases as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}") {
            bar.set_style(style);
        }
        let most = if verbose { usize::MAX } else { LINES };
        Self { bar, paint: Paint::choose(color, &io::stderr()), failed: Cell::new(0), most }
    }

    /// Notes a case that came out.
    pub(super) fn finished(&self, case: &CaseResult) {
        if case.is_failure() {
            self.failed.set(self.failed.get() + 1);
        }
        if case.is_failure() && self.failed.get() <= self.most {
            let mut line = Vec::new();
            if terminal::line(case, self.paint, &mut line).is_ok() {
                if self.failed.get() == self.most {
                    line.extend_from_slice(b"             more are counted, and told at the end\n");
                }
                self.bar.suspend(|| {
                    // Nothing can be done about a terminal that went away; the results follow on standard output.
                    let _ = io::stderr().write_all(&line);
                });
            }
        }
        self.bar.set_message(match self.failed.get() {
            0 => case.suite.clone(),
            failed => format!("{failed} failed, {}", case.suite),
        });
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}
