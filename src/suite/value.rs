//! What a single value in an answer has to be.

use std::{borrow::Cow, cmp::Ordering, fmt};

use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::json_path::Segment;

/// A place in an answer's body: a JSONPath (RFC 9535), whose leading `$.` may be left out.
#[derive(Debug, Clone)]
pub struct ValuePath {
    text: String,
    query: JsonPath,
}

impl ValuePath {
    /// The path as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The place as a path of names and indexes; wildcards and filters are left out of it.
    #[must_use]
    pub fn segments(&self) -> crate::json_path::JsonPath {
        let mut path = crate::json_path::JsonPath::root();
        // Every other part is quoted: a name that may hold dots.
        for (part, text) in self.text.split(['"', '\'']).enumerate() {
            if part % 2 == 1 {
                path = path.key(text);
                continue;
            }
            for name in text.split(['.', '[', ']', '$', '*']).filter(|name| !name.is_empty()) {
                path = match name.parse() {
                    Ok(index) => path.index(index),
                    Err(_) => path.key(name),
                };
            }
        }
        path
    }

    /// The first value at this place.
    #[must_use]
    pub fn find<'a>(&self, body: &'a Value) -> Option<&'a Value> {
        self.query.query(body).first()
    }

    /// Where the first value is in `body`; without one, the place as it was written.
    #[must_use]
    pub fn place(&self, body: &Value) -> crate::json_path::JsonPath {
        use serde_json_path::PathElement;
        match self.query.query_located(body).first() {
            Some(node) => node
                .location()
                .iter()
                .map(|element| match element {
                    PathElement::Name(name) => Segment::Key((*name).to_owned()),
                    PathElement::Index(index) => Segment::Index(*index),
                })
                .collect(),
            None => self.text.parse().unwrap_or_else(|()| crate::json_path::JsonPath::root().key(&self.text)),
        }
    }
}

impl<'de> Deserialize<'de> for ValuePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let path = if text.starts_with('$') { text.clone() } else { format!("$.{text}") };
        let query = JsonPath::parse(&path)
            .map_err(|error| de::Error::custom(format!("`{text}` is no JSONPath: {}", error.message())))?;
        Ok(Self { text, query })
    }
}

impl PartialEq for ValuePath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ValuePath {}

impl PartialOrd for ValuePath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ValuePath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl JsonSchema for ValuePath {
    fn schema_name() -> Cow<'static, str> {
        "ValuePath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// What a value in an answer has to be.
#[derive(Debug, Clone)]
pub enum ValueExpectation {
    /// This value.
    Equal(Value),
    /// `{ absent: true }`: not there, or `null`.
    Absent,
    /// `{ present: true }`: there, and not `null`.
    Present,
    /// `{ contains: TEXT }`: a text with this in it.
    Contains(String),
    /// `{ matches: REGEX }`: a text that the regular expression matches.
    Matches(Regex),
    /// `{ length: N }`: a list of this many items.
    Length(u64),
}

impl ValueExpectation {
    /// Whether `value` is as expected.
    #[must_use]
    pub fn holds(&self, value: Option<&Value>) -> bool {
        let value = value.filter(|value| !value.is_null());
        match self {
            Self::Absent => value.is_none(),
            Self::Present => value.is_some(),
            Self::Equal(Value::Null) => value.is_none(),
            Self::Equal(expected) => value == Some(expected),
            Self::Contains(text) => value.and_then(Value::as_str).is_some_and(|found| found.contains(text)),
            Self::Matches(regex) => value.and_then(Value::as_str).is_some_and(|found| regex.is_match(found)),
            Self::Length(length) => value.and_then(Value::as_array).is_some_and(|found| found.len() as u64 == *length),
        }
    }
}

impl fmt::Display for ValueExpectation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal(value) => write!(formatter, "{value}"),
            Self::Absent => formatter.write_str("nothing"),
            Self::Present => formatter.write_str("any value"),
            Self::Contains(text) => write!(formatter, "a text with `{text}` in it"),
            Self::Matches(regex) => write!(formatter, "a text that `{regex}` matches"),
            Self::Length(length) => write!(formatter, "a list of {length}"),
        }
    }
}

impl PartialEq for ValueExpectation {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Equal(left), Self::Equal(right)) => left == right,
            _ => self.to_string() == other.to_string(),
        }
    }
}

impl<'de> Deserialize<'de> for ValueExpectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let single = value.as_object().filter(|entries| entries.len() == 1).and_then(|entries| entries.iter().next());
        Ok(match single {
            Some((key, Value::Bool(true))) if key == "absent" => Self::Absent,
            Some((key, Value::Bool(true))) if key == "present" => Self::Present,
            Some((key, Value::String(text))) if key == "contains" => Self::Contains(text.clone()),
            Some((key, Value::String(text))) if key == "matches" => {
                Self::Matches(Regex::new(text).map_err(de::Error::custom)?)
            }
            Some((key, Value::Number(length))) if key == "length" => Self::Length(
                length.as_u64().ok_or_else(|| de::Error::custom("expected a number of items, zero or more"))?,
            ),
            _ => Self::Equal(value),
        })
    }
}

impl JsonSchema for ValueExpectation {
    fn schema_name() -> Cow<'static, str> {
        "ValueExpectation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A value, or one of { absent: true }, { present: true }, { contains: TEXT }, \
                            { matches: REGEX }, { length: N }.",
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(json!("NotFound"), Some(json!("NotFound")), Some(json!("Forbidden")))]
    #[case(json!({"absent": true}), None, Some(json!(0)))]
    #[case(json!({"absent": true}), Some(json!(null)), Some(json!(false)))]
    #[case(json!({"present": true}), Some(json!(0)), Some(json!(null)))]
    #[case(json!({"contains": "x509"}), Some(json!("tls: x509: expired")), Some(json!("tls")))]
    #[case(json!({"matches": "^a+$"}), Some(json!("aa")), Some(json!("ab")))]
    #[case(json!({"length": 1}), Some(json!([1])), Some(json!([])))]
    #[case(json!({"contains": 1}), Some(json!({"contains": 1})), Some(json!(1)))]
    fn some_values_are_as_expected_and_others_are_not(
        #[case] written: Value,
        #[case] holds: Option<Value>,
        #[case] does_not: Option<Value>,
    ) {
        let expectation: ValueExpectation = serde_json::from_value(written).unwrap();
        assert!(expectation.holds(holds.as_ref()));
        assert!(!expectation.holds(does_not.as_ref()));
    }

    #[rstest]
    #[case("status.images[0].tag")]
    #[case("$.status.images[?@.tag == 'v1'].tag")]
    fn a_path_leads_to_a_value(#[case] path: &str) {
        let path: ValuePath = serde_json::from_value(json!(path)).unwrap();
        assert_eq!(path.find(&json!({"status": {"images": [{"tag": "v1"}]}})), Some(&json!("v1")));
        assert_eq!(path.find(&json!({})), None);
    }
}
