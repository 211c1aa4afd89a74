//! What a golden says about one target: values that a [trait](Traits) decides get their value.
//!
//! - `[integrated-registry]` becomes the host that the probe found. In the status of a stream it decides two fields: without
//!   a registry `dockerImageRepository` is what the spec names, or empty, and with a public one `publicDockerImageRepository`
//!   is there as well.
//! - `[import-mode]` becomes the default import mode.
//! - An object whose keys are all conditions (`[if import-mode Legacy]`, `[if no integrated-registry]`) stands for the value of
//!   the first one that holds; where none does, the field is absent.
//! - A line of traffic that begins with a condition is there only if it holds.

use std::{borrow::Cow, str::FromStr};

use serde_json::{Map, Value};

use super::{GoldenStep, Traffic};
use crate::traits::{ImportMode, IntegratedRegistry, Traits};

const HOST: &str = "[integrated-registry]";
const MODE: &str = "[import-mode]";

/// What `step` says about a target with these traits.
#[must_use]
pub fn by_trait(step: &GoldenStep, traits: &Traits) -> GoldenStep {
    GoldenStep {
        request: step.request.clone(),
        headers: step.headers.clone(),
        body: value(&step.body, traits).unwrap_or(Value::Null),
        traffic: traffic(&step.traffic, traits),
    }
}

/// A step that was proposed from the answer of a target with these traits, in terms of traits.
#[must_use]
pub fn for_every_target(mut step: GoldenStep, traits: &Traits) -> GoldenStep {
    if let IntegratedRegistry::Internal { host } | IntegratedRegistry::Public { internal: host, .. } =
        &traits.integrated_registry
    {
        generalize(&mut step.body, &format!("{host}/"));
    }
    step
}

fn generalize(value: &mut Value, host: &str) {
    match value {
        Value::String(text) if text.starts_with(host) => *text = format!("{HOST}/{}", &text[host.len()..]),
        Value::Array(items) => items.iter_mut().for_each(|item| generalize(item, host)),
        Value::Object(entries) => {
            if entries.contains_key("dockerImageRepository") {
                entries.remove("publicDockerImageRepository");
            }
            entries.values_mut().for_each(|entry| generalize(entry, host));
        }
        _ => {}
    }
}

/// When a part of a golden holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    IntegratedRegistry(Presence),
    ImportMode(ImportMode),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    There,
    Absent,
}

impl Condition {
    /// Whether it holds. A registry of which nothing was found out is taken to be there.
    fn holds(self, traits: &Traits) -> bool {
        match self {
            Self::IntegratedRegistry(presence) => {
                let is_absent = matches!(
                    traits.integrated_registry,
                    IntegratedRegistry::None | IntegratedRegistry::PublicOnly { .. }
                );
                (presence == Presence::Absent) == is_absent
            }
            Self::ImportMode(mode) => traits.import_mode == mode,
        }
    }
}

impl FromStr for Condition {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.strip_prefix("[if ").and_then(|text| text.strip_suffix(']')).ok_or(())? {
            "integrated-registry" => Ok(Self::IntegratedRegistry(Presence::There)),
            "no integrated-registry" => Ok(Self::IntegratedRegistry(Presence::Absent)),
            other => other.strip_prefix("import-mode ").ok_or(())?.parse().map(Self::ImportMode),
        }
    }
}

fn value(golden: &Value, traits: &Traits) -> Option<Value> {
    Some(match golden {
        Value::String(text) => self::text(text, traits).into_owned().into(),
        Value::Array(items) => items.iter().filter_map(|item| value(item, traits)).collect(),
        Value::Object(entries) => match conditions(entries) {
            Some(conditions) => {
                let (_, chosen) = conditions.into_iter().find(|(condition, _)| condition.holds(traits))?;
                return value(chosen, traits);
            }
            None => object(entries, traits).into(),
        },
        other => other.clone(),
    })
}

/// The entries with their conditions, if every key is one.
fn conditions(entries: &Map<String, Value>) -> Option<Vec<(Condition, &Value)>> {
    if entries.is_empty() {
        return None;
    }
    entries.iter().map(|(key, value)| Some((key.parse().ok()?, value))).collect()
}

fn object(entries: &Map<String, Value>, traits: &Traits) -> Map<String, Value> {
    let mut resolved: Map<String, Value> = entries
        .iter()
        .filter_map(|(key, entry)| Some((text(key, traits).into_owned(), value(entry, traits)?)))
        .collect();
    let place = entries.get("status").and_then(|status| status.get("dockerImageRepository"));
    if let Some(place) = place.and_then(Value::as_str).and_then(|text| text.strip_prefix(HOST)) {
        let backing = resolved.get("spec").and_then(|spec| spec.get("dockerImageRepository")).cloned();
        if let Some(status) = resolved.get_mut("status").and_then(Value::as_object_mut) {
            let registry = &traits.integrated_registry;
            if matches!(registry, IntegratedRegistry::None | IntegratedRegistry::PublicOnly { .. }) {
                status.insert("dockerImageRepository".to_owned(), backing.unwrap_or_else(|| "".into()));
            }
            if let IntegratedRegistry::Public { public, .. } | IntegratedRegistry::PublicOnly { public } = registry {
                status.insert("publicDockerImageRepository".to_owned(), format!("{public}{place}").into());
            }
        }
    }
    resolved
}

fn text<'a>(text: &'a str, traits: &Traits) -> Cow<'a, str> {
    if text == MODE {
        return traits.import_mode.as_str().into();
    }
    match &traits.integrated_registry {
        IntegratedRegistry::Internal { host } | IntegratedRegistry::Public { internal: host, .. }
            if text.contains(HOST) =>
        {
            text.replace(HOST, host).into()
        }
        _ => text.into(),
    }
}

