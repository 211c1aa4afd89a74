//! Rules of `ImageSignature`.

use super::meta;
use crate::{behaviour::Behaviour, field::FieldError, model::signature::ImageSignature};

/// Everything that is wrong with a signature.
pub(crate) fn check(signature: &ImageSignature, behaviour: &Behaviour) -> Vec<FieldError> {
    let mut errors = meta::check(&signature.metadata, false, meta::path_segment, behaviour);
    if !signature.metadata.labels.is_empty() {
        errors.push(FieldError::forbidden("metadata.labels", "signature labels cannot be set"));
    }
    if !signature.metadata.annotations.is_empty() {
        errors.push(FieldError::forbidden("metadata.annotations", "signature annotations cannot be set"));
    }
    if split_name(&signature.metadata.name).is_none() {
        let detail = "name must be of format <imageName>@<signatureName>";
        errors.push(FieldError::invalid("metadata.name", &signature.metadata.name, detail));
    }
    for (field, value) in [("type", &signature.kind), ("content", &signature.content)] {
        if value.is_empty() {
            errors.push(FieldError::required(field, ""));
        }
    }
    if !signature.image_identity.is_empty() && signature.conditions.is_empty() {
        let detail = "must be unset for unknown signature state";
        errors.push(FieldError::invalid("imageIdentity", &signature.image_identity, detail));
    }
    errors
}

/// The image and the signature that a name is made of.
pub(crate) fn split_name(name: &str) -> Option<(&str, &str)> {
    name.split_once('@')
        .filter(|(image, signature)| !image.is_empty() && !signature.is_empty() && !signature.contains('@'))
}
