//! The names of a manifest in its repository.

use crate::image_reference::{DigestReference, ImageReference, Tag};

/// The name of a manifest in its repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ManifestName {
    Tag(Tag),
    Digest(DigestReference),
}

impl ManifestName {
    /// What a reference names: its digest, else its tag, else `latest`.
    pub(crate) fn of(reference: &ImageReference) -> Self {
        match (&reference.digest, &reference.tag) {
            (Some(digest), _) => Self::Digest(digest.clone()),
            (None, Some(tag)) => Self::Tag(tag.clone()),
            (None, None) => Self::Tag(Tag::latest()),
        }
    }

    /// The name as it stands in a path.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Tag(tag) => tag.as_str(),
            Self::Digest(digest) => digest.as_str(),
        }
    }

    /// The reference to this manifest of the repository of `reference`.
    pub(crate) fn within(&self, reference: &ImageReference) -> ImageReference {
        match self {
            Self::Tag(tag) => reference.with_tag(tag.clone()),
            Self::Digest(digest) => reference.with_digest(digest.clone()),
        }
    }

    /// The tag, if it is one.
    pub(crate) fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Tag(tag) => Some(tag),
            Self::Digest(_) => None,
        }
    }

    /// The digest, if it is one.
    pub(crate) fn digest(&self) -> Option<&DigestReference> {
        match self {
            Self::Tag(_) => None,
            Self::Digest(digest) => Some(digest),
        }
    }
}