fn traffic(traffic: &Traffic, traits: &Traits) -> Traffic {
    let line = |line: &String| match line
        .split_once("] ")
        .and_then(|(condition, rest)| Some((format!("{condition}]").parse::<Condition>().ok()?, rest)))
    {
        Some((condition, rest)) => condition.holds(traits).then(|| rest.to_owned()),
        None => Some(line.clone()),
    };
    traffic.iter().map(|(repository, lines)| (repository.clone(), lines.iter().filter_map(line).collect())).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn internal() -> IntegratedRegistry {
        IntegratedRegistry::Internal { host: "registry.svc:5000".to_owned() }
    }

    fn public() -> IntegratedRegistry {
        IntegratedRegistry::Public { internal: "registry.svc:5000".to_owned(), public: "registry.example".to_owned() }
    }

    fn stream(spec: &Value) -> Value {
        json!({ "spec": spec, "status": { "dockerImageRepository": "[integrated-registry]/[namespace]/[stream]" } })
    }

    fn resolved(body: Value, integrated_registry: IntegratedRegistry, import_mode: ImportMode) -> Value {
        let step = GoldenStep { body, ..GoldenStep::default() };
        by_trait(&step, &Traits { integrated_registry, import_mode, ..Traits::default() }).body
    }

    #[rstest]
    #[case::unknown(IntegratedRegistry::Unknown, json!({ "dockerImageRepository": "[integrated-registry]/[namespace]/[stream]" }))]
    #[case::none(IntegratedRegistry::None, json!({ "dockerImageRepository": "" }))]
    #[case::internal(internal(), json!({ "dockerImageRepository": "registry.svc:5000/[namespace]/[stream]" }))]
    #[case::public_only(IntegratedRegistry::PublicOnly { public: "registry.example".to_owned() }, json!({
        "dockerImageRepository": "",
        "publicDockerImageRepository": "registry.example/[namespace]/[stream]",
    }))]
    #[case::public(public(), json!({
        "dockerImageRepository": "registry.svc:5000/[namespace]/[stream]",
        "publicDockerImageRepository": "registry.example/[namespace]/[stream]",
    }))]
    fn the_integrated_registry_decides_the_repositories_of_a_stream(
        #[case] registry: IntegratedRegistry,
        #[case] status: Value,
    ) {
        let import = json!({ "status": { "import": stream(&json!({})) } });
        let found = resolved(import, registry, ImportMode::Legacy);
        assert_eq!(found["status"]["import"]["status"], status);
    }

    #[test]
    fn without_a_registry_a_stream_is_where_its_spec_says() {
        let body = stream(&json!({ "dockerImageRepository": "[registry]/lib/app" }));
        let found = resolved(body, IntegratedRegistry::None, ImportMode::Legacy);
        assert_eq!(found["status"]["dockerImageRepository"], "[registry]/lib/app");
    }

    #[rstest]
    #[case::there(internal(), json!({ "reference": "registry.svc:5000/a" }))]
    #[case::absent(IntegratedRegistry::None, json!({ "reference": "[registry]/a" }))]
    fn a_condition_chooses_a_value(#[case] registry: IntegratedRegistry, #[case] expected: Value) {
        let body = json!({ "reference": {
            "[if integrated-registry]": "[integrated-registry]/a",
            "[if no integrated-registry]": "[registry]/a",
        } });
        assert_eq!(resolved(body, registry, ImportMode::Legacy), expected);
    }

    #[rstest]
    #[case::holds(ImportMode::PreserveOriginal, json!({ "list": [1] }))]
    #[case::does_not(ImportMode::Legacy, json!({}))]
    fn a_field_without_a_condition_that_holds_is_absent(#[case] mode: ImportMode, #[case] expected: Value) {
        let body = json!({ "list": { "[if import-mode PreserveOriginal]": [1] } });
        assert_eq!(resolved(body, internal(), mode), expected);
    }

    #[test]
    fn a_line_of_traffic_may_have_a_condition() {
        let lines = ["GET manifests/v1 200", "[if import-mode PreserveOriginal] GET manifests/[digest a] 200"];
        let traffic: Traffic = [("lib/app".to_owned(), lines.map(str::to_owned).to_vec())].into();
        let step = GoldenStep { traffic, ..GoldenStep::default() };
        let found =
            |import_mode| by_trait(&step, &Traits { import_mode, ..Traits::default() }).traffic["lib/app"].clone();
        assert_eq!(found(ImportMode::Legacy), ["GET manifests/v1 200"]);
        assert_eq!(found(ImportMode::PreserveOriginal)[1], "GET manifests/[digest a] 200");
    }

    #[test]
    fn a_proposal_is_made_in_terms_of_traits() {
        let golden = GoldenStep { body: stream(&json!({})), ..GoldenStep::default() };
        let traits = Traits { integrated_registry: public(), ..Traits::default() };
        assert_eq!(for_every_target(by_trait(&golden, &traits), &traits), golden);
    }

    #[test]
    fn the_default_mode_is_a_value() {
        let found = resolved(json!({ "importMode": "[import-mode]" }), internal(), ImportMode::PreserveOriginal);
        assert_eq!(found, json!({ "importMode": "PreserveOriginal" }));
    }

    #[test]
    fn what_only_looks_like_a_condition_stays() {
        let body = json!({ "a": { "[if it rains]": 1 }, "b": "[if integrated-registry]" });
        assert_eq!(resolved(body.clone(), internal(), ImportMode::Legacy), body);
    }
}
