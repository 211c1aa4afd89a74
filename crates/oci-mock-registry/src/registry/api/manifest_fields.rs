//! The fields of a pushed manifest: their types are those of the image specification (`manifest.md`, `image-index.md`,
//! `descriptor.md`), as registries that decode manifests into structures insist.

use std::fmt;

use oci_types::{Algorithm, Digest};
use serde_json::Value;

/// A field that no manifest has like this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidField {
    /// Where it is, such as `layers[0].size`.
    place: String,
    expected: &'static str,
    found: String,
    /// Whether it is a digest that is missing or malformed, which has an error code of its own.
    pub(crate) is_digest: bool,
}

impl fmt::Display for InvalidField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`: expected {}, found {}", self.place, self.expected, self.found)
    }
}

/// The type of a field. A field may be absent or `null`, unless it is a digest.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    /// Of 64 bits. The specification does not rule out a negative size, and registries take one.
    Integer,
    TextList,
    TextMap,
    Digest,
    Object(&'static [(&'static str, Self)]),
    List(&'static Self),
}

const PLATFORM: Kind = Kind::Object(&[
    ("architecture", Kind::Text),
    ("os", Kind::Text),
    ("os.version", Kind::Text),
    ("os.features", Kind::TextList),
    ("variant", Kind::Text),
]);

const DESCRIPTOR: Kind = Kind::Object(&[
    ("mediaType", Kind::Text),
    ("size", Kind::Integer),
    ("urls", Kind::TextList),
    ("annotations", Kind::TextMap),
    ("artifactType", Kind::Text),
    ("data", Kind::Text),
    ("platform", PLATFORM),
    ("digest", Kind::Digest),
]);

const MANIFEST: Kind = Kind::Object(&[
    ("schemaVersion", Kind::Integer),
    ("mediaType", Kind::Text),
    ("artifactType", Kind::Text),
    ("annotations", Kind::TextMap),
    ("config", DESCRIPTOR),
    ("subject", DESCRIPTOR),
    ("layers", Kind::List(&DESCRIPTOR)),
    ("manifests", Kind::List(&DESCRIPTOR)),
]);

/// Returns the first field whose type is not that of the specification.
pub(crate) fn check(manifest: &Value) -> Result<(), InvalidField> {
    MANIFEST.check(manifest)
}

impl Kind {
    fn check(self, value: &Value) -> Result<(), InvalidField> {
        let is_valid = match (self, value) {
            (Self::Digest, value) => value.as_str().is_some_and(is_digest),
            (_, Value::Null) => true,
            (Self::Text, value) => value.is_string(),
            (Self::Integer, value) => value.is_i64(),
            (Self::TextList, Value::Array(list)) => list.iter().all(Value::is_string),
            (Self::TextMap, Value::Object(map)) => map.values().all(Value::is_string),
            (Self::Object(fields), Value::Object(_)) => {
                let check = |(name, kind): &(&str, Self)| kind.check(&value[*name]).map_err(|error| error.within(name));
                return fields.iter().try_for_each(check);
            }
            (Self::List(kind), Value::Array(list)) => {
                let check =
                    |(position, value)| kind.check_entry(value).map_err(|error| error.within(&format!("[{position}]")));
                return list.iter().enumerate().try_for_each(check);
            }
            (Self::TextList | Self::TextMap | Self::Object(_) | Self::List(_), _) => false,
        };
        if is_valid { Ok(()) } else { Err(self.invalid(value)) }
    }

    /// An entry of a list cannot be absent.
    fn check_entry(self, value: &Value) -> Result<(), InvalidField> {
        if value.is_null() { Err(self.invalid(value)) } else { self.check(value) }
    }

    fn invalid(self, value: &Value) -> InvalidField {
        const SHOWN: usize = 60;
        let (expected, is_digest) = match self {
            Self::Text => ("a text", false),
            Self::Integer => ("an integer of 64 bits", false),
            Self::TextList => ("a list of texts", false),
            Self::TextMap => ("an object whose values are texts", false),
            Self::Digest => {
                ("a digest, such as `sha256:` and 64 hexadecimal digits", value.is_string() || value.is_null())
            }
            Self::Object(_) => ("an object", false),
            Self::List(_) => ("a list", false),
        };
        let mut found = value.to_string();
        if let Some((end, _)) = found.char_indices().nth(SHOWN) {
            found.truncate(end);
            found.push('…');
        }
        InvalidField { place: String::new(), expected, found, is_digest }
    }
}

impl InvalidField {
    /// Whether it is a digest that names an algorithm.
    pub(crate) fn has_algorithm(&self) -> bool {
        self.is_digest && self.found.contains(':')
    }

    /// The same with the place of what holds the field in front.
    fn within(mut self, outer: &str) -> Self {
        let separator = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = format!("{outer}{separator}{}", self.place);
        self
    }
}

/// Whether a text is a digest: a complete hash if the algorithm is known, and anything in the grammar of digests otherwise
/// (image specification, `descriptor.md`, section "Digests").
fn is_digest(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_encoded = |byte: u8| byte.is_ascii_alphanumeric() || b"=_-".contains(&byte);
    let known = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512].map(Algorithm::name);
    match text.split_once(':') {
        Some((algorithm, _)) if known.contains(&algorithm) => text.parse::<Digest>().is_ok(),
        Some((algorithm, encoded)) => {
            algorithm.split(['+', '.', '_', '-']).all(is_word) && !encoded.is_empty() && encoded.bytes().all(is_encoded)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    /// What distribution 2.8.2 refuses with 400 or 500, asked in Nov 2026.
    #[rstest]
    #[case(json!({ "schemaVersion": "2" }), "`schemaVersion`: expected an integer of 64 bits, found \"2\"")]
    #[case(json!({ "config": "x" }), "`config`: expected an object, found \"x\"")]
    #[case(json!({ "layers": {} }), "`layers`: expected a list, found {}")]
    #[case(json!({ "layers": [null] }), "`layers[0]`: expected an object, found null")]
    #[case(json!({ "layers": [descriptor(), { "digest": 5 }] }), "`layers[1].digest`: expected a digest, such as `sha256:` and 64 hexadecimal digits, found 5")]
    #[case(json!({ "config": {} }), "`config.digest`: expected a digest, such as `sha256:` and 64 hexadecimal digits, found null")]
    #[case(json!({ "config": { "digest": "sha256:xyz" } }), "`config.digest`: expected a digest, such as `sha256:` and 64 hexadecimal digits, found \"sha256:xyz\"")]
    #[case(with("size", &json!("5")), "`layers[0].size`: expected an integer of 64 bits, found \"5\"")]
    #[case(with("size", &json!(5.0)), "`layers[0].size`: expected an integer of 64 bits, found 5.0")]
    #[case(with("size", &json!(1_u64 << 63)), "`layers[0].size`: expected an integer of 64 bits, found 9223372036854775808")]
    #[case(with("urls", &json!("x")), "`layers[0].urls`: expected a list of texts, found \"x\"")]
    #[case(with("annotations", &json!({ "a": 1 })), "`layers[0].annotations`: expected an object whose values are texts, found {\"a\":1}")]
    #[case(with("platform", &json!({ "os": 5 })), "`layers[0].platform.os`: expected a text, found 5")]
    #[case(json!({ "mediaType": ["x".repeat(100)] }), "`mediaType`: expected a text, found [\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…")]
    fn the_first_field_of_another_type_is_told(#[case] manifest: Value, #[case] expected: &str) {
        assert_eq!(check(&manifest).map_err(|error| error.to_string()), Err(expected.to_owned()));
    }

    /// What distribution 2.8.2 takes, asked in Nov 2026; and a digest by an algorithm that is not registered, which the
    /// image specification wants to pass.
    #[rstest]
    #[case(with("size", &json!(-5)))]
    #[case(with("size", &json!(i64::MAX)))]
    #[case(with("size", &Value::Null))]
    #[case(with("annotations", &Value::Null))]
    #[case(with("digest", &json!("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8")))]
    #[case(json!({ "layers": null, "annotations": null, "mediaType": null }))]
    fn what_registries_take_is_taken(#[case] manifest: Value) {
        assert_eq!(check(&manifest), Ok(()));
    }

    fn descriptor() -> Value {
        json!({ "digest": Digest::sha256(b"").to_string(), "size": 0 })
    }

    /// A manifest with a layer that has this field.
    fn with(field: &str, value: &Value) -> Value {
        let mut layer = descriptor();
        layer[field] = value.clone();
        json!({ "layers": [layer] })
    }
}
