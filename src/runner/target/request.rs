//! A request of a suite, ready to be sent.

use http::{HeaderName, Method};

use super::no_answer::NoAnswer;
use crate::suite::{Body, Request};

/// A request, ready to be sent: what reports show.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The HTTP method.
    pub method: Method,
    /// Path and query.
    pub uri: String,
    /// Header fields without credentials.
    pub headers: Vec<(HeaderName, String)>,
    /// The body as text; empty without one. It is sent as protobuf where the content type says so.
    pub body: String,
}

/// The media type of Kubernetes protobuf.
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

impl Prepared {
    /// The bytes of the body as they are sent.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let is_protobuf = self.headers.iter().any(|(name, value)| name == "content-type" && value == PROTOBUF);
        let object = serde_json::from_str(&self.body).ok().filter(|_| is_protobuf);
        let encoded = object.and_then(|object| isi_reference::to_protobuf(&object));
        encoded.unwrap_or_else(|| self.body.clone().into_bytes())
    }

    /// What `request` means below `namespace`.
    ///
    /// # Errors
    /// When a header name is invalid.
    pub fn new(request: &Request, namespace: &str) -> Result<Self, NoAnswer> {
        let (body, content_type) = match &request.body {
            Body::Empty => (String::new(), None),
            Body::Json(value) => (value.to_string(), Some("application/json")),
            Body::Text(text) => (text.clone(), Some("application/json")),
        };
        let usual = [("accept", Some("application/json")), ("content-type", content_type)];
        let given = |name: &str| request.headers.keys().any(|given| given.eq_ignore_ascii_case(name));
        let headers = usual
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.to_owned())))
            .filter(|(name, _)| !given(name))
            .chain(request.headers.iter().map(|(name, value)| (name.as_str(), value.clone())))
            .map(|(name, value)| {
                let name = HeaderName::try_from(name).map_err(|error| NoAnswer::Request(error.to_string()))?;
                Ok((name, value))
            })
            .collect::<Result<_, NoAnswer>>()?;
        Ok(Self { method: request.method.clone(), uri: request.uri(namespace), headers, body })
    }
}
