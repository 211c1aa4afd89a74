//! From messages to JSON: zero values of fields that are always written are left out.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{
    DecodeError,
    descriptor::{Field, FieldType, Label, Message},
    wire::{LENGTH, Reader, VARINT, WireValue},
};

/// The object that `bytes` are the message of. Fields that the message does not have are left out.
///
/// # Errors
/// When the bytes are no such message.
pub(super) fn decode(bytes: &[u8], message: &'static Message) -> Result<Map<String, Value>, DecodeError> {
    let mut object = Map::new();
    let mut reader = Reader::new(bytes, message.name);
    while let Some((number, value)) = reader.next()? {
        let Some(field) = message.fields.iter().find(|field| u64::from(field.number) == number) else { continue };
        match field.label {
            Label::Always => match read(value, field)? {
                zero if is_zero(&zero) => drop(object.remove(field.name)),
                value => drop(object.insert(field.name.to_owned(), value)),
            },
            Label::Optional => drop(object.insert(field.name.to_owned(), read(value, field)?)),
            Label::Inline => {
                if let Value::Object(inner) = read(value, field)? {
                    object.extend(inner);
                }
            }
            Label::Repeated => {
                let item = read(value, field)?;
                match object.entry(field.name).or_insert_with(|| Value::Array(Vec::new())) {
                    Value::Array(items) => items.push(item),
                    other => *other = Value::Array(vec![item]),
                }
            }
            Label::Map => {
                let (key, value) = entry(value, field)?;
                match object.entry(field.name).or_insert_with(|| Value::Object(Map::new())) {
                    Value::Object(entries) => drop(entries.insert(key, value)),
                    other => *other = Value::Object(Map::from_iter([(key, value)])),
                }
            }
        }
    }
    Ok(object)
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

/// The entry of a map: its key, and its value or the zero value.
fn entry(value: WireValue<'_>, field: &Field) -> Result<(String, Value), DecodeError> {
    let mut key = String::new();
    let mut read_value = None;
    let mut reader = Reader::new(bytes_of(value, field)?, field.name);
    while let Some((number, value)) = reader.next()? {
        match number {
            1 => key = text(bytes_of(value, field)?),
            2 => read_value = Some(read(value, field)?),
            _ => {}
        }
    }
    let zero = || match field.kind {
        FieldType::Message(_) => Value::Object(Map::new()),
        FieldType::Texts => Value::Array(Vec::new()),
        _ => Value::String(String::new()),
    };
    Ok((key, read_value.unwrap_or_else(zero)))
}

/// A value of the field's type.
fn read(value: WireValue<'_>, field: &Field) -> Result<Value, DecodeError> {
    Ok(match field.kind {
        FieldType::Flag => Value::Bool(number_of(value, field)? != 0),
        FieldType::Int => number_of(value, field)?.cast_signed().into(),
        FieldType::Text => Value::String(text(bytes_of(value, field)?)),
        FieldType::Bytes => Value::String(STANDARD.encode(bytes_of(value, field)?)),
        FieldType::Time => time(bytes_of(value, field)?)?,
        FieldType::Quantity => texts(bytes_of(value, field)?, field)?.pop().unwrap_or_default(),
        FieldType::Texts => Value::Array(texts(bytes_of(value, field)?, field)?),
        FieldType::Json => {
            let mut raw: &[u8] = b"";
            let mut reader = Reader::new(bytes_of(value, field)?, field.name);
            while let Some((number, value)) = reader.next()? {
                if number == 1 {
                    raw = bytes_of(value, field)?;
                }
            }
            if raw.is_empty() { Value::Null } else { serde_json::from_slice(raw).map_err(DecodeError::json)? }
        }
        FieldType::Message(message) => Value::Object(decode(bytes_of(value, field)?, message)?),
    })
}

/// The texts of field 1.
fn texts(bytes: &[u8], field: &Field) -> Result<Vec<Value>, DecodeError> {
    let mut items = Vec::new();
    let mut reader = Reader::new(bytes, field.name);
    while let Some((number, value)) = reader.next()? {
        if number == 1 {
            items.push(Value::String(text(bytes_of(value, field)?)));
        }
    }
    Ok(items)
}

/// A time of whole seconds; nothing for a message without fields.
fn time(bytes: &[u8]) -> Result<Value, DecodeError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let mut seconds = 0;
    let mut reader = Reader::new(bytes, "Time");
    while let Some((number, value)) = reader.next()? {
        if let (1, WireValue::Number(number)) = (number, value) {
            seconds = number.cast_signed();
        }
    }
    let time = jiff::Timestamp::from_second(seconds).map_err(|_| DecodeError::Time(seconds))?;
    Ok(Value::String(time.to_string()))
}

/// Texts that are no UTF-8 are taken all the same, as servers take them.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn number_of(value: WireValue<'_>, field: &Field) -> Result<u64, DecodeError> {
    match value {
        WireValue::Number(number) => Ok(number),
        other => Err(wrong_type(other, field, VARINT)),
    }
}

fn bytes_of<'a>(value: WireValue<'a>, field: &Field) -> Result<&'a [u8], DecodeError> {
    match value {
        WireValue::Bytes(bytes) => Ok(bytes),
        other => Err(wrong_type(other, field, LENGTH)),
    }
}

fn wrong_type(value: WireValue<'_>, field: &Field, expected: u64) -> DecodeError {
    debug_assert_ne!(value.wire_type(), expected);
    let mut name = field.name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    DecodeError::WireType { found: value.wire_type(), field: name }
}
