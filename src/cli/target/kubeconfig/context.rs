//! The context that is used, with its cluster and its user.

use std::path::Path;

use super::{
    data_or_file,
    file::{AuthInfo, Cluster, Context, KubeconfigFile, given},
};
use crate::{
    cli::{exit::CommandError, target::tls::Authorities},
    document,
};

/// The cluster and the user of a context.
pub(super) struct Selected {
    pub(super) server: String,
    pub(super) cluster: Cluster,
    pub(super) user: AuthInfo,
    pub(super) user_name: String,
    pub(super) namespace: Option<String>,
}

/// Why no context can be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ContextError {
    #[error("there is no context in the file")]
    NoContext,
    #[error("there is no current context")]
    NoCurrent { known: Vec<String> },
    #[error("unknown context `{name}`")]
    Unknown { name: String, known: Vec<String> },
    #[error("context `{context}` names the {what} `{name}`, which is not in the file")]
    Missing { context: String, what: &'static str, name: String },
    #[error("context `{context}` names no cluster")]
    NoCluster { context: String },
    #[error("cluster `{cluster}` has no `server`")]
    NoServer { cluster: String },
}

impl ContextError {
    /// The error of a command that reads `file`.
    pub(super) fn in_file(self, file: &Path) -> CommandError {
        let error = CommandError::usage(format!("{}: {self}", file.display()));
        match self {
            Self::NoCurrent { known } => error.hint(format!("`--context` names one: {}", known.join(", "))),
            Self::Unknown { name, known } => {
                let list = format!("the contexts are {}", known.join(", "));
                error.hint(match document::nearest(&name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`? {list}"),
                    None => list,
                })
            }
            Self::NoContext | Self::Missing { .. } | Self::NoCluster { .. } | Self::NoServer { .. } => error,
        }
    }
}

impl Selected {
    /// The context `name`, or the current one.
    ///
    /// # Errors
    /// When no such entry exists, or it names something that the file lacks.
    pub(super) fn of(file: KubeconfigFile, name: Option<&str>) -> Result<Self, ContextError> {
        let contexts = file.contexts.unwrap_or_default();
        let known = || contexts.iter().map(|named| named.name.clone()).collect::<Vec<_>>();
        let wanted = match name.map(str::to_owned).or_else(|| given(file.current_context)) {
            Some(wanted) => wanted,
            None if contexts.is_empty() => return Err(ContextError::NoContext),
            None => return Err(ContextError::NoCurrent { known: known() }),
        };
        if contexts.is_empty() {
            return Err(ContextError::NoContext);
        }
        let known = known();
        let Some(context) = contexts.into_iter().find(|named| named.name == wanted) else {
            return Err(ContextError::Unknown { name: wanted, known });
        };
        let Context { cluster, user, namespace } = context.context.unwrap_or_default();
        let missing = |what, name: &str| ContextError::Missing { context: wanted.clone(), what, name: name.to_owned() };
        let Some(cluster_name) = given(cluster) else { return Err(ContextError::NoCluster { context: wanted }) };
        let clusters = file.clusters.unwrap_or_default();
        let cluster = clusters.into_iter().find(|named| named.name == cluster_name);
        let cluster = cluster.ok_or_else(|| missing("cluster", &cluster_name))?.cluster.unwrap_or_default();
        let user_name = given(user).unwrap_or_default();
        let user = match user_name.as_str() {
            "" => AuthInfo::default(),
            name => {
                let users = file.users.unwrap_or_default();
                let user = users.into_iter().find(|named| named.name == name);
                user.ok_or_else(|| missing("user", name))?.user.unwrap_or_default()
            }
        };
        let server = given(cluster.server.clone()).ok_or(ContextError::NoServer { cluster: cluster_name })?;
        let server = with_scheme(&server, &cluster, &user);
        let cluster =
            Cluster { proxy_url: given(cluster.proxy_url), tls_server_name: given(cluster.tls_server_name), ..cluster };
        Ok(Self { server, cluster, user, user_name, namespace: given(namespace) })
    }
}

/// A server without a scheme speaks TLS if the file says something about TLS, as in client-go.
fn with_scheme(server: &str, cluster: &Cluster, user: &AuthInfo) -> String {
    if server.contains("://") {
        return server.to_owned();
    }
    let named = [
        &cluster.certificate_authority,
        &cluster.certificate_authority_data,
        &user.client_certificate,
        &user.client_certificate_data,
    ];
    let tls = named.iter().any(|field| field.as_ref().is_some_and(|text| !text.is_empty()));
    let scheme = if tls || cluster.insecure_skip_tls_verify == Some(true) { "https" } else { "http" };
    format!("{scheme}://{server}")
}

/// What the cluster's certificate has to be signed by.
///
/// # Errors
/// When the file names authorities and says that none is needed, or they cannot be read.
pub(super) fn authorities(cluster: &Cluster) -> Result<Authorities, CommandError> {
    let pem = data_or_file(
        "certificate-authority",
        cluster.certificate_authority_data.as_deref(),
        cluster.certificate_authority.as_deref(),
    )?;
    match (pem, cluster.insecure_skip_tls_verify.unwrap_or_default()) {
        (Some(_), true) => Err(CommandError::usage(
            "the kubeconfig has `certificate-authority` and `insecure-skip-tls-verify` for the same cluster: expected one of them",
        )),
        (None, true) => Ok(Authorities::Any),
        (None, false) => Ok(Authorities::System(Vec::new())),
        (Some(pem), false) => {
            let mut authorities = Authorities::Only(Vec::new());
            authorities
                .add_pem(&pem)
                .map_err(|error| CommandError::usage(format!("`certificate-authority` of the kubeconfig: {error}")))?;
            Ok(authorities)
        }
    }
}
