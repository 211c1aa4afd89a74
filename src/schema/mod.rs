//! The published schema of each API version, and the judgement of answers by it.
//!
//! An answer is judged twice: by types and required fields (check `schema`), and by fields that no schema names (check
//! `unknown-field`), which an OpenAPI schema by itself lets pass. Everything is compiled once and needs no network.
//!
//! # The rule for `null`
//!
//! A field whose value is `null` counts as absent, as the Kubernetes API conventions have it: it is no error where the
//! field is optional, and a missing field where it is required. A `null` among the items of an array or the values of a
//! map is not a field, and is judged like any other value: the schema allows it nowhere.
//!
//! # Where servers break their own schema
//!
//! Real servers are known to send `null`, or nothing, in a few places where the schema that they publish asks for more.
//! These places are a list of their own ([`SchemaDeviation`], `schemas/documented-deviations.yaml`), named, dated and linked. An answer
//! is not failed for one of them, and [`Judgement::deviations`] says which it shows. The schema itself is never loosened.
//!
//! # Free-form places
//!
//! `RawExtension` (an image's `dockerImageMetadata`), the values of maps such as `labels` and the field sets of
//! `managedFields` hold what they like; nothing below them is unknown.

mod diff;
mod document;
mod fields;
mod known;
mod openapi;
mod reading;
mod validator;

use std::{collections::BTreeMap, sync::OnceLock};

use serde_json::Value;

pub use self::{
    diff::Diff,
    document::{BaseType, Document, Format, GroupVersionKind, Type, short_name},
    known::{SchemaDeviation, Sends},
};
use self::{reading::Reading, validator::Validator};
use crate::{
    json_path::JsonPath,
    reference::published_schema,
    verdict::{CheckKind, CheckResult, Difference, Level, Side},
    version::ApiVersion,
};

/// The published schema of one API version, ready to judge.
///
/// ```
/// use isi_conformance::{schema::Schema, version::ApiVersion};
/// use serde_json::json;
///
/// let stream = json!({ "apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "spce": {} });
/// let judgement = Schema::for_version(ApiVersion::V4_22).judge(&stream).expect("streams have a schema");
/// assert!(judgement.violations.is_empty());
/// assert_eq!(judgement.unknown_fields[0].path.to_string(), "$.spce");
/// ```
#[derive(Debug)]
pub struct Schema {
    version: ApiVersion,
    document: Document,
    /// The definitions as the validator wants them.
    definitions: Value,
    /// Compiled when first needed, by kind.
    validators: BTreeMap<String, OnceLock<Validator>>,
}

/// What the schema says about an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judgement {
    /// Where a type is wrong, or a required field missing.
    pub violations: Vec<Difference>,
    /// Fields that the schema does not name.
    pub unknown_fields: Vec<Difference>,
    /// The documented deviations that the answer shows, and where; they are among neither of the above.
    pub deviations: Vec<(&'static SchemaDeviation, JsonPath)>,
}

