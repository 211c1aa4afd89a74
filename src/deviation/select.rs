//! Which failures a declaration is about.

use std::{fmt, str::FromStr};

use globset::GlobMatcher;

use crate::{
    json_path::{JsonPath, Segment},
    verdict::{CheckKind, CheckResult, Level, StepName, cause},
};

/// Which failures a declaration is about: each part narrows it down.
#[derive(Debug, Clone)]
pub(super) struct Selector {
    pub(super) cases: CasePatterns,
    pub(super) check: Option<CheckKind>,
    pub(super) level: Option<Level>,
    pub(super) step: Option<StepPattern>,
    pub(super) status: Option<u16>,
    pub(super) path: Option<PathPattern>,
}

impl Selector {
    /// Whether it is about everything in its cases.
    pub(super) const fn is_whole_case(&self) -> bool {
        self.check.is_none()
            && self.level.is_none()
            && self.step.is_none()
            && self.status.is_none()
            && self.path.is_none()
    }

    /// Whether a check may fall under it, its differences left aside; `status` is what the check's step answered instead of
    /// the expected status.
    pub(super) fn is_about(&self, check: &CheckResult, status: Option<u16>) -> bool {
        self.check.is_none_or(|kind| kind == check.kind)
            && self.level.is_none_or(|level| level == check.level)
            && self.status.is_none_or(|expected| status == Some(expected))
            && self.step.as_ref().is_none_or(|step| check.step.as_ref().is_some_and(|name| step.is_match(name)))
    }

    /// Whether two selectors narrow down alike.
    pub(super) fn narrows_like(&self, other: &Self) -> bool {
        self.check == other.check
            && self.level == other.level
            && self.status == other.status
            && self.step == other.step
            && self.path == other.path
    }
}

/// Cases, as `suite::case`, with `*` for anything.
#[derive(Debug, Clone)]
pub(super) struct CasePatterns(pub(super) Vec<GlobMatcher>);

impl CasePatterns {
    pub(super) fn is_match(&self, case: &str) -> bool {
        self.0.iter().any(|glob| glob.is_match(case))
    }

    /// Whether it is every case.
    pub(super) fn is_every(&self) -> bool {
        self.0.iter().any(|glob| glob.glob().glob() == "*")
    }

    /// Whether it is one case, named in full.
    pub(super) fn is_single(&self) -> bool {
        matches!(self.0.as_slice(), [one] if !one.glob().glob().contains(['*', '?', '[', '{']))
    }
}

impl fmt::Display for CasePatterns {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => Ok(()),
            [one] => formatter.write_str(one.glob().glob()),
            [first, others @ ..] => write!(formatter, "{} and {} more", first.glob().glob(), others.len()),
        }
    }
}

/// A step: by its position, or by its request, with `*` for anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StepPattern {
    Number(usize),
    Request(String),
}

impl StepPattern {
    fn is_match(&self, step: &StepName) -> bool {
        match self {
            Self::Number(number) => step.number == *number,
            Self::Request(pattern) => {
                matches_wildcard(pattern, &step.name) || matches_wildcard(pattern, &cause::request(&step.name))
            }
        }
    }
}

/// Whether `text` is `pattern`, in which `*` stands for anything. Brackets are ordinary characters here.
fn matches_wildcard(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return text.ends_with(piece);
        }
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    true
}

/// Places in JSON documents: a JSONPath of names, indexes, `[*]`, `.*` and `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Key(String),
    Index(usize),
    /// `[*]` or `.*`
    Any,
    /// `..`
    Descend,
}

impl PathPattern {
    /// Whether `path` is one of these places, or leads further from one.
    pub(super) fn contains(&self, path: &JsonPath) -> bool {
        fn rest(parts: &[Part], segments: &[Segment]) -> bool {
            match (parts, segments) {
                ([], _) => true,
                ([Part::Descend, after @ ..], segments) => {
                    (0..=segments.len()).any(|skipped| rest(after, &segments[skipped..]))
                }
                ([part, after @ ..], [segment, further @ ..]) => {
                    let fits = match (part, segment) {
                        (Part::Any, _) => true,
                        (Part::Key(name), Segment::Key(key)) => name == key,
                        (Part::Index(index), Segment::Index(position)) => index == position,
                        _ => false,
                    };
                    fits && rest(after, further)
                }
                (_, []) => false,
            }
        }
        rest(&self.parts, path.segments())
    }
}

