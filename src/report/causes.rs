//! The causes of failures on the terminal.

use std::io::{self, Write};

use super::{
    Paint,
    view::{ShownCause, View, cases},
};
use crate::verdict::Verdict;

/// Writes the causes of `view`, the most frequent first: how many cases, what differs, one example.
pub(super) fn write(view: &View, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let total = view.causes.len() + view.more_causes;
    let verb = if view.failed == 1 { "is" } else { "are" };
    let reasons = if total == 1 { "one cause".to_owned() } else { format!("{total} causes, the most frequent first") };
    let last = if view.causes.iter().any(|cause| cause.follows) { ", consequences of others last" } else { "" };
    writeln!(out, "{} that {verb} not as expected, by {reasons}{last}:", cases(view.failed))?;
    writeln!(out)?;
    for cause in &view.causes {
        self::cause(cause, paint, out)?;
    }
    if view.more_causes > 0 {
        writeln!(out, "{:>12} {}", "", paint.dim(format_args!("and {} more", causes(view.more_causes))))?;
    }
    writeln!(out)?;
    if let Some(first) = view.causes.first() {
        writeln!(
            out,
            "  hint: `--run '{}'` shows the first example alone; `--verbose` shows every case,",
            first.example
        )?;
        writeln!(out, "        and `--report html=FILE` or `--report json=FILE` which cases each cause has")?;
    }
    writeln!(out)
}

fn cause(cause: &ShownCause, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let verdict = if cause.verdict == Verdict::Error { Verdict::Error } else { Verdict::Fail };
    let count = paint.verdict(verdict, cases(cause.cases));
    let follows = if cause.follows { ", after another failure" } else { "" };
    writeln!(
        out,
        "{count:>12}  {} {}",
        paint.bold(&cause.says),
        paint.dim(format_args!("({}{follows})", cause.level))
    )?;
    if let (Some(expected), Some(actual)) = (&cause.expected, &cause.actual) {
        let note = if cause.uniform || cause.cases == 1 { "" } else { " (in the example)" };
        writeln!(out, "{:14}expected {expected}", "")?;
        writeln!(out, "{:14}actual   {actual}{note}", "")?;
    }
    let step = cause.step.as_ref().map(|step| format!(", step {}", step.number)).unwrap_or_default();
    let place = cause.location.as_deref().map(|place| format!(" ({place})")).unwrap_or_default();
    write!(out, "{:14}{}{step}{place}", "", cause.example)?;
    let unnamed = cause.cases - 1 - cause.others.len();
    if !cause.others.is_empty() {
        write!(out, "; {}", cause.others.join(", "))?;
    }
    match unnamed {
        0 => writeln!(out),
        more => writeln!(out, " and {more} more"),
    }
}

fn causes(count: usize) -> String {
    super::summary::plural(count, "cause")
}
