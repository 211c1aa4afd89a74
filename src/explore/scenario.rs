//! Scenarios: what a registry holds, how it behaves, and what is asked of the API.

use std::fmt::{self, Write};

use serde_json::Value;

use crate::version::ApiVersion;

/// A case that was drawn: its registry and its steps as a suite writes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// The registry at the beginning.
    pub registry: Value,
    /// What happens, in order.
    pub steps: Vec<Value>,
}

impl Scenario {
    /// Whether the registry misbehaves, which the published reference says nothing about.
    fn misbehaves(&self) -> bool {
        self.registry.get("faults").or_else(|| self.registry.get("quirks")).is_some()
            || self.steps.iter().any(|step| step.pointer("/registry/faults").is_some())
    }

    /// Writes the scenario as an entry of a suite's `cases`. With `until`, it holds up to that API version.
    pub(super) fn write_case(
        &self,
        name: &str,
        about: &str,
        until: Option<ApiVersion>,
        out: &mut String,
    ) -> fmt::Result {
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
        self.steps.iter().try_for_each(|step| writeln!(out, "      - {step}"))
    }
}

/// The beginning of a suite of scenarios, up to its cases.
pub(super) fn suite_header(name: &str, about: &str) -> String {
    format!("suite: {name}\nabout: {}\ncases:\n", Value::from(about))
}
