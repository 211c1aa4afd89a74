//! Values of headers, as a log keeps them.

use http::HeaderValue;
use serde::{Deserialize, Serialize};

/// The value of a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum HeaderText {
    /// A text.
    Utf8(String),
    /// Bytes that are no UTF-8, each as the character of its number (ISO 8859-1, as headers used to be; RFC 9110, section 5.5).
    Latin1 {
        /// The characters.
        latin1: String,
    },
}

impl HeaderText {
    #[cfg(feature = "capture")]
    pub(super) fn of(value: &HeaderValue) -> Self {
        match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => Self::Utf8(text.to_owned()),
            Err(_) => Self::Latin1 { latin1: value.as_bytes().iter().copied().map(char::from).collect() },
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Utf8(text) | Self::Latin1 { latin1: text } => text,
        }
    }

    /// The same with another text.
    pub(super) fn with(&self, text: String) -> Self {
        match self {
            Self::Utf8(_) => Self::Utf8(text),
            Self::Latin1 { .. } => Self::Latin1 { latin1: text },
        }
    }

    /// The bytes of the header; none if no header can have them.
    pub(super) fn value(&self) -> Option<HeaderValue> {
        match self {
            Self::Utf8(text) => HeaderValue::try_from(text).ok(),
            Self::Latin1 { latin1 } => {
                let bytes = latin1.chars().map(u8::try_from).collect::<Result<Vec<u8>, _>>().ok()?;
                HeaderValue::try_from(bytes).ok()
            }
        }
    }
}

#[cfg(all(test, feature = "capture"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(b"text/plain", r#""text/plain""#)]
    #[case("h\u{e9}".as_bytes(), "\"h\u{e9}\"")]
    #[case(b"h\xe9 \xff\t1", "{\"latin1\":\"h\u{e9} \u{ff}\\t1\"}")]
    fn every_value_is_kept(#[case] bytes: &[u8], #[case] kept: &str) {
        let value = HeaderValue::from_bytes(bytes).unwrap();
        let text = HeaderText::of(&value);
        assert_eq!(serde_json::to_string(&text).unwrap(), kept);
        assert_eq!(serde_json::from_str::<HeaderText>(kept).unwrap().value(), Some(value));
    }
}
