//! Why an image was not imported, and the status that clients get.

use std::fmt;

use super::image::ImageError;
use crate::{
    behaviour::Behaviour,
    error::{ApiError, Resource},
    field::FieldError,
    image_reference::ImageReference,
    model::status::Status,
    options::ImportMode,
    registry_client::{ConnectError, FetchError, ManifestName, OpenError, RegistryErrorCode},
};

/// The resource that messages name when a registry has no such image.
const DOCKER_IMAGE: Resource = Resource::image("dockerimage");

/// Why an image was not imported.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ImportFailure {
    /// A registry has no such image.
    NotFound { image: String },
    /// A registry wants credentials, or other ones.
    NoAccess { image: String },
    /// A registry does not know the user, or not the password.
    WrongPassword { image: String },
    /// The cluster's configuration forbids the registry.
    Blocked { registry: String },
    /// The reference names no repository.
    NoRepository { path: String },
    /// A registry did not give the image, in the words of its client; newer servers name the image.
    Fetch { image: Option<String>, error: Box<FetchError> },
    /// The repository was not even asked.
    Connect { image: Option<String>, error: ConnectError },
    /// The repository cannot be asked for anything.
    Open(Box<OpenError>),
    /// What was fetched is not an image.
    Image(ImageError),
    /// The mirrors and the registry itself failed, each for its own reason.
    AllSources(Vec<Self>),
    /// The reference cannot be read again as it is written.
    UnreadableReference { text: String },
    /// A digest is not written in lower-case digits.
    DigestFormat,
    /// An entry of a manifest list has no digest.
    PartReference,
    /// The image was not tried, since another one of its repository failed (until 4.17).
    GivenUp { name: ManifestName, repository: String, mode: ImportMode },
}

impl ImportFailure {
    /// The failure to fetch `reference`, or a part of it.
    pub(crate) fn of_image(reference: &ImageReference, error: FetchError, behaviour: &Behaviour) -> Self {
        // Older servers name the image as it was written.
        let image = if behaviour.reference_in_errors { reference.normalized() } else { reference.exact() };
        if error.has_code(RegistryErrorCode::ManifestUnknown) {
            Self::NotFound { image }
        } else if error.has_code(RegistryErrorCode::Unauthorized) || error.lacks_credentials() {
            Self::NoAccess { image }
        } else if error.refuses_password() {
            Self::WrongPassword { image }
        } else {
            Self::Fetch { image: behaviour.reference_in_errors.then_some(image), error: Box::new(error) }
        }
    }

    /// The failure to list the tags of `repository`.
    pub(crate) fn of_listing(repository: &ImageReference, error: FetchError) -> Self {
        let image = repository.exact();
        if error.has_code(RegistryErrorCode::NameUnknown) {
            Self::NotFound { image }
        } else if error.has_code(RegistryErrorCode::Unauthorized) {
            Self::NoAccess { image }
        } else {
            Self::Fetch { image: None, error: Box::new(error) }
        }
    }

    /// The failure of a registry that must not be contacted.
    pub(crate) fn blocked(reference: &ImageReference) -> Self {
        Self::Blocked { registry: reference.registry.clone().unwrap_or_default() }
    }

    /// The status of the image.
    pub(crate) fn to_status(&self) -> Status {
        self.known().unwrap_or_else(|| ApiError::internal(&self.to_string())).into_status()
    }

    /// The error of the API that stands for the failure, if there is one; all others are internal errors.
    fn known(&self) -> Option<ApiError> {
        Some(match self {
            Self::NotFound { image } => ApiError::not_found(DOCKER_IMAGE, image),
            Self::NoAccess { image } => {
                ApiError::unauthorized(format!("you may not have access to the container image {image:?}"))
            }
            Self::WrongPassword { image } => {
                ApiError::unauthorized(format!("incorrect username or password for image {image:?}"))
            }
            Self::Blocked { registry } => {
                ApiError::forbidden(Resource::core(""), "", &format!("registry {registry} blocked"))
            }
            Self::NoRepository { path } => {
                let error = FieldError::invalid("from.name", path, "the provided repository name is not valid");
                ApiError::invalid("image.openshift.io", "", "repository", &[error], true)
            }
            _ => return None,
        })
    }
}

impl fmt::Display for ImportFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = |image: &Option<String>| image.as_ref().map(|image| format!("{image}: ")).unwrap_or_default();
        match self {
            Self::NotFound { .. }
            | Self::NoAccess { .. }
            | Self::WrongPassword { .. }
            | Self::Blocked { .. }
            | Self::NoRepository { .. } => self.known().map_or(Ok(()), |error| error.fmt(formatter)),
            Self::Fetch { image, error } => write!(formatter, "{}{error}", prefix(image)),
            Self::Connect { image, error } => write!(formatter, "{}{error}", prefix(image)),
            Self::Open(error) => error.fmt(formatter),
            Self::Image(error) => error.fmt(formatter),
            Self::AllSources(failures) => {
                let texts: Vec<String> = failures.iter().map(Self::to_string).collect();
                write!(formatter, "[{}]", texts.join(", "))
            }
            Self::UnreadableReference { text } => {
                write!(formatter, "unable to parse docker reference {text}: invalid reference format")
            }
            Self::DigestFormat => formatter.write_str("invalid checksum digest format"),
            Self::PartReference => formatter.write_str("invalid reference format"),
            Self::GivenUp { name, repository, mode } => {
                let kind = match name {
                    ManifestName::Tag(_) => "tag",
                    ManifestName::Digest(_) => "digest",
                };
                write!(
                    formatter,
                    "unknown error while importing {kind} {:?} from repository {repository:?} with import mode {:?}, please try again.",
                    name.as_str(),
                    mode.as_str()
                )
            }
        }
    }
}

impl From<ImageError> for ImportFailure {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

impl From<OpenError> for ImportFailure {
    fn from(error: OpenError) -> Self {
        Self::Open(Box::new(error))
    }
}

impl From<ConnectError> for ImportFailure {
    fn from(error: ConnectError) -> Self {
        Self::Connect { image: None, error }
    }
}
