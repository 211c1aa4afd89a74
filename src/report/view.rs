//! What a report shows of a run: without secrets, grouped by cause, and no larger than the report may be.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    excerpt::{beginning, named_sides, sides, telling_first},
    redact::RedactedRun,
    shard_case::ShardCase,
};
use crate::verdict::{
    CaseResult, CheckResult, Exchange, LeftOutStep, Level, RunResult, Side, StepName, Verdict,
    cause::{self, Cause},
};

/// How large a report may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct ViewLimits {
    /// Bytes for the details of cases, as far as they can be estimated.
    pub(super) details: usize,
    /// How many causes are listed.
    pub(super) causes: usize,
    /// Whether characters are escaped that no terminal should get.
    pub(super) escapes: bool,
}

/// What a report shows.
#[derive(Debug)]
pub(super) struct View {
    /// The run.
    pub(super) run: RunResult,
    /// The causes of its failures, the largest group first.
    pub(super) causes: Vec<ShownCause>,
    /// How many more causes there are.
    pub(super) more_causes: usize,
    /// How many cases failed.
    pub(super) failed: usize,
    /// By case: the positions of its causes.
    pub(super) causes_of: Vec<Vec<usize>>,
    /// By case: how much of it is shown.
    pub(super) details: Vec<Detail>,
    /// By case, in the run of a shard: what a report of the whole needs of it.
    pub(super) shard_cases: Vec<ShardCase>,
}

/// How much is shown of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Checks and what was sent and received.
    Exchanges,
    /// Checks with their differences, and the steps that were left out.
    Checks,
    /// Its causes; what was found is in their examples.
    Causes,
}

/// A cause as reports show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShownCause {
    /// The cause in words.
    pub says: String,
    /// The cause in parts.
    #[serde(flatten)]
    pub cause: Cause,
    /// The weightiest level of the checks that fail for it.
    pub level: Level,
    /// Whether the implementation failed, or the harness.
    pub verdict: Verdict,
    /// How many cases fail for it.
    pub cases: usize,
    /// How many of them fail for nothing else.
    pub alone: usize,
    /// Whether an earlier step of every one of them fails too: it may be a consequence of that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
    /// The simplest of the cases.
    pub example: String,
    /// Where that case is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The step of that case that fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepName>,
    /// What was expected there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// Whether expected and actual value are the same in all of the cases.
    pub uniform: bool,
    /// A few of the other cases.
    #[serde(skip)]
    pub others: Vec<String>,
}

/// How many other cases of a cause are named.
const OTHERS: usize = 3;
/// How many differences of a check are kept.
const DIFFERENCES: usize = 12;
/// The longest message, in characters.
const MESSAGE: usize = 600;
/// The longest body of a request or response, and the longest curl command.
const BODY: usize = 4000;
/// The longest header value, path or line.
const LINE: usize = 400;
/// How many requests to the registry are kept of an exchange, and how many header fields of a message.
const LINES: usize = 60;

impl View {
    /// What a report of these limits shows of `run`.
    pub(super) fn new(run: &RedactedRun, limits: ViewLimits) -> Self {
        let mut run = if limits.escapes { run.for_people() } else { run.for_tools() }.clone();
        let positions = run.shard.as_ref().map(|shard| &shard.positions);
        let shard_case = |case: &CaseResult| ShardCase::of(case, positions?.get(&case.name()).copied()?).into();
        let shard_cases = run.cases.iter().map_while(shard_case).collect();
        let groups = cause::groups(&run);
        let mut causes_of = vec![Vec::new(); run.cases.len()];
        let mut priority: Vec<usize> = Vec::new();
        for (position, group) in groups.iter().take(limits.causes).enumerate() {
            group.cases.iter().for_each(|case| causes_of[*case].push(position));
            priority.extend(group.cases.first());
        }
        let causes = groups.iter().take(limits.causes).map(|group| shown(&run, group)).collect();
        let more_causes = groups.len().saturating_sub(limits.causes);
        priority.extend((0..run.cases.len()).filter(|case| run.cases[*case].is_failure()));
        priority.extend(0..run.cases.len());
        let failed = run.cases.iter().filter(|case| case.is_failure()).count();
        let mut details = vec![None; run.cases.len()];
        let mut left = limits.details;
        for case in priority {
            if details[case].is_none() {
                details[case] = Some(cut(&mut run.cases[case], &mut left));
            }
        }
        let details = details.into_iter().map(|detail| detail.unwrap_or(Detail::Causes)).collect();
        Self { run, causes, more_causes, failed, causes_of, details, shard_cases }
    }
}

fn shown(run: &RunResult, group: &cause::CauseGroup<'_>) -> ShownCause {
    let name = |case: &usize| run.cases[*case].name();
    let first = group.cases.first().map(|case| &run.cases[*case]);
    let none = BTreeMap::new();
    let names = first.map_or(&none, |case| &case.values);
    let (expected, actual) = group.example.map(|difference| named_sides(difference, names)).unzip();
    ShownCause {
        says: beginning(&group.cause.to_string(), MESSAGE),
        cause: Cause { path: group.cause.path.as_ref().map(|path| beginning(path, LINE)), ..shortened(&group.cause) },
        level: group.level,
        verdict: group.verdict,
        cases: group.cases.len(),
        alone: group.alone,
        follows: group.follows,
        example: first.map(CaseResult::name).unwrap_or_default(),
        location: first.and_then(|case| case.location.clone()),
        step: group.step.cloned(),
        expected,
        actual,
        uniform: group.uniform,
        others: group.cases.iter().skip(1).take(OTHERS).map(name).collect(),
    }
}

