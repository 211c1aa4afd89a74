//! What a person sees while a run goes on: a bar with what failed and the time left, and the first failures as they come.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    io::{self, IsTerminal, Write},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::RunArguments;
use crate::{
    report::{ColorChoice, Paint, terminal},
    verdict::{
        CaseResult,
        cause::{self, Cause},
    },
};

/// So many causes are shown as they come; more would hide what was said before.
const SHOWN: usize = 10;

/// What is shown of cases that are not as expected, as they come.
#[derive(Debug)]
enum Shown {
    Nothing,
    Every,
    /// The first case of each cause that comes first in a case, as far as there is room.
    NewCauses(RefCell<HashSet<Option<Cause>>>),
}

/// The progress of a run, on standard error; the bar is there only on a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    paint: Paint,
    /// How many cases did not come out as expected.
    failed: Cell<usize>,
    /// What is shown of them.
    shown: Shown,
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
        let shown = match (arguments.verbose, arguments.quiet) {
            (true, _) => Shown::Every,
            (false, true) => Shown::Nothing,
            (false, false) => Shown::NewCauses(RefCell::default()),
        };
        let repetition = match arguments.repeat {
            1 => String::new(),
            repeat => format!("repetition {number} of {repeat}, "),
        };
        Self { bar, paint: Paint::choose(color, &io::stderr()), failed: Cell::new(0), shown, repetition }
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
        if case.is_failure() && self.shown.is_shown(case) {
            let mut text = Vec::new();
            if terminal::brief(case, self.paint, &mut text).is_ok() {
                if self.shown.is_full() {
                    text.extend_from_slice(b"             further causes are counted, and shown at the end\n");
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

impl Shown {
    /// Whether no further cause is shown.
    fn is_full(&self) -> bool {
        matches!(self, Self::NewCauses(known) if known.borrow().len() == SHOWN)
    }

    /// Whether this case is shown.
    fn is_shown(&self, case: &CaseResult) -> bool {
        match self {
            Self::Nothing => false,
            Self::Every => true,
            Self::NewCauses(known) => {
                let mut known = known.borrow_mut();
                let first = cause::findings(case).into_iter().next().map(|finding| finding.cause);
                let plain = first.as_ref().and_then(Cause::of_plain_request);
                let is_told = plain.is_some_and(|plain| known.contains(&Some(plain)));
                known.len() < SHOWN && !is_told && known.insert(first)
            }
        }
    }
}
