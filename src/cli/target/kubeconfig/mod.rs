//! Kubeconfig files: where a cluster is, what is trusted, and who asks. Every field that decides over a request is honoured,
//! or refused by name.

mod context;
mod exec;
mod file;
mod impersonation;
mod token_file;
mod user;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use self::{context::Selected, file::KubeconfigFile};
use super::{tls::ClientCertificate, transport::Transport, trust::Trust};
use crate::{
    cli::exit::CommandError,
    runner::{Credential, Identity},
};

/// What a kubeconfig says about a cluster and its user.
pub(super) struct Kubeconfig {
    selected: Selected,
}

/// The user of a kubeconfig.
pub(super) struct KubeconfigUser {
    pub(super) credential: Credential,
    pub(super) certificate: Option<ClientCertificate>,
    impersonation: Vec<(http::HeaderName, http::HeaderValue)>,
}

impl Kubeconfig {
    /// Reads one file, or several as in `KUBECONFIG`: separated by `:` (`;` on Windows) and merged as kubectl does.
    ///
    /// # Errors
    /// When a file is not a kubeconfig, or has no such context.
    pub(super) fn read(paths: &Path, context: Option<&str>) -> Result<Self, CommandError> {
        let file = read(paths)?;
        let selected = Selected::of(file, context).map_err(|error| error.in_file(paths))?;
        Ok(Self { selected })
    }

    /// The URL of the cluster.
    pub(super) fn server(&self) -> &str {
        &self.selected.server
    }

    /// The namespace that the context names.
    pub(super) fn namespace(self) -> Option<String> {
        self.selected.namespace
    }

    /// How the cluster is reached, at `url`; `more` changes what is trusted.
    ///
    /// # Errors
    /// When a field cannot be used.
    pub(super) fn transport(&self, url: &str, trust: Trust) -> Result<Transport, CommandError> {
        let cluster = &self.selected.cluster;
        let authorities = trust.with(context::authorities(cluster)?)?;
        let mut transport = Transport::new(url, &authorities)?;
        if let Some(proxy) = &cluster.proxy_url {
            transport = transport.through(proxy)?;
        }
        match &cluster.tls_server_name {
            Some(name) => transport.named(name),
            None => Ok(transport),
        }
    }

    /// Who asks; a plugin is run and may take `patience`.
    ///
    /// # Errors
    /// When the credentials cannot be read.
    pub(super) async fn user(&self, patience: Duration) -> Result<KubeconfigUser, CommandError> {
        user::read(&self.selected, patience).await
    }
}

impl KubeconfigUser {
    /// The identity, with a client of its own.
    ///
    /// # Errors
    /// When the client certificate cannot be used.
    pub(super) fn identity(self, transport: &Transport) -> Result<Identity, CommandError> {
        let client = transport.client(self.certificate.as_ref())?;
        Ok(Identity { impersonation: self.impersonation, ..Identity::new(client, self.credential) })
    }
}

fn read(paths: &Path) -> Result<KubeconfigFile, CommandError> {
    // A path that exists is that file, also if there is a separator in its name.
    let single = paths.exists() || std::env::split_paths(paths).count() <= 1;
    let paths: Vec<PathBuf> = match single {
        true => vec![paths.to_owned()],
        false => std::env::split_paths(paths).filter(|path| !path.as_os_str().is_empty()).collect(),
    };
    let mut merged: Option<KubeconfigFile> = None;
    for path in &paths {
        let failed = |error: &dyn std::fmt::Display| CommandError::usage(format!("{}: {error}", path.display()));
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            // kubectl leaves out those of several files that are absent.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !single => continue,
            Err(error) => return Err(failed(&io_text(&error))),
        };
        let file = KubeconfigFile::parse(path, &bytes).map_err(CommandError::usage)?;
        match &mut merged {
            Some(merged) => merged.merge(file),
            None => merged = Some(file),
        }
    }
    merged.ok_or_else(|| CommandError::usage("none of the kubeconfig files exists"))
}

/// An I/O error in words, without the number of the system.
fn io_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "expected a file, found a folder".to_owned(),
        _ => error.to_string(),
    }
}

/// The content of a field: base64 data, which decides if both are given, or the path of a file.
fn data_or_file(name: &str, data: Option<&str>, path: Option<&str>) -> Result<Option<Vec<u8>>, CommandError> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        let packed: String = data.split_ascii_whitespace().collect();
        let decoded = STANDARD.decode(packed);
        return decoded
            .map(Some)
            .map_err(|_| CommandError::usage(format!("`{name}-data` of the kubeconfig is not base64")));
    }
    let Some(path) = path.filter(|path| !path.is_empty()) else { return Ok(None) };
    std::fs::read(path)
        .map(Some)
        .map_err(|error| CommandError::usage(format!("`{name}` of the kubeconfig: {path}: {}", io_text(&error))))
}
