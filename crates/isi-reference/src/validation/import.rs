//! Rules of `ImageStreamImport`.

use super::{image_stream, meta};
use crate::{
    behaviour::Behaviour,
    field::FieldError,
    image_reference::ImageReference,
    model::{image_stream::TagImportPolicy, import::ImageStreamImport, import_mode::WrittenImportMode},
};

/// Everything that is wrong with a request, in the order in which servers say it.
pub(crate) fn check(import: &ImageStreamImport, behaviour: &Behaviour) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, image) in import.spec.images.iter().enumerate() {
        let path = format!("spec.images[{index}]");
        if !image.from.is_docker_image() {
            errors.push(FieldError::invalid(format!("{path}.from.kind"), &image.from.kind, ONLY_DOCKER_IMAGE));
        } else {
            if image.to.as_ref().is_some_and(|to| to.name.is_empty()) {
                let detail = "the name of the target tag must be specified";
                errors.push(FieldError::invalid(format!("{path}.to.name"), "", detail));
            }
            match image.from.name.as_str() {
                "" => errors.push(FieldError::required(format!("{path}.from.name"), "")),
                // Old clients look streams up by this name.
                "*" => continue,
                name => {
                    let problem = match name.parse::<ImageReference>() {
                        Ok(reference) => {
                            let is_scheduled = image.import_policy.scheduled && reference.digest.is_some();
                            let refused = is_scheduled && behaviour.refuses_scheduled_digests;
                            refused.then(|| "only tags can be scheduled for import".to_owned())
                        }
                        Err(error) => Some(error.to_string()),
                    };
                    let field = format!("{path}.from.name");
                    errors.extend(problem.map(|problem| FieldError::invalid(field, name, problem)));
                }
            }
        }
        check_policy(&image.import_policy, &path, behaviour, &mut errors);
    }
    check_repository(import, behaviour, &mut errors);
    if import.spec.images.is_empty() && import.spec.repository.is_none() {
        let detail = "you must specify at least one image or a repository import";
        errors.push(FieldError::invalid_null("spec.images", detail));
    }
    errors.extend(meta::check(&import.metadata, true, image_stream::stream_name, behaviour));
    errors
}

const ONLY_DOCKER_IMAGE: &str = "only DockerImage is supported";

fn check_repository(import: &ImageStreamImport, behaviour: &Behaviour, errors: &mut Vec<FieldError>) {
    let Some(repository) = &import.spec.repository else { return };
    let name = &repository.from.name;
    if !repository.from.is_docker_image() {
        errors.push(FieldError::invalid("spec.repository.from.kind", &repository.from.kind, ONLY_DOCKER_IMAGE));
    } else if name.is_empty() {
        let detail = "container image references require a name";
        errors.push(FieldError::required("spec.repository.from.name", detail));
    } else {
        let problem = match name.parse::<ImageReference>() {
            Ok(reference) if reference.tag.is_none() && reference.digest.is_none() => None,
            Ok(_) => Some("you must specify an image repository, not a tag or ID".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        errors.extend(problem.map(|problem| FieldError::invalid("spec.repository.from.name", name, problem)));
    }
    check_policy(&repository.import_policy, "spec.repository", behaviour, errors);
}

/// The rule of import policies, wherever they are.
pub(crate) fn check_policy(policy: &TagImportPolicy, path: &str, behaviour: &Behaviour, errors: &mut Vec<FieldError>) {
    if let WrittenImportMode::Unknown(mode) = &policy.import_mode
        && behaviour.import_modes
    {
        let detail = "invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'";
        errors.push(FieldError::invalid(format!("{path}.importPolicy.importMode"), mode, detail));
    }
}
