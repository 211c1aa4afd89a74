//! Credentials, taken out of what a report shows.

use serde_json::Value;

use crate::verdict::{Exchange, RunResult, Verdict};

const REDACTED: &str = "[redacted]";
/// Header fields whose value is a credential.
const HEADERS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];
/// A secret shorter than this would be found in too many texts that it does not come from.
const SHORTEST: usize = 4;

/// The same run without credentials: those in header fields, in `Secret` objects, and in the target's URL, wherever they
/// turn up in an exchange. Exchanges of cases that passed are left out: nobody looks for their cause, and they would make
/// a report of megabytes.
pub(super) fn redact(run: &RunResult) -> RunResult {
    let mut run = run.clone();
    run.target = without_userinfo(&run.target);
    for case in run.cases.iter_mut().filter(|case| case.verdict == Verdict::Pass) {
        case.exchanges.clear();
    }
    for exchange in run.cases.iter_mut().flat_map(|case| &mut case.exchanges) {
        redact_exchange(exchange);
    }
    run
}

fn redact_exchange(exchange: &mut Exchange) {
    let mut secrets = Vec::new();
    let response = exchange.response.iter_mut();
    let messages = std::iter::once((&mut exchange.request.headers, &mut exchange.request.body))
        .chain(response.map(|response| (&mut response.headers, &mut response.body)));
    for (headers, body) in messages {
        for (name, value) in headers {
            if HEADERS.contains(&name.as_str()) {
                secrets.extend(value.split_once(' ').map(|(_, credentials)| credentials.to_owned()));
                *value = match value.split_once(' ') {
                    Some((scheme @ ("Basic" | "Bearer"), _)) => format!("{scheme} {REDACTED}"),
                    _ => REDACTED.to_owned(),
                };
            }
        }
        if let Ok(body) = serde_json::from_str(body) {
            collect_secrets(&body, &mut secrets);
        }
    }
    secrets.retain(|secret| secret.len() >= SHORTEST);
    secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    let response = exchange.response.iter_mut().map(|response| &mut response.body);
    for text in [&mut exchange.request.body, &mut exchange.curl].into_iter().chain(response) {
        for secret in &secrets {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), REDACTED);
            }
        }
    }
}

/// The values that `Secret` objects hold, as they are written in JSON texts.
fn collect_secrets(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::Object(fields) if fields.get("kind").is_some_and(|kind| kind == "Secret") => {
            let data = ["data", "stringData"].into_iter().filter_map(|field| fields.get(field)?.as_object());
            for secret in data.flat_map(|data| data.values()).filter_map(Value::as_str) {
                let escaped = Value::from(secret).to_string();
                secrets.push(escaped.trim_matches('"').to_owned());
            }
        }
        Value::Object(fields) => fields.values().for_each(|value| collect_secrets(value, secrets)),
        Value::Array(items) => items.iter().for_each(|item| collect_secrets(item, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn without_userinfo(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::*;
    use crate::verdict::{Request, Response, StepName};

    fn exchange(headers: &[(&str, &str)], body: &str, curl: &str) -> Exchange {
        Exchange {
            step: StepName { number: 1, name: String::new() },
            request: Request {
                headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
                body: body.to_owned(),
                ..Request::default()
            },
            response: Some(Response { body: body.to_owned(), ..Response::default() }),
            curl: curl.to_owned(),
            registry: Vec::new(),
            duration: Duration::ZERO,
        }
    }

    #[test]
    fn a_token_is_taken_out_of_header_and_command() {
        let mut exchange =
            exchange(&[("authorization", "Bearer s3cret")], "", "curl -H 'authorization: Bearer s3cret'");
        redact_exchange(&mut exchange);
        assert_eq!(exchange.request.headers[0].1, "Bearer [redacted]");
        assert_eq!(exchange.curl, "curl -H 'authorization: Bearer [redacted]'");
    }

    #[test]
    fn the_data_of_secrets_is_taken_out_wherever_it_is_sent_or_echoed() {
        let body = r#"{"kind":"Secret","data":{".dockerconfigjson":"e30K"},"stringData":{"a":"pass\"word"}}"#;
        let mut exchange = exchange(&[], body, &format!("curl --data '{body}'"));
        redact_exchange(&mut exchange);
        let expected = r#"{"kind":"Secret","data":{".dockerconfigjson":"[redacted]"},"stringData":{"a":"[redacted]"}}"#;
        assert_eq!(exchange.request.body, expected);
        assert_eq!(exchange.response.unwrap().body, expected);
        assert_eq!(exchange.curl, format!("curl --data '{expected}'"));
    }

    #[rstest]
    #[case("https://user:pass@api.example:6443/base", "https://api.example:6443/base")]
    #[case("https://api.example/a@b", "https://api.example/a@b")]
    #[case("embedded reference", "embedded reference")]
    fn a_target_is_shown_without_its_credentials(#[case] url: &str, #[case] expected: &str) {
        assert_eq!(without_userinfo(url), expected);
    }
}
