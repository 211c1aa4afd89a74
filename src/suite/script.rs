//! From a case to what it does in one run: variables get their values, then everything gets its type.

use std::{path::Path, time::Duration};

use super::{
    case::Script,
    folder::SUITES,
    format::CaseFile,
    kept,
    step::{Action, Step, StepFile, StepProblem},
};
use crate::{
    document::{self, Diagnostic, Node, Source, Value},
    fixture::RegistryFixture,
    variable::{Bindings, Unbound, Variable, template},
};

/// Decodes a case: the whole of it as its file has it, and what it does in a run. No `{{repeat TEXT N}}` repeats its text more
/// than `most_repetitions` times.
///
/// # Errors
/// When a variable has no value, or what is written makes no sense.
pub(super) fn decode(
    source: &Source,
    case: &Node,
    bindings: &Bindings,
    most_repetitions: usize,
) -> Result<(CaseFile, Script), Diagnostic> {
    let mut filled = case.clone();
    fill(source, &mut filled, bindings, most_repetitions)?;
    if let Some(steps) = filled.get("steps").filter(|steps| !matches!(steps.value, Value::Sequence(_))) {
        let message = format!("expected a list of steps, found {}", steps.kind());
        return Err(Diagnostic::new(source, steps.span, message).hint("a step begins with `- `"));
    }
    let mut file: CaseFile = document::decode(source, &filled)?;
    let nodes = filled.get("steps").map(Node::items).unwrap_or_default();
    if nodes.is_empty() {
        return Err(Diagnostic::new(source, filled.span, "a case needs at least one step"));
    }
    let steps = nodes.iter().zip(std::mem::take(&mut file.steps));
    let steps: Vec<Step> =
        steps.map(|(node, step)| self::step(source, node, step, bindings)).collect::<Result<_, _>>()?;
    check_kept(source, nodes, &steps)?;
    let registry = file.registry.take().unwrap_or_default();
    Ok((file, Script { registry: with_folders(source, with_tags(registry)), steps }))
}

/// Refuses places for values that no earlier step keeps.
fn check_kept(source: &Source, nodes: &[Node], steps: &[Step]) -> Result<(), Diagnostic> {
    let mut kept: Vec<&str> = Vec::new();
    for (step, node) in steps.iter().zip(nodes) {
        for name in step.requests().flat_map(|(request, _)| request.kept_names()) {
            if !kept.contains(&name) {
                let message = format!("`{{{{kept {name}}}}}` stands for a value that no earlier step keeps");
                let hint = format!("`keep: {{ {name}: metadata.resourceVersion }}` keeps one");
                return Err(Diagnostic::new(source, node.span, message).hint(hint));
            }
        }
        kept.extend(step.keep.keys().map(String::as_str));
        if let Action::Together(members) = &step.action {
            kept.extend(members.iter().flat_map(|member| member.keep.keys()).map(String::as_str));
        }
    }
    Ok(())
}

/// Folders are named from the folder that holds `suites`, so that it can be run from anywhere.
fn with_folders(source: &Source, registry: RegistryFixture) -> RegistryFixture {
    let root = Path::new(source.name()).parent().map(|suites| match suites.file_name() {
        Some(name) if name == SUITES => suites.parent().unwrap_or(suites),
        _ => suites,
    });
    match root {
        Some(root) => registry.relative_to(root),
        None => registry,
    }
}

/// One step, whose variables have their values; `node` is where it is written.
fn step(source: &Source, node: &Node, mut file: StepFile, bindings: &Bindings) -> Result<Step, Diagnostic> {
    let members = file.together.as_mut().map(std::mem::take);
    let members = members.map_or(Ok(Vec::new()), |members| self::members(source, node, members, bindings))?;
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
        Action::Together(_) => ignored(source, node, &["as", "keep"], &EXPECTED_OF_ANSWERS)?,
        _ => ignored(source, node, &["as", "expect", "keep"], &[])?,
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
fn members(source: &Source, node: &Node, members: Vec<StepFile>, bindings: &Bindings) -> Result<Vec<Step>, Diagnostic> {
    let together = node.get("together").unwrap_or(node);
    if members.len() < 2 {
        return Err(Diagnostic::new(source, together.span, "`together` needs two requests or more"));
    }
    together
        .items()
        .iter()
        .zip(members)
        .map(|(node, member)| {
            let member = step(source, node, member, bindings)?;
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
fn fill(source: &Source, node: &mut Node, bindings: &Bindings, most_repetitions: usize) -> Result<(), Diagnostic> {
    match &mut node.value {
        Value::String(text) => *text = filled(source, node.span, text, bindings, most_repetitions)?,
        Value::Sequence(items) => {
            for item in items {
                fill(source, item, bindings, most_repetitions)?;
            }
        }
        Value::Mapping(entries) => {
            for (key, entry) in entries {
                key.name = filled(source, key.span, &key.name, bindings, most_repetitions)?;
                fill(source, entry, bindings, most_repetitions)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn filled(
    source: &Source,
    span: document::Span,
    text: &str,
    bindings: &Bindings,
    most_repetitions: usize,
) -> Result<String, Diagnostic> {
    if template::placeholders(text).next().is_none() {
        return Ok(text.to_owned());
    }
    template::replace(text, |name| {
        if let Some(name) = name.strip_prefix(kept::KEYWORD) {
            return Ok(Some(kept::place(name)));
        }
        let mut variable: Variable = name.parse().map_err(|error| {
            Diagnostic::new(source, span, format!("unknown variable `{name}`"))
                .label(format!("{error}"))
                .did_you_mean(name, Variable::KEYWORDS)
        })?;
        if let Variable::Repeat { times, .. } = &mut variable {
            *times = most_repetitions.min(*times);
        }
        bindings.value(&variable).map(Some).map_err(|unbound| {
            let diagnostic = Diagnostic::new(source, span, unbound.to_string());
            match &unbound {
                Unbound::Image(image) => diagnostic.did_you_mean(image, bindings.images.keys().map(String::as_str)),
                _ => diagnostic,
            }
        })
    })
}
