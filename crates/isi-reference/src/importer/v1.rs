//! The API of Docker's first registry, which servers until 4.5 fall back to.
//!
//! Only the question whether it has a repository is asked: no registry of today answers it.

use http::{HeaderMap, Method, StatusCode};

use super::{connection::PING_TIMEOUT, failure::ImportFailure, fetch::Session, transport::Ask};
use crate::image_reference::ImageReference;

/// Lists the tags of a repository by the v1 API.
pub(crate) async fn list(
    session: &mut Session<'_>,
    reference: &ImageReference,
    insecure: bool,
) -> Result<Vec<String>, ImportFailure> {
    let full = reference.with_defaults();
    let (host, path) = (full.registry_host(), full.repository_path());
    let clients = &session.import.surroundings.clients;
    let ask = |scheme: &str| Ask {
        method: Method::GET,
        url: format!("{scheme}://{host}/v1/repositories/{path}/images"),
        headers: HeaderMap::new(),
        insecure,
        timeout: Some(PING_TIMEOUT),
        authorization: None,
    };
    let answer = match clients.send(ask("https")).await {
        Err(_) if insecure => clients.send(ask("http")).await,
        answer => answer,
    };
    let answer =
        answer.map_err(|error| ImportFailure::Other(format!("error getting X-Docker-Token from {path}: {error}")))?;
    Err(ImportFailure::Other(match answer.status {
        StatusCode::NOT_FOUND => format!("the repository {path:?} was not found"),
        status if !status.is_success() => format!("error retrieving repository: server returned {}", status.as_u16()),
        _ => format!("no valid endpoints for repository {path:?}"),
    }))
}
