//! The ping with which a connection to a registry begins.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};

use super::{
    ClientContext, FetchError, TransportSecurity,
    challenge::{self, Challenge},
    http_client::RegistryRequest,
    transport_error::TransportError,
};

/// How long the ping of a registry, and the fetch of a token, may take.
pub(crate) const PING_TIMEOUT: Duration = Duration::from_secs(15);

/// Where a registry answers, and what it challenges clients with.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// Scheme, host and port.
    pub(crate) base: String,
    pub(crate) challenges: Vec<Challenge>,
}

/// Asks a registry for its API version: by HTTPS, and by HTTP where that fails and the registry is insecure.
pub(super) async fn ping(
    context: &ClientContext,
    host: &str,
    security: TransportSecurity,
) -> Result<Endpoint, FetchError> {
    match ping_by(context, "https", host, security).await {
        Err(_) if security == TransportSecurity::Insecure => ping_by(context, "http", host, security).await?,
        found => found?,
    }
}

/// The outer error is one of the transport: another scheme may do better.
async fn ping_by(
    context: &ClientContext,
    scheme: &str,
    host: &str,
    security: TransportSecurity,
) -> Result<Result<Endpoint, FetchError>, TransportError> {
    let base = format!("{scheme}://{host}");
    let url = format!("{base}/v2/");
    let request = RegistryRequest {
        method: Method::GET,
        url: url.clone(),
        headers: HeaderMap::new(),
        security,
        timeout: Some(PING_TIMEOUT),
        authorization: None,
    };
    let response = context.clients.send(request).await?;
    let has_version = response.headers.contains_key("docker-distribution-api-version");
    let speaks_v2 = has_version || response.status.is_success() || matches!(response.status.as_u16(), 401 | 403);
    if !speaks_v2 {
        let got = context.behaviour.registry_sources.then_some(response.status);
        return Ok(Err(FetchError::NotV2 { base, got }));
    }
    // A challenge is one of the place that answers with it, and the registry has none if a redirect leads elsewhere.
    let is_challenged = response.status == StatusCode::UNAUTHORIZED && response.url.as_str() == url;
    let challenges = if is_challenged { challenge::read(&response.headers) } else { Vec::new() };
    Ok(Ok(Endpoint { base, challenges }))
}
