//! The API of Docker's first registry, which servers until 4.5 fall back to.
//!
//! Only the question whether it has a repository is asked: no registry of today answers it.

use http::{HeaderMap, Method, StatusCode};

use super::{ClientContext, TransportSecurity, error::V1Error, http_client::RegistryRequest, ping::PING_TIMEOUT};
use crate::image_reference::ImageReference;

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
