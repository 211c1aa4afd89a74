//! What a person sees while a run goes on: a bar, and a line for every case that did not come out as expected.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    report::{Paint, terminal},
    verdict::CaseResult,
};

/// The progress of a run, on standard error; the bar is there only where somebody watches.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    paint: Paint,
}

impl Progress {
    /// Begins, with so many cases to come.
    #[must_use]
    pub(super) fn begin(cases: usize) -> Self {
        let target =
            if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(cases as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}") {
            bar.set_style(style);
        }
        Self { bar, paint: Paint::detect(&io::stderr()) }
    }

    /// Notes a case that came out.
    pub(super) fn finished(&self, case: &CaseResult) {
        if case.is_failure() {
            let mut line = Vec::new();
            if terminal::line(case, self.paint, &mut line).is_ok() {
                self.bar.suspend(|| {
                    // Nothing can be done about a terminal that went away; the results follow on standard output.
                    let _ = io::stderr().write_all(&line);
                });
            }
        }
        self.bar.set_message(case.suite.clone());
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}
