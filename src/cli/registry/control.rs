//! The registry's control interface, where it was asked for.

use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::Duration,
};

use uuid::Uuid;

use super::{CommandError, listen};
use crate::{
    control::{Control, ControlStartError},
    fixture::ImageCatalogue,
    registry::{Authority, Registry, RegistryState},
};

/// The name of the registry of the command line among those of the control interface.
const NAME: &str = "default";

/// What runs: a registry, with or without a control interface that may have more.
pub(super) enum Running {
    Alone(Registry),
    Controlled {
        control: Control,
        state: Arc<RegistryState>,
        /// The token, if it was made here.
        token: Option<String>,
    },
}

impl Running {
    /// Starts the control interface of a registry.
    ///
    /// # Errors
    /// When the address is taken, or the file with the token cannot be read.
    pub(super) async fn controlled(
        registry: Registry,
        address: SocketAddr,
        token_file: Option<&Path>,
        catalogue: ImageCatalogue,
        authority: Option<Authority>,
    ) -> Result<Self, CommandError> {
        let mut builder = Control::builder().listen(address).catalogue(catalogue);
        if let Some(authority) = authority {
            builder = builder.authority(authority);
        }
        let mut made = None;
        if let Some(path) = token_file {
            let token = fs::read_to_string(path)
                .map_err(|error| CommandError::usage(format!("cannot read {}: {error}", path.display())))?;
            builder = builder.token(token.trim());
        } else if !address.ip().is_loopback() {
            let token = Uuid::new_v4().simple().to_string();
            builder = builder.token(token.clone());
            made = Some(token);
        }
        let control = builder.start().await.map_err(|error| match &error {
            ControlStartError::Listen { address, .. } => {
                CommandError::harness(&error).hint(listen::hint(*address, "--control"))
            }
            ControlStartError::Token => {
                let file = token_file.map(|path| format!("{}: ", path.display())).unwrap_or_default();
                CommandError::usage(format!("{file}{error}"))
            }
            _ => CommandError::usage(&error),
        })?;
        let state = control.add(NAME, registry).map_err(CommandError::harness)?;
        Ok(Self::Controlled { control, state, token: made })
    }

    /// What the registry of the command line holds and remembers.
    pub(super) fn state(&self) -> Arc<RegistryState> {
        match self {
            Self::Alone(registry) => registry.state().clone(),
            Self::Controlled { state, .. } => state.clone(),
        }
    }

    /// All registries, those of the control interface with their names.
    pub(super) fn all(&self) -> Vec<(String, Arc<RegistryState>)> {
        match self {
            Self::Alone(registry) => vec![(NAME.to_owned(), registry.state().clone())],
            Self::Controlled { control, .. } => control.registries(),
        }
    }

    /// Stops as [`Registry::shutdown`] does.
    pub(super) async fn shutdown(self, grace: Duration) -> bool {
        match self {
            Self::Alone(registry) => registry.shutdown(grace).await,
            Self::Controlled { control, .. } => control.shutdown(grace).await,
        }
    }

    /// Says where the control interface is, and its token.
    pub(super) fn announce(&self, out: &mut impl Write) -> io::Result<()> {
        let Self::Controlled { control, token, .. } = self else { return Ok(()) };
        writeln!(out, "control {}", control.url())?;
        match token {
            Some(token) => writeln!(out, "token {token}"),
            None => Ok(()),
        }
    }
}
