//! The document of version 2 in protobuf, with the field numbers of gnostic's `openapi.v2`: what kubectl asks for.

use serde_json::Value;

use crate::protobuf::wire::{put_bytes, put_number};

/// The methods of a path, with their field numbers.
const METHODS: [(u32, &str); 5] = [(2, "get"), (3, "put"), (4, "post"), (5, "delete"), (8, "patch")];

/// The whole document.
pub(super) fn document(document: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, 1, &document["swagger"]);
    let mut info = Vec::new();
    text(&mut info, 1, &document["info"]["title"]);
    text(&mut info, 2, &document["info"]["version"]);
    put_bytes(&mut out, 2, &info);
    put_bytes(&mut out, 8, &named(2, &document["paths"], path_item));
    put_bytes(&mut out, 9, &named(1, &document["definitions"], schema));
    out
}

/// A message with a field for each member of an object: its name and its value.
fn named(number: u32, object: &Value, value_of: fn(&Value) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        let mut entry = Vec::new();
        put_bytes(&mut entry, 1, name.as_bytes());
        put_bytes(&mut entry, 2, &value_of(value));
        put_bytes(&mut out, number, &entry);
    }
    out
}

fn path_item(item: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, method) in METHODS {
        if !item[method].is_null() {
            put_bytes(&mut out, number, &operation(&item[method]));
        }
    }
    parameters(&mut out, 9, &item["parameters"]);
    out
}

fn operation(operation: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, 5, &operation["operationId"]);
    texts(&mut out, 6, &operation["produces"]);
    texts(&mut out, 7, &operation["consumes"]);
    parameters(&mut out, 8, &operation["parameters"]);
    put_bytes(&mut out, 9, &named(1, &operation["responses"], |value| wrapped(1, &response(value))));
    extensions(&mut out, 13, operation);
    out
}

fn response(response: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, 1, &response["description"]);
    if !response["schema"].is_null() {
        put_bytes(&mut out, 2, &wrapped(1, &schema(&response["schema"])));
    }
    out
}

fn parameters(out: &mut Vec<u8>, number: u32, parameters: &Value) {
    for parameter in parameters.as_array().into_iter().flatten() {
        let mut found = Vec::new();
        let parameter = match parameter["in"].as_str() {
            Some("body") => {
                text(&mut found, 2, &parameter["name"]);
                text(&mut found, 3, &parameter["in"]);
                flag(&mut found, 4, &parameter["required"]);
                put_bytes(&mut found, 5, &schema(&parameter["schema"]));
                wrapped(1, &found)
            }
            place => {
                let (variant, of) = if place == Some("path") { (4, 5) } else { (3, 6) };
                flag(&mut found, 1, &parameter["required"]);
                text(&mut found, 2, &parameter["in"]);
                text(&mut found, 4, &parameter["name"]);
                text(&mut found, of, &parameter["type"]);
                wrapped(2, &wrapped(variant, &found))
            }
        };
        put_bytes(out, number, &wrapped(1, &parameter));
    }
}

fn schema(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, 1, &value["$ref"]);
    text(&mut out, 2, &value["format"]);
    text(&mut out, 4, &value["description"]);
    texts(&mut out, 19, &value["required"]);
    match &value["additionalProperties"] {
        Value::Null => {}
        Value::Bool(allowed) => {
            let mut item = Vec::new();
            put_number(&mut item, 2, u64::from(*allowed));
            put_bytes(&mut out, 21, &item);
        }
        values => put_bytes(&mut out, 21, &wrapped(1, &schema(values))),
    }
    if let Some(of) = value["type"].as_str() {
        put_bytes(&mut out, 22, &wrapped(1, of.as_bytes()));
    }
    if !value["items"].is_null() {
        put_bytes(&mut out, 23, &wrapped(1, &schema(&value["items"])));
    }
    if !value["properties"].is_null() {
        put_bytes(&mut out, 25, &named(1, &value["properties"], schema));
    }
    extensions(&mut out, 31, value);
    out
}

/// The members whose names begin with `x-`, their values as YAML, of which JSON is a part.
fn extensions(out: &mut Vec<u8>, number: u32, value: &Value) {
    let extensions = value.as_object().into_iter().flatten().filter(|(name, _)| name.starts_with("x-"));
    for (name, value) in extensions {
        let mut entry = Vec::new();
        put_bytes(&mut entry, 1, name.as_bytes());
        put_bytes(&mut entry, 2, &wrapped(2, value.to_string().as_bytes()));
        put_bytes(out, number, &entry);
    }
}

/// A message with one field.
fn wrapped(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, number, bytes);
    out
}

fn text(out: &mut Vec<u8>, number: u32, value: &Value) {
    if let Some(text) = value.as_str() {
        put_bytes(out, number, text.as_bytes());
    }
}

fn texts(out: &mut Vec<u8>, number: u32, value: &Value) {
    value.as_array().into_iter().flatten().for_each(|item| text(out, number, item));
}

fn flag(out: &mut Vec<u8>, number: u32, value: &Value) {
    if value == true {
        put_number(out, number, 1);
    }
}
