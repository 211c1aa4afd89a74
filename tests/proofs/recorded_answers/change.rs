//! Changes of an answer, one place at a time.
//!
//! An exchange is one JSON document here, `{"headers", "body", "traffic"}`, so that a change of a header or of a
//! request to the registry is found and made like one of the body.

use std::{collections::BTreeMap, fmt};

use isi_conformance::{
    golden::Answer,
    json_path::{JsonPath, Segment},
};
use serde_json::{Value, json};

use super::{
    answer,
    recorded::{Recorded, RecordedCase},
};

/// What is done to one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The member or element is gone.
    Removed,
    /// The value is another one of its type.
    Altered,
    /// The value is another one that its placeholder describes just as well.
    AnotherOfItsShape,
    /// The value is one of another type.
    Retyped,
    /// The value is `null`.
    Nulled,
    /// The array, object or text is empty.
    Emptied,
    /// The object has an unknown field.
    UnknownFieldAdded,
    /// The object has `managedFields`.
    ManagedFieldsAdded,
    /// The answer has one more header field, with a warning.
    WarningAdded,
    /// The elements stand in the opposite order.
    Reordered,
    /// The last element is there twice.
    Duplicated,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Removed => "removed",
            Self::Altered => "altered",
            Self::AnotherOfItsShape => "another of its shape",
            Self::Retyped => "retyped",
            Self::Nulled => "null instead",
            Self::Emptied => "emptied",
            Self::UnknownFieldAdded => "unknown field added",
            Self::ManagedFieldsAdded => "managedFields added",
            Self::WarningAdded => "warning added",
            Self::Reordered => "reordered",
            Self::Duplicated => "last element twice",
        })
    }
}

/// A change of one place of one exchange.
#[derive(Debug)]
pub(crate) struct Change {
    /// Which exchange of the case.
    pub(crate) exchange: usize,
    /// The place in the exchange's document.
    pub(crate) path: JsonPath,
    /// What is done there.
    pub(crate) kind: Kind,
    /// What the golden says there, if it is a text.
    pub(crate) mask: Option<String>,
    /// What stands there afterwards; nothing when it is removed.
    value: Option<Value>,
}

impl Change {
    /// The path with positions left out: `$.body.status.images[].tag`.
    pub(crate) fn pattern(&self) -> String {
        pattern(&self.path)
    }

    /// The changed answer.
    pub(crate) fn apply(&self, recorded: &Recorded) -> Answer {
        let mut document = document(recorded);
        set(&mut document, self.path.segments(), self.value.clone());
        let mut part = |name: &str| document[name].take();
        Answer {
            headers: serde_json::from_value(part("headers")).unwrap(),
            body: part("body"),
            traffic: serde_json::from_value(part("traffic")).unwrap(),
        }
    }
}

/// A place as it is in all answers that have it: its path without positions, its type, and the shapes that goldens have
/// there.
pub(crate) type PlaceKind = (String, &'static str, Vec<String>);

/// The changes of every exchange of a case, at the places that are `wanted`.
pub(crate) fn of_case(case: &RecordedCase, wanted: &mut dyn FnMut(PlaceKind) -> bool) -> Vec<Change> {
    let mut changes = Vec::new();
    for (exchange, recorded) in case.exchanges.iter().enumerate() {
        let golden = &recorded.golden;
        let golden = json!({ "body": golden.body, "headers": golden.headers, "traffic": golden.traffic });
        let mut finder = Finder { case, exchange, wanted: &mut *wanted, changes: Vec::new() };
        finder.visit(&JsonPath::root(), Some(&golden), &document(recorded));
        changes.append(&mut finder.changes);
    }
    changes
}

fn pattern(path: &JsonPath) -> String {
    path.segments().iter().fold("$".to_owned(), |text, segment| match segment {
        Segment::Index(_) => text + "[]",
        Segment::Key(name) => format!("{text}.{name}"),
    })
}

fn document(recorded: &Recorded) -> Value {
    let Answer { headers, body, traffic } = &recorded.answer;
    json!({ "headers": headers, "body": body, "traffic": traffic })
}

struct Finder<'a> {
    case: &'a RecordedCase,
    exchange: usize,
    wanted: &'a mut dyn FnMut(PlaceKind) -> bool,
    changes: Vec<Change>,
}

