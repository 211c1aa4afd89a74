//! Blobs as they are stored: content, and the headers it is served with.

use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_TYPE, ETAG},
};

use super::Content;
use crate::registry::header::{API_VERSION, CONTENT_DIGEST};

/// A blob with the headers of an answer with it.
#[derive(Debug, Clone)]
pub(crate) struct StoredBlob {
    pub(crate) content: Content,
    pub(crate) headers: HeaderMap,
}

impl StoredBlob {
    pub(super) fn new(digest: &str, content: Content) -> Self {
        let headers = [
            (API_VERSION, HeaderValue::from_static("registry/2.0")),
            (CONTENT_LENGTH, content.len().into()),
            (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
            (CONTENT_DIGEST, HeaderValue::from_str(digest).expect("a digest is plain text")),
            (ETAG, HeaderValue::try_from(format!("\"{digest}\"")).expect("a digest is plain text")),
            (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        ];
        Self { content, headers: headers.into_iter().collect() }
    }
}
