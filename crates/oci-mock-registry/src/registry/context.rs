//! What an answer depends on.

use std::sync::Arc;

use super::{settings::Settings, state::RegistryState};

/// What the answer to a request depends on: the registry, and the settings that held when the request began.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) state: &'a RegistryState,
    pub(crate) settings: Arc<Settings>,
}
