//! From a case to what it does in one run: variables get their values, then everything gets its type.

use serde::{Deserialize, de::IgnoredAny};

use super::{case::Script, step::StepFile};
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
    let steps = filled.get("steps").map(Node::items).unwrap_or_default();
    if steps.is_empty() {
        return Err(Diagnostic::new(source, filled.span, "a case needs at least one step"));
    }
    let steps = steps
        .iter()
        .map(|node| {
            document::decode::<StepFile>(source, node)?.into_step(bindings).map_err(|actions| {
                let message = match actions.as_slice() {
                    [] => "a step needs an action".to_owned(),
                    actions => format!("a step has one action, found `{}`", actions.join("` and `")),
                };
                Diagnostic::new(source, node.span, message).label(
                    "expected one of `import`, `create`, `get`, `delete`, `post`, `put`, `patch`, `registry`, `secret`, \
                     `cluster`",
                )
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Script { registry: with_tags(outline.registry), steps })
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
