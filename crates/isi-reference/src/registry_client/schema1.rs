//! Docker schema 1: a manifest inside a JSON web signature ("pretty" form, with the payload in the open).

use base64::{DecodeError, Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::manifest::{ManifestError, decode};
use crate::json::{self, Node, Shape, Struct, SyntaxError};

/// Why a text is not a signed manifest, in the words of `libtrust`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Schema1Error {
    #[error("error unmarshalling content: {0}")]
    Content(SyntaxError),
    #[error("missing signature key")]
    NoSignatureKey,
    #[error("no signatures")]
    NoSignatures,
    #[error("error base64 decoding {part}: {source}")]
    Base64 { part: &'static str, source: DecodeError },
    #[error("error unmarshalling protected header: {0}")]
    Header(SyntaxError),
    #[error("missing formatted length")]
    NoLength,
    #[error("missing formatted tail")]
    NoTail,
    #[error("invalid formatted length")]
    Length,
}

/// A signed manifest. The signature is read for where the payload ends, not verified.
#[derive(Debug, Clone)]
pub(crate) struct SignedManifest {
    /// The bytes as served, signatures included.
    pub(crate) signed: String,
    /// The bytes that were signed.
    pub(crate) payload: Vec<u8>,
    pub(crate) schema_version: i64,
    /// The digests of the layers, youngest first.
    pub(crate) layers: Vec<String>,
    /// What image each layer made, as JSON, youngest first.
    pub(crate) history: Vec<String>,
}

/// Reads a signed manifest.
pub(crate) fn parse(body: &[u8]) -> Result<SignedManifest, ManifestError> {
    let node = json::parse(body).map_err(Schema1Error::Content)?;
    let Some(Node::Array(signatures)) = node.get("signatures") else { return Err(Schema1Error::NoSignatureKey.into()) };
    let first = signatures.first().ok_or(Schema1Error::NoSignatures)?;
    let protected = first.get("protected").and_then(Node::as_text).unwrap_or_default();
    let payload = unsigned(body, protected)?;
    let read = decode(&payload, &MANIFEST)?;
    let texts = |list: &str, field: &str| -> Vec<String> {
        let items = read[list].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
    };
    Ok(SignedManifest {
        signed: String::from_utf8_lossy(body).into_owned(),
        schema_version: read["schemaVersion"].as_i64().unwrap_or_default(),
        layers: texts("fsLayers", "blobSum"),
        history: texts("history", "v1Compatibility"),
        payload,
    })
}

/// The payload: as many bytes as the protected header says, and the tail that it holds.
fn unsigned(body: &[u8], protected: &str) -> Result<Vec<u8>, Schema1Error> {
    let decoded =
        |text: &str, part| URL_SAFE_NO_PAD.decode(text).map_err(|source| Schema1Error::Base64 { part, source });
    let header = json::parse(&decoded(protected, "protected header")?).map_err(Schema1Error::Header)?;
    let length = match header.get("formatLength") {
        Some(Node::Number(digits)) => digits.parse::<usize>().unwrap_or_default(),
        _ => return Err(Schema1Error::NoLength),
    };
    let tail = header.get("formatTail").and_then(Node::as_text).ok_or(Schema1Error::NoTail)?;
    let start = body.get(..length).ok_or(Schema1Error::Length)?;
    Ok([start, &decoded(tail, "tail")?].concat())
}

static LAYER: Shape = Shape::Struct(&Struct {
    name: "FSLayer",
    go: "schema1.FSLayer",
    fields: &[("blobSum", Shape::Text("digest.Digest"))],
});
static HISTORY: Shape = Shape::Struct(&Struct {
    name: "History",
    go: "schema1.History",
    fields: &[("v1Compatibility", Shape::Text("string"))],
});

static MANIFEST: Struct = Struct {
    name: "Manifest",
    go: "schema1.Manifest",
    fields: &[
        ("schemaVersion", Shape::Int("int")),
        ("name", Shape::Text("string")),
        ("tag", Shape::Text("string")),
        ("architecture", Shape::Text("string")),
        ("fsLayers", Shape::List(&LAYER, "[]schema1.FSLayer")),
        ("history", Shape::List(&HISTORY, "[]schema1.History")),
    ],
};
