//! Mistakes that no case of the suites is about: random scenarios have to find them.

use http::{HeaderValue, Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::wrong_implementations::bug::{Answer, Bug, Request, put};

/// These mistakes.
pub(crate) fn bugs() -> Vec<Bug> {
    [imports(), writes(), patches(), deletions(), lists()].concat()
}

fn imports() -> Vec<Bug> {
    vec![
        bug("reports additional tags backwards").answer(|_, answer| {
            let tags = answer.body.pointer_mut("/status/repository/additionalTags");
            tags.and_then(Value::as_array_mut).into_iter().for_each(|tags| tags.reverse());
        }),
        bug("reads no secrets of type dockercfg").request(|request| {
            if request.path.ends_with("/secrets") && request.body["type"] == "kubernetes.io/dockercfg" {
                put(&mut request.body, "/data", Some(json!({ ".dockercfg": "e30=" })));
            }
        }),
        bug("names images without their registry in errors").answer(|request, answer| {
            let Some(registry) = request.registry().map(|registry| format!("{registry}/")) else { return };
            for result in answer.results_mut() {
                if let Some(Value::String(message)) = result.pointer_mut("/status/message") {
                    *message = message.replace(&registry, "");
                }
            }
        }),
        bug("gives one warning of several").answer(|_, answer| answer.warnings.truncate(1)),
        bug("loses the signatures of images").answer(|_, answer| without(&mut answer.body, "signatures")),
        bug("loses scheduled where a tag is insecure, too").answer(|_, answer| {
            for tag in spec_tags(answer) {
                if tag["importPolicy"]["insecure"] == true {
                    put(tag, "/importPolicy/scheduled", None);
                }
            }
        }),
        bug("loses the annotations of tags that are imported").answer(|request, answer| {
            if request.is_import() {
                spec_tags(answer).into_iter().for_each(|tag| put(tag, "/annotations", None));
            }
        }),
        bug("names the manifests of a list backwards").answer(|_, answer| {
            for image in answer.images_mut() {
                let manifests = image.get_mut("dockerImageManifests").and_then(Value::as_array_mut);
                manifests.into_iter().for_each(|manifests| manifests.reverse());
            }
        }),
        bug("loses the variant of a platform").answer(|_, answer| without(&mut answer.body, "variant")),
        bug("counts the generation of conditions wrongly").answer(|_, answer| {
            for tag in answer.tags_mut() {
                for condition in tag.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten() {
                    if condition["generation"] == 2 {
                        put(condition, "/generation", Some(1.into()));
                    }
                }
            }
        }),
    ]
}

fn writes() -> Vec<Bug> {
    vec![
        bug("forgets the lookup policy of a stream that is replaced").request(|request| {
            if is_stream(request, &Method::PUT) {
                put(&mut request.body, "/spec/lookupPolicy", None);
            }
        }),
        bug("loses the generations of tags of a stream that is replaced").answer(|request, answer| {
            if is_stream(request, &Method::PUT) {
                spec_tags(answer).into_iter().for_each(|tag| put(tag, "/generation", Some(Value::Null)));
            }
        }),
        bug("replaces a stream whatever its version").request(|request| {
            if is_stream(request, &Method::PUT) {
                put(&mut request.body, "/metadata/resourceVersion", None);
            }
        }),
        bug("sorts the tags of a spec backwards").answer(|request, answer| {
            if request.method != Method::GET
                && let Some(tags) =
                    answer.stream_mut().and_then(|stream| stream.pointer_mut("/spec/tags")?.as_array_mut())
            {
                tags.reverse();
            }
        }),
        bug("forgets that a tag is a reference").answer(|_, answer| {
            for tag in spec_tags(answer) {
                if tag["reference"] == true {
                    put(tag, "/reference", Some(Value::Null));
                }
            }
        }),
        bug("writes more than the status by the path of the status").request(|request| {
            if let Some(path) = request.path.strip_suffix("/status") {
                request.path = path.to_owned();
            }
        }),
        bug("writes the status of a stream that is replaced").answer(|request, answer| {
            if is_stream(request, &Method::PUT)
                && answer.status == 200
                && let Some(status) = request.body.get("status").filter(|status| status.is_object())
            {
                put(&mut answer.body, "/status", Some(status.clone()));
            }
        }),
        bug("creates a tag that exists").answer(|request, answer| {
            if is_tag(request, &Method::POST) && answer.status == 409 {
                (answer.status, answer.body) = (201, request.body.clone());
            }
        }),
        bug("loses the annotations of a tag that is written").request(|request| {
            // Those of the object are those of the tag.
            if is_tag(request, &Method::PUT) {
                put(&mut request.body, "/metadata/annotations", None);
            }
        }),
        bug("calls the prefix of a field by another name in errors").answer(|request, answer| {
            let causes = answer.body.pointer_mut("/details/causes").and_then(Value::as_array_mut);
            for cause in causes.into_iter().flatten() {
                if let Some(Value::String(field)) = cause.get_mut("field")
                    && request.path.contains("/imagestreams")
                {
                    *field = field.replace("spec.tags[", "tags[");
                }
            }
        }),
    ]
}

fn patches() -> Vec<Bug> {
    vec![
        bug("patches without strict validation").request(|request| {
            if request.method == Method::PATCH && query_has(request, "fieldValidation=Strict") {
                request.query = None;
            }
        }),
        bug("stores a patch that is a dry run").request(|request| {
            if request.method == Method::PATCH && query_has(request, "dryRun=All") {
                request.query = None;
            }
        }),
        bug("does not count the generation of a stream that is patched").answer(|request, answer| {
            if is_stream(request, &Method::PATCH) && answer.status == 200 {
                put(&mut answer.body, "/metadata/generation", Some(1.into()));
            }
        }),
        bug("skips the tests of a JSON patch").request(|request| {
            if let Some(operations) = request.body.as_array_mut().filter(|_| request.method == Method::PATCH) {
                operations.retain(|operation| operation["op"] != "test");
            }
        }),
        bug("merges strategic patches as plain ones").request(|request| {
            let strategic = "application/strategic-merge-patch+json";
            if request.headers.get(CONTENT_TYPE).is_some_and(|value| value == strategic) {
                request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/merge-patch+json"));
            }
        }),
        bug("keeps labels that a patch takes away").request(|request| {
            if let Some(Value::Object(labels)) = request.body.pointer_mut("/metadata/labels") {
                labels.retain(|_, value| !value.is_null());
            }
        }),
        bug("takes every field manager for one").request(|request| {
            if let Some(query) = &mut request.query {
                *query = query.replace("fieldManager=two", "fieldManager=one");
            }
        }),
    ]
}

fn deletions() -> Vec<Bug> {
    vec![
        bug("deletes without regard to preconditions").request(|request| {
            if request.method == Method::DELETE {
                put(&mut request.body, "/preconditions", None);
            }
        }),
        bug("deletes where that is a dry run").request(|request| {
            if request.method == Method::DELETE {
                put(&mut request.body, "/dryRun", None);
                request.query = None;
            }
        }),
        bug("does not delete tags").request(|request| {
            if is_tag(request, &Method::DELETE) {
                request.query = Some("dryRun=All".to_owned());
            }
        }),
    ]
}

fn lists() -> Vec<Bug> {
    vec![
        bug("lists without a limit").request(|request| without_parameter(request, "limit=1")),
        bug("begins every page at the beginning").request(|request| without_parameter(request, "continue=")),
        bug("selects by != only what has the label").request(|request| {
            if let Some(query) = &mut request.query {
                *query = query.replace("a!%3Db", "a,a!%3Db");
                *query = query.replace("=of-scenario!%3D", "=of-scenario,of-scenario!%3D");
            }
        }),
        bug("watches from the beginning").request(|request| {
            if query_has(request, "watch=true") {
                without_parameter(request, "resourceVersion=");
            }
        }),
    ]
}

fn bug(name: &'static str) -> Bug {
    Bug::new(name, &[])
}

fn query_has(request: &Request, parameter: &str) -> bool {
    request.query.as_deref().is_some_and(|query| query.split('&').any(|part| part.starts_with(parameter)))
}

/// Takes a query parameter away.
fn without_parameter(request: &mut Request, parameter: &str) {
    if let Some(query) = &mut request.query {
        let rest: Vec<&str> = query.split('&').filter(|part| !part.starts_with(parameter)).collect();
        *query = rest.join("&");
    }
}

fn is_stream(request: &Request, method: &Method) -> bool {
    request.method == *method && request.path.contains("/imagestreams/") && !request.path.ends_with("/status")
}

fn is_tag(request: &Request, method: &Method) -> bool {
    request.method == *method && request.path.contains("/imagestreamtags")
}

/// The tags in the spec of the stream that an answer is or contains.
fn spec_tags(answer: &mut Answer) -> Vec<&mut Value> {
    let tags = answer.stream_mut().and_then(|stream| stream.pointer_mut("/spec/tags")?.as_array_mut());
    tags.into_iter().flatten().collect()
}

/// Takes a field away wherever it is.
fn without(value: &mut Value, field: &str) {
    match value {
        Value::Object(fields) => {
            fields.remove(field);
            fields.values_mut().for_each(|value| without(value, field));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, field)),
        _ => {}
    }
}
