//! Steps: requests of every kind, right and wrong, and changes between them.

use std::sync::Arc;

use proptest::{
    collection::vec,
    option,
    sample::{Index, select},
    strategy::{BoxedStrategy, Just, Strategy, Union},
};
use serde_json::{Map, Value, json};

use super::{
    Limits,
    fields::{self, Field, FieldValue},
    import, registry,
    scenario::Word,
    vocabulary as words,
    weights::{self, StepKind},
};
use crate::suite::Feature;

/// Steps that belong together, and the values of fields that were drawn for them.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn {
    pub(super) steps: Vec<Value>,
    pub(super) words: Vec<Word>,
}

impl Drawn {
    /// One step.
    pub(super) fn step(step: Value) -> Self {
        Self { steps: vec![step], words: Vec::new() }
    }
}

/// A field of a request and one of its values.
pub(super) type OddField = (Field, FieldValue);

/// A step of any kind that is allowed.
pub(super) fn step(limits: &Limits) -> BoxedStrategy<Drawn> {
    let allowed = weights::STEPS.iter().filter(|(_, _, needs)| needs.iter().all(|feature| limits.has(*feature)));
    let kinds = allowed.map(|(kind, weight, _)| (*weight, of_kind(*kind, limits))).collect();
    let step = Union::new_weighted(kinds);
    if !limits.has(Feature::Users) {
        return step.boxed();
    }
    (step, option::weighted(weights::OTHER_USER, select(words::USERS)))
        .prop_map(|(mut drawn, user)| {
            if let (Some(user), [step]) = (user, drawn.steps.as_mut_slice())
                && !["registry", "secret"].iter().any(|action| step.get(action).is_some())
            {
                step["as"] = user.into();
            }
            drawn
        })
        .boxed()
}

fn of_kind(kind: StepKind, limits: &Limits) -> BoxedStrategy<Drawn> {
    const STREAM: &str = "imagestreams/{{stream}}";
    let stream = |suffix: &str| format!("{STREAM}{suffix}");
    match kind {
        StepKind::ImportPlain => import::plain(limits),
        StepKind::ImportImages => import::images(limits),
        StepKind::ImportRepository => import::repository(limits),
        StepKind::ImportBoth => import::both(limits),
        StepKind::ImportTwice => import::twice(),
        StepKind::ImportText => import::text(),
        StepKind::ReadStream => read(&[STREAM, "imagestreams/{{stream}}-other"], words::READ_QUERIES, 0.15),
        StepKind::ReadList => read(&["imagestreams"], words::LIST_QUERIES, 1.0),
        StepKind::ReadTag => read(
            &[
                "imagestreamtags/{{stream}}:v1",
                "imagestreamtags/{{stream}}:latest",
                "imagestreamtags/{{stream}}:stable",
                "imagestreamtags/{{stream}}",
                "imagestreamtags/{{stream}}:",
                "imagestreamtags/{{stream}}-other:v1",
            ],
            words::READ_QUERIES,
            0.1,
        ),
        StepKind::ReadImage => read(
            &[
                "imagestreamimages/{{stream}}@{{digest IMAGE-OF-V1}}",
                "imagestreamimages/{{stream}}@{{digest IMAGE-OF-V1 first 12}}",
                "imagestreamimages/{{stream}}",
                "imagestreamimages/{{stream}}@sha256:12",
                "imagestreamimages/{{stream}}@",
                "imagestreamimages/{{stream}}-other@{{digest IMAGE-OF-V1}}",
            ],
            words::READ_QUERIES,
            0.1,
        ),
        StepKind::ReadLayers => read(&[&stream("/layers"), "imagestreams/{{stream}}-other/layers"], &[], 0.0),
        StepKind::ReadSecrets => read(&[&stream("/secrets")], &[], 0.0),
        StepKind::ReadImageObject => {
            let path = "/apis/image.openshift.io/v1/images/{{digest IMAGE-OF-V1}}";
            Just(Drawn::step(json!({ "get": path, "as": "admin" }))).boxed()
        }
        StepKind::Create => create(limits),
        StepKind::Replace => replace(limits),
        StepKind::Patch => patch(limits),
        StepKind::Apply => apply(),
        StepKind::DeleteStream => delete(&[STREAM, "imagestreams/{{stream}}-other"]),
        StepKind::DeleteTag => delete(&[
            "imagestreamtags/{{stream}}:v1",
            "imagestreamtags/{{stream}}:stable",
            "imagestreamtags/{{stream}}:missing",
            "imagestreamtags/{{stream}}",
        ]),
        StepKind::WriteTag => write_tag(limits),
        StepKind::Secret => {
            select(words::secrets()).prop_map(|secret| Drawn::step(json!({ "secret": secret }))).boxed()
        }
        StepKind::Registry => registry::change().prop_map(Drawn::step).boxed(),
    }
}

