//! What a message consists of: the numbers, names and types of its fields, as the published `.proto` files number them.

/// A type of message.
#[derive(Debug)]
pub(crate) struct Message {
    /// The package, as OpenAPI names it.
    pub(crate) package: &'static str,
    /// The name in errors.
    pub(crate) name: &'static str,
    /// The fields, by number.
    pub(crate) fields: &'static [Field],
}

impl Message {
    pub(super) const fn new(package: &'static str, name: &'static str, fields: &'static [Field]) -> Self {
        Self { package, name, fields }
    }
}

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) number: u32,
    /// The name in JSON.
    pub(crate) name: &'static str,
    pub(crate) kind: FieldType,
    pub(crate) label: Label,
}

/// The type of a field's value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FieldType {
    Flag,
    Int,
    Text,
    /// Base64 in JSON.
    Bytes,
    /// A message of seconds and nanoseconds, a text in JSON.
    Time,
    /// A message around a text.
    Quantity,
    /// A message around a list of texts.
    Texts,
    /// A message around any JSON.
    Json,
    Message(&'static Message),
}

/// How often a field occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// Once, also for the zero value, which stands for an absent field.
    Always,
    /// Once or not at all; the zero value is a value.
    Optional,
    Repeated,
    /// An entry for each key, a text.
    Map,
    /// As [`Always`](Self::Always), of a message whose fields are fields of the outer object in JSON.
    Inline,
}

impl Field {
    const fn new(number: u32, name: &'static str, kind: FieldType) -> Self {
        Self { number, name, kind, label: Label::Always }
    }

    pub(super) const fn optional(self) -> Self {
        Self { label: Label::Optional, ..self }
    }

    pub(super) const fn repeated(self) -> Self {
        Self { label: Label::Repeated, ..self }
    }

    pub(super) const fn map(self) -> Self {
        Self { label: Label::Map, ..self }
    }

    pub(super) const fn inline(self) -> Self {
        Self { label: Label::Inline, ..self }
    }
}

pub(super) const fn flag(number: u32, name: &'static str) -> Field {
    Field::new(number, name, FieldType::Flag)
}

pub(super) const fn int(number: u32, name: &'static str) -> Field {
    Field::new(number, name, FieldType::Int)
}

pub(super) const fn text(number: u32, name: &'static str) -> Field {
    Field::new(number, name, FieldType::Text)
}

pub(super) const fn bytes(number: u32, name: &'static str) -> Field {
    Field::new(number, name, FieldType::Bytes)
}

pub(super) const fn time(number: u32, name: &'static str) -> Field {
    Field::new(number, name, FieldType::Time)
}

pub(super) const fn quantity(number: u32, name: &'static str) -> Field {
    Field::new(number, name, FieldType::Quantity)
}

pub(super) const fn texts(number: u32, name: &'static str) -> Field {
    Field::new(number, name, FieldType::Texts)
}

pub(super) const fn json(number: u32, name: &'static str) -> Field {
    Field::new(number, name, FieldType::Json)
}

pub(super) const fn message(number: u32, name: &'static str, message: &'static Message) -> Field {
    Field::new(number, name, FieldType::Message(message))
}
