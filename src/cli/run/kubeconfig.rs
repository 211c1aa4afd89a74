//! Credentials from a kubeconfig: bearer tokens, exec plugins and client certificates.
//!
//! Only reading and refreshing credentials is kube's; requests are the runner's own, as for any other target.

use std::{
    future::{Ready, ready},
    path::Path,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response, header::AUTHORIZATION};
use kube::{
    Config,
    client::ConfigExt,
    config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig},
};
use tower::{BoxError, Layer, Service, ServiceExt};

use crate::runner::Credential;

/// What a kubeconfig says about a cluster.
pub(super) struct Cluster {
    /// The base URL, without a slash at the end.
    pub(super) url: String,
    /// How connections are secured: authority, client certificate, server name.
    pub(super) tls: rustls::ClientConfig,
    /// Who asks.
    pub(super) credential: Credential,
}

/// Reads a kubeconfig.
///
/// # Errors
/// When it cannot be read, has no such context, or its credentials cannot be used.
pub(super) async fn read(path: &Path, context: Option<&str>) -> Result<Cluster, String> {
    let mut file = Kubeconfig::read_from(path).map_err(|error| described(&error))?;
    for named in &mut file.auth_infos {
        if let Some(exec) = named.auth_info.as_mut().and_then(|auth| auth.exec.as_mut()) {
            // A run has no terminal to share: a plugin that asks questions would wait for ever.
            exec.interactive_mode = Some(ExecInteractiveMode::Never);
        }
    }
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(file, &options).await.map_err(|error| described(&error))?;
    let tls = config.rustls_client_config().map_err(|error| described(&error))?;
    let credential = match config.auth_layer().map_err(|error| described(&error))? {
        None => Credential::None,
        Some(layer) => Credential::Source(Arc::new(move || {
            let service = layer.layer(Echo);
            Box::pin(async move {
                let answer = service.oneshot(Request::new(String::new())).await.map_err(|error| described(&*error))?;
                let header = answer.headers().get(AUTHORIZATION).cloned();
                header.ok_or_else(|| "the kubeconfig's credentials gave no token".to_owned())
            })
        })),
    };
    Ok(Cluster { url: config.cluster_url.to_string().trim_end_matches('/').to_owned(), tls, credential })
}

/// The namespace that a context of a kubeconfig names.
pub(super) fn namespace(path: &Path, context: Option<&str>) -> Option<String> {
    let file = Kubeconfig::read_from(path).ok()?;
    let name = context.or(file.current_context.as_deref())?;
    let named = file.contexts.iter().find(|named| named.name == name)?;
    named.context.as_ref()?.namespace.clone()
}

/// Stands behind kube's layer, which adds the header to a request and refreshes what it stands for when that has expired,
/// and hands the header back in its answer.
#[derive(Debug, Clone, Copy)]
struct Echo;

impl Service<Request<String>> for Echo {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Ready<Result<Response<()>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let mut answer = Response::new(());
        if let Some(value) = request.headers().get(AUTHORIZATION) {
            answer.headers_mut().insert(AUTHORIZATION, value.clone());
        }
        ready(Ok(answer))
    }
}

/// An error and its causes, in one line.
fn described(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
