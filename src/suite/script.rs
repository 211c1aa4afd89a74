//! From a case to what it does in one run: variables get their values, then everything gets its type.

use std::{path::Path, time::Duration};

use serde::{Deserialize, de::IgnoredAny};

use super::{
    case::Script,
    folder::SUITES,
    step::{Action, Step, StepFile, StepProblem},
};
use crate::{
    document::{self, Diagnostic, Node, Source, Value},
    fixture::RegistryFixture,
    variable::{Bindings, Unbound, Variable, template},
};

/// The part of a case that is done in a run; the loader has read the rest.
#[derive(Deserialize)]
struct ScriptOutline {
    #[serde(default)]
    registry: RegistryFixture,
    #[serde(rename = "steps")]
    _steps: IgnoredAny,
}

pub(super) fn decode(source: &Source, script: &Node, bindings: &Bindings) -> Result<Script, Diagnostic> {
    let mut filled = script.clone();
    fill(source, &mut filled, bindings)?;
    let outline: ScriptOutline = document::decode(source, &filled)?;
    if let Some(steps) = filled.get("steps").filter(|steps| !matches!(steps.value, Value::Sequence(_))) {
        let message = format!("expected a list of steps, found {}", steps.kind());
        return Err(Diagnostic::new(source, steps.span, message).hint("a step begins with `- `"));
    }
    let steps = filled.get("steps").map(Node::items).unwrap_or_default();
    if steps.is_empty() {
        return Err(Diagnostic::new(source, filled.span, "a case needs at least one step"));
    }
    let steps = steps.iter().map(|node| step(source, node, bindings)).collect::<Result<_, _>>()?;
    Ok(Script { registry: with_folders(source, with_tags(outline.registry)), steps })
}

/// Folders are named from the folder that holds `suites`, so that it can be run from anywhere.
fn with_folders(source: &Source, mut registry: RegistryFixture) -> RegistryFixture {
    let root = Path::new(source.name()).parent().map(|suites| match suites.file_name() {
        Some(name) if name == SUITES => suites.parent().unwrap_or(suites),
        _ => suites,
    });
    if let Some(root) = root {
        registry.folders.values_mut().for_each(|folder| *folder = root.join(&*folder));
    }
    registry
}

/// One step, whose variables have their values.
fn step(source: &Source, node: &Node, bindings: &Bindings) -> Result<Step, Diagnostic> {
    let file = document::decode::<StepFile>(source, node)?;
    let members = members(source, node, bindings)?;
    let step = file.into_step(bindings, members).map_err(|problem| {
        let message = match problem {
            StepProblem::Secret { key, why } => {
                let span = node.get("secret").and_then(|secret| secret.get(key)).map_or(node.span, |node| node.span);
                return Diagnostic::new(source, span, format!("`{key}` {why}"));
            }
            StepProblem::Actions(actions) if actions.is_empty() => "a step needs an action".to_owned(),
            StepProblem::Actions(actions) => format!("a step has one action, found `{}`", actions.join("` and `")),
        };
        let label = format!("expected one of `{}`", StepFile::ACTIONS.join("`, `"));
        Diagnostic::new(source, node.span, message).label(label)
    })?;
    match &step.action {
        Action::Wait(length) if *length > LONGEST_WAIT => {
            let span = node.get("wait").map_or(node.span, |node| node.span);
            return Err(Diagnostic::new(
                source,
                span,
                format!("a step waits at most {LONGEST_WAIT:?}, found {length:?}"),
            ));
        }
        Action::Request(_) => {}
        // What is written and never looked at is a mistake that no run would show.
        Action::Together(_) => ignored(source, node, &["as"], &EXPECTED_OF_ANSWERS)?,
        _ => ignored(source, node, &["as", "expect"], &[])?,
    }
    Ok(step)
}

/// The longest pause: times are exact to the second.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// What can be expected of an answer, but not of several at once.
const EXPECTED_OF_ANSWERS: [&str; 6] = ["status", "golden", "accept", "values", "traffic", "anyOrder"];
/// What can be expected of several requests at once, but not of one of them.
const EXPECTED_OF_REGISTRY: [&str; 4] = ["accept", "traffic", "requests", "anyOrder"];

/// The requests below `together`.
fn members(source: &Source, node: &Node, bindings: &Bindings) -> Result<Vec<Step>, Diagnostic> {
    let Some(together) = node.get("together") else { return Ok(Vec::new()) };
    let nodes = together.items();
    if nodes.len() < 2 {
        return Err(Diagnostic::new(source, together.span, "`together` needs two requests or more"));
    }
    nodes
        .iter()
        .map(|node| {
            let member = step(source, node, bindings)?;
            if !matches!(member.action, Action::Request(_)) {
                return Err(Diagnostic::new(source, node.span, "only requests can be sent together"));
            }
            ignored(source, node, &[], &EXPECTED_OF_REGISTRY).map_err(|diagnostic| {
                diagnostic.hint(
                    "which of the requests asked the registry is not told apart; `expect.requests` beside \
                                 `together` counts what all of them ask",
                )
            })?;
            Ok(member)
        })
        .collect()
}

/// Refuses keys of a step, and of its `expect`, that have no meaning there.
fn ignored(source: &Source, step: &Node, keys: &[&str], expected: &[&str]) -> Result<(), Diagnostic> {
    let of_step = step.entries().iter().filter(|(key, _)| keys.contains(&key.name.as_str()));
    let of_expect = step.get("expect").map(Node::entries).unwrap_or_default();
    let of_expect = of_expect.iter().filter(|(key, _)| expected.contains(&key.name.as_str()));
    match of_step.chain(of_expect).next() {
        Some((key, _)) => Err(Diagnostic::new(source, key.span, format!("`{}` has no meaning in this step", key.name))),
        None => Ok(()),
    }
}

/// A tag cannot hold a colon: the one in a digest becomes a dash, as in the tags of cosign.
fn with_tags(mut registry: RegistryFixture) -> RegistryFixture {
    for tags in registry.repositories.values_mut() {
        *tags = std::mem::take(tags).into_iter().map(|(tag, image)| (tag.replace(':', "-"), image)).collect();
    }
    registry
}

/// Replaces the variables in every text below `node`, keys included.
fn fill(source: &Source, node: &mut Node, bindings: &Bindings) -> Result<(), Diagnostic> {
    match &mut node.value {
        Value::String(text) => *text = filled(source, node.span, text, bindings)?,
        Value::Sequence(items) => {
            for item in items {
                fill(source, item, bindings)?;
            }
        }
        Value::Mapping(entries) => {
            for (key, entry) in entries {
                key.name = filled(source, key.span, &key.name, bindings)?;
                fill(source, entry, bindings)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn filled(source: &Source, span: document::Span, text: &str, bindings: &Bindings) -> Result<String, Diagnostic> {
    if template::placeholders(text).next().is_none() {
        return Ok(text.to_owned());
    }
    template::replace(text, |name| {
        let variable: Variable = name.parse().map_err(|error| {
            Diagnostic::new(source, span, format!("unknown variable `{name}`"))
                .label(format!("{error}"))
                .did_you_mean(name, Variable::KEYWORDS)
        })?;
        bindings.value(&variable).map(Some).map_err(|unbound| {
            let diagnostic = Diagnostic::new(source, span, unbound.to_string());
            match &unbound {
                Unbound::Image(image) => diagnostic.did_you_mean(image, bindings.images.keys().map(String::as_str)),
                Unbound::Part { .. } => diagnostic,
            }
        })
    })
}
