//! What a request that writes an object has beyond the plain one: fields with other values, fields that no schema has, a query.

use std::sync::Arc;

use proptest::{
    arbitrary::any,
    collection::vec,
    option,
    sample::{Index, select, subsequence},
    strategy::{BoxedStrategy, Just, Strategy, Union},
};
use serde_json::{Value, json};

use super::{
    Limits,
    fields::{self, Field, FieldValue},
    scenario::Word,
    steps::pair,
    values::Class,
    vocabulary as words, weights,
};

/// A field of a request and one of its values.
pub(super) type OddField = (Field, FieldValue);

/// What a request has beyond the plain one: mostly nothing.
#[derive(Debug, Clone)]
pub(super) struct Oddities {
    pub(super) fields: Vec<OddField>,
    pub(super) query: Option<Value>,
}

/// What a request with an object of `kind` has beyond the plain one. Where it has fields that no schema has, the query mostly
/// says what becomes of them.
pub(super) fn oddities(limits: &Limits, kind: &str) -> BoxedStrategy<Oddities> {
    let unknown = option::weighted(weights::UNKNOWN_FIELDS, subsequence(words::unknown_fields(kind), 1..=2));
    let validation = pair(weights::VALIDATION, words::VALIDATIONS);
    (odd_fields(limits, kind), unknown, validation, query())
        .prop_map(|(mut fields, unknown, validation, query)| {
            let query = if unknown.is_some() { validation.or(query) } else { query };
            fields.extend(unknown.into_iter().flatten().map(unknown_field));
            Oddities { fields, query }
        })
        .boxed()
}

/// The query of a request that writes.
pub(super) fn query() -> BoxedStrategy<Option<Value>> {
    let [dry_run, other] = weights::DRY_RUN;
    let queries = select(words::QUERIES).prop_map(|(name, value)| json!({ name: value }));
    let choices = vec![(dry_run, Just(json!({ "dryRun": "All" })).boxed()), (other, queries.boxed())];
    option::weighted(weights::QUERY, Union::new_weighted(choices)).boxed()
}

/// A field that no schema has, with a value.
fn unknown_field(pointer: &str) -> OddField {
    let value = FieldValue { class: Class::Wrong, value: Some(json!(1)) };
    (Field { name: pointer.to_owned(), path: fields::path(pointer), values: vec![value.clone()] }, value)
}

/// Fields of an object of `kind` with other values than plain ones: mostly none.
fn odd_fields(limits: &Limits, kind: &str) -> BoxedStrategy<Vec<OddField>> {
    let fields: Arc<[Field]> = fields::of_request(limits.version, kind).into();
    let parts = weights::PARTS.iter().filter_map(|(part, weight)| {
        let fields: Vec<Field> = fields.iter().filter(|field| field.part() == *part).cloned().collect();
        (!fields.is_empty()).then(|| (*weight, select(fields).boxed()))
    });
    let deciding: Vec<Field> =
        fields.iter().filter(|field| weights::DECIDING_FIELDS.contains(&field.name.as_str())).cloned().collect();
    let deciding = (!deciding.is_empty()).then(|| (weights::DECIDING, select(deciding).boxed()));
    let parts: Vec<_> = parts.chain(deciding).collect();
    if parts.is_empty() {
        return Just(Vec::new()).boxed();
    }
    let field = (Union::new_weighted(parts), any::<Index>()).prop_map(|(field, index)| {
        let value = field.values[index.index(field.values.len())].clone();
        (field, value)
    });
    option::weighted(weights::ODD_FIELDS, vec(field, 1..=3))
        .prop_map(|fields| {
            let mut fields = fields.unwrap_or_default();
            // A name that the server makes up would be another one on each side.
            if fields.iter().any(|(field, _)| field.name == "ObjectMeta.generateName") {
                fields.retain(|(field, _)| field.name != "ObjectMeta.name" && !field.name.ends_with(".metadata"));
            }
            fields
        })
        .boxed()
}

/// A body with these fields, and what coverage counts of them.
pub(super) fn with_fields(mut body: Value, fields: &[OddField]) -> (Value, Vec<Word>) {
    for (field, value) in fields {
        fields::put(&mut body, &field.path, value.value.as_ref());
    }
    (body, words_of(fields))
}

/// What coverage counts of these fields.
pub(super) fn words_of(fields: &[OddField]) -> Vec<Word> {
    fields.iter().map(|(field, value)| Word { kind: "values", text: field.word(value) }).collect()
}