impl FromStr for PathPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || {
            format!(
                "malformed path `{text}`: expected a JSONPath such as `$.status.images[*].image` or `$..metadata.uid`"
            )
        };
        let mut parts = Vec::new();
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("..") {
                parts.push(Part::Descend);
                rest = after;
                if rest.is_empty() || rest.starts_with('.') {
                    return Err(malformed());
                }
                if rest.starts_with('[') {
                    continue;
                }
            } else {
                rest = rest.strip_prefix('.').unwrap_or(rest);
            }
            if let Some(inside) = rest.strip_prefix('[') {
                let (part, after) = bracket(inside).ok_or_else(malformed)?;
                parts.push(part);
                rest = after;
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                if name.is_empty() || name.contains(char::is_whitespace) {
                    return Err(malformed());
                }
                parts.push(if name == "*" { Part::Any } else { Part::Key(name.to_owned()) });
                rest = after;
            }
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

/// What stands between brackets, and what follows.
fn bracket(inside: &str) -> Option<(Part, &str)> {
    if let Some(quote) = inside.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let end = inside[1..].find(&format!("{quote}]"))? + 1;
        return Some((Part::Key(inside[1..end].to_owned()), &inside[end + 2..]));
    }
    let (content, after) = inside.split_once(']')?;
    let part = if content == "*" { Part::Any } else { Part::Index(content.parse().ok()?) };
    Some((part, after))
}

impl fmt::Display for PathPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("$..metadata.uid", "$.metadata.uid", true)]
    #[case("$..metadata.uid", "$.status.images[3].image.metadata.uid", true)]
    #[case("$..metadata.uid", "$.status.uid", false)]
    #[case("$..uid", "$.metadata.uid", true)]
    #[case("$.status.images[*].image", "$.status.images[1].image.kind", true)]
    #[case("status.images[*].image", "$.status.images[1].image", true)]
    #[case("$.status.images[*].image", "$.status.images[1]", false)]
    #[case("$.status.images[0]", "$.status.images[1]", false)]
    #[case("$.status.*.kind", "$.status.import.kind", true)]
    #[case("$.metadata.annotations[\"a.b/c\"]", "$.metadata.annotations[\"a.b/c\"]", true)]
    #[case("$.metadata.annotations['a.b/c']", "$.metadata.annotations[\"a.b/c\"]", true)]
    #[case("$..[\"a.b/c\"]", "$.metadata.annotations[\"a.b/c\"]", true)]
    #[case("$", "$.anything", true)]
    fn a_path_is_found_with_all_that_is_below(#[case] pattern: &str, #[case] path: &str, #[case] expected: bool) {
        assert_eq!(pattern.parse::<PathPattern>().unwrap().contains(&path.parse().unwrap()), expected);
    }

    #[rstest]
    #[case("$..")]
    #[case("$...a")]
    #[case("$.a[b]")]
    #[case("$.a[")]
    #[case("$.a b")]
    #[case("$.a.")]
    fn what_is_no_path_is_refused(#[case] pattern: &str) {
        let refused = pattern.parse::<PathPattern>();
        assert!(refused.is_err() || pattern == "$.a.", "{refused:?}");
    }

    #[rstest]
    #[case("GET imagestreams/*", "GET imagestreams/[stream]", true)]
    #[case("GET imagestreams/[stream]", "GET imagestreams/[stream]", true)]
    #[case("* imagestreamtags/*:[tag]", "GET imagestreamtags/[stream]:v1", true)]
    #[case("GET imagestreams", "GET imagestreams/[stream]", false)]
    #[case("*", "POST imagestreamimports", true)]
    #[case("*a*b", "xaxbx", false)]
    fn a_step_is_found_by_its_request(#[case] pattern: &str, #[case] name: &str, #[case] expected: bool) {
        let step = StepName { number: 2, name: name.to_owned() };
        assert_eq!(StepPattern::Request(pattern.to_owned()).is_match(&step), expected);
    }
}
