//! Manifests as they are stored: bytes, the headers they are served with, and what other manifests need to know.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG},
};

use crate::{
    referrer::Referrer,
    registry::header::{API_VERSION, CONTENT_DIGEST},
};
use oci_types::Digest;

/// The largest manifest (or form, or signature) that is accepted, in bytes; the specification asks for at least 4 MiB.
pub const MANIFEST_LIMIT: usize = 4 * 1024 * 1024;

/// A manifest with the headers it is served with.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) bytes: Bytes,
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    /// The headers of an answer with it.
    pub(crate) headers: HeaderMap,
    pub(crate) content_digest: HeaderValue,
    /// The manifest that this one refers to, with the descriptor that its list of referrers shows.
    pub(crate) refers_to: Option<(String, Referrer)>,
}

impl Manifest {
    pub(crate) fn new(digest: Digest, media_type: &str, bytes: Bytes) -> Self {
        let header = |text: String| HeaderValue::try_from(text).expect("a digest is plain text");
        let content_type =
            HeaderValue::try_from(media_type).unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
        let (content_digest, etag) = (header(digest.to_string()), header(format!("\"{digest}\"")));
        let headers = [
            (API_VERSION, HeaderValue::from_static("registry/2.0")),
            (CONTENT_LENGTH, bytes.len().into()),
            (CONTENT_TYPE, content_type),
            (CONTENT_DIGEST, content_digest.clone()),
            (ETAG, etag),
        ];
        Self {
            headers: headers.into_iter().collect(),
            media_type: media_type.to_owned(),
            refers_to: Referrer::of(&digest, media_type, &bytes),
            content_digest,
            digest,
            bytes,
        }
    }
}
