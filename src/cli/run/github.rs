//! GitHub Actions: annotations of failures, and a summary of the step.

use std::{fs::OpenOptions, io::Write, path::Path};

use crate::{
    cli::exit::notice,
    report::{self, RedactedRun, Report},
};

/// So many annotations of one kind are shown for a step.
const ANNOTATIONS: usize = 10;

/// Annotates what failed, on standard error, and adds to the summary of the step.
pub(super) fn annotate(run: &RedactedRun) {
    let report = Report::for_tools(run);
    for line in annotations(&report) {
        notice(line);
    }
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return };
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(report::markdown::summary(&report).as_bytes()));
    if let Err(error) = written {
        notice(format_args!(
            "warning: cannot write the summary of the step to {}: {error}",
            Path::new(&path).display()
        ));
    }
}

/// A line for each of the first failures (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>).
fn annotations(report: &Report) -> Vec<String> {
    let failing: Vec<_> = report.cases.iter().filter(|case| case.is_failure()).collect();
    let features = report.failing_features().map(|feature| {
        format!("::error title={}::{}", property(&format!("feature {}", feature.name)), message(&feature.reason))
    });
    let cases = failing.iter().map(|case| {
        let place = case.location.as_deref().and_then(|location| location.rsplit_once(':'));
        // Files of built-in suites are not in the repository.
        let place = place.filter(|(file, _)| Path::new(file).is_file());
        let place = place.map(|(file, line)| format!("file={},line={line},", property(file))).unwrap_or_default();
        let causes: Vec<&str> =
            case.causes.iter().filter_map(|cause| report.causes.get(*cause)).map(|cause| cause.says.as_str()).collect();
        let says = if causes.is_empty() { case.verdict.to_string() } else { causes.join("\n") };
        format!("::error {place}title={}::{}", property(&case.name()), message(&says))
    });
    let mut lines: Vec<String> = features.chain(cases).collect();
    if lines.len() > ANNOTATIONS {
        let more = lines.len() - (ANNOTATIONS - 1);
        lines.truncate(ANNOTATIONS - 1);
        lines.push(format!(
            "::error title=isi-conformance::and {more} more failures; the log and the summary have them"
        ));
    }
    lines
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_failure_is_a_line_with_its_cause() {
        let lines = annotations(&Report::for_tools(&RedactedRun::of(&sample::run())));
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn no_more_lines_than_are_shown() {
        let mut run = sample::many_failures();
        run.cases = run.cases.iter().cycle().take(40).cloned().collect();
        assert_eq!(annotations(&Report::for_tools(&RedactedRun::of(&run))).len(), ANNOTATIONS);
    }
}
