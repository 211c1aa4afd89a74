//! Imports of every form, with every mistake.

use proptest::{
    collection::vec,
    option,
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union},
};
use serde_json::{Value, json};

use super::{
    Limits, fields,
    oddities::{OddField, Oddities, oddities, with_fields, words_of},
    references::{self, in_full},
    registry,
    steps::{Drawn, object, pair},
    values::odd_tags,
    vocabulary as words, weights,
};
use crate::suite::Feature;

const KIND: &str = "ImageStreamImport";

/// An import of one image that is there.
pub(super) fn plain(limits: &Limits) -> Value {
    match limits.has(Feature::Imports) {
        true => json!({ "import": "lib/app:v1 -> v1" }),
        false => json!({ "import": { "images": ["lib/app:v1 -> v1"], "store": false } }),
    }
}

/// An import of one to three images.
pub(super) fn images(limits: &Limits) -> BoxedStrategy<Drawn> {
    let images = vec(entry(references::image()), 1..=weights::MOST_IMAGES);
    import(limits, images.prop_map(|images| (images, None)).boxed())
}

/// An import of a repository.
pub(super) fn repository(limits: &Limits) -> BoxedStrategy<Drawn> {
    let repository = entry(references::repository());
    import(limits, repository.prop_map(|repository| (Vec::new(), Some(repository))).boxed())
}

/// An import of a repository and of images.
pub(super) fn both(limits: &Limits) -> BoxedStrategy<Drawn> {
    let entries = (vec(entry(references::image()), 0..=2), entry(references::repository()));
    import(limits, entries.prop_map(|(images, repository)| (images, Some(repository))).boxed())
}

/// An import into a tag, a change of the registry, and the same import again, or another one into that tag.
pub(super) fn twice() -> BoxedStrategy<Drawn> {
    let plain = || json!({ "import": "lib/app:v1 -> v1" });
    let into_v1 = || {
        entry(references::image()).prop_map(|mut entry| {
            entry["to"] = "v1".into();
            short(vec![entry], None, [const { None }; 4])
        })
    };
    let imports = Union::new_weighted(vec![(1, Just([plain(), plain()]).boxed()), (1, [into_v1(), into_v1()].boxed())]);
    (imports, registry::change())
        .prop_map(|([one, other], change)| Drawn { steps: vec![one, change, other], words: Vec::new() })
        .boxed()
}

/// A body that is no import, or not written as clients write it.
pub(super) fn text() -> BoxedStrategy<Drawn> {
    let types = vec![("content-type", "application/yaml"), ("content-type", "text/plain"), ("content-type", "")];
    let headers = option::weighted(0.4, select(types).prop_map(|(name, value)| json!({ name: value })));
    (select(words::TEXTS), headers, pair(0.3, words::VALIDATIONS))
        .prop_map(|(text, headers, query)| {
            let fields = [
                ("path", Some("imagestreamimports".into())),
                ("text", Some(text.into())),
                ("headers", headers),
                ("query", query),
            ];
            Drawn::step(json!({ "post": object(fields) }))
        })
        .boxed()
}

/// An image or a repository to import, as the short form writes it.
fn entry(reference: BoxedStrategy<String>) -> BoxedStrategy<Value> {
    let field = |values: Vec<Value>| option::weighted(weights::FIELD, select(values));
    let texts = |texts: &[&str]| texts.iter().copied().map(Value::from).collect::<Vec<_>>();
    // A right name more often than all wrong ones.
    let tags = Union::new_weighted(vec![
        (4, select(words::TAGS).prop_map(str::to_owned).boxed()),
        (1, select(odd_tags()).boxed()),
    ]);
    let right = |all: &'static [&'static str]| {
        let choice = vec![(4, select(&all[..2]).boxed()), (1, select(all).boxed())];
        Union::new_weighted(choice).prop_map(Value::from)
    };
    let toggles = || vec![json!(true), json!(false)];
    let fields = (
        option::weighted(weights::FIELD, tags.prop_map(Value::from)),
        option::weighted(weights::IMPORT_MODE, right(words::IMPORT_MODES)),
        field(toggles()),
        option::weighted(weights::FIELD, right(words::REFERENCE_POLICIES)),
        field(toggles()),
        field([texts(&["omit"]), toggles()].concat()),
    );
    (reference, fields)
        .prop_map(|(from, (to, mode, scheduled, policy, manifest, insecure))| {
            object([
                ("from", Some(from.into())),
                ("to", to),
                ("importMode", mode),
                ("scheduled", scheduled),
                ("referencePolicy", policy),
                ("includeManifest", manifest),
                ("insecure", insecure),
            ])
        })
        .boxed()
}

