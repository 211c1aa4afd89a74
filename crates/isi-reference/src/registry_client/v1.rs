//! The API of Docker's first registry, which servers until 4.5 fall back to.
//!
//! Only the question whether it has a repository is asked: no registry of today answers it.

use http::{HeaderMap, Method, StatusCode};

use super::{
    ClientContext, TransportSecurity, http_client::RegistryRequest, ping::PING_TIMEOUT, transport_error::TransportError,
};
use crate::image_reference::ImageReference;

/// Why a registry of version 1 has no tags or images.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum V1Error {
    #[error("error getting X-Docker-Token from {path}: {source}")]
    DockerToken { path: String, source: TransportError },
    #[error("the repository {path:?} was not found")]
    NotFound { path: String },
    #[error("error retrieving repository: server returned {}", .0.as_u16())]
    Status(StatusCode),
    #[error("no valid endpoints for repository {path:?}")]
    NoEndpoints { path: String },
}

/// Asks for a repository by the v1 API, and returns why that failed, as it always does.
pub(crate) async fn ask(context: &ClientContext, reference: &ImageReference, security: TransportSecurity) -> V1Error {
    let full = reference.with_defaults();
    let (host, path) = (full.registry_host(), full.repository_path());
    let request = |scheme: &str| RegistryRequest {
        method: Method::GET,
        url: format!("{scheme}://{host}/v1/repositories/{path}/images"),
        headers: HeaderMap::new(),
        security,
        timeout: Some(PING_TIMEOUT),
        authorization: None,
    };
    let response = match context.clients.send(request("https")).await {
        Err(_) if security == TransportSecurity::Insecure => context.clients.send(request("http")).await,
        response => response,
    };
    match response {
        Err(source) => V1Error::DockerToken { path, source },
        Ok(response) if response.status == StatusCode::NOT_FOUND => V1Error::NotFound { path },
        Ok(response) if !response.status.is_success() => V1Error::Status(response.status),
        Ok(_) => V1Error::NoEndpoints { path },
    }
}
