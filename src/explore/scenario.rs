//! Scenarios: what a registry holds, how it behaves, and what is asked of the API.

use std::{
    collections::BTreeSet,
    fmt::{self, Write},
};

use serde_json::{Value, json};

use crate::version::ApiVersion;

/// The keys of steps that send a request whose response is judged.
const REQUESTS: [&str; 7] = ["import", "create", "get", "delete", "post", "put", "patch"];
/// Those of them whose usual status code is 201.
const CREATING: [&str; 3] = ["import", "create", "post"];

/// A case that was drawn: its registry and its steps as a suite writes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// The registry at the beginning.
    pub registry: Value,
    /// What happens, in order.
    pub steps: Vec<Value>,
    /// What was drawn for it beyond the plainest values.
    pub words: BTreeSet<Word>,
}

/// One thing that can be drawn: what coverage counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    /// What kind of thing it is: `images`, `faults`.
    pub kind: &'static str,
    /// Its text.
    pub text: String,
}

impl Word {
    /// A word of this kind.
    pub(super) fn new(kind: &'static str, value: &Value) -> Self {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self { kind, text }
    }
}

/// How a scenario is written as a case.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written<'a> {
    pub(super) name: &'a str,
    pub(super) about: &'a str,
    /// The last API version it holds for.
    pub(super) until: Option<ApiVersion>,
    /// The status codes that its requests are answered with, where they are known.
    pub(super) statuses: &'a [u16],
}

impl Scenario {
    /// Whether the registry misbehaves, which the published reference says nothing about.
    fn misbehaves(&self) -> bool {
        self.registry.get("faults").or_else(|| self.registry.get("quirks")).is_some()
            || self.steps.iter().any(|step| step.pointer("/registry/faults").is_some())
    }

    /// Whether others in the namespace would see what the scenario does, or it what others do: pull secrets that are not for its
    /// own registry alone, and a look at all pull secrets.
    pub(super) fn runs_alone(&self) -> bool {
        self.steps.iter().any(runs_alone)
    }

    /// Writes the scenario as an entry of a suite's `cases`.
    pub(super) fn write_case(&self, written: Written<'_>, out: &mut String) -> fmt::Result {
        let Written { name, about, until, statuses } = written;
        writeln!(out, "  - name: {name}")?;
        writeln!(out, "    about: {}", Value::from(about))?;
        if let Some(until) = until {
            writeln!(out, "    until: \"{until}\"")?;
        }
        if self.misbehaves() {
            writeln!(out, "    level: compatible")?;
        }
        if self.steps.iter().any(|step| step.get("secret").is_some()) {
            writeln!(out, "    needs: [pull-secrets]")?;
        }
        writeln!(out, "    registry: {}", self.registry)?;
        writeln!(out, "    steps:")?;
        let mut statuses = statuses.iter().copied();
        for step in &self.steps {
            let mut step = step.clone();
            if let Some(request) = REQUESTS.iter().find(|request| step.get(request).is_some())
                && let Some(status) = statuses.next()
            {
                let usual = if CREATING.contains(request) { 201 } else { 200 };
                if status != usual {
                    step["expect"] = json!({ "status": status });
                }
            }
            writeln!(out, "      - {step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "registry: {}", self.registry)?;
        self.steps.iter().try_for_each(|step| write!(formatter, "\n- {step}"))
    }
}

/// Whether others in the namespace would see what the step does, or it what others do.
pub(super) fn runs_alone(step: &Value) -> bool {
    let of_others = step.get("secret").is_some_and(|secret| {
        let names_another = |registry: &str| !registry.contains("{{registry}}");
        secret.get("text").is_some()
            || secret["registry"].as_str().is_some_and(names_another)
            || secret["registries"].as_object().is_some_and(|all| all.keys().any(|key| names_another(key)))
    });
    of_others || reads_secrets(step)
}

/// Whether a step sends a request whose response is judged.
pub(super) fn is_request(step: &Value) -> bool {
    REQUESTS.iter().any(|request| step.get(request).is_some())
}

/// Whether a step watches.
pub(super) fn is_watch(step: &Value) -> bool {
    step.pointer("/get/query/watch").is_some()
}

/// Whether a step reads pull secrets.
pub(super) fn reads_secrets(step: &Value) -> bool {
    let path = step["get"].as_str().or_else(|| step["get"]["path"].as_str());
    path.is_some_and(|path| path.contains("/secrets"))
}

/// What a step does: its action.
pub(super) fn action(step: &Value) -> &str {
    let is_action = |key: &&String| *key != "as" && *key != "keep" && *key != "expect";
    step.as_object().and_then(|step| step.keys().find(is_action)).map_or("nothing", String::as_str)
}

/// The beginning of a suite of scenarios, up to its cases.
pub(super) fn suite_header(name: &str, about: &str) -> String {
    format!("suite: {name}\nabout: {}\ncases:\n", Value::from(about))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn scenario(step: Value) -> Scenario {
        Scenario { registry: json!({}), steps: vec![step], words: BTreeSet::new() }
    }

    #[rstest]
    #[case::own_registry(json!({ "secret": { "username": "robot" } }), false)]
    #[case::own_path(json!({ "secret": { "registry": "{{registry}}/lib" } }), false)]
    #[case::any_registry(json!({ "secret": { "registry": "127.0.0.1" } }), true)]
    #[case::several(json!({ "secret": { "registries": { "{{registry}}": {}, "other": {} } } }), true)]
    #[case::text(json!({ "secret": { "text": "{}" } }), true)]
    #[case::reads_all(json!({ "get": "imagestreams/{{stream}}/secrets" }), true)]
    #[case::import(json!({ "import": "lib/app:v1" }), false)]
    fn what_others_see_runs_alone(#[case] step: Value, #[case] expected: bool) {
        assert_eq!(scenario(step).runs_alone(), expected);
    }

    #[test]
    fn a_written_case_expects_the_statuses_that_are_not_the_usual_ones() {
        let steps = vec![json!({ "import": "x" }), json!({ "registry": {} }), json!({ "get": "y" })];
        let scenario = Scenario { registry: json!({}), steps, words: BTreeSet::new() };
        let mut text = String::new();
        let written = Written { name: "a", about: "b", statuses: &[201, 404], ..Written::default() };
        scenario.write_case(written, &mut text).unwrap();
        assert!(text.ends_with(
            "      - {\"import\":\"x\"}\n      - {\"registry\":{}}\n      - {\"get\":\"y\",\"expect\":{\"status\":404}}\n"
        ) || text.ends_with("      - {\"expect\":{\"status\":404},\"get\":\"y\"}\n"), "{text}");
    }
}
