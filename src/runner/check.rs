//! The judgements about one answer.

use std::{
    collections::BTreeSet,
    time::{Duration, UNIX_EPOCH},
};

use http::Method;
use serde_json::Value;

use super::{status, target::Answered};
use crate::{
    fixture::RequestPattern,
    golden::{self, Answer, DifferenceKind, GoldenStep, Memory},
    registry::Entry,
    schema::{Diff, Document, Schema},
    suite::{Expectation, Request, RequestCount},
    variable::Bindings,
    verdict::{CheckKind, CheckResult, Difference, Level, Side},
    version::ApiVersion,
};

/// The status code that a step expects: its own, or the usual one; none if it says nothing about this version.
#[must_use]
pub(super) fn expected_status(request: &Request, expect: &Expectation, version: ApiVersion) -> Option<u16> {
    match &expect.status {
        Some(by_version) => by_version.at(version),
        None if request.method == Method::POST => Some(201),
        None => Some(200),
    }
}

/// The HTTP status code.
#[must_use]
pub(super) fn status(
    request: &Request,
    expect: &Expectation,
    version: ApiVersion,
    cap: Level,
    actual: u16,
) -> Vec<CheckResult> {
    match expected_status(request, expect, version) {
        None => {
            let problem = format!("the suite does not say which status code holds for {version}");
            vec![CheckResult::error(CheckKind::Status, cap, problem)]
        }
        Some(expected) => status::judge(request, expected, actual, cap),
    }
}

/// The answer and what was asked of the registry, against the golden: the checks `golden` and `traffic`.
#[must_use]
pub(super) fn golden(
    golden: &GoldenStep,
    answer: &Answer,
    bindings: &Bindings,
    memory: &mut Memory,
    cap: Level,
) -> Vec<CheckResult> {
    match golden::compare(golden, answer, bindings, memory) {
        Ok(found) => {
            let mut checks = CheckResult::by_level(CheckKind::Golden, cap, found.answer);
            checks.push(CheckResult::of_differences(CheckKind::Traffic, Level::Compatible, found.traffic));
            checks
        }
        Err(unbound) => vec![CheckResult::error(CheckKind::Golden, cap, format!("the golden: {unbound}"))],
    }
}

/// Types, required fields and unknown fields, against the published schema. Nothing where none was published.
///
/// An answer that is declared as JSON and cannot be parsed breaks any schema: the HTTP answer says why.
#[must_use]
pub(super) fn schema(
    version: ApiVersion,
    request: &Request,
    answered: &Answered,
    answer: &Answer,
    cap: Level,
) -> Vec<CheckResult> {
    let is_protobuf = answer.headers.get("content-type").is_some_and(|types| types[0].contains("protobuf"));
    // Documents of OpenAPI are no objects, and zero values are absent in protobuf, also where a schema requires the field.
    if request.path.starts_with("/openapi/") || is_protobuf {
        return Vec::new();
    }
    if !answer.body.is_object() {
        let claims_json =
            answer.headers.get("content-type").is_some_and(|types| types[0].starts_with("application/json"));
        let problem = serde_json::from_slice::<Value>(&answered.body).err();
        let is_stream = request.is_watch() && !answer.body.is_string();
        let problem = problem.filter(|_| claims_json && !is_stream);
        let message = |error| {
            format!("the answer is declared as JSON and cannot be parsed: {}", unreadable(&answered.body, &error))
        };
        return problem.map(|error| CheckResult::fail(CheckKind::Schema, cap, message(error))).into_iter().collect();
    }
    Schema::for_version(version)
        .judge(&answer.body)
        .map(|judgement| judgement.into_checks(cap).to_vec())
        .unwrap_or_default()
}

/// Why a text is no JSON: what people look for first, and the parser's words otherwise.
fn unreadable(body: &[u8], error: &serde_json::Error) -> String {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    if body.is_empty() {
        "it is empty".to_owned()
    } else if body.starts_with(BYTE_ORDER_MARK) {
        "it begins with a byte order mark (U+FEFF), which RFC 8259 forbids".to_owned()
    } else if error.is_eof() {
        format!("it ends too early, at line {} column {}", error.line(), error.column())
    } else {
        error.to_string()
    }
}

