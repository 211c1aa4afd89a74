//! A tree of values that remember where they stand.

use serde_json::{Map, Number};

use super::Span;

/// A value of a document and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
}

/// What a node holds: the values that JSON has.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, or nothing at all behind a key.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a finite fraction.
    Number(Number),
    /// A text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order they were written; no key stands twice.
    Mapping(Vec<(Key, Node)>),
}

/// A key of a mapping and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

impl Node {
    /// What kind of value this is, in words that fit "expected a list, found …".
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The value behind `name`, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.entries().iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    /// The entries, if this is a mapping; else none.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Self)] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items, if this is a list; else none.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Where the first text stands that is one of those meant.
    pub fn find_text(&self, is_meant: &impl Fn(&str) -> bool) -> Option<Span> {
        match &self.value {
            Value::String(text) => is_meant(text).then_some(self.span),
            Value::Sequence(items) => items.iter().find_map(|item| item.find_text(is_meant)),
            Value::Mapping(entries) => entries.iter().find_map(|(_, entry)| entry.find_text(is_meant)),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }

    /// Where the first key stands that is one of those meant.
    pub fn find_key(&self, is_meant: &impl Fn(&str) -> bool) -> Option<Span> {
        let below = || self.items().iter().find_map(|item| item.find_key(is_meant));
        let inside =
            |(key, entry): &(Key, Self)| is_meant(&key.name).then_some(key.span).or_else(|| entry.find_key(is_meant));
        self.entries().iter().find_map(inside).or_else(below)
    }

    /// The same value without its places.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::String(text) => text.as_str().into(),
            Value::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Value::Mapping(entries) => {
                entries.iter().map(|(key, node)| (key.name.clone(), node.to_json())).collect::<Map<_, _>>().into()
            }
        }
    }
}