impl Finder<'_> {
    fn visit(&mut self, path: &JsonPath, golden: Option<&Value>, value: &Value) {
        match path.segments() {
            [] => {}
            [Segment::Key(part)] if part != "body" => self.part(part, path, value),
            segments => {
                let in_body = segments[0] == Segment::Key("body".to_owned());
                self.changes_of(path, golden, value, in_body);
            }
        }
        match value {
            Value::Object(entries) => {
                let filled = |key: &String| answer::text(key, &self.case.bindings);
                let masks = golden.and_then(Value::as_object).into_iter().flatten();
                let masks: BTreeMap<String, &Value> = masks.map(|(key, mask)| (filled(key), mask)).collect();
                for (key, entry) in entries {
                    self.visit(&path.key(key), masks.get(key).copied(), entry);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.visit(&path.index(index), golden.and_then(|golden| golden.get(index)), item);
                }
            }
            _ => {}
        }
    }

    /// Headers and traffic as wholes.
    fn part(&mut self, part: &str, path: &JsonPath, value: &Value) {
        if !(self.wanted)((pattern(path), type_of(value), Vec::new())) {
            return;
        }
        match part {
            "headers" if value.get("warning").is_none() => {
                let warning = json!(["299 - \"nobody asked for this\""]);
                self.add(&path.key("warning"), Kind::WarningAdded, None, Some(warning));
            }
            "traffic" => self.add(&path.key("/v2/one/more"), Kind::UnknownFieldAdded, None, Some(json!(["GET 200"]))),
            _ => {}
        }
    }

    fn changes_of(&mut self, path: &JsonPath, golden: Option<&Value>, value: &Value, in_body: bool) {
        let mask = golden.and_then(Value::as_str);
        if !(self.wanted)((pattern(path), type_of(value), mask.into_iter().flat_map(answer::shapes).collect())) {
            return;
        }
        let mut add = |kind, changed: Option<Value>| {
            if changed.as_ref() != Some(value) {
                self.add(path, kind, mask, changed);
            }
        };
        add(Kind::Removed, None);
        if in_body {
            add(Kind::Retyped, Some(retyped(value)));
            add(Kind::Nulled, Some(Value::Null));
        }
        match value {
            Value::Object(_) => {
                add(Kind::Emptied, Some(json!({})));
                add(Kind::UnknownFieldAdded, Some(with(value, "unheardOf", "x".into())));
                add(Kind::ManagedFieldsAdded, Some(with(value, "managedFields", json!([]))));
            }
            Value::Array(items) => {
                add(Kind::Emptied, Some(json!([])));
                add(Kind::Reordered, Some(items.iter().rev().cloned().collect()));
                add(Kind::Duplicated, Some(items.iter().chain(items.last()).cloned().collect()));
            }
            Value::String(text) => {
                add(Kind::Emptied, Some("".into()));
                add(Kind::Altered, Some(format!("{text} x").into()));
                if let Some(another) = mask.and_then(|mask| answer::another_text(mask, &self.case.bindings)) {
                    self.add(path, Kind::AnotherOfItsShape, mask, Some(another.into()));
                }
            }
            Value::Number(number) => add(Kind::Altered, Some((number.as_i64().unwrap() + 1).into())),
            Value::Bool(value) => add(Kind::Altered, Some((!value).into())),
            Value::Null => {}
        }
    }

    fn add(&mut self, path: &JsonPath, kind: Kind, mask: Option<&str>, value: Option<Value>) {
        let mask = mask.map(str::to_owned);
        self.changes.push(Change { exchange: self.exchange, path: path.clone(), kind, mask, value });
    }
}

/// The type of a value; of arrays also whether there is an order.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(items) if items.len() > 1 => "array",
        Value::Array(_) => "short array",
        Value::Object(_) => "object",
    }
}

/// A value of another type that says the same, as far as that goes.
fn retyped(value: &Value) -> Value {
    match value {
        Value::String(text) => text.parse::<i64>().map_or_else(|_| json!([text]), Value::from),
        Value::Number(number) => number.to_string().into(),
        Value::Bool(value) => value.to_string().into(),
        Value::Array(items) => items.first().cloned().unwrap_or_else(|| json!({})),
        Value::Object(_) => json!([value]),
        Value::Null => json!(0),
    }
}

fn with(object: &Value, key: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[key] = value;
    object
}

/// Puts `value` at the place, or takes away what is there.
fn set(document: &mut Value, path: &[Segment], value: Option<Value>) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().fold(document, |value, segment| match segment {
        Segment::Key(name) => &mut value[name],
        Segment::Index(index) => &mut value[index],
    });
    match (last, value) {
        (Segment::Key(name), Some(value)) => parent[name] = value,
        (Segment::Index(index), Some(value)) => parent[index] = value,
        (Segment::Key(name), None) => drop(parent.as_object_mut().unwrap().remove(name)),
        (Segment::Index(index), None) => drop(parent.as_array_mut().unwrap().remove(*index)),
    }
}
