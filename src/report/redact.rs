//! Secrets, taken out of what a report shows.

use std::sync::OnceLock;

use super::{escape::escape, texts};
use crate::{
    redaction::{REDACTED, Secrets, without_userinfo},
    verdict::{RunResult, Verdict},
};

/// Header fields whose value is a credential.
const HEADERS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/// A run as reports show it: without secrets. It is made once for all reports of a run; with many failures that takes longer
/// than to write them.
#[derive(Debug)]
pub struct RedactedRun {
    run: RunResult,
    escaped: OnceLock<RunResult>,
}

impl RedactedRun {
    /// The run without its secrets.
    #[must_use]
    pub fn of(run: &RunResult) -> Self {
        Self { run: redact(run), escaped: OnceLock::new() }
    }

    /// For tools, which take every character.
    pub(super) const fn for_tools(&self) -> &RunResult {
        &self.run
    }

    /// For terminals and pages, without characters that change what they show.
    pub(super) fn for_people(&self) -> &RunResult {
        self.escaped.get_or_init(|| {
            let mut run = self.run.clone();
            texts::change(&mut run, escape);
            run
        })
    }
}

/// The same run without secrets: those of the process, those in header fields, in `Secret` objects, and in the target's
/// URL, wherever and in whatever form they turn up. Exchanges of cases that passed are left out: no failure is explained by
/// them, and they would make a report of megabytes.
fn redact(run: &RunResult) -> RunResult {
    let secrets = Secrets::of_this_process().copy();
    secrets.add_url(&run.target);
    let mut run = run.clone();
    run.target = without_userinfo(&run.target);
    for case in &mut run.cases {
        if case.verdict == Verdict::Pass {
            // The pull secrets in them, a few for each case, are not looked for either: nothing shows where they went.
            case.exchanges.clear();
            continue;
        }
        for exchange in &mut case.exchanges {
            secrets.add_body(&exchange.request.body);
            let headers = exchange.request.headers.iter_mut();
            let response = exchange.response.iter_mut().flat_map(|response| {
                secrets.add_body(&response.body);
                response.headers.iter_mut()
            });
            for (name, value) in headers.chain(response) {
                if HEADERS.contains(&name.as_str()) {
                    secrets.add_header(name, value);
                    *value = match value.split_once(' ') {
                        Some((scheme @ ("Basic" | "Bearer"), _)) => format!("{scheme} {REDACTED}"),
                        _ => REDACTED.to_owned(),
                    };
                }
            }
        }
    }
    let redactor = secrets.redactor();
    texts::change(&mut run, |text| redactor.redact(text));
    run
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_secret_of_one_exchange_is_taken_out_of_everything_else() {
        let mut run = sample::run();
        let failing = &mut run.cases[1];
        failing.exchanges[0].request.headers = vec![("authorization".to_owned(), "Bearer to-ken-4711".to_owned())];
        failing.exchanges[0].request.body =
            r#"{"kind":"SecretList","items":[{"data":{"a":"cGFzczEyMzQ="}}]}"#.to_owned();
        failing.checks[0].message = Some("TO-KEN-4711 may not use pass1234".to_owned());
        let shown = format!("{:?}", redact(&run));
        for secret in ["to-ken-4711", "TO-KEN-4711", "pass1234", "cGFzczEyMzQ", "hunter2"] {
            assert!(!shown.contains(secret), "{secret}");
        }
        assert!(shown.contains("[redacted] may not use [redacted]"));
    }
}
