//! Requests that write streams and tags, right and wrong.

use proptest::{
    arbitrary::any,
    bool::weighted,
    collection::vec,
    option,
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union},
};
use serde_json::{Map, Value, json};

use super::{
    Limits, fields,
    oddities::{Oddities, oddities, query, with_fields, words_of},
    patches,
    steps::{Drawn, STREAM, object, pair},
    vocabulary as words, weights,
};
use crate::suite::Feature;

/// A request with a body and what may stand beside it.
pub(super) fn request(method: &str, path: &str, body: Value, query: Option<Value>, headers: Option<Value>) -> Value {
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

pub(super) fn create(limits: &Limits) -> BoxedStrategy<Drawn> {
    let labels = option::weighted(weights::LABELS, Just(json!({ "of-scenario": "{{stream}}" })));
    let annotations = option::weighted(weights::INSECURE, Just(words::insecure_repository()));
    let headers = pair(weights::HEADERS, words::HEADERS);
    (spec_tags(limits), labels, annotations, oddities(limits, "ImageStream"), headers)
        .prop_map(|(tags, labels, annotations, Oddities { fields, query }, headers)| {
            let tags = (!tags.is_empty()).then(|| Value::from(tags));
            if fields.is_empty() && query.is_none() && headers.is_none() {
                let create = [("tags", tags), ("labels", labels), ("annotations", annotations)];
                return Drawn::step(json!({ "create": object(create) }));
            }
            let mut body = stream(tags, labels);
            if let Some(annotations) = annotations {
                body["metadata"]["annotations"] = annotations;
            }
            let (body, words) = with_fields(body, &fields);
            Drawn { steps: vec![request("post", "imagestreams", body, query, headers)], words }
        })
        .boxed()
}

pub(super) fn stream(tags: Option<Value>, labels: Option<Value>) -> Value {
    let metadata =
        [("name", Some("{{stream}}".into())), ("namespace", Some("{{namespace}}".into())), ("labels", labels)];
    json!({
        "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
        "metadata": object(metadata), "spec": object([("tags", tags)]),
    })
}

/// A stream is there, its version is read, and it is written with that version or without.
pub(super) fn replace(limits: &Limits) -> BoxedStrategy<Drawn> {
    let version = option::weighted(0.8, Just("{{kept version}}"));
    let looks_up = option::weighted(weights::FIELD, Just(json!({ "local": true })));
    (spec_tags(limits), version, oddities(limits, "ImageStream"), looks_up)
        .prop_map(|(tags, version, Oddities { fields, query }, looks_up)| {
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

pub(super) fn patch(limits: &Limits) -> BoxedStrategy<Drawn> {
    let validation = pair(weights::VALIDATION, words::VALIDATIONS);
    let queries = (validation, query());
    let listed = (select(patches::of_stream()), queries).prop_map(|((kind, body), (validation, query))| {
        let query = if body.to_string().contains("unknown") { validation.or(query) } else { query };
        Drawn::step(request("patch", STREAM, body, query, Some(json!({ "content-type": kind }))))
    });
    let kinds = select(vec![patches::MERGE, patches::STRATEGIC]);
    let of_fields = (oddities(limits, "ImageStream"), kinds).prop_map(|(Oddities { fields, query }, kind)| {
        let mut body = json!({});
        for (field, value) in &fields {
            // What is `null` in a patch is removed.
            fields::put(&mut body, &field.path, Some(value.value.as_ref().unwrap_or(&Value::Null)));
        }
        let step = request("patch", STREAM, body, query, Some(json!({ "content-type": kind })));
        Drawn { steps: vec![step], words: words_of(&fields) }
    });
    Union::new_weighted(vec![(3, listed.boxed()), (2, of_fields.boxed())]).boxed()
}

pub(super) fn apply() -> BoxedStrategy<Drawn> {
    let manager = option::weighted(0.9, select(vec!["tester", "other"]));
    let force = option::weighted(0.3, Just(("force", "true")));
    (select(patches::applied()), manager, force)
        .prop_map(|(spec, manager, force)| {
            let query = manager.map(|manager| ("fieldManager", manager)).into_iter().chain(force);
            let query: Map<String, Value> = query.map(|(name, value)| (name.to_owned(), value.into())).collect();
            Drawn::step(applying(&spec, (!query.is_empty()).then(|| query.into())))
        })
        .boxed()
}

/// A request that applies a stream with this spec.
pub(super) fn applying(spec: &Value, query: Option<Value>) -> Value {
    let body = json!({
        "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
        "metadata": { "name": "{{stream}}" }, "spec": spec,
    });
    request("patch", STREAM, body, query, Some(json!({ "content-type": patches::APPLY })))
}

pub(super) fn delete(paths: &'static [&'static str]) -> BoxedStrategy<Drawn> {
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

/// A tag that is written by itself, as an `ImageStreamTag` or, where there is that, an `ImageTag`.
pub(super) fn write_tag(limits: &Limits) -> BoxedStrategy<Drawn> {
    Union::new_weighted(vec![(3, tag_of(limits, "ImageStreamTag")), (1, tag_of(limits, "ImageTag"))]).boxed()
}

fn tag_of(limits: &Limits, kind: &'static str) -> BoxedStrategy<Drawn> {
    let (resource, field) = if kind == "ImageTag" { ("imagetags", "spec") } else { ("imagestreamtags", "tag") };
    let method = select(vec!["post", "put", "patch"]);
    let kinds = select(vec![patches::MERGE, patches::STRATEGIC]);
    let matches = (any::<bool>(), weighted(0.8));
    let tags = (select(vec!["v1", "stable"]), select(unimported_tags(limits)), matches);
    let written = (method, kinds, tags, oddities(limits, kind));
    let written = written.prop_map(move |(method, content_type, tag, Oddities { fields, query })| {
        let (name, mut tag, (has_its_name, has_its_annotations)) = tag;
        if has_its_name {
            tag["name"] = name.into();
        }
        let name = format!("{{{{stream}}}}:{name}");
        let path = match method {
            "post" => resource.to_owned(),
            _ => format!("{resource}/{name}"),
        };
        let mut metadata = json!({ "name": name, "namespace": "{{namespace}}" });
        // They have to be those of the tag.
        if let (Some(annotations), Some(_)) = (tag.get("annotations"), tag.get("from")) {
            metadata["annotations"] = if has_its_annotations { annotations.clone() } else { json!({ "x": "y" }) };
        }
        let body = json!({ "kind": kind, "apiVersion": "image.openshift.io/v1", "metadata": metadata, field: tag });
        let (body, words) = with_fields(body, &fields);
        let headers = (method == "patch").then(|| json!({ "content-type": content_type }));
        Drawn { steps: vec![request(method, &path, body, query, headers)], words }
    });
    let patched = select(patches::of_tag(field)).prop_map(move |(content_type, body)| {
        let headers = json!({ "content-type": content_type });
        Drawn::step(request("patch", &format!("{resource}/{{{{stream}}}}:v1"), body, None, Some(headers)))
    });
    Union::new_weighted(vec![(3, written.boxed()), (1, patched.boxed())]).boxed()
}

/// The status of a stream, which has a path of its own, written by who may.
pub(super) fn write_status(limits: &Limits) -> BoxedStrategy<Drawn> {
    let is_admin = limits.has(Feature::ClusterAdmin);
    let user = option::weighted(0.8, Just("admin")).prop_map(move |user| user.filter(|_| is_admin));
    let method = select(vec!["put", "patch"]);
    (method, select(words::statuses()), user, oddities(limits, "ImageStream"))
        .prop_map(|(method, status, user, Oddities { fields, query })| {
            let mut body = stream(None, Some(json!({ "a": "b" })));
            (body["spec"]["lookupPolicy"], body["status"]) = (json!({ "local": true }), status);
            let (body, words) = with_fields(body, &fields);
            let headers = (method == "patch").then(|| json!({ "content-type": patches::MERGE }));
            let mut step = request(method, &format!("{STREAM}/status"), body, query, headers);
            if let Some(user) = user {
                step["as"] = user.into();
            }
            Drawn { steps: vec![step], words }
        })
        .boxed()
}
