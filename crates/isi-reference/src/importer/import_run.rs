//! What an import is carried out with, and how it ends.

use std::collections::BTreeMap;

use super::layer_sizes::LayerSizes;
use crate::{
    model::image_stream::TagReference,
    policy::registries::Registries,
    registry_client::{ClientContext, Keyring, KeyringError},
};

/// What an import needs besides the request.
#[derive(Debug)]
pub(crate) struct Import<'a> {
    pub(crate) context: &'a ClientContext,
    pub(crate) layer_sizes: &'a LayerSizes,
    /// Blocked, insecure and mirrored registries.
    pub(crate) registries: &'a Registries,
    /// The pull secrets, or why they cannot be read.
    pub(crate) keyring: &'a Result<Keyring, KeyringError>,
    /// The tags of the stream as it is.
    pub(crate) tags: &'a BTreeMap<String, TagReference>,
    /// How many tags of a repository are imported at most; `None` for all of them.
    pub(crate) tag_limit: Option<usize>,
}

/// How an import ended, whatever the statuses of its images say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) completion: Completion,
    pub(crate) passwords: Passwords,
}

/// Whether everything was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completion {
    Complete,
    /// Something was given up, and is neither a success nor a failure. Old servers crash over it.
    GivenUp,
}

/// What registries said of the pull secrets of the images that were named one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passwords {
    /// Nothing.
    Accepted,
    /// At least one does not know the user, or not the password.
    Refused,
}
