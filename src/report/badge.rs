//! A badge: the profile that an implementation conforms to, the API version, and how many deviations are declared.
//!
//! As JSON it is an endpoint of shields.io (<https://shields.io/badges/endpoint-badge>).

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, escape::escape, summary::plural};
use crate::verdict::{ProfileResult, Verdict};

/// A badge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Badge {
    schema_version: u8,
    label: String,
    message: String,
    color: Color,
}

/// The colour of a message, as shields.io names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Color {
    BrightGreen,
    Green,
    Red,
    LightGrey,
}

impl Color {
    const fn hex(self) -> &'static str {
        match self {
            Self::BrightGreen => "#2f7d12",
            Self::Green => "#5a7a00",
            Self::Red => "#c0392b",
            Self::LightGrey => "#6b6b6b",
        }
    }
}

/// A profile that a report does not judge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the report does not judge the profile `{name}`, {judged}")]
pub struct NotJudged {
    name: String,
    judged: String,
}

impl Badge {
    /// The badge of `report`: about `profile`, or about the largest ones that the implementation conforms to.
    ///
    /// # Errors
    /// When the report does not judge `profile`.
    pub fn of(report: &Report, profile: Option<&str>) -> Result<Self, NotJudged> {
        let (message, color) = match profile {
            None => of_all(report),
            Some(name) => match report.profiles.iter().find(|profile| profile.name == name) {
                Some(profile) => of_one(profile),
                None => return Err(not_judged(report, name)),
            },
        };
        let label = format!("ImageStreamImport {}", report.api_version);
        let mut badge = Self { schema_version: 1, label, message, color };
        escape(&mut badge.message);
        Ok(badge)
    }

    /// Writes an endpoint of shields.io.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut out, self)?;
        writeln!(out)
    }

    /// Writes a picture.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn write_svg(&self, mut out: impl Write) -> io::Result<()> {
        let (label, message) = (for_xml(&self.label), for_xml(&self.message));
        let (left, right) = (width(&self.label), width(&self.message));
        let (whole, middle_left, middle_right) = (left + right, left / 2, left + right / 2);
        let (text_left, text_right) = (left - PADDING, right - PADDING);
        writeln!(
            out,
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{label}: {message}">
  <title>{label}: {message}</title>
  <clipPath id="round"><rect width="{whole}" height="20" rx="3"/></clipPath>
  <g clip-path="url(#round)">
    <rect width="{left}" height="20" fill="#444"/>
    <rect x="{left}" width="{right}" height="20" fill="{color}"/>
  </g>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">
    <text x="{middle_left}" y="14" textLength="{text_left}">{label}</text>
    <text x="{middle_right}" y="14" textLength="{text_right}">{message}</text>
  </g>
</svg>"##,
            color = self.color.hex()
        )
    }
}

fn not_judged(report: &Report, name: &str) -> NotJudged {
    let names: Vec<&str> = report.profiles.iter().map(|profile| profile.name.as_str()).collect();
    let judged = match names.as_slice() {
        [] => "nor any other: only a selection of the cases was run, or the run was stopped".to_owned(),
        names => format!("only {}", names.join(", ")),
    };
    NotJudged { name: name.to_owned(), judged }
}

fn of_all(report: &Report) -> (String, Color) {
    if report.interrupted {
        return ("not finished".to_owned(), Color::LightGrey);
    }
    let conforming: Vec<&ProfileResult> = report.profiles.iter().filter(|profile| profile.conforms()).collect();
    match (report.profiles.as_slice(), conforming.as_slice()) {
        ([], _) => of_cases(report),
        ([only], []) => of_one(only),
        (_, []) => ("conforms to no profile".to_owned(), Color::Red),
        (_, profiles) => match profiles.iter().find(|profile| profile.name == "full") {
            Some(full) => of_one(full),
            None => {
                let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
                let deviations = profiles.iter().map(|profile| profile.deviations).max().unwrap_or_default();
                with_deviations(&names.join(", "), deviations)
            }
        },
    }
}

fn of_one(profile: &ProfileResult) -> (String, Color) {
    if profile.conforms() {
        return with_deviations(&profile.name, profile.deviations);
    }
    (format!("{}: {} of {} met", profile.name, profile.met, profile.requirements), Color::Red)
}

fn with_deviations(names: &str, deviations: usize) -> (String, Color) {
    match deviations {
        0 => (names.to_owned(), Color::BrightGreen),
        count => (format!("{names}, {}", plural(count, "deviation")), Color::Green),
    }
}

