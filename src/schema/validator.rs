//! Types and required fields, judged by a JSON Schema validator.
//!
//! The only place that knows which library does it.

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonschema::{Draft, ValidationError, error::ValidationErrorKind};
use serde_json::{Value, json};

use crate::{
    json_path::{JsonPath, Segment},
    verdict::{Difference, Level, Side},
};

/// A compiled definition.
#[derive(Debug)]
pub(super) struct Validator(jsonschema::Validator);

impl Validator {
    /// Compiles the definition `name` of `definitions`, which [`prepare`] made.
    ///
    /// Draft 4 is the one that OpenAPI v2 builds on, and the one where `1.0` is no integer, as for the servers.
    pub(super) fn compile(name: &str, definitions: &Value) -> Result<Self, ValidationError<'static>> {
        let schema = json!({ "$ref": format!("#/definitions/{name}"), "definitions": definitions });
        jsonschema::options()
            .with_draft(Draft::Draft4)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_format("byte", |text: &str| STANDARD.decode(text).is_ok())
            .offline()
            .build(&schema)
            .map(Self)
    }

    /// Every place where `body` breaks the schema.
    pub(super) fn differences(&self, body: &Value) -> Vec<Difference> {
        self.0.iter_errors(body).map(|error| difference(body, &error)).collect()
    }
}

/// Puts the number formats of OpenAPI, which JSON Schema does not know, into words that it knows.
pub(super) fn prepare(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let range = match fields.get("format").and_then(Value::as_str) {
                Some("int32") => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
                Some("int64") => Some((i64::MIN, i64::MAX)),
                _ => None,
            };
            if let Some((minimum, maximum)) = range {
                fields.remove("format");
                fields.insert("minimum".to_owned(), minimum.into());
                fields.insert("maximum".to_owned(), maximum.into());
            }
            fields.values_mut().for_each(prepare);
        }
        Value::Array(items) => items.iter_mut().for_each(prepare),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn difference(body: &Value, error: &ValidationError<'_>) -> Difference {
    let path = path(body, error.instance_path().as_str());
    let (path, expected) = match error.kind() {
        ValidationErrorKind::Required { property: Value::String(field) } => {
            (path.key(field), "this field, which is required".to_owned())
        }
        ValidationErrorKind::Type { kind: jsonschema::error::TypeKind::Single(base) } => {
            let article = if matches!(base.as_str(), "array" | "integer" | "object") { "an" } else { "a" };
            (path, format!("{article} {base}"))
        }
        ValidationErrorKind::Format { format } => (path, in_words(format)),
        ValidationErrorKind::Minimum { limit } => (path, format!("an integer no smaller than {limit}")),
        ValidationErrorKind::Maximum { limit } => (path, format!("an integer no greater than {limit}")),
        _ => (path, error.to_string()),
    };
    let actual = Side::of(path.find(body));
    Difference { path, expected: Side::Described(expected), actual, level: Level::Required }
}

fn in_words(format: &str) -> String {
    match format {
        "date-time" => "a time as in 2006-01-02T15:04:05Z".to_owned(),
        "byte" => "bytes in base64".to_owned(),
        other => format!("a text of the format {other}"),
    }
}

/// The path that a JSON pointer into `body` stands for. Only the body tells an index from a key of digits.
fn path(body: &Value, pointer: &str) -> JsonPath {
    let mut at = Some(body);
    let segments = pointer.split('/').skip(1).map(|token| {
        let token = token.replace("~1", "/").replace("~0", "~");
        let (segment, next) = match (at, token.parse()) {
            (Some(Value::Array(items)), Ok(position)) => (Segment::Index(position), items.get(position)),
            (value, _) => {
                let next = value.and_then(|value| value.get(&token));
                (Segment::Key(token), next)
            }
        };
        at = next;
        segment
    });
    segments.collect()
}
