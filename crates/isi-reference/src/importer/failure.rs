//! Why an image could not be fetched, and how clients are told.

use crate::{
    behaviour::Behaviour,
    error::{ApiError, Resource},
    image_reference::ImageReference,
    model::status::Status,
};

use super::codes::Code;

/// The resource that messages name when a registry has no such image.
pub(crate) const DOCKER_IMAGE: Resource = Resource::image("dockerimage");

/// Why a registry did not give what it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FetchError {
    /// The registry said why, by one code or by several.
    Codes(Vec<Code>),
    /// Anything else, in words.
    Text(String),
}

impl FetchError {
    /// An error in words.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Whether the registry gave this code.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        matches!(self, Self::Codes(codes) if codes.iter().any(|known| known.is(code)))
    }
}

impl std::fmt::Display for FetchError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Codes(codes) => match codes.as_slice() {
                [] => formatter.write_str("<nil>"),
                [one] => write!(formatter, "{one}"),
                several => {
                    formatter.write_str("errors:\n")?;
                    several.iter().try_for_each(|code| writeln!(formatter, "{code}"))
                }
            },
        }
    }
}

/// Why an image was not imported.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ImportFailure {
    /// For a reason the API has a word for.
    Known(ApiError),
    /// For another one.
    Other(String),
}

impl ImportFailure {
    /// A failure in words.
    pub(crate) fn other(text: impl Into<String>) -> Self {
        Self::Other(text.into())
    }

    /// What the import of one image reports.
    pub(crate) fn into_status(self) -> Status {
        match self {
            Self::Known(error) => error.into_status(),
            Self::Other(text) => ApiError::internal(&text).into_status(),
        }
    }
}

impl std::fmt::Display for ImportFailure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(error) => error.fmt(formatter),
            Self::Other(text) => formatter.write_str(text),
        }
    }
}

/// The failure of fetching `reference`, or a part of it.
pub(crate) fn of_image(reference: &ImageReference, error: &FetchError, behaviour: &Behaviour) -> ImportFailure {
    // Older servers name the image as it was written.
    let name = if behaviour.reference_in_errors { reference.normalized() } else { reference.exact() };
    let text = error.to_string();
    if error.has_code("MANIFEST_UNKNOWN") {
        return ImportFailure::Known(ApiError::not_found(DOCKER_IMAGE, &name));
    }
    if error.has_code("UNAUTHORIZED") || text.ends_with("no basic auth credentials") {
        return ImportFailure::Known(no_access(&name));
    }
    if text.ends_with("incorrect username or password") {
        let message = format!("incorrect username or password for image {name:?}");
        return ImportFailure::Known(ApiError::unauthorized(message));
    }
    ImportFailure::Other(if behaviour.reference_in_errors { format!("{name}: {text}") } else { text })
}

/// The failure of listing the tags of `repository`.
pub(crate) fn of_listing(repository: &ImageReference, error: &FetchError) -> ImportFailure {
    if error.has_code("NAME_UNKNOWN") {
        return ImportFailure::Known(ApiError::not_found(DOCKER_IMAGE, &repository.exact()));
    }
    if error.has_code("UNAUTHORIZED") {
        return ImportFailure::Known(no_access(&repository.exact()));
    }
    ImportFailure::Other(error.to_string())
}

fn no_access(name: &str) -> ApiError {
    ApiError::unauthorized(format!("you may not have access to the container image {name:?}"))
}
