//! Causes of failures: what differs, without what is particular to one case.
//!
//! A server that lacks one endpoint fails hundreds of cases. Grouped by cause they are one line:
//! `GET imagestreams/[stream]` answered 404 instead of 200: 146 cases.
//!
//! ```text
//! CheckResult, Difference → Finding (one case) → CauseGroup (the run), the largest first
//! ```

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::LazyLock,
};

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    CaseResult, CheckKind, CheckResult, Difference, Level, RunResult, Side, StatusMismatch, StepName, Verdict,
};
use crate::json_path::{JsonPath, Segment};

/// What differs: failures with equal causes belong together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// What was looked at.
    pub check: CheckKind,
    /// The request, its names and digests replaced: `GET imagestreamtags/[stream]:[tag]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The path in the response, `[*]` for every index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How it differs.
    pub kind: CauseKind,
}

/// How something differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// Another status code.
    Status(StatusMismatch),
    /// Nothing is there.
    Missing,
    /// Something is there that should not be.
    Extra,
    /// A value of another type.
    Type {
        /// The type of the expected value.
        expected: JsonType,
        /// The type of the value that is there.
        actual: JsonType,
    },
    /// Another value of the same type.
    Value,
    /// The same values in another order.
    Order,
    /// What this sentence says.
    Message(String),
    /// A declared deviation that no longer fails, with its reason.
    Stale(String),
}

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JsonType {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// One thing that differs in a case.
#[derive(Debug, Clone)]
pub struct Finding<'a> {
    /// Its cause.
    pub cause: Cause,
    /// The check that failed.
    pub check: &'a CheckResult,
    /// The difference, if the check has any.
    pub difference: Option<&'a Difference>,
}

/// The cases that fail for one cause.
#[derive(Debug, Clone)]
pub struct CauseGroup<'a> {
    /// The cause.
    pub cause: Cause,
    /// The weightiest level of the checks that fail for it.
    pub level: Level,
    /// Whether the harness failed, not the implementation.
    pub verdict: Verdict,
    /// The cases, as positions among those of the run, the simplest first.
    pub cases: Vec<usize>,
    /// How many of the cases fail for nothing else.
    pub alone: usize,
    /// The step that fails in the first of the cases.
    pub step: Option<&'a StepName>,
    /// The difference in the first of the cases.
    pub example: Option<&'a Difference>,
    /// Whether expected and actual value are the same in all of the cases.
    pub uniform: bool,
}

/// The causes of the failures of `run`, the largest group first.
#[must_use]
pub fn groups(run: &RunResult) -> Vec<CauseGroup<'_>> {
    let mut order: Vec<usize> = (0..run.cases.len()).filter(|index| run.cases[*index].is_failure()).collect();
    order.sort_by_key(|index| complexity(&run.cases[*index]));
    let mut groups: Vec<CauseGroup<'_>> = Vec::new();
    let mut known: HashMap<Cause, usize> = HashMap::new();
    for index in order {
        let mut own: Vec<usize> = Vec::new();
        for Finding { cause, check, difference } in findings(&run.cases[index]) {
            let position = *known.entry(cause.clone()).or_insert_with(|| {
                groups.push(CauseGroup {
                    cause,
                    level: check.level,
                    verdict: check.verdict,
                    cases: Vec::new(),
                    alone: 0,
                    step: check.step.as_ref(),
                    example: difference,
                    uniform: true,
                });
                groups.len() - 1
            });
            let group = &mut groups[position];
            group.level = group.level.max(check.level);
            group.uniform &= match (group.example, difference) {
                (Some(one), Some(other)) => one.expected == other.expected && one.actual == other.actual,
                (one, other) => one.is_none() && other.is_none(),
            };
            if group.cases.last() != Some(&index) {
                group.cases.push(index);
                own.push(position);
            }
        }
        if let [only] = own.as_slice() {
            groups[*only].alone += 1;
        }
    }
    // The sort is stable: among groups of one size, the one of the simplest case comes first.
    groups.sort_by_key(|group| std::cmp::Reverse(group.cases.len()));
    groups
}

/// Cases with fewer steps are easier to understand.
fn complexity(case: &CaseResult) -> (usize, usize) {
    let steps = case.checks.iter().filter_map(|check| check.step.as_ref()).map(|step| step.number).max();
    (steps.unwrap_or_default(), case.checks.iter().filter(|check| check.verdict.is_failure()).count())
}

