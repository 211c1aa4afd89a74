//! What the target lacks, at the head of the report on the terminal.

use std::io::{self, Write};

use super::{Paint, summary::plural};
use crate::verdict::{AbsentFeature, RunResult, Verdict};

/// Writes the features that are absent and that the target must have: one failure of the run, whatever the number of
/// cases.
pub(super) fn write(run: &RunResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let absent: Vec<&AbsentFeature> = run.failing_features().collect();
    if absent.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "{:>12} {} absent; {} could not be judged, or not wholly",
        paint.verdict(Verdict::Fail, "FAIL"),
        match absent.len() {
            1 => "a feature of the API is".to_owned(),
            count => format!("{count} features of the API are"),
        },
        plural(run.cases_kept_from_judgement(), "case"),
    )?;
    let width = absent.iter().map(|feature| feature.name.len()).max().unwrap_or_default();
    for feature in &absent {
        let cases = plural(feature.cases().count(), "case");
        writeln!(out, "  {} {cases:>9}  {}", paint.bold(format_args!("{:width$}", feature.name)), feature.reason)?;
    }
    let names: Vec<&str> = absent.iter().map(|feature| feature.name.as_str()).collect();
    writeln!(out, "  hint: if this is intended, declare it: `--without {}`", names.join(","))?;
    writeln!(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::RedactedRun;
    use crate::{
        report::{sample, terminal},
        verdict::{AbsenceMeans, Level, ProfileResult, Untested},
    };

    fn feature(name: &str, means: AbsenceMeans, level: Level, cases: &[&str]) -> AbsentFeature {
        AbsentFeature {
            name: name.to_owned(),
            about: String::new(),
            reason: format!("GET {name}/[stream] answers 404"),
            means,
            level,
            cases_not_judged: Vec::new(),
            cases_partly_judged: cases.iter().map(|case| (*case).to_owned()).collect(),
        }
    }

    fn unfinished(level: Level) -> RunResult {
        RunResult {
            level,
            absent_features: vec![
                feature("streams", AbsenceMeans::Failure, Level::Required, &["a", "b", "c"]),
                feature("signatures", AbsenceMeans::Failure, Level::Compatible, &["c"]),
                feature("images", AbsenceMeans::Intended, Level::Required, &["d"]),
                feature("pull-secrets", AbsenceMeans::Skip, Level::Required, &["e"]),
            ],
            profiles: vec![
                ProfileResult {
                    name: "lookup".to_owned(),
                    requirements: 2,
                    met: 2,
                    not_met: Vec::new(),
                    untested: Vec::new(),
                    absent_features: Vec::new(),
                    deviations: 2,
                },
                ProfileResult {
                    name: "import".to_owned(),
                    requirements: 9,
                    met: 4,
                    not_met: vec!["isi.status".to_owned(), "isi.status.import".to_owned()],
                    untested: vec![Untested {
                        reason: "needs streams: GET streams/[stream] answers 404".to_owned(),
                        requirements: vec!["isi.spec".to_owned(); 3],
                    }],
                    absent_features: vec!["streams".to_owned()],
                    deviations: 0,
                },
            ],
            ..sample::passing_run()
        }
    }

    fn written(run: &RunResult) -> String {
        let mut written = Vec::new();
        terminal::write(&RedactedRun::of(run), Paint::Plain, terminal::Details::ByCause, &mut written).unwrap();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn what_is_missing_is_said_first_and_once_and_fails_the_run() {
        let run = unfinished(Level::Compatible);
        assert_eq!(run.verdict(), Verdict::Fail);
        insta::assert_snapshot!(written(&run));
    }

    #[test]
    fn what_only_compatible_cases_need_fails_nothing_at_level_required() {
        let run = unfinished(Level::Required);
        let failing: Vec<&str> = run.failing_features().map(|feature| feature.name.as_str()).collect();
        assert_eq!(failing, ["streams"]);
        assert!(written(&run).starts_with("        FAIL a feature of the API is absent; 3 cases"), "{}", written(&run));
    }
}
