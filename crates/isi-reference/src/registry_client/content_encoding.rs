//! `Content-Encoding` of bodies.

use std::io::{ErrorKind, Read};

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header::CONTENT_ENCODING};

use super::http_client::{BODY_LIMIT, BodyError};

/// How the header of gzip begins (RFC 1952, section 2.3): its two bytes of identification and the method deflate.
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// The content of a body, with its encodings undone.
pub(crate) fn decode(headers: &HeaderMap, body: Bytes) -> Result<Bytes, BodyError> {
    encodings(headers).split(',').map(str::trim).rev().try_fold(body, |body, encoding| match encoding {
        "" | "identity" => Ok(body),
        "gzip" => gunzip(&body),
        "deflate" => read(ZlibDecoder::new(body.as_ref())),
        other => Err(BodyError::UnknownEncoding(other.to_owned())),
    })
}

/// The content of a body that was asked for with gzip: any other encoding stays.
pub(crate) fn decode_gzip(headers: &HeaderMap, body: Bytes) -> Result<Bytes, BodyError> {
    if encodings(headers).eq_ignore_ascii_case("gzip") { gunzip(&body) } else { Ok(body) }
}

fn encodings(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Undoes gzip. An empty body has no header, and is empty.
fn gunzip(body: &Bytes) -> Result<Bytes, BodyError> {
    if body.is_empty() {
        return Ok(Bytes::new());
    }
    if !body.starts_with(&GZIP_MAGIC) {
        return Err(BodyError::GzipHeader);
    }
    read(MultiGzDecoder::new(body.as_ref()))
}

/// Reads at most [`BODY_LIMIT`] bytes: a few compressed kilobytes can hold gigabytes.
fn read(reader: impl Read) -> Result<Bytes, BodyError> {
    let mut content = Vec::new();
    reader.take(BODY_LIMIT as u64 + 1).read_to_end(&mut content).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => BodyError::UnexpectedEof,
        _ => BodyError::Compression(error.to_string()),
    })?;
    if content.len() > BODY_LIMIT { Err(BodyError::TooLong(BODY_LIMIT)) } else { Ok(content.into()) }
}
