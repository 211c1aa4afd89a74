//! Manifests as they are stored: bytes, the headers they are served with, and what other manifests need to know.

use bytes::Bytes;
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::oci::{Digest, media_type};

/// A manifest with the headers it is served with.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) bytes: Bytes,
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    pub(crate) content_type: HeaderValue,
    pub(crate) content_digest: HeaderValue,
    pub(crate) etag: HeaderValue,
    /// The manifest that this one refers to, with the descriptor that its list of referrers shows.
    pub(crate) refers_to: Option<(String, Referrer)>,
}

/// An entry in a list of referrers (distribution specification, section "Listing Referrers").
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Referrer {
    media_type: String,
    size: usize,
    pub(crate) digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_type: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    annotations: Map<String, Value>,
}

/// What of a manifest concerns referrers. Everything else may be as wrong as it likes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subject {
    subject: Option<Reference>,
    artifact_type: Option<String>,
    config: Option<Typed>,
    #[serde(default)]
    annotations: Map<String, Value>,
}

#[derive(Deserialize)]
struct Reference {
    digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed {
    media_type: Option<String>,
}

impl Manifest {
    pub(crate) fn new(digest: Digest, media_type: &str, bytes: Bytes) -> Self {
        let text = digest.to_string();
        let header = |text: String| HeaderValue::try_from(text).expect("a digest is plain text");
        Self {
            content_type: HeaderValue::try_from(media_type)
                .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream")),
            media_type: media_type.to_owned(),
            refers_to: refers_to(&text, media_type, &bytes),
            etag: header(format!("\"{text}\"")),
            content_digest: header(text),
            digest,
            bytes,
        }
    }
}

fn refers_to(digest: &str, media_type: &str, bytes: &[u8]) -> Option<(String, Referrer)> {
    let can_refer = [media_type::OCI_MANIFEST, media_type::OCI_INDEX].contains(&media_type);
    let Subject { subject, artifact_type, config, annotations } =
        can_refer.then(|| serde_json::from_slice(bytes).ok()).flatten()?;
    let artifact_type = artifact_type.or_else(|| config.and_then(|config| config.media_type));
    let referrer = Referrer {
        media_type: media_type.to_owned(),
        size: bytes.len(),
        digest: digest.to_owned(),
        artifact_type,
        annotations,
    };
    Some((subject?.digest, referrer))
}
