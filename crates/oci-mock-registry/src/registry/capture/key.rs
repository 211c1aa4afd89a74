//! What identifies a request: the same for the one that was captured and for the one that gets its answer.

use http::{
    HeaderMap, HeaderName,
    header::{ACCEPT, AUTHORIZATION, IF_NONE_MATCH, RANGE},
    request::Parts,
};
use percent_encoding::percent_decode_str;

use super::{
    ELSEWHERE,
    log::CapturedRequest,
    placeholder::{HOST, REDACTED},
};

/// Ends of the names of parameters that hold credentials or the name of an account.
const SECRET: [&str; 10] =
    ["password", "token", "secret", "signature", "credential", "key", "sig", "account", "username", "login"];
/// Parameters whose value stays at other hosts. Those of a blob store are all parts of its signature.
const PUBLIC: [&str; 10] = [
    "access_type",
    "client_id",
    "digest",
    "grant_type",
    "last",
    "n",
    "offline_token",
    "response-content-type",
    "scope",
    "service",
];

/// A request without what is secret or depends on the client; `host` is the one by which it reaches the registry.
pub(super) fn of(request: &Parts, host: &str) -> CapturedRequest {
    let path = request.uri.path().to_owned();
    let text = |name: HeaderName| {
        let value = request.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    CapturedRequest {
        method: request.method.as_str().to_owned(),
        query: request.uri.query().map(|query| without_secrets(&path, query, host)),
        accept: accepted(&request.headers),
        authorization: scheme(&request.headers),
        range: text(RANGE),
        if_none_match: text(IF_NONE_MATCH),
        path,
    }
}

fn accepted(headers: &HeaderMap) -> std::collections::BTreeSet<String> {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let types = values.flat_map(|value| value.split(',')).map(str::trim);
    types.filter(|accepted| !accepted.is_empty()).map(str::to_owned).collect()
}

/// The scheme of `Authorization`. Without a scheme the whole text may be a secret.
fn scheme(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().unwrap_or_default();
    Some(value.split_once(' ').map_or_else(|| "unknown".to_owned(), |(scheme, _)| scheme.to_ascii_lowercase()))
}

/// Whether the value of a parameter is a credential, or part of one.
pub(super) fn is_secret(path: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if path.starts_with(ELSEWHERE) {
        return !PUBLIC.contains(&name.as_str());
    }
    name != "offline_token" && SECRET.iter().any(|secret| name.ends_with(secret))
}

/// A query in which credentials and the registry's own host are replaced.
pub(super) fn without_secrets(path: &str, query: &str, host: &str) -> String {
    let pair = |pair: &str| {
        let Some((name, value)) = pair.split_once('=') else { return pair.to_owned() };
        if is_secret(path, name) {
            format!("{name}={REDACTED}")
        } else if percent_decode_str(value).decode_utf8().is_ok_and(|value| value == host) {
            format!("{name}={HOST}")
        } else {
            pair.to_owned()
        }
    };
    query.split('&').map(pair).collect::<Vec<_>>().join("&")
}

/// A query whose parameters are in an order of their own, and written in one way.
pub(super) fn sorted(query: &str) -> String {
    let mut pairs: Vec<_> = crate::registry::query::pairs(query).collect();
    pairs.sort();
    pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use http::Request;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/v2/_catalog", "n=2&last=a", "n=2&last=a")]
    #[case("/v2/a/blobs/uploads/1", "_state=abc&digest=sha256:1", "_state=abc&digest=sha256:1")]
    #[case("/auth", "service=127.0.0.1%3A5000&account=robot", "service={{host}}&account=redacted")]
    #[case("/auth", "offline_token=true&access_token=abc", "offline_token=true&access_token=redacted")]
    #[case(
        "/elsewhere/1/t",
        "scope=repository:a:pull&service=r.example&who=me",
        "scope=repository:a:pull&service=r.example&who=redacted"
    )]
    #[case("/elsewhere/1/b", "X-Amz-Signature=abc&X-Amz-Date=1", "X-Amz-Signature=redacted&X-Amz-Date=redacted")]
    fn a_query_loses_what_is_secret(#[case] path: &str, #[case] query: &str, #[case] expected: &str) {
        assert_eq!(without_secrets(path, query, "127.0.0.1:5000"), expected);
    }

    #[test]
    fn a_request_is_what_the_answer_may_depend_on() {
        let request = Request::get("/v2/a/manifests/v1?ns=b")
            .header("accept", "b, a")
            .header("accept", "c")
            .header("authorization", "Bearer abc")
            .header("user-agent", "a client");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let request = serde_json::to_string(&of(&parts, "a:1")).unwrap();
        let expected = r#"{"method":"GET","path":"/v2/a/manifests/v1","query":"ns=b","accept":["a","b","c"],"authorization":"bearer"}"#;
        assert_eq!(request, expected);
    }
}
