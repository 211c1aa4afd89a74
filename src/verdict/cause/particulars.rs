//! Requests, places and messages without what is particular to one case or run.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    json_path::{JsonPath, Segment},
    verdict::CheckKind,
};

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

/// A [request] without its query parameters, and without how many are sent together.
pub(super) fn plain_request(request: &str) -> &str {
    let path = request.split_once('?').map_or(request, |(path, _)| path);
    path.split_once(" (").map_or(path, |(path, _)| path)
}

/// A path in an answer, `[*]` for every index.
pub(super) fn place(check: CheckKind, path: &JsonPath) -> String {
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

/// A text without what is particular to one case or run: digests, identifiers, addresses, times, places in a text.
pub(super) fn without_particulars(text: &str) -> String {
    static PARTICULARS: LazyLock<[(Regex, &str); 8]> = LazyLock::new(|| {
        [
            (regex(r"\[([a-zA-Z]+) [^\[\]]*\]"), "[$1]"),
            (regex(r"\bsha(256|512):[0-9a-f]{16,}"), "[digest]"),
            (regex(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "[uid]"),
            (regex(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z?"), "[time]"),
            (regex(r"\b[0-9]{1,3}(\.[0-9]{1,3}){3}(:[0-9]+)?"), "[address]"),
            (regex(r"golden/[^ ]+\.snap"), "golden/[case].snap"),
            (regex(r"\b[0-9a-f]{32,}\b"), "[hex]"),
            (regex(r",? at line [0-9]+ column [0-9]+"), ""),
        ]
    });
    PARTICULARS
        .iter()
        .fold(text.to_owned(), |text, (pattern, replacement)| pattern.replace_all(&text, *replacement).into_owned())
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is compiled by a test")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::{super::sample::told, *};
    use crate::verdict::{CaseResult, CheckResult, Level};

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

    #[test]
    fn bodies_that_are_cut_off_at_different_places_are_one_cause() {
        let case = |name: &str, message: &str| {
            CaseResult::of_checks("s", name, vec![CheckResult::fail(CheckKind::Schema, Level::Required, message)])
        };
        let cases = vec![
            case("a", "cannot be parsed: it ends too early, at line 1 column 1015"),
            case("b", "cannot be parsed: it ends too early, at line 63 column 2"),
        ];
        assert_eq!(told(cases), ["2 cannot be parsed: it ends too early"]);
    }
}