/// An import of images and a repository, with what else it says.
fn import(limits: &Limits, entries: BoxedStrategy<(Vec<Value>, Option<Value>)>) -> BoxedStrategy<Drawn> {
    let can_store = limits.has(Feature::Imports);
    let store = option::weighted(weights::LOOKUP, select(vec![json!(false), json!("omit")]));
    let store = store.prop_map(move |store| if can_store { store } else { Some(json!(false)) });
    let headers = pair(weights::HEADERS, words::HEADERS);
    (entries, store, oddities(limits, KIND), headers)
        .prop_map(move |((images, repository), store, Oddities { fields, query }, headers)| {
            let fields: Vec<OddField> = fields
                .into_iter()
                .filter(|(field, _)| can_store || field.name != "ImageStreamImportSpec.import")
                .collect();
            let (merge, is_whole) = merge(&fields);
            if is_whole {
                let step = short(images, repository, [store, merge, query, headers]);
                return Drawn { steps: vec![step], words: words_of(&fields) };
            }
            let import = match &store {
                None => Some(true),
                Some(store) => store.as_bool(),
            };
            let (body, words) = with_fields(body(&images, repository.as_ref(), import), &fields);
            let request = [("path", Some("imagestreamimports".into())), ("query", query), ("headers", headers)];
            let mut post = object(request);
            post["body"] = body;
            Drawn { steps: vec![json!({ "post": post })], words }
        })
        .boxed()
}

/// The short form of an import.
fn short(images: Vec<Value>, repository: Option<Value>, [store, merge, query, headers]: [Option<Value>; 4]) -> Value {
    let images: Vec<Value> = images.into_iter().map(shorter).collect();
    let rest = [&store, &merge, &query, &headers];
    if let ([Value::String(image)], None, true) = (images.as_slice(), &repository, rest.iter().all(|key| key.is_none()))
    {
        return json!({ "import": image });
    }
    let import = object([
        ("images", (!images.is_empty()).then(|| images.into())),
        ("repository", repository.map(shorter)),
        ("store", store),
        ("merge", merge),
        ("query", query),
        ("headers", headers),
    ]);
    json!({ "import": import })
}

/// `FROM` or `FROM -> TO`, where an entry says no more.
fn shorter(entry: Value) -> Value {
    let is_plain = |text: &str| !text.is_empty() && text.trim() == text && !text.contains("->");
    let keys = entry.as_object().map_or(0, serde_json::Map::len);
    match (entry["from"].as_str().filter(|text| is_plain(text)), entry["to"].as_str().filter(|text| is_plain(text))) {
        (Some(from), None) if keys == 1 => from.into(),
        (Some(from), Some(to)) if keys == 2 => format!("{from} -> {to}").into(),
        _ => entry,
    }
}

/// What the short form merges over the whole object to get these fields, and whether that gets all of them: it can neither
/// change entries nor write `null`.
fn merge(fields: &[OddField]) -> (Option<Value>, bool) {
    let is_of_entry = |field: &fields::Field| {
        let keys = [fields::Place::Key("images".to_owned()), fields::Place::Key("repository".to_owned())];
        field.path.first() == Some(&fields::Place::Key("spec".to_owned()))
            && field.path.get(1).is_some_and(|key| keys.contains(key))
    };
    let can_merge = fields.iter().all(|(field, value)| {
        !is_of_entry(field) && value.value.as_ref().is_none_or(|value| !value.is_null() && !has_null(value))
    });
    if !can_merge {
        return (None, false);
    }
    let mut merge = json!({});
    for (field, value) in fields {
        fields::put(&mut merge, &field.path, Some(value.value.as_ref().unwrap_or(&Value::Null)));
    }
    ((!fields.is_empty()).then_some(merge), true)
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().any(has_null),
        Value::Array(items) => items.iter().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The whole body of an import.
fn body(images: &[Value], repository: Option<&Value>, import: Option<bool>) -> Value {
    let mut spec = json!({});
    if let Some(import) = import {
        spec["import"] = import.into();
    }
    if !images.is_empty() {
        spec["images"] = images.iter().map(long).collect();
    }
    if let Some(repository) = repository {
        spec["repository"] = long(repository);
    }
    json!({
        "kind": KIND, "apiVersion": "image.openshift.io/v1",
        "metadata": { "name": "{{stream}}", "namespace": "{{namespace}}" }, "spec": spec,
    })
}

/// What the short form of an entry stands for.
fn long(entry: &Value) -> Value {
    let insecure = match &entry["insecure"] {
        Value::Bool(insecure) => Some(json!(insecure)),
        Value::Null => Some(json!(true)),
        _ => None,
    };
    let given = |key: &str| entry.get(key).cloned();
    let policy =
        object([("insecure", insecure), ("scheduled", given("scheduled")), ("importMode", given("importMode"))]);
    let has_policy = policy.as_object().is_some_and(|policy| !policy.is_empty());
    object([
        ("from", Some(json!({ "kind": "DockerImage", "name": in_full(entry["from"].as_str().unwrap_or_default()) }))),
        ("to", given("to").map(|to| json!({ "name": to }))),
        ("importPolicy", has_policy.then_some(policy)),
        ("referencePolicy", given("referencePolicy").map(|policy| json!({ "type": policy }))),
        ("includeManifest", given("includeManifest")),
    ])
}
