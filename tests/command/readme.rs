//! What the README shows is what a reader sees.

use std::fs;

use isi_conformance::suite::Feature;

use super::{isi_conformance, text, whole_run::WholeRun};

const CASE: &str = "single-image::nomanifest-s2-basic";

/// What differs from run to run and from place to place, and how long lines are, is left out.
fn comparable(text: &str) -> String {
    let changing = [
        (r"\[ +[0-9.]+s\]", "[TIME]"),
        (r"isi-conformance-[0-9a-f]{8}", "isi-conformance-[run]"),
        (r"(\{.{60}).*", "$1"),
        (r"(-H 'content-type: a).*", "$1"),
        (r"sha256:[0-9a-f]{64}", "[digest]"),
        (r"\S*/suites/", "suites/"),
    ];
    let text = changing.iter().fold(text.to_owned(), |text, (pattern, shown)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *shown).into_owned()
    });
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// The part of `text` from the line with `from` up to the end of the line with `to`.
fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let begin = text.find(from).unwrap_or_else(|| panic!("no `{from}` in {text}"));
    let end = text[begin..].find(to).unwrap_or_else(|| panic!("no `{to}` in {text}")) + begin;
    &text[begin..text[end..].find('\n').map_or(text.len(), |length| end + length)]
}

#[test]
fn every_feature_is_in_the_readme() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let is_missing = |feature: &Feature| !readme.contains(&format!("`{feature}`"));
    let missing: Vec<Feature> = Feature::ALL.into_iter().filter(is_missing).collect();
    assert_eq!(missing, []);
}

#[test]
fn a_failure_looks_as_the_readme_says() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    assert_eq!(isi_conformance(&["export", own.to_str().unwrap()]).status.code(), Some(0));
    let golden = own.join("golden/single-image/nomanifest-s2-basic.snap");
    let expected = fs::read_to_string(&golden).unwrap();
    assert!(expected.contains("\"Size\": 1080"), "{expected}");
    fs::write(&golden, expected.replace("\"Size\": 1080", "\"Size\": 1081")).unwrap();
    let run = isi_conformance(&["run", own.to_str().unwrap(), "--run", CASE]);
    assert_eq!(run.status.code(), Some(1), "{}", text(&run.stderr));
    let readme = fs::read_to_string("README.md").unwrap();
    let section = part(&readme, "## What a failure looks like", "## Reproduce a bug report");
    let (shown, printed) = (part(section, "FAIL [", "hint: "), text(&run.stdout));
    assert_eq!(comparable(shown), comparable(part(&printed, "FAIL [", "hint: ")));
}

/// The first indented block after this sentence, without the indentation.
fn block_after(text: &str, sentence: &str) -> String {
    let begin = text.find(sentence).unwrap_or_else(|| panic!("no `{sentence}`")) + sentence.len();
    let lines = text[begin..].lines().skip_while(|line| !line.starts_with("    "));
    let block: Vec<&str> = lines.take_while(|line| line.is_empty() || line.starts_with("    ")).collect();
    block.iter().map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or_default())).collect()
}

/// Every count is part of it: how many cases each suite has, and how many of them pass, are skipped or known to fail.
#[test]
fn a_run_of_every_case_ends_as_the_readme_says() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let shown = block_after(&readme, "that servers of that version still have, and ends with\n");
    let printed = &WholeRun::shared().stdout;
    let end = printed.find("suite ").map(|begin| printed[begin..].trim_end()).unwrap_or_default();
    assert_eq!(comparable(shown.trim_end()), comparable(end), "the README should have this run's end:\n{end}");
}
