//! OpenShift's extension for signatures: `/extensions/v2/<name>/signatures/<digest>` (containers/image,
//! `docker/docker_client.go`; openshift/image-registry, `pkg/dockerregistry/server/signaturedispatcher.go`).

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::json;

use crate::{
    fixture::SignatureWay,
    registry::{answer::Answer, error::ErrorCode, store::Store},
};
use oci_types::Digest;

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
    #[serde(rename = "type", default = "default_kind")]
    pub(crate) kind: String,
    /// The signature; in base64 where it is written.
    #[serde(serialize_with = "as_base64", deserialize_with = "from_base64")]
    pub(crate) content: Bytes,
}

/// What OpenShift makes of a signature that does not say its type.
fn default_kind() -> String {
    "AtomicImageV1".to_owned()
}

fn as_base64<S: Serializer>(content: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64_STANDARD.encode(content))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64_STANDARD.decode(text).map(Bytes::from).map_err(|error| de::Error::custom(format!("content: {error}")))
}

impl Signature {
    /// A signature of an image, under a name that follows from its content.
    pub(crate) fn new(image: &Digest, content: Bytes) -> Self {
        let identifier = Digest::sha256(&content);
        let name = format!("{image}@{}", &identifier.hex()[..32]);
        Self { schema_version: 2, name, kind: "atomic".to_owned(), content }
    }
}

/// The signatures of an image: 404 without a body where the repository has no such image.
pub(crate) fn list(store: &Store, repository: &str, digest: &str) -> Answer {
    if !is_image(store, repository, digest) {
        return Answer::empty(StatusCode::NOT_FOUND);
    }
    let signatures: Vec<_> = store.signatures.of(repository, digest, SignatureWay::Extension).collect();
    let mut answer = Answer::with_body(StatusCode::OK, json!({ "signatures": signatures }).to_string());
    answer.content_type("application/json");
    answer
}

/// Adds a signature: 201, or 409 where there is one of the same name with other content. It is in the lookaside folder
/// then, too.
pub(crate) fn put(store: &mut Store, repository: &str, digest: &str, body: &[u8]) -> Answer {
    let signature: Signature = match serde_json::from_slice(body) {
        Ok(signature) => signature,
        Err(error) => return ErrorCode::SignatureInvalid.detailed(json!(error.to_string())),
    };
    let image = signature.name.split_once('@').map(|(image, _)| image);
    if signature.schema_version != 2 || image != Some(digest) {
        return ErrorCode::SignatureInvalid.detailed(json!("the name is the image's digest, `@` and an identifier"));
    }
    if !is_image(store, repository, digest) {
        return Answer::empty(StatusCode::NOT_FOUND);
    }
    let mut others = store.signatures.of(repository, digest, SignatureWay::Extension);
    if others.any(|other| other.name == signature.name && *other != signature) {
        return ErrorCode::SignatureExists.answer();
    }
    drop(others);
    store.signatures.add(repository, digest, signature, &SignatureWay::ALL.into());
    Answer::empty(StatusCode::CREATED)
}

/// Whether the repository has an image of this digest. A tag is not a digest.
fn is_image(store: &Store, repository: &str, digest: &str) -> bool {
    digest.contains(':') && store.repository(repository).is_some_and(|it| it.manifest(digest).is_some())
}