/// What differs in a case, in order of its checks.
///
/// Where a step has another status code, everything else about that response is a consequence of it, and left out.
#[must_use]
pub fn findings(case: &CaseResult) -> Vec<Finding<'_>> {
    let failing: Vec<&CheckResult> = case.checks.iter().filter(|check| check.verdict.is_failure()).collect();
    let mut findings = Vec::new();
    if let Some(declared) = case.declared.as_ref().filter(|_| case.verdict == Verdict::Stale)
        && failing.is_empty()
        && let Some(check) = case.checks.first()
    {
        let kind = CauseKind::Stale(declared.reason.clone());
        findings.push(Finding { cause: Cause::of(check, None, kind), check, difference: None });
    }
    for check in &failing {
        let other_status = |other: &&CheckResult| other.status.is_some() && other.step == check.step;
        let is_consequence = check.status.is_none() && check.step.is_some() && failing.iter().any(other_status);
        if !(is_consequence && check.verdict == Verdict::Fail) {
            of_check(check, &mut findings);
        }
    }
    findings
}

fn of_check<'a>(check: &'a CheckResult, findings: &mut Vec<Finding<'a>>) {
    let mut push = |path: Option<&JsonPath>, kind, difference| {
        let cause = Cause::of(check, path, kind);
        findings.push(Finding { cause, check, difference });
    };
    if check.verdict == Verdict::Stale {
        let reason = check.declared.as_ref().map(|declared| declared.reason.clone()).unwrap_or_default();
        return push(None, CauseKind::Stale(reason), None);
    }
    if let Some(status) = check.status {
        return push(None, CauseKind::Status(status), None);
    }
    if check.differences.is_empty() {
        let message = check.message.as_deref().unwrap_or("failed without a message");
        return push(None, CauseKind::Message(without_particulars(message)), None);
    }
    let reordered = reordered(&check.differences);
    let mut told: Vec<&JsonPath> = Vec::new();
    for difference in &check.differences {
        match reordered.iter().find(|array| array.contains(&difference.path)) {
            Some(array) if told.contains(&array) => {}
            Some(array) => {
                told.push(array);
                push(Some(array), CauseKind::Order, Some(difference));
            }
            None => push(Some(&difference.path), CauseKind::of(difference), Some(difference)),
        }
    }
}

/// The arrays whose elements differ in nothing but their order.
fn reordered(differences: &[Difference]) -> Vec<JsonPath> {
    let mut by_array: BTreeMap<JsonPath, Vec<(usize, JsonPath, &Difference)>> = BTreeMap::new();
    for difference in differences {
        let segments = difference.path.segments();
        for (position, segment) in segments.iter().enumerate() {
            if let Segment::Index(index) = segment {
                let array = segments[..position].iter().cloned().collect();
                let rest = segments[position + 1..].iter().cloned().collect();
                by_array.entry(array).or_default().push((*index, rest, difference));
            }
        }
    }
    let mut found: Vec<JsonPath> = Vec::new();
    for (array, inside) in by_array {
        let several = inside.iter().any(|(index, ..)| *index != inside[0].0);
        let sorted = |side: fn(&Difference) -> &Side| {
            let mut sides: Vec<_> = inside.iter().map(|(_, rest, found)| (rest, side(found).to_string())).collect();
            sides.sort_unstable();
            sides
        };
        if several
            && !found.iter().any(|outer| outer.contains(&array))
            && sorted(|found| &found.expected) == sorted(|found| &found.actual)
        {
            found.push(array);
        }
    }
    found
}

impl Cause {
    fn of(check: &CheckResult, path: Option<&JsonPath>, kind: CauseKind) -> Self {
        Self {
            check: check.kind,
            request: check.step.as_ref().map(|step| request(&step.name)),
            path: path.map(|path| place(check.kind, path)),
            kind,
        }
    }
}

impl CauseKind {
    fn of(difference: &Difference) -> Self {
        match (&difference.expected, &difference.actual) {
            (_, Side::Absent) => Self::Missing,
            (Side::Absent, _) => Self::Extra,
            (Side::Value(expected), Side::Value(actual)) => match (JsonType::of(expected), JsonType::of(actual)) {
                (expected, actual) if expected != actual => Self::Type { expected, actual },
                _ => Self::Value,
            },
            _ => Self::Value,
        }
    }
}

