//! What all cases of a run share.

use std::time::Duration;

use super::{names::RunId, ports::Ports, target::Target};
use crate::{fixture::ImageCatalogue, golden, registry::Authority, version::ApiVersion};

/// What all cases of a run share.
#[derive(Debug)]
pub struct Session {
    /// The implementation under test.
    pub target: Target,
    /// The API version it is held against.
    pub version: ApiVersion,
    /// The namespace the run works in.
    pub namespace: String,
    /// The run's mark.
    pub run: RunId,
    /// The image recipes that cases can name.
    pub images: ImageCatalogue,
    /// What is expected.
    pub goldens: golden::Store,
    /// Where mock registries listen.
    pub ports: Ports,
    /// The certificate authority that the implementation trusts, for registries with trusted TLS.
    pub authority: Option<Authority>,
    /// Whether cases that no recording confirms decide over the run: they do where our own server is the target.
    pub trusts_unconfirmed: bool,
    /// How long a case may take.
    pub timeout: Duration,
    /// Leaves in place what cases make.
    pub keep: bool,
}
