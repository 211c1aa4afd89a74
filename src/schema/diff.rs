//! What changed between two published schemas, in words.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::document::{BaseType, Document, Type, short_name};

/// Everything that changed from one published schema to another, by what it concerns.
///
/// ```
/// use isi_conformance::{schema::{Diff, Schema}, version::ApiVersion};
///
/// let [older, newer] = [ApiVersion::V4_8, ApiVersion::V4_10].map(|version| Schema::for_version(version).document());
/// assert_eq!(Diff::between(older, newer).to_string(), "ManagedFieldsEntry\n  new field `subresource`, a string\n");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// What it concerns (the import call, the paths, a definition by its short name), and sentences about it.
    pub changes: Vec<(String, Vec<String>)>,
}

impl Diff {
    /// What changed from `older` to `newer`.
    #[must_use]
    pub fn between(older: &Document, newer: &Document) -> Self {
        let mut diff = Self::default();
        diff.add("the import call", call(older, newer));
        diff.add("paths", paths(older, newer));
        for name in keys(&older.definitions, &newer.definitions) {
            let sentences = match (older.definitions.get(name), newer.definitions.get(name)) {
                (Some(older), Some(newer)) => definition(older, newer),
                (None, Some(newer)) => new_definition(newer),
                _ => vec!["is gone".to_owned()],
            };
            diff.add(short_name(name), sentences);
        }
        diff
    }

    fn add(&mut self, subject: &str, sentences: Vec<String>) {
        if !sentences.is_empty() {
            self.changes.push((subject.to_owned(), sentences));
        }
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (subject, sentences)) in self.changes.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            writeln!(formatter, "{subject}")?;
            sentences.iter().try_for_each(|sentence| writeln!(formatter, "  {sentence}"))?;
        }
        Ok(())
    }
}

fn call(older: &Document, newer: &Document) -> Vec<String> {
    let (before, after) = (&older.import_parameters, &newer.import_parameters);
    let mut sentences: Vec<_> = keys(before, after)
        .filter_map(|name| match (before.get(name), after.get(name)) {
            (None, Some(place)) => Some(format!("new parameter `{name}`, in the {place}")),
            (Some(_), None) => Some(format!("parameter `{name}` is gone")),
            (Some(before), Some(after)) if before != after => {
                Some(format!("parameter `{name}` stands in the {after}, no longer in the {before}"))
            }
            _ => None,
        })
        .collect();
    let [before, after]: [BTreeSet<_>; 2] = [older, newer].map(|document| document.import_responses.iter().collect());
    sentences.extend(after.difference(&before).map(|status| format!("new answer {status}")));
    sentences.extend(before.difference(&after).map(|status| format!("answer {status} is gone")));
    sentences
}

fn paths(older: &Document, newer: &Document) -> Vec<String> {
    let methods = |methods: &[String]| methods.join(", ").to_uppercase();
    keys(&older.paths, &newer.paths)
        .filter_map(|path| match (older.paths.get(path), newer.paths.get(path)) {
            (None, Some(after)) => Some(format!("new path {path}: {}", methods(after))),
            (Some(_), None) => Some(format!("path {path} is gone")),
            (Some(before), Some(after)) if before != after => {
                Some(format!("path {path} takes {}, before {}", methods(after), methods(before)))
            }
            _ => None,
        })
        .collect()
}

fn new_definition(newer: &Type) -> Vec<String> {
    let mut sentences = vec!["is new".to_owned()];
    for (field, schema) in &newer.properties {
        let required = if newer.required.contains(field) { ", required" } else { "" };
        sentences.push(format!("field `{field}`, {}{required}", in_words(schema)));
    }
    sentences
}

