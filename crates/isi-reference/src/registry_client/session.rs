//! The connections of one import.

use std::collections::HashMap;

use super::{
    ClientContext, FetchError, Keyring, KeyringError, RepositoryConnection, TransportSecurity, V1Error,
    credentials::CredentialSource, v1,
};
use crate::{behaviour::Behaviour, fetch_strategy::FetchStrategy, image_reference::ImageReference};

/// Why a repository is not even asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The reference names no repository.
    #[error("invalid reference format")]
    NoRepository,
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

/// The connections of one import: at most one to each repository.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    context: &'a ClientContext,
    /// The pull secrets, or why they cannot be read.
    keyring: &'a Result<Keyring, KeyringError>,
    connections: HashMap<String, RepositoryConnection<'a>>,
}

impl<'a> Session<'a> {
    /// A session without connections.
    pub(crate) fn new(context: &'a ClientContext, keyring: &'a Result<Keyring, KeyringError>) -> Self {
        Self { context, keyring, connections: HashMap::new() }
    }

    /// The behaviour of the server.
    pub(crate) fn behaviour(&self) -> &'a Behaviour {
        &self.context.behaviour
    }

    /// The connection to the repository of `reference`.
    pub(crate) fn connect(
        &mut self,
        reference: &ImageReference,
        security: TransportSecurity,
    ) -> Result<&mut RepositoryConnection<'a>, ConnectError> {
        let full = reference.with_defaults();
        let key = full.as_repository().exact();
        let path = full.repository_path();
        if path.is_empty() {
            return Err(ConnectError::NoRepository);
        }
        let shares_ping = self.behaviour().fetch_strategy == FetchStrategy::RepositoryFirst;
        let no_secrets = Keyring::default();
        let keyring = match self.keyring {
            Ok(keyring) => keyring,
            Err(_) if shares_ping => &no_secrets,
            Err(error) => return Err(error.clone().into()),
        };
        let host = full.registry_host();
        let known = self.connections.values().find(|known| shares_ping && known.is_to(&host));
        let ping = known.and_then(RepositoryConnection::ping_result);
        let context = self.context;
        Ok(self.connections.entry(key).or_insert_with(|| {
            let credentials = if context.behaviour.credentials_by_url {
                CredentialSource::ByUrl(keyring.clone())
            } else {
                CredentialSource::OfImage(keyring.lookup(reference).cloned())
            };
            RepositoryConnection::new(context, host, path, security, credentials).with_ping(ping)
        }))
    }

    /// Pings the registry of a connection; a failure that is not about version 2 of its API is returned as it is.
    pub(crate) async fn open(
        &mut self,
        reference: &ImageReference,
        security: TransportSecurity,
    ) -> Result<(), OpenError> {
        match self.connect(reference, security)?.open().await {
            Err(FetchError::NotV2 { .. }) => Err(OpenError::V1(v1::ask(self.context, reference, security).await)),
            result => Ok(result?),
        }
    }
}

/// Why a repository cannot be asked for anything.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Ping(#[from] FetchError),
    /// The registry does not know version 2 of the API, and was asked by version 1.
    #[error(transparent)]
    V1(V1Error),
}
