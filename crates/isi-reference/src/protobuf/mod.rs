//! Kubernetes' protobuf: an envelope that says what is in it, around a message.
//!
//! The messages are tables of field numbers; objects are JSON on this side of them. The envelope is `runtime.Unknown` behind
//! four magic bytes.

mod decode;
pub(crate) mod descriptor;
mod encode;
mod messages;
pub(crate) mod wire;

use serde_json::{Map, Value};

pub(crate) use self::messages::KINDS_OF;
use self::wire::{Reader, WireValue, put_bytes};

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";
/// What every body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// Why bytes are no object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error("empty data")]
    Empty,
    #[error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    NoMagic,
    #[error("unexpected EOF")]
    UnexpectedEnd,
    #[error("proto: integer overflow")]
    Overflow,
    #[error("proto: negative length found during unmarshaling")]
    InvalidLength,
    #[error("proto: {message}: illegal tag {number} (wire type {wire_type})")]
    IllegalTag { message: &'static str, number: u64, wire_type: u64 },
    #[error("proto: illegal wireType {0}")]
    IllegalWireType(u64),
    #[error("proto: wrong wireType = {found} for field {field}")]
    WireType { found: u64, field: String },
    #[error("{0}")]
    Json(String),
    #[error("seconds out of range: {0}")]
    Time(i64),
}

impl DecodeError {
    #[allow(clippy::needless_pass_by_value, reason = "the signature that `map_err` takes")]
    fn json(error: serde_json::Error) -> Self {
        Self::Json(error.to_string())
    }
}

/// The envelope of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope<'a> {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    raw: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Opens an envelope. It may leave open which kind it holds.
    ///
    /// # Errors
    /// When the bytes do not begin as an envelope does, or end within one.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        if bytes.is_empty() {
            return Err(DecodeError::Empty);
        }
        let bytes = bytes.strip_prefix(MAGIC).ok_or(DecodeError::NoMagic)?;
        let mut envelope = Self { api_version: String::new(), kind: String::new(), raw: b"" };
        let mut reader = Reader::new(bytes, "Unknown");
        while let Some(field) = reader.next()? {
            match field {
                (1, WireValue::Bytes(bytes)) => envelope.read_type(bytes)?,
                (2, WireValue::Bytes(bytes)) => envelope.raw = bytes,
                (1 | 2, value) => {
                    let field = if field.0 == 1 { "TypeMeta" } else { "Raw" };
                    return Err(DecodeError::WireType { found: value.wire_type(), field: field.to_owned() });
                }
                _ => {}
            }
        }
        Ok(envelope)
    }

    fn read_type(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let mut reader = Reader::new(bytes, "TypeMeta");
        while let Some((number, value)) = reader.next()? {
            if let (1 | 2, WireValue::Bytes(bytes)) = (number, value) {
                let text = String::from_utf8_lossy(bytes).into_owned();
                *(if number == 1 { &mut self.api_version } else { &mut self.kind }) = text;
            }
        }
        Ok(())
    }

    /// The object in the envelope with `apiVersion` and `kind`; `None` for a kind without a message.
    ///
    /// # Errors
    /// When the bytes in it are no such object.
    pub(crate) fn object(&self) -> Option<Result<Value, DecodeError>> {
        let message = messages::find(&self.api_version, &self.kind)?;
        let typed = |fields: Map<String, Value>| {
            let kind = [("kind", &self.kind), ("apiVersion", &self.api_version)];
            let kind = kind.map(|(name, value)| (name.to_owned(), Value::String(value.clone())));
            Value::Object(kind.into_iter().chain(fields).collect())
        };
        Some(decode::decode(self.raw, message).map(typed))
    }
}

/// An object of the image API, or of those around it, as Kubernetes protobuf; `None` for a kind without a message.
#[must_use]
pub fn to_protobuf(object: &Value) -> Option<Vec<u8>> {
    encode(object)
}

/// The object that Kubernetes protobuf holds; `None` for a kind without a message, and for bytes that are not protobuf.
#[must_use]
pub fn from_protobuf(bytes: &[u8]) -> Option<Value> {
    Envelope::open(bytes).ok()?.object()?.ok()
}

/// An object in an envelope; `None` for a kind without a message.
pub(crate) fn encode(object: &Value) -> Option<Vec<u8>> {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    let message = messages::find(text("apiVersion"), text("kind"))?;
    let mut kind = Vec::new();
    put_bytes(&mut kind, 1, text("apiVersion").as_bytes());
    put_bytes(&mut kind, 2, text("kind").as_bytes());
    let mut out = MAGIC.to_vec();
    put_bytes(&mut out, 1, &kind);
    put_bytes(&mut out, 2, &encode::encode(object, message));
    // Encoding and type of the content: none.
    put_bytes(&mut out, 3, b"");
    put_bytes(&mut out, 4, b"");
    Some(out)
}

#[cfg(test)]
mod tests;
