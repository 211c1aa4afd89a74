//! From JSON to messages, byte for byte as servers write them: fields by number, maps by key, zero values included.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    descriptor::{Field, FieldType, Label, Message},
    wire::{put_bytes, put_number},
};

/// The bytes of `object`. Members that the message does not have are left out.
pub(super) fn encode(object: &Value, message: &Message) -> Vec<u8> {
    let mut out = Vec::new();
    for field in message.fields {
        let value = if field.label == Label::Inline { object } else { &object[field.name] };
        match field.label {
            Label::Always | Label::Inline => put(&mut out, field.number, value, field),
            Label::Optional if value.is_null() => {}
            Label::Optional => put(&mut out, field.number, value, field),
            Label::Repeated => {
                for item in value.as_array().into_iter().flatten() {
                    put(&mut out, field.number, item, field);
                }
            }
            Label::Map => {
                let entries: BTreeMap<_, _> = value.as_object().into_iter().flatten().collect();
                for (key, value) in entries {
                    let mut entry = Vec::new();
                    put_bytes(&mut entry, 1, key.as_bytes());
                    put(&mut entry, 2, value, field);
                    put_bytes(&mut out, field.number, &entry);
                }
            }
        }
    }
    out
}

/// Appends a value of the field's type; `null` is its zero value.
fn put(out: &mut Vec<u8>, number: u32, value: &Value, field: &Field) {
    match field.kind {
        FieldType::Flag => put_number(out, number, u64::from(value.as_bool().unwrap_or_default())),
        FieldType::Int => put_number(out, number, value.as_i64().unwrap_or_default().cast_unsigned()),
        FieldType::Text => put_bytes(out, number, value.as_str().unwrap_or_default().as_bytes()),
        FieldType::Bytes => {
            let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
            put_bytes(out, number, &bytes);
        }
        FieldType::Time => put_bytes(out, number, &time(value)),
        FieldType::Quantity => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let mut quantity = Vec::new();
            put_bytes(&mut quantity, 1, text.as_bytes());
            put_bytes(out, number, &quantity);
        }
        FieldType::Texts => {
            let mut items = Vec::new();
            for item in value.as_array().into_iter().flatten() {
                put_bytes(&mut items, 1, item.as_str().unwrap_or_default().as_bytes());
            }
            put_bytes(out, number, &items);
        }
        FieldType::Json => {
            let mut raw = Vec::new();
            if !value.is_null() {
                put_bytes(&mut raw, 1, value.to_string().as_bytes());
            }
            put_bytes(out, number, &raw);
        }
        FieldType::Message(message) => put_bytes(out, number, &encode(value, message)),
    }
}

/// Seconds and nanoseconds; nothing for no time.
fn time(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(time) = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
        put_number(&mut out, 1, time.as_second().cast_unsigned());
        put_number(&mut out, 2, 0);
    }
    out
}
