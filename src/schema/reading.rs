//! A body read along its schema: nulls taken away, unknown fields found.

use serde_json::{Map, Value};

use super::document::{Document, Type, short_name};
use crate::{
    document::nearest,
    json_path::JsonPath,
    verdict::{Difference, Level, Side},
};

/// A field of a definition, at a place in a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NullPlace {
    pub(super) path: JsonPath,
    /// The definition's short name and the field: `TagReference.annotations`.
    pub(super) field: String,
}

/// What came out of reading a body.
#[derive(Debug)]
pub(super) struct Reading {
    /// The body without the fields that were `null`.
    pub(super) body: Value,
    /// Fields that were `null`.
    pub(super) nulls: Vec<NullPlace>,
    /// Fields that the schema does not name.
    pub(super) unknown: Vec<Difference>,
}

/// Reads `body` as an object of the definition `name`.
pub(super) fn read(document: &Document, name: &str, definition: &Type, body: &Value) -> Reading {
    let mut reader = Reader { document, nulls: Vec::new(), unknown: Vec::new() };
    let body = reader.value(&JsonPath::root(), Some(name), definition, body);
    Reading { body, nulls: reader.nulls, unknown: reader.unknown }
}

struct Reader<'a> {
    document: &'a Document,
    nulls: Vec<NullPlace>,
    unknown: Vec<Difference>,
}

impl Reader<'_> {
    fn value(&mut self, path: &JsonPath, name: Option<&str>, schema: &Type, value: &Value) -> Value {
        match value {
            Value::Object(_) if schema.is_free_form(name) => value.clone(),
            Value::Object(fields) => match &schema.additional_properties {
                Some(values) => self.map(path, values, fields),
                None => self.object(path, name.unwrap_or("this object"), schema, fields),
            },
            Value::Array(items) => match &schema.items {
                Some(item) => {
                    items.iter().enumerate().map(|(at, value)| self.follow(&path.index(at), item, value)).collect()
                }
                None => value.clone(),
            },
            _ => value.clone(),
        }
    }

    fn follow(&mut self, path: &JsonPath, schema: &Type, value: &Value) -> Value {
        let document = self.document;
        let (name, schema) = document.resolve(schema);
        self.value(path, name, schema, value)
    }

    fn map(&mut self, path: &JsonPath, values: &Type, entries: &Map<String, Value>) -> Value {
        entries.iter().map(|(key, value)| (key.clone(), self.follow(&path.key(key), values, value))).collect()
    }

    fn object(&mut self, path: &JsonPath, name: &str, schema: &Type, fields: &Map<String, Value>) -> Value {
        let mut kept = Map::new();
        for (field, value) in fields {
            let place = path.key(field);
            match schema.properties.get(field) {
                Some(_) if value.is_null() => {
                    self.nulls.push(NullPlace { path: place, field: format!("{}.{field}", short_name(name)) });
                }
                Some(property) => {
                    kept.insert(field.clone(), self.follow(&place, property, value));
                }
                // A scalar or list of a type that knows no fields is a matter of types, not of unknown fields.
                None if schema.properties.is_empty() => {
                    kept.insert(field.clone(), value.clone());
                }
                None => self.unknown.push(unknown(place, name, schema, field, value)),
            }
        }
        Value::Object(kept)
    }
}

fn unknown(path: JsonPath, name: &str, schema: &Type, field: &str, value: &Value) -> Difference {
    let name = short_name(name);
    let expected = match nearest(field, schema.properties.keys().map(String::as_str)) {
        Some(near) => format!("no such field in {name}, which has `{near}`"),
        None => format!("no such field in {name}"),
    };
    Difference { path, expected: Side::Described(expected), actual: Side::Value(value.clone()), level: Level::Required }
}