impl Schema {
    /// The schema of `version`, prepared once for the whole process.
    #[must_use]
    pub fn for_version(version: ApiVersion) -> &'static Self {
        static SCHEMAS: [OnceLock<Schema>; ApiVersion::ALL.len()] = [const { OnceLock::new() }; ApiVersion::ALL.len()];
        SCHEMAS[version as usize].get_or_init(|| Self::load(version))
    }

    fn load(version: ApiVersion) -> Self {
        const EMBEDDED: &str = "every embedded schema is loaded by a test";
        let text = published_schema(version);
        let document: Document = serde_json::from_str(text).expect(EMBEDDED);
        let mut definitions = serde_json::from_str::<Value>(text).expect(EMBEDDED)["definitions"].take();
        validator::prepare(&mut definitions);
        let validators = document.kinds().map(|kind| (kind.to_owned(), OnceLock::new())).collect();
        Self { version, document, definitions, validators }
    }

    /// What was published.
    #[must_use]
    pub const fn document(&self) -> &Document {
        &self.document
    }

    /// Judges an answer by the schema of the kind that it says it is.
    ///
    /// `None` when nothing was published for that kind, so that there is nothing to judge by: discovery documents, tables
    /// and objects of other groups. A body that says no kind is judged, and found to lack it.
    #[must_use]
    pub fn judge(&self, body: &Value) -> Option<Judgement> {
        match body.get("kind").and_then(Value::as_str) {
            Some(kind) => self.judge_as(kind, body),
            None => Some(Judgement {
                violations: vec![violation(JsonPath::root().key("kind"), "the kind of the object", body.get("kind"))],
                ..Judgement::default()
            }),
        }
    }

    /// Judges a body as an object of `kind`, whatever it says itself. `None` when nothing was published for that kind.
    #[must_use]
    pub fn judge_as(&self, kind: &str, body: &Value) -> Option<Judgement> {
        let (name, definition) = self.document.kind(kind)?;
        let validator = self.validators.get(kind)?.get_or_init(|| {
            Validator::compile(name, &self.definitions).expect("every kind of every version is compiled by a test")
        });
        let Reading { body: present, nulls, unknown } = reading::read(&self.document, name, definition, body);
        let mut judgement = Judgement { unknown_fields: unknown, ..Judgement::default() };
        for place in &nulls {
            if let Some(known) = SchemaDeviation::explaining(self.version, &place.field, Sends::Null) {
                judgement.deviations.push((known, place.path.clone()));
            }
        }
        for difference in validator.differences(&present) {
            let null = nulls.iter().find(|place| place.path == difference.path);
            match null {
                Some(_) if judgement.deviations.iter().any(|(_, path)| *path == difference.path) => {}
                Some(_) => judgement.violations.push(Difference { actual: Side::Value(Value::Null), ..difference }),
                None => match self.explain_missing(name, &difference) {
                    Some(known) => judgement.deviations.push((known, difference.path)),
                    None => judgement.violations.push(difference),
                },
            }
        }
        judgement.violations.extend(names(definition, kind, &present));
        Some(judgement)
    }

    /// Judges every object of a `List`, as clients write several objects into one file. `None` when it is no such list, or
    /// nothing was published for one of its objects.
    #[must_use]
    pub fn judge_list(&self, body: &Value) -> Option<Judgement> {
        if body.get("kind")? != "List" {
            return None;
        }
        let mut all = Judgement::default();
        for (position, item) in body.get("items")?.as_array()?.iter().enumerate() {
            let place = JsonPath::root().key("items").index(position);
            let moved = |found: Difference| Difference { path: place.join(&found.path), ..found };
            let judgement = self.judge(item)?;
            all.violations.extend(judgement.violations.into_iter().map(moved));
            all.unknown_fields.extend(judgement.unknown_fields.into_iter().map(moved));
            all.deviations.extend(judgement.deviations.into_iter().map(|(known, path)| (known, place.join(&path))));
        }
        Some(all)
    }

    fn explain_missing(&self, kind: &str, difference: &Difference) -> Option<&'static SchemaDeviation> {
        if difference.actual != Side::Absent {
            return None;
        }
        let field = self.document.field_at(kind, &difference.path)?;
        SchemaDeviation::explaining(self.version, &field, Sends::Nothing)
    }
}

impl Judgement {
    /// The judgement as the two checks of a step, `schema` and `unknown-field`, which weigh no more than `cap`.
    #[must_use]
    pub fn into_checks(self, cap: Level) -> [CheckResult; 2] {
        let mut schema_deviations: Vec<_> = self.deviations.iter().map(|(known, _)| known.name.clone()).collect();
        schema_deviations.sort_unstable();
        schema_deviations.dedup();
        let capped = |differences: Vec<Difference>| {
            differences.into_iter().map(|found| Difference { level: found.level.min(cap), ..found }).collect()
        };
        let schema = CheckResult::of_differences(CheckKind::Schema, cap, capped(self.violations));
        // No sentence forbids a field that the schema does not name.
        let unknown = self.unknown_fields.into_iter().map(|found| Difference { level: Level::Compatible, ..found });
        let unknown = CheckResult::of_differences(CheckKind::UnknownField, Level::Compatible, unknown.collect());
        [CheckResult { schema_deviations, ..schema }, unknown]
    }
}

/// What an object says it is has to be one of the names that its definition goes by.
fn names(definition: &Type, kind: &str, body: &Value) -> Option<Difference> {
    let api_versions: Vec<_> =
        definition.kinds.iter().filter(|known| known.kind == kind).map(GroupVersionKind::api_version).collect();
    let found = body.get("apiVersion");
    let known = found.and_then(Value::as_str).is_some_and(|found| api_versions.iter().any(|known| known == found));
    (!known).then(|| violation(JsonPath::root().key("apiVersion"), api_versions.join(" or "), found))
}

fn violation(path: JsonPath, expected: impl Into<String>, actual: Option<&Value>) -> Difference {
    Difference { path, expected: Side::Described(expected.into()), actual: Side::of(actual), level: Level::Required }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
