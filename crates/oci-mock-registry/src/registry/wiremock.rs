//! The registry on a wiremock server, beside a test's own mocks.
//!
//! wiremock has no TLS, answers one request at a time, and keeps bodies in memory; and it cannot break a connection, so a
//! fault that does is answered with 500 and its name. Where that matters, a [`Registry`](super::Registry) has its own
//! server.

use std::sync::Arc;

use http::Uri;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{
    answer::{Delivery, Manner},
    builder::{RegistryBuilder, StartError},
    state::RegistryState,
};

/// A registry as a wiremock responder.
///
/// ```no_run
/// use oci_mock_registry::registry::{Registry, RegistryResponder};
/// use wiremock::MockServer;
///
/// # #[tokio::main] async fn main() {
/// let server = MockServer::start().await;
/// let registry =
///     RegistryResponder::mount(&server, Registry::builder().tag("lib/app", "v1", "s2-basic")).await.unwrap();
/// // … `server` answers `GET /v2/lib/app/manifests/v1` now, and whatever else is mounted on it.
/// assert_eq!(registry.journal(0), []);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RegistryResponder(Arc<RegistryState>);

impl RegistryResponder {
    /// A responder for this registry.
    #[must_use]
    pub const fn new(state: Arc<RegistryState>) -> Self {
        Self(state)
    }

    /// Mounts a registry on a server, on the paths that registries have; all others stay free.
    ///
    /// # Errors
    /// When an image cannot be built, or the fixture names something that is not there.
    pub async fn mount(server: &MockServer, builder: RegistryBuilder) -> Result<Arc<RegistryState>, StartError> {
        let state = Arc::new(builder.host(server.address().to_string()).build()?);
        let registry = state.clone();
        let has_path = move |request: &Request| registry.has_path(request.url.path());
        Mock::given(has_path).respond_with(Self::new(state.clone())).mount(server).await;
        Ok(state)
    }
}

impl Respond for RegistryResponder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut parts = http::Request::new(()).into_parts().0;
        parts.method = request.method.clone();
        let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        parts.uri = match Uri::try_from(format!("{}{query}", request.url.path())) {
            Ok(uri) => uri,
            Err(error) => {
                return ResponseTemplate::new(400).set_body_string(format!("invalid request target: {error}"));
            }
        };
        parts.headers = request.headers.clone();
        let Delivery { answer, delay, manner } = self.0.respond(&parts, &request.body);
        if manner != Manner::Whole {
            return ResponseTemplate::new(500)
                .set_body_string(format!("wiremock cannot do this to a connection: {manner:?}"));
        }
        let body = match answer.body.bytes() {
            Ok(body) => body,
            Err(error) => return ResponseTemplate::new(500).set_body_string(error.to_string()),
        };
        let mut response = ResponseTemplate::new(answer.status.as_u16()).set_body_bytes(body).set_delay(delay);
        for (name, value) in &answer.headers {
            response = response.insert_header(name, value);
        }
        response
    }
}