fn definition(older: &Type, newer: &Type) -> Vec<String> {
    let mut sentences = Vec::new();
    for field in keys(&older.properties, &newer.properties) {
        let [was_required, is_required] = [older, newer].map(|schema| schema.required.iter().any(|name| name == field));
        match (older.properties.get(field), newer.properties.get(field)) {
            (None, Some(after)) => {
                let required = if is_required { ", required" } else { "" };
                sentences.push(format!("new field `{field}`, {}{required}", in_words(after)));
                continue;
            }
            (Some(before), None) => {
                sentences.push(format!("field `{field}`, {}, is gone", in_words(before)));
                continue;
            }
            (Some(before), Some(after)) if before != after => {
                sentences.push(format!("field `{field}` is {}, before {}", in_words(after), in_words(before)));
            }
            _ => {}
        }
        match (was_required, is_required) {
            (false, true) => sentences.push(format!("field `{field}` is now required")),
            (true, false) => sentences.push(format!("field `{field}` is no longer required")),
            _ => {}
        }
    }
    let shape = |schema: &Type| (schema.base, schema.additional_properties.clone(), schema.items.clone());
    if shape(older) != shape(newer) {
        sentences.push(format!("is {}, before {}", in_words(newer), in_words(older)));
    }
    let [before, after]: [BTreeSet<_>; 2] =
        [older, newer].map(|schema| schema.kinds.iter().map(|kind| kind.api_version()).collect());
    sentences.extend(after.difference(&before).map(|group| format!("can be had as {group} now")));
    sentences.extend(before.difference(&after).map(|group| format!("cannot be had as {group} any more")));
    sentences
}

/// The type in a few words: `an array of Image`, `a string (byte)`.
fn in_words(schema: &Type) -> String {
    let inner = |schema: &Type| match &schema.reference {
        Some(reference) => short_name(reference).to_owned(),
        None => format!("{}s", schema.base.map_or("value", BaseType::as_str)),
    };
    if let Some(reference) = &schema.reference {
        return match short_name(reference) {
            name if name.starts_with(['A', 'E', 'I', 'O', 'U']) => format!("an {name}"),
            name => format!("a {name}"),
        };
    }
    let format = schema.format.map(|format| format!(" ({format})")).unwrap_or_default();
    match (schema.base, &schema.items, &schema.additional_properties) {
        (Some(BaseType::Array), Some(items), _) => format!("an array of {}", inner(items)),
        (Some(BaseType::Object), _, Some(values)) => format!("a map of {}", inner(values)),
        (Some(base), ..) => format!("{}{format}", base.with_article()),
        (None, ..) => "anything".to_owned(),
    }
}

fn keys<'a, V, W>(older: &'a BTreeMap<String, V>, newer: &'a BTreeMap<String, W>) -> impl Iterator<Item = &'a str> {
    older.keys().chain(newer.keys()).map(String::as_str).collect::<BTreeSet<_>>().into_iter()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{schema::Schema, version::ApiVersion};

    fn between(older: ApiVersion, newer: ApiVersion) -> Diff {
        Diff::between(Schema::for_version(older).document(), Schema::for_version(newer).document())
    }

    #[rstest]
    #[case(ApiVersion::V3_11, ApiVersion::V4_2)]
    #[case(ApiVersion::V4_2, ApiVersion::V4_8)]
    #[case(ApiVersion::V4_8, ApiVersion::V4_10)]
    #[case(ApiVersion::V4_10, ApiVersion::V4_12)]
    #[case(ApiVersion::V4_12, ApiVersion::V4_18)]
    #[case(ApiVersion::V4_18, ApiVersion::V4_22)]
    fn says_what_each_version_changed(#[case] older: ApiVersion, #[case] newer: ApiVersion) {
        insta::assert_snapshot!(format!("{older}-to-{newer}"), between(older, newer));
    }

    #[test]
    fn nothing_changed_between_a_version_and_itself() {
        assert_eq!(between(ApiVersion::V4_18, ApiVersion::V4_18), Diff::default());
    }

    #[test]
    fn says_so_when_a_type_changes() {
        let document = |size: &str| -> Document {
            let definitions =
                serde_json::json!({ "v1.Layer": { "type": "object", "properties": { "size": { "type": size } } } });
            serde_json::from_value(serde_json::json!({
                "definitions": definitions, "paths": {}, "importParameters": {}, "importResponses": [],
            }))
            .unwrap()
        };
        let diff = Diff::between(&document("string"), &document("integer"));
        assert_eq!(diff.to_string(), "Layer\n  field `size` is an integer, before a string\n");
    }
}
