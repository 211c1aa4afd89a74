//! The API of Docker's first registry, which servers until 4.5 fall back to.

use super::{failure::ImportFailure, fetch::Session};
use crate::oci::ImageReference;

/// Lists the tags of a repository by the v1 API.
pub(crate) async fn list(
    _session: &mut Session<'_>,
    reference: &ImageReference,
    _insecure: bool,
) -> Result<Vec<String>, ImportFailure> {
    Err(ImportFailure::Other(format!("the registry {} has no v1 API", reference.registry)))
}
