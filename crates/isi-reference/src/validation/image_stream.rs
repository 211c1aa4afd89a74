//! Rules of `ImageStream`.

use std::collections::BTreeSet;

use super::{import::check_policy, meta};
use crate::{
    behaviour::Behaviour,
    field::FieldError,
    image_reference::ImageReference,
    model::image_stream::{ImageStream, TagReference},
    policy::allow_list::{AllowList, Transport},
};

/// How long a namespace and a name may be together, with the slash.
const NAME_LENGTH_LIMIT: usize = 255;

/// The rule for the names of streams: they become part of a repository's path.
pub(crate) fn stream_name(name: &str) -> Option<String> {
    meta::path_segment(name).or_else(|| {
        let is_word = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
        let matches = name.starts_with(is_word)
            && name.ends_with(is_word)
            && name.split(is_word).all(|gap| matches!(gap, "" | "." | "_" | "-"));
        (!matches).then(|| "must match \"[a-z0-9]+(?:[._-][a-z0-9]+)*\"".to_owned())
    })
}

/// What is wrong with the metadata of a stream.
pub(crate) fn check_metadata(stream: &ImageStream, behaviour: &Behaviour) -> Vec<FieldError> {
    meta::check(&stream.metadata, true, stream_name, behaviour)
}

/// Everything that is wrong with a stream.
pub(crate) fn check(stream: &ImageStream, allowed: Option<&AllowList>, behaviour: &Behaviour) -> Vec<FieldError> {
    let mut errors = check_metadata(stream, behaviour);
    let (namespace, name) = (&stream.metadata.namespace, &stream.metadata.name);
    if namespace.len() + name.len() + 1 > NAME_LENGTH_LIMIT {
        let detail = format!("'namespace/name' cannot be longer than {NAME_LENGTH_LIMIT} characters");
        errors.push(FieldError::invalid("metadata.name", name, detail));
    }
    check_repository(stream, allowed, &mut errors);
    for (name, tag) in &stream.spec.tags {
        check_tag(tag, &format!("spec.tags[{name}]"), allowed, behaviour, &mut errors);
    }
    for (field, reference) in references(stream) {
        if reference.is_empty() {
            errors.push(FieldError::required(field, ""));
        } else {
            check_reference(reference, field, allowed, &mut errors);
        }
    }
    errors
}

/// What is wrong with the events of a stream that `old` does not have.
pub(crate) fn check_new_events(
    stream: &ImageStream,
    old: &ImageStream,
    allowed: Option<&AllowList>,
) -> Vec<FieldError> {
    let known: BTreeSet<&str> = references(old).map(|(_, reference)| reference).collect();
    let mut errors = Vec::new();
    for (field, reference) in references(stream).filter(|(_, reference)| !known.contains(reference)) {
        check_reference(reference, field, allowed, &mut errors);
    }
    errors
}

/// The references of all events, with their fields.
fn references(stream: &ImageStream) -> impl Iterator<Item = (String, &str)> {
    stream.status.tags.iter().flat_map(|(name, history)| {
        let field = move |index| format!("status.tags[{name}].items[{index}].dockerImageReference");
        history
            .items
            .iter()
            .enumerate()
            .map(move |(index, event)| (field(index), event.docker_image_reference.as_str()))
    })
}

fn check_repository(stream: &ImageStream, allowed: Option<&AllowList>, errors: &mut Vec<FieldError>) {
    let (field, repository) = ("spec.dockerImageRepository", &stream.spec.docker_image_repository);
    if repository.is_empty() {
        return;
    }
    match repository.parse::<ImageReference>() {
        Ok(reference) if reference.tag.is_some() => {
            errors.push(FieldError::invalid(field, repository, "the repository name may not contain a tag"));
        }
        Ok(reference) if reference.digest.is_some() => {
            errors.push(FieldError::invalid(field, repository, "the repository name may not contain an ID"));
        }
        _ => check_reference(repository, field.to_owned(), allowed, errors),
    }
}

/// Everything that is wrong with where a tag comes from.
pub(crate) fn check_tag(
    tag: &TagReference,
    path: &str,
    allowed: Option<&AllowList>,
    behaviour: &Behaviour,
    errors: &mut Vec<FieldError>,
) {
    if let Some(from) = &tag.from {
        let field = format!("{path}.from.name");
        if from.name.is_empty() {
            errors.push(FieldError::required(field.clone(), ""));
        }
        match from.kind.as_str() {
            "DockerImage" if !from.name.is_empty() => {
                let is_digest =
                    || from.name.parse::<ImageReference>().is_ok_and(|reference| reference.digest.is_some());
                if tag.import_policy.scheduled && behaviour.refuses_scheduled_digests && is_digest() {
                    let detail = "only tags can be scheduled for import";
                    errors.push(FieldError::invalid(field.clone(), &from.name, detail));
                }
                check_reference(&from.name, field, allowed, errors);
            }
            "DockerImage" => {}
            "ImageStreamImage" | "ImageStreamTag" if tag.import_policy.scheduled => {
                let detail = "only tags pointing to Docker repositories may be scheduled for background import";
                errors.push(FieldError::invalid_literal(format!("{path}.importPolicy.scheduled"), &true, detail));
            }
            "ImageStreamImage" | "ImageStreamTag" => {}
            _ => {
                let detail = "valid values are 'DockerImage', 'ImageStreamImage', 'ImageStreamTag'";
                errors.push(FieldError::required(format!("{path}.from.kind"), detail));
            }
        }
    }
    let policy = tag.reference_policy.kind.as_str();
    if !matches!(policy, "Source" | "Local") {
        let detail = "valid values are \"Source\", \"Local\"";
        errors.push(FieldError::invalid(format!("{path}.referencePolicy.type"), policy, detail));
    }
    check_policy(&tag.import_policy, path, behaviour, errors);
}

fn check_reference(text: &str, field: String, allowed: Option<&AllowList>, errors: &mut Vec<FieldError>) {
    match text.parse::<ImageReference>() {
        Err(error) => errors.push(FieldError::invalid(field, text, error.to_string())),
        Ok(reference) => {
            if let Some(Err(refusal)) = allowed.map(|allowed| allowed.check(&reference, Transport::Any)) {
                errors.push(FieldError::forbidden(field, refusal));
            }
        }
    }
}
