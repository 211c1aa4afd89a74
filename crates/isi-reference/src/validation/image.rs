//! Rules of `Image`.

use crate::{field::FieldError, image_reference::ImageReference, model::image::Image};

/// Everything that keeps an image from being stored.
pub(crate) fn check(image: &Image) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, part) in image.docker_image_manifests.iter().enumerate() {
        let field = |name: &str| format!("dockerImageManifests[{index}].{name}");
        if !is_digest(&part.digest) {
            let detail = "digest does not conform with OCI image specification";
            errors.push(FieldError::invalid(field("digest"), &part.digest, detail));
        }
        if !is_media_type(&part.media_type) {
            let detail = "media type does not conform to RFC6838";
            errors.push(FieldError::invalid(field("mediaType"), &part.media_type, detail));
        }
        if part.architecture.is_empty() {
            errors.push(FieldError::required(field("architecture"), ""));
        }
        if part.os.is_empty() {
            errors.push(FieldError::required(field("os"), ""));
        }
        if part.manifest_size < 0 {
            let detail = "manifest size cannot be negative";
            errors.push(FieldError::invalid_literal(field("size"), &part.manifest_size, detail));
        }
    }
    errors
}

/// What is wrong with where an image is.
pub(crate) fn check_reference(image: &Image) -> Option<FieldError> {
    let (field, reference) = ("dockerImageReference", &image.docker_image_reference);
    if reference.is_empty() {
        return Some(FieldError::required(field, ""));
    }
    let error = reference.parse::<ImageReference>().err()?;
    Some(FieldError::invalid(field, reference, error.to_string()))
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        algorithm.ends_with(|character: char| character.is_ascii_alphanumeric())
            && hex.chars().take_while(char::is_ascii_hexdigit).count() >= 32
    })
}

fn is_media_type(text: &str) -> bool {
    let is_name = |text: &str, extra: &str| {
        text.starts_with(|character: char| character.is_ascii_alphanumeric())
            && text.len() <= 127
            && text.chars().all(|character| character.is_ascii_alphanumeric() || extra.contains(character))
    };
    text.trim_matches(' ')
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_name(kind, "!#$&^_-") && is_name(subtype, "!#$&^_.+-"))
}
