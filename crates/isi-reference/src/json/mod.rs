//! JSON as Go reads it: the same texts become the same objects, and broken ones the same complaints.
//!
//! A parser of its own because clients see what it says: duplicate keys, unknown fields and fields of the wrong type
//! are named in answers, in the words of Go's `encoding/json`.

mod docker_image;
pub(crate) mod group_kinds;
mod html_escape;
mod iterator;
mod parser;
mod shape;
pub(crate) mod shapes;
mod time;
pub(crate) mod type_meta;

pub(crate) use docker_image::{DOCKER_IMAGE, check_version as check_docker_version};
pub(crate) use html_escape::html_escape;
pub(crate) use parser::{SyntaxError, parse, parse_first};
pub(crate) use shape::{Case, Decoded, Shape, Struct, TypeError, decode};
pub(crate) use time::read_time;

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use self::iterator::SkippedNumbers;
use crate::behaviour::JsonDecoder;

/// An object as it was sent, and as it was parsed.
#[derive(Debug, Clone)]
pub(crate) struct Document<'a> {
    /// `None` for one that was not sent as JSON.
    text: Option<&'a [u8]>,
    pub(crate) node: Node,
}

impl<'a> Document<'a> {
    /// A document that was sent as the JSON `text`, which was parsed as `node`.
    pub(crate) const fn sent(text: &'a [u8], node: Node) -> Self {
        Self { text: Some(text), node }
    }

    /// A document that was not sent as JSON.
    pub(crate) fn of(value: &Value) -> Self {
        Self { text: None, node: value.into() }
    }

    /// Fits the document to the shape of `target`, as servers with this decoder do.
    ///
    /// # Errors
    /// What the decoder says of the first value that does not fit.
    pub(crate) fn decode(&self, target: &'static Struct, decoder: JsonDecoder) -> Result<Decoded, TypeError> {
        let skipped = match decoder {
            JsonDecoder::Standard => return decode(&self.node, target, Case::Sensitive),
            JsonDecoder::EarlyIterator => SkippedNumbers::Narrow,
            JsonDecoder::Iterator => SkippedNumbers::Wide,
        };
        let text = self.text.map_or_else(|| self.node.to_value().to_string().into_bytes().into(), Cow::Borrowed);
        let value = iterator::decode(&text, target, skipped)?;
        Ok(Decoded { value, surplus: Vec::new() })
    }
}

/// A JSON value with everything that was written: order, duplicates, digits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    /// The digits as written.
    Number(String),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Node {
    /// What Go calls a value of this kind.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// The value of a key; the last one when it was written twice.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value of a key, in whatever case it is written: as Go decodes JSON. The last one counts.
    pub(crate) fn get_in_any_case(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => {
                entries.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value without order and duplicates.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(digits) => number(digits),
            Self::Text(text) => Value::String(text.clone()),
            Self::Array(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Object(entries) => {
                Value::Object(entries.iter().map(|(key, value)| (key.clone(), value.to_value())).collect::<Map<_, _>>())
            }
        }
    }
}

fn number(digits: &str) -> Value {
    if let Ok(integer) = digits.parse::<i64>() {
        return Value::from(integer);
    }
    digits.parse::<f64>().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Object(map) => Self::Object(map.iter().map(|(key, value)| (key.clone(), value.into())).collect()),
        }
    }
}
