//! What the README shows is what a reader sees.

use std::fs;

use super::{isi_conformance, text};

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
