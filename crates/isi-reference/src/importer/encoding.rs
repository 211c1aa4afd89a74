//! `Content-Encoding` of blobs.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{GzDecoder, ZlibDecoder};
use http::{HeaderMap, header::CONTENT_ENCODING};

use super::transport::{BODY_LIMIT, too_long};

/// The content of a body, with its encodings undone.
pub(crate) fn decode(headers: &HeaderMap, body: Bytes) -> Result<Bytes, String> {
    let encodings = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    encodings.split(',').map(str::trim).rev().try_fold(body, |body, encoding| match encoding {
        "" | "identity" => Ok(body),
        "gzip" => read(GzDecoder::new(body.as_ref())),
        "deflate" => read(ZlibDecoder::new(body.as_ref())),
        other => Err(format!("unsupported Content-Encoding algorithm: {other}")),
    })
}

/// Reads at most [`BODY_LIMIT`] bytes: a few compressed kilobytes can hold gigabytes.
fn read(reader: impl Read) -> Result<Bytes, String> {
    let mut content = Vec::new();
    reader.take(BODY_LIMIT as u64 + 1).read_to_end(&mut content).map_err(|error| error.to_string())?;
    if content.len() > BODY_LIMIT { Err(too_long()) } else { Ok(content.into()) }
}
