//! OpenShift's extension for signatures: `/extensions/v2/<name>/signatures/<digest>` (containers/image,
//! `docker/docker_client.go`).

use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::registry::{answer::Answer, error::ErrorCode};

/// Announces the extension in every answer.
pub(crate) const SUPPORTED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-registry-supports-signatures"), HeaderValue::from_static("1"));

/// A signature of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signature {
    /// The version of this format, 2.
    pub(crate) schema_version: u8,
    /// The digest of the image, `@`, and an identifier.
    pub(crate) name: String,
    /// `atomic` for a signature in the sense of containers/image.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The signature in base64.
    pub(crate) content: String,
}

pub(crate) fn list(signatures: &[Signature]) -> Answer {
    let mut answer = Answer::with_body(StatusCode::OK, json!({ "signatures": signatures }).to_string());
    answer.content_type("application/json");
    answer
}

/// Adds a signature: 201, or 409 where there is one of the same name with other content.
pub(crate) fn put(signatures: &mut Vec<Signature>, digest: &str, body: &[u8]) -> Answer {
    let signature: Signature = match serde_json::from_slice(body) {
        Ok(signature) => signature,
        Err(error) => return ErrorCode::SignatureInvalid.detailed(json!(error.to_string())),
    };
    let image = signature.name.split_once('@').map(|(image, _)| image);
    if signature.schema_version != 2 || image != Some(digest) {
        return ErrorCode::SignatureInvalid.detailed(json!("the name is the image's digest, `@` and an identifier"));
    }
    match signatures.iter().find(|other| other.name == signature.name) {
        Some(other) if *other != signature => return ErrorCode::SignatureExists.answer(),
        Some(_) => {}
        None => signatures.push(signature),
    }
    Answer::empty(StatusCode::CREATED)
}