impl JsonType {
    const fn of(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    /// The type with its article.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// A request as one of many: names of placeholders, tags, digests and values of query parameters replaced.
///
/// ```
/// use isi_conformance::verdict::cause::request;
///
/// assert_eq!(request("GET imagestreamtags/[stream]:v1?a=b"), "GET imagestreamtags/[stream]:[tag]?a");
/// ```
#[must_use]
pub fn request(name: &str) -> String {
    static TAG: LazyLock<Regex> = LazyLock::new(|| regex(r"\b((?:imagestreamtags|imagetags)/[^:?]*):[^/?]+"));
    static IMAGE: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(imagestreamimages/[^@?]*)@[^/?]+"));
    let name = without_particulars(name);
    let name = TAG.replace(&name, "$1:[tag]");
    let name = IMAGE.replace(&name, "$1@[digest]");
    match name.split_once('?') {
        None => name.into_owned(),
        Some((path, query)) => {
            let names: Vec<&str> = query.split('&').map(|pair| pair.split('=').next().unwrap_or(pair)).collect();
            format!("{path}?{}", names.join("&"))
        }
    }
}

fn place(check: CheckKind, path: &JsonPath) -> String {
    let mut text = String::from("$");
    for (position, segment) in path.segments().iter().enumerate() {
        match segment {
            Segment::Index(_) => text.push_str("[*]"),
            // The traffic of a step is by repository.
            Segment::Key(_) if check == CheckKind::Traffic && position == 0 => text.push_str("[repository]"),
            Segment::Key(name) => {
                let name = without_particulars(name);
                text.push_str(&JsonPath::root().key(&name).to_string()[1..]);
            }
        }
    }
    text
}

/// A text without what is particular to one case or run: digests, identifiers, addresses, times, quoted values, numbers.
fn without_particulars(text: &str) -> String {
    static PARTICULARS: LazyLock<[(Regex, &str); 7]> = LazyLock::new(|| {
        [
            (regex(r"\[([a-zA-Z]+) [^\[\]]*\]"), "[$1]"),
            (regex(r"\bsha(256|512):[0-9a-f]{16,}"), "[digest]"),
            (regex(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "[uid]"),
            (regex(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z?"), "[time]"),
            (regex(r"\b[0-9]{1,3}(\.[0-9]{1,3}){3}(:[0-9]+)?"), "[address]"),
            (regex(r"golden/[^ ]+\.snap"), "golden/[case].snap"),
            (regex(r"\b[0-9a-f]{32,}\b"), "[hex]"),
        ]
    });
    PARTICULARS
        .iter()
        .fold(text.to_owned(), |text, (pattern, replacement)| pattern.replace_all(&text, *replacement).into_owned())
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is compiled by a test")
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(request) = &self.request {
            write!(formatter, "`{request}`")?;
            formatter.write_str(if matches!(self.kind, CauseKind::Status(_)) { " " } else { ": " })?;
        }
        match (&self.path, self.check) {
            (Some(_), CheckKind::Traffic) => formatter.write_str("a request to the registry ")?,
            (Some(path), CheckKind::Golden) => write!(formatter, "`{path}` ")?,
            (Some(path), check) => write!(formatter, "{check}: `{path}` ")?,
            (None, _) => {}
        }
        match &self.kind {
            CauseKind::Status(status) => {
                write!(formatter, "answered {} instead of {}", status.actual, status.expected)
            }
            CauseKind::Missing => formatter.write_str("is missing"),
            CauseKind::Extra => formatter.write_str("should not be there"),
            CauseKind::Type { expected, actual } => {
                write!(formatter, "is {} instead of {}", actual.in_words(), expected.in_words())
            }
            CauseKind::Value => formatter.write_str("differs"),
            CauseKind::Order => formatter.write_str("is in another order"),
            CauseKind::Message(message) => write!(formatter, "{message}"),
            CauseKind::Stale(reason) if reason.is_empty() => formatter.write_str("declared as a deviation, but passes"),
            CauseKind::Stale(reason) => write!(formatter, "declared as a deviation ({reason}), but passes"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::version::ApiVersion;

    fn difference(path: &str, expected: Value, actual: Value) -> Difference {
        let side = |value| if value == json!("absent") { Side::Absent } else { Side::Value(value) };
        Difference {
            path: path.parse().unwrap(),
            expected: side(expected),
            actual: side(actual),
            level: Level::Required,
        }
    }

    fn step(number: usize, name: &str) -> StepName {
        StepName { number, name: name.to_owned() }
    }

    fn golden(step: StepName, differences: Vec<Difference>) -> CheckResult {
        CheckResult::of_differences(CheckKind::Golden, Level::Required, differences).at(step)
    }

    fn run(cases: Vec<CaseResult>) -> RunResult {
        RunResult {
            target: String::new(),
            api_version: ApiVersion::NEWEST,
            started: jiff::Timestamp::UNIX_EPOCH,
            duration: Duration::ZERO,
            interrupted: false,
            not_run: 0,
            shard: None,
            against: None,
            traits: crate::traits::Traits::default(),
            level: Level::Compatible,
            absent_features: Vec::new(),
            profiles: Vec::new(),
            cases,
        }
    }

    fn told(cases: Vec<CaseResult>) -> Vec<String> {
        let run = run(cases);
        groups(&run).iter().map(|group| format!("{} {}", group.cases.len(), group.cause)).collect()
    }

    #[rstest]
    #[case(json!(1), json!("absent"), "`$.a[*].b` is missing")]
    #[case(json!("absent"), json!(1), "`$.a[*].b` should not be there")]
    #[case(json!([]), json!("x"), "`$.a[*].b` is a string instead of an array")]
    #[case(json!(1), json!(2), "`$.a[*].b` differs")]
    fn a_difference_has_a_kind_and_a_path_without_indexes(
        #[case] expected: Value,
        #[case] actual: Value,
        #[case] said: &str,
    ) {
        let check = golden(step(1, "GET x"), vec![difference("$.a[3].b", expected, actual)]);
        assert_eq!(told(vec![CaseResult::of_checks("s", "c", vec![check])]), [format!("1 `GET x`: {said}")]);
    }

    #[rstest]
    #[case(&[("$.a[0]", "x", "y"), ("$.a[1]", "y", "x")], &["`$.a` is in another order"])]
    #[case(&[("$.a[0].n", "x", "y"), ("$.a[1].n", "y", "x")], &["`$.a` is in another order"])]
    #[case(&[("$.a[0].n", "x", "y"), ("$.a[1].n", "y", "z")], &["`$.a[*].n` differs"])]
    #[case(&[("$.a[0]", "x", "y")], &["`$.a[*]` differs"])]
    fn the_same_values_in_another_order_are_one_cause(
        #[case] differences: &[(&str, &str, &str)],
        #[case] expected: &[&str],
    ) {
        let differences = differences.iter().map(|(path, left, right)| difference(path, json!(left), json!(right)));
        let case = CaseResult::of_checks("s", "c", vec![golden(step(1, "GET x"), differences.collect())]);
        let run = run(vec![case]);
        let said: Vec<String> = groups(&run).iter().map(|group| group.cause.to_string()).collect();
        assert_eq!(said, expected.iter().map(|text| format!("`GET x`: {text}")).collect::<Vec<_>>());
    }

    #[test]
    fn what_follows_from_another_status_is_no_cause_of_its_own() {
        let steps = || step(1, "GET imagestreams/[stream]");
        let checks = || {
            vec![
                CheckResult::fail_status(Level::Required, 200, 404).at(steps()),
                golden(steps(), vec![difference("$.kind", json!("ImageStream"), json!("Status"))]),
            ]
        };
        let cases = vec![CaseResult::of_checks("s", "a", checks()), CaseResult::of_checks("s", "b", checks())];
        assert_eq!(told(cases), ["2 `GET imagestreams/[stream]` answered 404 instead of 200"]);
    }

    #[test]
    fn the_largest_group_comes_first_and_the_simplest_case_is_its_example() {
        let missing = |number| golden(step(number, "GET x"), vec![difference("$.uid", json!(1), json!("absent"))]);
        let other = golden(step(1, "GET x"), vec![difference("$.name", json!(1), json!(2))]);
        let run = run(vec![
            CaseResult::of_checks("s", "long", vec![missing(1), missing(4)]),
            CaseResult::of_checks("s", "other", vec![other.clone()]),
            CaseResult::of_checks("s", "short", vec![missing(1), other]),
        ]);
        let groups = groups(&run);
        let described: Vec<_> =
            groups.iter().map(|group| (group.cause.to_string(), group.cases.clone(), group.alone)).collect();
        assert_eq!(
            described,
            [
                ("`GET x`: `$.name` differs".to_owned(), vec![1, 2], 1),
                ("`GET x`: `$.uid` is missing".to_owned(), vec![2, 0], 1),
            ]
        );
        assert!(groups.iter().all(|group| group.uniform));
    }

    #[rstest]
    #[case("GET imagestreamtags/[stream]:v1.2", "GET imagestreamtags/[stream]:[tag]")]
    #[case("GET imagestreamimages/[stream]@[digest s2-basic]", "GET imagestreamimages/[stream]@[digest]")]
    #[case("GET /apis/image.openshift.io/v1/images/[digest oci]", "GET /apis/image.openshift.io/v1/images/[digest]")]
    #[case("GET imagestreams?limit=5&continue=abc", "GET imagestreams?limit&continue")]
    #[case("POST imagestreamimports", "POST imagestreamimports")]
    fn requests_of_one_kind_are_written_alike(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(request(name), expected);
    }

    #[test]
    fn messages_are_grouped_without_what_is_particular_to_a_case() {
        let case = |name: &str, message: &str| {
            CaseResult::of_checks("s", name, vec![CheckResult::error(CheckKind::Golden, Level::Required, message)])
        };
        let cases = vec![
            case("a", "dial tcp 127.0.0.1:5000: sha256:0123456789abcdef0123"),
            case("b", "dial tcp 127.0.0.1:5001: sha256:0123456789abcdef4567"),
        ];
        assert_eq!(told(cases), ["2 dial tcp [address]: [digest]"]);
    }
}
