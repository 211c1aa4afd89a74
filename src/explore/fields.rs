//! The fields of a request as the published schema of a version has them, each with values that are right, on the edge and
//! wrong.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::values::{self, Class};
use crate::{
    schema::{BaseType, Schema, Type, short_name},
    version::ApiVersion,
};

/// A field of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    /// The definition and the field: `TagImportPolicy.insecure`.
    pub(super) name: String,
    /// Where it is in a body.
    pub(super) path: Vec<Place>,
    /// What can be written there.
    pub(super) values: Vec<FieldValue>,
}

/// A step on the way to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A field of an object.
    Key(String),
    /// The first item of an array.
    First,
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FieldValue {
    pub(super) class: Class,
    /// The value; `None` leaves the field out.
    pub(super) value: Option<Value>,
}

impl Field {
    /// The part of the request that it belongs to: `spec`, `metadata`, `status`, or nothing for a field of the object itself.
    pub(super) fn part(&self) -> &str {
        match self.path.as_slice() {
            [Place::Key(part), _, ..] => part,
            _ => "",
        }
    }

    /// What coverage counts a value as.
    pub(super) fn word(&self, value: &FieldValue) -> String {
        let written = value.value.as_ref().map_or_else(|| "absent".to_owned(), Value::to_string);
        format!("{} {}: {written}", self.name, value.class)
    }
}

/// The fields of a request that has an object of `kind` as its body, at any depth. A definition that is used in two parts of the
/// request is there in both.
pub(super) fn of_request(version: ApiVersion, kind: &str) -> Vec<Field> {
    let schema = Schema::for_version(version);
    let document = schema.document();
    let Some((name, definition)) = document.kind(kind) else { return Vec::new() };
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    // Breadth first: the way to a field is the shortest.
    let mut open: VecDeque<(&str, &Type, Vec<Place>)> = VecDeque::from([(name, definition, Vec::new())]);
    while let Some((owner, definition, path)) = open.pop_front() {
        for (field, property) in &definition.properties {
            let mut path = path.clone();
            path.push(Place::Key(field.clone()));
            let full = format!("{}.{field}", short_name(owner));
            if !seen.insert((area(&path), full.clone())) {
                continue;
            }
            let (inner_name, inner) = document.resolve(property);
            let is_required = definition.required.contains(field);
            found.push(Field {
                values: values::of(kind, &full, inner_name, inner, is_required),
                name: full,
                path: path.clone(),
            });
            if inner.base == Some(BaseType::Array)
                && let Some(items) = &inner.items
                && let (Some(item_name), item) = document.resolve(items)
            {
                path.push(Place::First);
                open.push_back((item_name, item, path));
            } else if let Some(inner_name) = inner_name {
                open.push_back((inner_name, inner, path));
            }
        }
    }
    found
}

/// The part of a request within which a definition is looked at once.
fn area(path: &[Place]) -> Vec<String> {
    let keys = path.iter().filter_map(|place| match place {
        Place::Key(key) => Some(key.clone()),
        Place::First => None,
    });
    let depth = if path.first() == Some(&Place::Key("spec".to_owned())) { 2 } else { 1 };
    keys.take(depth).collect()
}

/// The way to what a JSON pointer names; `0` is the first item of an array.
pub(super) fn path(pointer: &str) -> Vec<Place> {
    let place = |name: &str| if name == "0" { Place::First } else { Place::Key(name.to_owned()) };
    pointer.split('/').skip(1).map(place).collect()
}

/// Writes a value at a place of a body; what stands in the way gives way.
pub(super) fn put(body: &mut Value, path: &[Place], value: Option<&Value>) {
    match path {
        [] => *body = value.cloned().unwrap_or(Value::Null),
        [Place::Key(key), rest @ ..] => {
            if !body.is_object() {
                if value.is_none() {
                    return;
                }
                *body = Value::Object(Map::new());
            }
            let Value::Object(fields) = body else { return };
            match (rest, value) {
                ([], None) => drop(fields.remove(key)),
                (rest, None) => {
                    if let Some(inner) = fields.get_mut(key) {
                        put(inner, rest, None);
                    }
                }
                (rest, value) => put(fields.entry(key.clone()).or_insert(Value::Null), rest, value),
            }
        }
        [Place::First, rest @ ..] => {
            if !body.is_array() {
                if value.is_none() {
                    return;
                }
                *body = json!([{}]);
            }
            let Value::Array(items) = body else { return };
            if items.is_empty() && value.is_some() {
                items.push(json!({}));
            }
            if let Some(first) = items.first_mut() {
                put(first, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ImageStreamImport")]
    #[case("ImageStream")]
    #[case("ImageStreamTag")]
    #[case("ImageTag")]
    fn every_field_of_the_schema_of_every_version_has_values_of_every_class(#[case] kind: &str) {
        for version in
            ApiVersion::ALL.into_iter().filter(|version| Schema::for_version(*version).document().kind(kind).is_some())
        {
            let fields = of_request(version, kind);
            let names: BTreeSet<String> = fields.iter().map(|field| field.name.clone()).collect();
            assert_eq!(names, Schema::for_version(version).fields_of(kind, false), "{version}");
            for field in &fields {
                let has = |class: Class| field.values.iter().any(|value| value.class == class);
                assert!(has(Class::Wrong) && (has(Class::Right) || has(Class::Edge)), "{version} {field:?}");
            }
        }
    }

    #[rstest]
    #[case("/spec/import", Some(json!(1)), json!({ "spec": { "import": 1 } }))]
    #[case("/spec/images/0/to", Some(json!("x")), json!({ "spec": { "images": [{ "to": "x" }] } }))]
    #[case("/spec/images/0/to", None, json!({ "spec": {} }))]
    #[case("/spec", None, json!({}))]
    fn a_value_is_written_where_the_path_leads(
        #[case] pointer: &str,
        #[case] value: Option<Value>,
        #[case] expected: Value,
    ) {
        let mut body = json!({ "spec": {} });
        put(&mut body, &path(pointer), value.as_ref());
        assert_eq!(body, expected);
    }
}