fn shortened(cause: &Cause) -> Cause {
    let mut cause = cause.clone();
    if let cause::CauseKind::Message(text) | cause::CauseKind::Stale(text) = &mut cause.kind {
        *text = beginning(text, MESSAGE);
    }
    cause
}

/// Cuts a case down to what `left` bytes allow, and takes them off.
fn cut(case: &mut CaseResult, left: &mut usize) -> Detail {
    shorten(&mut case.about);
    case.skipped.iter_mut().for_each(shorten);
    case.checks.iter_mut().chain(&mut case.notes).for_each(cut_check);
    case.exchanges.iter_mut().for_each(cut_exchange);
    let noted = case.checks.iter().chain(&case.notes);
    let checks = noted.filter(|check| check.verdict != Verdict::Pass).map(weight_of_check).sum::<usize>()
        + case.left_out.iter().map(weight_of_left_out).sum::<usize>();
    let exchanges: usize = case.exchanges.iter().map(weight_of_exchange).sum();
    if checks + exchanges <= *left {
        *left -= checks + exchanges;
        return Detail::Exchanges;
    }
    case.exchanges.clear();
    if checks <= *left {
        *left -= checks;
        return Detail::Checks;
    }
    for check in case.checks.iter_mut().chain(&mut case.notes) {
        check.omitted += check.differences.len();
        check.differences.clear();
    }
    case.values.clear();
    // The absent features name the cases whose steps they leave out.
    case.left_out.clear();
    Detail::Causes
}

fn shorten(text: &mut String) {
    *text = beginning(text, MESSAGE);
}

fn cut_check(check: &mut CheckResult) {
    check.message.iter_mut().for_each(shorten);
    let kept: Vec<_> = telling_first(&check.differences)
        .into_iter()
        .take(DIFFERENCES)
        .map(|difference| {
            let mut kept = difference.clone();
            let (expected, actual) = sides(difference);
            if let (Side::Value(_), true) = (&kept.expected, expected.contains('…')) {
                kept.expected = Side::Described(expected);
            }
            if let (Side::Value(_), true) = (&kept.actual, actual.contains('…')) {
                kept.actual = Side::Described(actual);
            }
            kept
        })
        .collect();
    check.omitted += check.differences.len() - kept.len();
    check.differences = kept;
}

fn cut_exchange(exchange: &mut Exchange) {
    let request = &mut exchange.request;
    for text in [&mut request.body, &mut exchange.curl] {
        *text = beginning(text, BODY);
    }
    request.path = beginning(&request.path, LINE);
    cut_headers(&mut request.headers);
    if let Some(response) = &mut exchange.response {
        response.body = beginning(&response.body, BODY);
        cut_headers(&mut response.headers);
    }
    let lines = exchange.registry.len();
    if lines > LINES {
        exchange.registry.truncate(LINES);
        exchange.registry.push(format!("… ({lines} requests)"));
    }
    exchange.registry.iter_mut().for_each(|line| *line = beginning(line, LINE));
}

fn cut_headers(headers: &mut Vec<(String, String)>) {
    headers.truncate(LINES);
    headers.iter_mut().for_each(|(_, value)| *value = beginning(value, LINE));
}

/// How many bytes a text takes in the most expensive of the formats: quotes and angle brackets are escaped.
fn weight(text: &str) -> usize {
    text.len()
        + text.bytes().filter(|byte| matches!(byte, b'"' | b'<' | b'>' | b'&' | b'\'' | b'\\' | 0..32)).count() * 5
}

fn weight_of_check(check: &CheckResult) -> usize {
    const FRAME: usize = 200;
    let differences = check.differences.iter().map(|difference| {
        let sides = [&difference.expected, &difference.actual].map(|side| weight(&side.to_string()));
        weight(&difference.path.to_string()) + sides.iter().sum::<usize>() + FRAME
    });
    FRAME + check.message.as_deref().map_or(0, weight) + differences.sum::<usize>()
}

fn weight_of_left_out(left_out: &LeftOutStep) -> usize {
    const FRAME: usize = 80;
    FRAME + weight(&left_out.step.name) + weight(&left_out.reason)
}

fn weight_of_exchange(exchange: &Exchange) -> usize {
    const FRAME: usize = 600;
    let headers = |headers: &[(String, String)]| -> usize {
        headers.iter().map(|(name, value)| weight(name) + weight(value) + 20).sum()
    };
    let Exchange { request, response, curl, registry, .. } = exchange;
    let response = response.iter().map(|response| weight(&response.body) + headers(&response.headers)).sum::<usize>();
    let request = weight(&request.path) + weight(&request.body) + headers(&request.headers);
    FRAME + request + response + weight(curl) + registry.iter().map(|line| weight(line) + 10).sum::<usize>()
}

/// `1 case`, `3 cases`.
pub(super) fn cases(count: usize) -> String {
    super::summary::plural(count, "case")
}
