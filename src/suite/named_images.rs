//! Which images a case names, so that only these are built for a run.

use super::{case::Script, sample::Sample, step::Action};
use crate::{
    document::{Diagnostic, Node, Source, Value},
    variable::{Variable, template},
};

/// The names of the images in the registry of a case, in its changes and `in_variables`, sorted.
///
/// # Errors
/// When a name is of no image.
pub(super) fn named_images(
    source: &Source,
    case: &Node,
    script: &Script,
    in_variables: Vec<String>,
    known: &Sample<'_>,
) -> Result<Vec<String>, Diagnostic> {
    let mut images: Vec<String> = script.registry.image_names().into_iter().map(str::to_owned).collect();
    for step in &script.steps {
        if let Action::Registry(change) = &step.action {
            images.extend(change.tag.values().cloned());
        }
    }
    for image in &images {
        if !known.has(image) {
            let span = case.find_text(&|text| text == image).unwrap_or(case.span);
            return Err(
                Diagnostic::new(source, span, format!("unknown image `{image}`")).did_you_mean(image, known.names())
            );
        }
    }
    images.extend(in_variables);
    images.sort_unstable();
    images.dedup();
    Ok(images)
}

/// The names of the images that the variables of a case speak of.
pub(super) fn images_in_variables(case: &Node) -> Vec<String> {
    let mut images = Vec::new();
    collect_from_variables(case, &mut images);
    images
}

fn collect_from_variables(node: &Node, images: &mut Vec<String>) {
    let mut of_text = |text: &str| {
        let variables =
            template::placeholders(text).filter_map(|placeholder| placeholder.name.parse::<Variable>().ok());
        images.extend(variables.filter_map(|variable| variable.image().map(str::to_owned)));
    };
    match &node.value {
        Value::String(text) => of_text(text),
        Value::Sequence(items) => items.iter().for_each(|item| collect_from_variables(item, images)),
        Value::Mapping(entries) => {
            entries.iter().for_each(|(key, _)| of_text(&key.name));
            entries.iter().for_each(|(_, entry)| collect_from_variables(entry, images));
        }
        _ => {}
    }
}
