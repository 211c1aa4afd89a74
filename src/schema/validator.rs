//! Types, formats and required fields, checked along the published definitions.
//!
//! A [`Type`] has every keyword that the published schemas use, and a schema with another one is not loaded: nothing is
//! overlooked here.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use regex::Regex;
use serde_json::Value;

use super::document::{BaseType, Document, Format, Type};
use crate::{
    json_path::JsonPath,
    verdict::{Difference, Level, Side},
};

/// Every place where `body` breaks `definition`.
pub(super) fn differences(document: &Document, definition: &Type, body: &Value) -> Vec<Difference> {
    let mut validator = Validator { document, found: Vec::new() };
    validator.value(&JsonPath::root(), definition, body);
    validator.found
}

struct Validator<'a> {
    document: &'a Document,
    found: Vec<Difference>,
}

impl Validator<'_> {
    fn value(&mut self, path: &JsonPath, schema: &Type, value: &Value) {
        let (_, schema) = self.document.resolve(schema);
        if let Some(base) = schema.base
            && !is_of(base, value)
        {
            return self.report(path, base.with_article(), Some(value));
        }
        match value {
            Value::Object(fields) => {
                for field in schema.required.iter().filter(|field| !fields.contains_key(*field)) {
                    self.report(&path.key(field), "this field, which is required".to_owned(), None);
                }
                for (field, value) in fields {
                    let inner = schema.properties.get(field).or(schema.additional_properties.as_deref());
                    if let Some(inner) = inner {
                        self.value(&path.key(field), inner, value);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(inner) = &schema.items {
                    items.iter().enumerate().for_each(|(at, item)| self.value(&path.index(at), inner, item));
                }
            }
            value => {
                if let Some(expected) = schema.format.and_then(|format| misfit(format, value)) {
                    self.report(path, expected, Some(value));
                }
            }
        }
    }

    fn report(&mut self, path: &JsonPath, expected: String, actual: Option<&Value>) {
        let (expected, actual) = (Side::Described(expected), Side::of(actual));
        self.found.push(Difference { path: path.clone(), expected, actual, level: Level::Required });
    }
}

/// Whether a value has a type. As for the servers, `1.0` is no integer.
fn is_of(base: BaseType, value: &Value) -> bool {
    match base {
        BaseType::Object => value.is_object(),
        BaseType::Array => value.is_array(),
        BaseType::String => value.is_string(),
        BaseType::Integer => value.is_i64() || value.is_u64(),
        BaseType::Boolean => value.is_boolean(),
    }
}

/// What a value of the right type should have been, if it does not have this format.
fn misfit(format: Format, value: &Value) -> Option<String> {
    let (expected, fits) = match (format, value) {
        (Format::Int32, Value::Number(number)) => return out_of_range(number, i32::MIN.into(), i32::MAX.into()),
        (Format::Int64, Value::Number(number)) => return out_of_range(number, i64::MIN, i64::MAX),
        (Format::Byte, Value::String(text)) => ("bytes in base64", STANDARD.decode(text).is_ok()),
        (Format::DateTime, Value::String(text)) => ("a time as in 2006-01-02T15:04:05Z", is_time(text)),
        _ => return None,
    };
    (!fits).then(|| expected.to_owned())
}

fn out_of_range(number: &serde_json::Number, minimum: i64, maximum: i64) -> Option<String> {
    match number.as_i64() {
        Some(value) if value < minimum => Some(format!("an integer no smaller than {minimum}")),
        Some(value) if value <= maximum => None,
        // What does not fit into an `i64` and is an integer is greater than all of them.
        _ => Some(format!("an integer no greater than {maximum}")),
    }
}

/// Whether a text is a time as RFC 3339 has it.
fn is_time(text: &str) -> bool {
    static RFC_3339: LazyLock<Regex> = LazyLock::new(|| {
        let (date, time) = ("[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?");
        let offset = "[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]";
        Regex::new(&format!("^({date}[Tt]{time})(?:{offset})$")).expect("the pattern is fixed, and a test uses it")
    });
    let local = RFC_3339.captures(text).and_then(|parts| parts.get(1));
    local.is_some_and(|local| local.as_str().parse::<jiff::civil::DateTime>().is_ok())
}