/// The values that the step names.
pub(super) fn values<'a>(
    expect: &'a Expectation,
    body: &'a Value,
    cap: Level,
) -> impl Iterator<Item = CheckResult> + 'a {
    let rules = golden::Rules::of(body);
    expect.values.iter().map(move |(path, expected)| {
        let found = path.find(body);
        let kind = if found.is_none() { DifferenceKind::Missing } else { DifferenceKind::Other };
        let cap = cap.min(rules.level(&path.segments(), kind));
        if expected.holds(found) {
            CheckResult::pass(CheckKind::Value, cap)
        } else {
            let difference = Difference {
                path: path.place(body),
                expected: Side::Described(expected.to_string()),
                actual: Side::of(found),
                level: cap,
            };
            CheckResult::of_differences(CheckKind::Value, cap, vec![difference])
        }
    })
}

/// What the answer, an OpenAPI document, publishes otherwise than the published schema of the version: a check for each
/// difference.
pub(super) fn published(expect: &Expectation, body: &Value, version: ApiVersion, cap: Level) -> Vec<CheckResult> {
    if !expect.published {
        return Vec::new();
    }
    let published = Schema::for_version(version).document();
    let document = match Document::of_openapi(body, published) {
        Ok(document) => document,
        Err(error) => {
            let problem = format!("the answer is no OpenAPI v2 document of the image API: {error}");
            return vec![CheckResult::fail(CheckKind::Schema, cap, problem)];
        }
    };
    let diff = Diff::between(published, &document);
    let sentences: Vec<String> = diff
        .changes
        .iter()
        .flat_map(|(subject, sentences)| sentences.iter().map(move |sentence| format!("{subject}: {sentence}")))
        .collect();
    if sentences.is_empty() {
        return vec![CheckResult::pass(CheckKind::Schema, cap)];
    }
    let fail =
        |sentence| CheckResult::fail(CheckKind::Schema, cap, format!("other than the published schema: {sentence}"));
    sentences.into_iter().map(fail).collect()
}

/// What was asked of the registry, where the step says so itself.
#[must_use]
pub(super) fn traffic(expect: &Expectation, answer: &Answer, bindings: &Bindings) -> Option<CheckResult> {
    // A golden of this answer and of the traffic that is expected differs in the traffic only.
    let expected = GoldenStep { traffic: expect.traffic.clone()?, body: answer.body.clone(), ..GoldenStep::default() };
    Some(match golden::compare(&expected, answer, bindings, &mut Memory::default()) {
        Ok(found) => CheckResult::of_differences(CheckKind::Traffic, Level::Compatible, found.traffic),
        Err(unbound) => CheckResult::error(CheckKind::Traffic, Level::Compatible, format!("the step: {unbound}")),
    })
}

/// How often the registry was asked for what the step names, and with which pauses.
#[must_use]
pub(super) fn requests(expect: &Expectation, made: &[Entry]) -> Vec<CheckResult> {
    let check = |(pattern, count): (&RequestPattern, &RequestCount)| {
        let matching = made.iter().filter(|entry| pattern.matches(&entry.method, &entry.path));
        let mut times: Vec<Duration> =
            matching.map(|entry| entry.time.duration_since(UNIX_EPOCH).unwrap_or_default()).collect();
        times.sort_unstable();
        match count.problem(&times) {
            None => CheckResult::pass(CheckKind::Traffic, Level::Compatible),
            Some(problem) => {
                CheckResult::fail(CheckKind::Traffic, Level::Compatible, format!("`{pattern}`: {problem}"))
            }
        }
    };
    expect.requests.iter().map(check).collect()
}

