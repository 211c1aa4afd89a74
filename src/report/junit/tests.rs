use std::collections::{BTreeMap, BTreeSet};

use quick_xml::{Reader, events::Event};

use super::*;
use crate::{report::sample, verdict::RunResult};

fn written(run: &RunResult) -> String {
    let mut written = Vec::new();
    write(&RedactedRun::of(run), &mut written).unwrap();
    String::from_utf8(written).unwrap()
}

#[test]
fn knows_every_verdict() {
    insta::assert_snapshot!(written(&sample::run()));
}

/// An element, its required and its optional attributes, and its children.
type Rule = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// The rules of `junit-10.xsd` of Jenkins' xUnit plugin.
const RULES: [Rule; 8] = [
    ("testsuites", &[], &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
    ),
    ("properties", &[], &[], &["property"]),
    ("property", &["name", "value"], &[], &[]),
    (
        "testcase",
        &["name"],
        &["time", "classname", "group"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("failure", &[], &["type", "message"], &[]),
    ("error", &[], &["type", "message"], &[]),
    ("skipped", &[], &["type", "message"], &[]),
];

/// What breaks the rules in a document; the parser itself complains of what is not well-formed.
fn violations(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut reader = Reader::from_str(document);
    let mut open: Vec<String> = Vec::new();
    let time = regex::Regex::new(r"^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$").unwrap();
    loop {
        let (start, is_empty) = match reader.read_event().unwrap() {
            Event::Eof => return found,
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                open.pop();
                continue;
            }
            Event::Text(text) => {
                let inside = open.last().map_or("", String::as_str);
                let text = String::from_utf8_lossy(&text).into_owned();
                if !text.trim().is_empty() && !["failure", "error", "skipped"].contains(&inside) {
                    found.push(format!("text in <{inside}>: {text}"));
                }
                continue;
            }
            _ => continue,
        };
        let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
        let Some((_, required, optional, _)) = RULES.iter().find(|(known, ..)| *known == name) else {
            found.push(format!("unknown element <{name}>"));
            continue;
        };
        match open.last() {
            None if name != "testsuites" => found.push(format!("<{name}> is the root")),
            Some(parent)
                if !RULES.iter().any(|(known, _, _, inside)| known == parent && inside.contains(&name.as_str())) =>
            {
                found.push(format!("<{name}> in <{parent}>"));
            }
            _ => {}
        }
        let attributes: BTreeMap<String, String> = start
            .attributes()
            .map(|attribute| {
                let attribute = attribute.unwrap();
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                (text(attribute.key.as_ref()), text(&attribute.value))
            })
            .collect();
        let allowed: BTreeSet<&str> = required.iter().chain(*optional).copied().collect();
        let unknown = attributes.keys().filter(|attribute| !allowed.contains(attribute.as_str()));
        found.extend(unknown.map(|attribute| format!("<{name}> has `{attribute}`")));
        let missing = required.iter().filter(|attribute| !attributes.contains_key(**attribute));
        found.extend(missing.map(|attribute| format!("<{name}> lacks `{attribute}`")));
        if name != "testcase" && attributes.get("time").is_some_and(|value| !time.is_match(value)) {
            found.push(format!("<{name}> has the time {}", attributes["time"]));
        }
        if !is_empty {
            open.push(name);
        }
    }
}

#[test]
fn jenkins_accepts_it() {
    for run in [sample::run(), sample::passing_run(), sample::many_failures()] {
        assert_eq!(violations(&written(&run)), [""; 0]);
    }
}

#[test]
fn the_rules_refuse_what_jenkins_refuses() {
    let document = r#"<testsuites skipped="1"><testsuite name="a" tests="1" failures="0"><testcase name="b" assertions="2"/><case/></testsuite></testsuites>"#;
    let expected = [
        "<testsuites> has `skipped`",
        "<testsuite> lacks `errors`",
        "<testcase> has `assertions`",
        "unknown element <case>",
    ];
    assert_eq!(violations(document), expected);
}

#[test]
fn totals_are_those_of_the_test_cases() {
    let document = written(&sample::run());
    for (element, attribute) in [("<failure ", "failures"), ("<error ", "errors"), ("<testcase ", "tests")] {
        let count = document.matches(element).count();
        let root = document.lines().nth(1).unwrap();
        assert!(root.contains(&format!(r#"{attribute}="{count}""#)), "{root}: {count} {element}");
    }
}

#[test]
fn characters_that_xml_does_not_have_are_written_out() {
    let harmful = "\u{0}\u{1}\u{b}\u{c}\u{1f}\u{7f}\u{85}\u{9b}\u{fffe}\u{ffff}\u{202e} ]]> \"&<";
    let mut run = sample::run();
    run.cases[1].case = format!("name {harmful}");
    run.cases[1].about = harmful.to_owned();
    run.cases[1].checks[0].message = Some(harmful.to_owned());
    run.cases[3].skipped = Some(harmful.to_owned());
    let document = written(&run);
    assert_eq!(violations(&document), [""; 0]);
    let is_xml = |character: char| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    assert_eq!(document.chars().find(|character| !is_xml(*character)), None);
    assert!(document.contains("\\u{fffe}\\u{ffff}\\u{202e} ]]&gt;"), "{document}");
}