/// What can be said where no profile is judged.
fn of_cases(report: &Report) -> (String, Color) {
    let counts = report.summary.cases;
    let decided = counts.total() - counts.of(Verdict::Skip);
    let color = match report.summary.verdict {
        Verdict::Fail | Verdict::Stale | Verdict::Error => Color::Red,
        Verdict::Skip => Color::LightGrey,
        Verdict::Known => Color::Green,
        Verdict::Pass => Color::BrightGreen,
    };
    (format!("{} of {decided} cases pass", counts.of(Verdict::Pass)), color)
}

/// The room to the left and right of a text together.
const PADDING: usize = 12;

/// The width of a box around a text in Verdana of 11 px, about; `textLength` fits the text to it.
fn width(text: &str) -> usize {
    let tenths: usize = text
        .chars()
        .map(|character| match character {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ' ' | '\'' | '|' => 40,
            'f' | 'r' | 't' | '-' | '(' | ')' => 48,
            'm' | 'w' | 'M' | 'W' | '%' => 105,
            'A'..='Z' => 78,
            _ => 68,
        })
        .sum();
    tenths / 10 + PADDING
}

fn for_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::report::RedactedRun;
    use crate::{report::sample, verdict::RunResult};

    fn profile(name: &str, met: usize, deviations: usize) -> ProfileResult {
        ProfileResult {
            name: name.to_owned(),
            requirements: 40,
            met,
            not_met: if met < 40 { vec!["isi.status".to_owned()] } else { Vec::new() },
            untested: Vec::new(),
            absent_features: Vec::new(),
            deviations,
        }
    }

    fn badge(profiles: Vec<ProfileResult>, asked: Option<&str>) -> Result<Badge, NotJudged> {
        let run = RunResult { profiles, interrupted: false, not_run: 0, ..sample::run() };
        Badge::of(&Report::for_tools(&RedactedRun::of(&run)), asked)
    }

    #[rstest]
    #[case::full(vec![profile("lookup", 40, 0), profile("full", 40, 0)], None, "full", Color::BrightGreen)]
    #[case::deviations(vec![profile("lookup", 40, 0), profile("full", 40, 3)], None, "full, 3 deviations", Color::Green)]
    #[case::some(vec![profile("lookup", 40, 0), profile("import", 40, 1), profile("full", 39, 0)], None, "lookup, import, 1 deviation", Color::Green)]
    #[case::none(vec![profile("lookup", 0, 0), profile("full", 39, 0)], None, "conforms to no profile", Color::Red)]
    #[case::one(vec![profile("import", 38, 0)], None, "import: 38 of 40 met", Color::Red)]
    #[case::asked_for(vec![profile("lookup", 40, 0), profile("full", 39, 0)], Some("full"), "full: 39 of 40 met", Color::Red)]
    #[case::no_profiles(vec![], None, "1 of 5 cases pass", Color::Red)]
    fn says_what_an_implementation_conforms_to(
        #[case] profiles: Vec<ProfileResult>,
        #[case] asked: Option<&str>,
        #[case] message: &str,
        #[case] color: Color,
    ) {
        let badge = badge(profiles, asked).unwrap();
        assert_eq!((badge.label.as_str(), badge.message.as_str()), ("ImageStreamImport 4.18", message));
        assert_eq!(badge.color, color);
    }

    #[rstest]
    #[case(vec![profile("lookup", 40, 0)], "the report does not judge the profile `full`, only lookup")]
    #[case(vec![], "the report does not judge the profile `full`, nor any other: ")]
    fn a_profile_that_is_not_judged_is_told(#[case] profiles: Vec<ProfileResult>, #[case] expected: &str) {
        let error = badge(profiles, Some("full")).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn a_run_that_was_stopped_says_nothing_about_conformance() {
        let badge = Badge::of(&Report::for_tools(&RedactedRun::of(&sample::run())), None).unwrap();
        assert_eq!(badge.message, "not finished");
    }

    /// The fields are those that the documentation of shields.io's endpoint badges requires.
    #[test]
    fn is_an_endpoint_of_shields_io() {
        let mut out = Vec::new();
        badge(vec![profile("full", 40, 1)], None).unwrap().write_json(&mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let expected = serde_json::json!({
            "schemaVersion": 1, "label": "ImageStreamImport 4.18", "message": "full, 1 deviation", "color": "green"
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn a_picture_is_well_formed_whatever_a_profile_is_called() {
        let mut out = Vec::new();
        badge(vec![profile("<a&\"b\">", 40, 0)], None).unwrap().write_svg(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut texts = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(tag) => {
                    texts.push(String::from_utf8_lossy(tag.name().as_ref()).into_owned());
                }
                _ => {}
            }
        }
        assert_eq!(texts.iter().filter(|name| *name == "text").count(), 2, "{text}");
        assert!(text.contains("&lt;a&amp;&quot;b&quot;&gt;"), "{text}");
    }
}