/// What every request for a manifest said it accepts.
#[must_use]
pub(super) fn accept(expect: &Expectation, accepted: &[BTreeSet<String>]) -> Option<CheckResult> {
    let expected: BTreeSet<String> = expect.accept.as_ref()?.iter().cloned().collect();
    let list = |types: &BTreeSet<String>| types.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let wrong = accepted.iter().find(|accepted| **accepted != expected);
    Some(match wrong {
        None if accepted.is_empty() => {
            CheckResult::fail(CheckKind::Traffic, Level::Compatible, "no manifest was asked for")
        }
        None => CheckResult::pass(CheckKind::Traffic, Level::Compatible),
        Some(found) => CheckResult::fail(
            CheckKind::Traffic,
            Level::Compatible,
            format!("expected manifests to be asked for with `Accept: {}`, found `{}`", list(&expected), list(found)),
        ),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::verdict::Verdict;

    #[rstest]
    #[case(Method::POST, json!({}), 201, Verdict::Pass)]
    #[case(Method::POST, json!({}), 200, Verdict::Fail)]
    #[case(Method::GET, json!({}), 200, Verdict::Pass)]
    #[case(Method::GET, json!({"status": 404}), 404, Verdict::Pass)]
    #[case(Method::GET, json!({"status": 404}), 200, Verdict::Fail)]
    #[case(Method::GET, json!({"status": {"4.12": 200}}), 200, Verdict::Error)]
    fn a_status_is_expected_or_the_usual_one(
        #[case] method: Method,
        #[case] expect: Value,
        #[case] actual: u16,
        #[case] verdict: Verdict,
    ) {
        let expect: Expectation = serde_json::from_value(expect).unwrap();
        assert_eq!(
            Verdict::of_parts(
                status(&Request::new(method, "x"), &expect, ApiVersion::V4_2, Level::Required, actual)
                    .iter()
                    .map(|check| check.verdict)
            ),
            verdict
        );
    }

    #[rstest]
    #[case::cut("{\"kind\": ", Some("it ends too early, at line 1 column 9"))]
    #[case::empty("", Some("it is empty"))]
    #[case::byte_order_mark("\u{feff}{}", Some("byte order mark"))]
    #[case::deep(&"[".repeat(1000), Some("recursion limit exceeded"))]
    #[case::whole("[1]", None)]
    fn what_calls_itself_json_has_to_be_json(#[case] body: &str, #[case] expected: Option<&str>) {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let duration = Duration::ZERO;
        let answered = Answered { status: 200, headers, body: body.as_bytes().to_vec(), duration };
        let answer = crate::runner::answer::answer(&answered, golden::Traffic::new());
        let checks = schema(
            ApiVersion::NEWEST,
            &Request::new(Method::GET, "imagestreams/a"),
            &answered,
            &answer,
            Level::Required,
        );
        match expected {
            Some(text) => assert!(checks[0].message.as_ref().unwrap().contains(text), "{checks:?}"),
            None => assert_eq!(checks, []),
        }
    }

    #[test]
    fn a_foreign_text_costs_the_compatible_level_only() {
        let step = |message: &str| json!({"kind": "Status", "message": message});
        let golden_step = GoldenStep { body: step("a"), ..GoldenStep::default() };
        let headers = [("content-type".to_owned(), vec!["application/json".to_owned()])].into();
        let answer = Answer { body: step("b"), headers, ..Answer::default() };
        let checks = golden(&golden_step, &answer, &Bindings::default(), &mut Memory::default(), Level::Required);
        let failed: Vec<Level> =
            checks.iter().filter(|check| check.verdict == Verdict::Fail).map(|check| check.level).collect();
        assert_eq!(failed, [Level::Compatible]);
    }

    #[test]
    fn every_request_for_a_manifest_has_to_accept_the_same_types() {
        let expect: Expectation = serde_json::from_value(json!({"accept": ["b", "a"]})).unwrap();
        let types = |types: &[&str]| types.iter().map(|text| (*text).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(accept(&expect, &[types(&["a", "b"])]).unwrap().verdict, Verdict::Pass);
        assert_eq!(accept(&expect, &[types(&["a", "b"]), types(&["a"])]).unwrap().verdict, Verdict::Fail);
        assert_eq!(accept(&expect, &[]).unwrap().verdict, Verdict::Fail);
    }
}