/// Fields of an object of `kind` with other values than plain ones: mostly none.
pub(super) fn odd_fields(limits: &Limits, kind: &str) -> BoxedStrategy<Vec<OddField>> {
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
    let field = (Union::new_weighted(parts), proptest::arbitrary::any::<Index>()).prop_map(|(field, index)| {
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

/// One of `pairs` as a mapping, with this probability.
pub(super) fn pair(probability: f64, pairs: &'static [(&'static str, &'static str)]) -> BoxedStrategy<Option<Value>> {
    if pairs.is_empty() {
        return Just(None).boxed();
    }
    let pair = select(pairs).prop_map(|(name, value)| json!({ name: value }));
    if probability >= 1.0 {
        return pair.prop_map(Some).boxed();
    }
    option::weighted(probability, pair).boxed()
}

pub(super) fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}

fn read(paths: &[&str], queries: &'static [(&'static str, &'static str)], probability: f64) -> BoxedStrategy<Drawn> {
    let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    // The first is the usual one.
    let path = Union::new_weighted(vec![(2, Just(paths[0].clone()).boxed()), (1, select(paths).boxed())]);
    let headers = pair(weights::HEADERS, words::READ_HEADERS);
    (path, pair(probability, queries), headers)
        .prop_map(|(path, query, headers)| {
            Drawn::step(match (query, headers) {
                (None, None) => json!({ "get": path }),
                (query, headers) => {
                    json!({ "get": object([("path", Some(path.into())), ("query", query), ("headers", headers)]) })
                }
            })
        })
        .boxed()
}

/// A request with a body and what may stand beside it.
fn request(method: &str, path: &str, body: Value, query: Option<Value>, headers: Option<Value>) -> Value {
    let fields = [("path", Some(path.into())), ("query", query), ("headers", headers), ("body", Some(body))];
    json!({ method: object(fields) })
}

fn spec_tags(limits: &Limits) -> BoxedStrategy<Vec<Value>> {
    vec(select(unimported_tags(limits)), 0..=2).boxed()
}

/// Tags of a spec that no import controller imports while the scenario runs.
fn unimported_tags(limits: &Limits) -> Vec<Value> {
    let is_left_alone = |tag: &Value| tag["from"]["kind"] != "DockerImage" || limits.has(Feature::NoImportController);
    words::spec_tags().into_iter().filter(is_left_alone).collect()
}

fn create(limits: &Limits) -> BoxedStrategy<Drawn> {
    let labels = option::weighted(weights::FIELD, Just(json!({ "of-scenario": "{{stream}}" })));
    let query = pair(weights::QUERY, words::QUERIES);
    (spec_tags(limits), labels, odd_fields(limits, "ImageStream"), query, pair(weights::HEADERS, words::HEADERS))
        .prop_map(|(tags, labels, fields, query, headers)| {
            let tags = (!tags.is_empty()).then(|| Value::from(tags));
            if fields.is_empty() && query.is_none() && headers.is_none() {
                return Drawn::step(json!({ "create": object([("tags", tags), ("labels", labels)]) }));
            }
            let (body, words) = with_fields(stream(tags, labels), &fields);
            Drawn { steps: vec![request("post", "imagestreams", body, query, headers)], words }
        })
        .boxed()
}

fn stream(tags: Option<Value>, labels: Option<Value>) -> Value {
    let metadata =
        [("name", Some("{{stream}}".into())), ("namespace", Some("{{namespace}}".into())), ("labels", labels)];
    json!({
        "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
        "metadata": object(metadata), "spec": object([("tags", tags)]),
    })
}

/// A stream is there, its version is read, and it is written with that version or without.
fn replace(limits: &Limits) -> BoxedStrategy<Drawn> {
    let version = option::weighted(0.8, Just("{{kept version}}"));
    let query = pair(weights::QUERY, words::QUERIES);
    let looks_up = option::weighted(weights::FIELD, Just(json!({ "local": true })));
    (spec_tags(limits), version, odd_fields(limits, "ImageStream"), query, looks_up)
        .prop_map(|(tags, version, fields, query, looks_up)| {
            let mut body = stream(Some(tags.into()), None);
            if let Some(policy) = looks_up {
                body["spec"]["lookupPolicy"] = policy;
            }
            if let Some(version) = version {
                body["metadata"]["resourceVersion"] = version.into();
            }
            let (body, words) = with_fields(body, &fields);
            let steps = vec![
                json!({ "create": {} }),
                json!({ "get": "imagestreams/{{stream}}", "keep": { "version": "metadata.resourceVersion" } }),
                request("put", "imagestreams/{{stream}}", body, query, None),
            ];
            Drawn { steps, words }
        })
        .boxed()
}

fn patch(limits: &Limits) -> BoxedStrategy<Drawn> {
    const STREAM: &str = "imagestreams/{{stream}}";
    let query = || pair(weights::QUERY, words::QUERIES);
    let listed = (select(words::patches()), query()).prop_map(|((kind, body), query)| {
        Drawn::step(request("patch", STREAM, body, query, Some(json!({ "content-type": kind }))))
    });
    let kinds = select(vec![words::MERGE, words::STRATEGIC]);
    let of_fields = (odd_fields(limits, "ImageStream"), kinds, query()).prop_map(|(fields, kind, query)| {
        let mut body = json!({});
        for (field, value) in &fields {
            // What is `null` in a patch is removed.
            fields::put(&mut body, &field.path, Some(value.value.as_ref().unwrap_or(&Value::Null)));
        }
        let step = request("patch", STREAM, body, query, Some(json!({ "content-type": kind })));
        Drawn { steps: vec![step], words: words_of(&fields) }
    });
    Union::new_weighted(vec![(2, listed.boxed()), (1, of_fields.boxed())]).boxed()
}

fn apply() -> BoxedStrategy<Drawn> {
    let manager = option::weighted(0.8, Just(("fieldManager", json!("tester"))));
    let force = option::weighted(0.3, Just(("force", json!("true"))));
    (select(words::applied()), manager, force)
        .prop_map(|(spec, manager, force)| {
            let body = json!({
                "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
                "metadata": { "name": "{{stream}}" }, "spec": spec,
            });
            let query: Map<String, Value> =
                [manager, force].into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect();
            let headers = json!({ "content-type": words::APPLY });
            let query = (!query.is_empty()).then(|| Value::from(query));
            Drawn::step(request("patch", "imagestreams/{{stream}}", body, query, Some(headers)))
        })
        .boxed()
}

fn delete(paths: &'static [&'static str]) -> BoxedStrategy<Drawn> {
    let path = Union::new_weighted(vec![(2, Just(paths[0]).boxed()), (1, select(paths).boxed())]);
    let options = option::weighted(0.3, select(words::delete_options()));
    let query = option::weighted(0.1, select(vec![json!({ "dryRun": "All" }), json!({ "dryRun": "x" })]));
    (path, options, query)
        .prop_map(|(path, options, query)| {
            Drawn::step(match (&options, &query) {
                (None, None) => json!({ "delete": path }),
                _ => {
                    json!({ "delete": object([("path", Some(path.into())), ("query", query), ("body", options)]) })
                }
            })
        })
        .boxed()
}

fn write_tag(limits: &Limits) -> BoxedStrategy<Drawn> {
    let tags = unimported_tags(limits);
    let fields = odd_fields(limits, "ImageStreamTag");
    let query = pair(weights::QUERY, words::QUERIES);
    (select(vec!["post", "put", "patch"]), select(vec!["v1", "stable"]), select(tags), fields, query)
        .prop_map(|(method, name, tag, fields, query)| {
            let name = format!("{{{{stream}}}}:{name}");
            let path = match method {
                "post" => "imagestreamtags".to_owned(),
                _ => format!("imagestreamtags/{name}"),
            };
            let body = json!({
                "kind": "ImageStreamTag", "apiVersion": "image.openshift.io/v1",
                "metadata": { "name": name, "namespace": "{{namespace}}" }, "tag": tag,
            });
            let (body, words) = with_fields(body, &fields);
            let headers = (method == "patch").then(|| json!({ "content-type": words::MERGE }));
            Drawn { steps: vec![request(method, &path, body, query, headers)], words }
        })
        .boxed()
}
