//! Mistakes in what is imported: something of the request is not heeded.
//!
//! The answer repeats what the client said, as a server with such a bug would.

use serde_json::{Value, json};

use crate::wrong_implementations::bug::{Answer, Bug, Request, put};

/// These mistakes.
pub(crate) fn bugs() -> Vec<Bug> {
    let mut bugs = whole();
    bugs.extend(entries());
    bugs.extend(parameters());
    bugs
}

fn whole() -> Vec<Bug> {
    vec![
        Bug::new(
            "imports although import is false",
            &["single-image::noimport-s2-basic", "stream::stream-noimport-leaves-nothing"],
        )
        .request(|request| in_import(request, |request| request.body["spec"]["import"] = true.into()))
        .answer(|request, answer| echo_spec(request, answer, "import")),
        Bug::new("imports nothing although import is true", &["single-image::content-s2-basic"])
            .request(|request| in_import(request, |request| request.body["spec"]["import"] = false.into()))
            .answer(|request, answer| echo_spec(request, answer, "import")),
        Bug::new("forgets the repository beside images", &["repository::repo-and-images"])
            .request(|request| {
                if !request.images().is_empty() {
                    put(&mut request.body, "/spec/repository", None);
                }
            })
            .answer(|request, answer| echo_spec(request, answer, "repository")),
        Bug::new("forgets all images but the first", &["request::two-images"])
            .request(|request| {
                in_import(request, |request| {
                    if let Some(images) = request.body["spec"]["images"].as_array_mut() {
                        images.truncate(1);
                    }
                });
            })
            .answer(|request, answer| echo_spec(request, answer, "images")),
        Bug::new("puts the labels of the request on the stream", &["request::labels-and-annotations"]).answer(
            |request, answer| {
                if request.is_import()
                    && let Some(stream) = answer.stream_mut()
                {
                    put(stream, "/metadata/labels", request.body.pointer("/metadata/labels").cloned());
                }
            },
        ),
    ]
}

fn entries() -> Vec<Bug> {
    vec![
        Bug::new("ignores includeManifest", &["single-image::noimport-manifest"])
            .request(|request| set(request, "/includeManifest", Some(&json!(false))))
            .answer(|request, answer| answer.echo(request, "/includeManifest")),
        Bug::new("always includes the manifest", &["single-image::noimport-without-manifest"])
            .request(|request| set(request, "/includeManifest", Some(&json!(true))))
            .answer(|request, answer| answer.echo(request, "/includeManifest")),
        Bug::new("drops to", &["request::to-differs-from-tag"])
            .request(|request| set(request, "/to", None))
            .answer(|request, answer| answer.echo(request, "/to")),
        Bug::new("writes the source tag instead of to", &["request::to-differs-from-tag"])
            .request(|request| {
                for entry in request.entries_mut() {
                    let tag = entry["from"]["name"]
                        .as_str()
                        .and_then(|name| name.rsplit_once(':'))
                        .map(|(_, tag)| tag.to_owned());
                    if let (Some(tag), Some(to)) = (tag, entry.get_mut("to")) {
                        *to = json!({ "name": tag });
                    }
                }
            })
            .answer(|request, answer| {
                answer.echo(request, "/to");
                for (result, asked) in answer.results_mut().into_iter().zip(request.images()) {
                    put(result, "/tag", asked.pointer("/to/name").cloned());
                }
            }),
        Bug::new("ignores insecure: false", &["transport::transport-none-insecure-*"])
            .request(|request| set(request, "/importPolicy", Some(&json!({ "insecure": true }))))
            .answer(|request, answer| answer.echo(request, "/importPolicy/insecure")),
        Bug::new("ignores scheduled", &["request::scheduled"])
            .request(|request| set(request, "/importPolicy/scheduled", None))
            .answer(|request, answer| answer.echo(request, "/importPolicy/scheduled")),
        Bug::new("loses the reference policy", &["request::reference-policy-*"])
            .request(|request| set(request, "/referencePolicy", None))
            .answer(|request, answer| {
                if request.images().iter().any(|image| image.get("referencePolicy").is_some()) {
                    answer.echo(request, "/referencePolicy");
                }
            }),
        Bug::new("imports a list in Legacy mode as a list", &["manifest-list::list-multi-legacy"])
            .request(|request| set(request, "/importPolicy/importMode", Some(&json!("PreserveOriginal"))))
            .answer(|request, answer| answer.echo(request, "/importPolicy/importMode")),
        Bug::new("knows no import mode but Legacy", &["manifest-list::list-multi-preserveoriginal"])
            .request(|request| set(request, "/importPolicy/importMode", Some(&json!("Legacy"))))
            .answer(|request, answer| answer.echo(request, "/importPolicy/importMode")),
    ]
}

fn parameters() -> Vec<Bug> {
    vec![
        Bug::new("does not write with dryRun=All", &["dry-run::dryrun-all"])
            .request(|request| {
                if request.query.as_deref().is_some_and(|query| query.contains("dryRun=All")) {
                    request.body["spec"]["import"] = false.into();
                }
            })
            .answer(|request, answer| echo_spec(request, answer, "import")),
        Bug::new("takes any value of dryRun", &["dry-run::dryrun-unknown"]).request(|request| request.query = None),
        Bug::new("knows no strict validation", &["validation::invalid-duplicate-field-strict"])
            .request(|request| request.query = None),
        Bug::new("takes the namespace of the body for that of the URL", &["validation::invalid-namespace-mismatch"])
            .request(|request| in_import(request, |request| put(&mut request.body, "/metadata/namespace", None))),
        Bug::new("leaks one namespace into another", &["single-image::content-s2-basic"])
            .request(|request| {
                in_import(request, |request| {
                    request.path = request.path.replace("/wrong-implementations/", "/another/");
                    put(&mut request.body, "/metadata/namespace", Some("another".into()));
                });
            })
            .answer(|request, answer| {
                if request.is_import() {
                    let text = answer.body.to_string().replace("another", "wrong-implementations");
                    answer.body = serde_json::from_str(&text).unwrap();
                }
            }),
    ]
}

fn in_import(request: &mut Request, change: impl FnOnce(&mut Request)) {
    if request.is_import() && request.body["spec"].is_object() {
        change(request);
    }
}

fn set(request: &mut Request, field: &str, value: Option<&Value>) {
    if request.is_import() {
        for entry in request.entries_mut() {
            put(entry, field, value.cloned());
        }
    }
}

fn echo_spec(request: &Request, answer: &mut Answer, field: &str) {
    if request.is_import() && answer.status == 201 {
        let mut said = request.body["spec"].get(field).cloned();
        for entry in said.iter_mut().flat_map(entries_of) {
            with_defaults(entry);
        }
        put(&mut answer.body, &format!("/spec/{field}"), said);
    }
}

/// The images or the repository that a part of the spec consists of.
fn entries_of(said: &mut Value) -> Vec<&mut Value> {
    match said {
        Value::Array(images) => images.iter_mut().collect(),
        repository @ Value::Object(_) => vec![repository],
        _ => Vec::new(),
    }
}

/// What a server adds to an entry that does not say it.
fn with_defaults(entry: &mut Value) {
    for (policy, field, value) in [("importPolicy", "importMode", "Legacy"), ("referencePolicy", "type", "Source")] {
        if entry[policy][field].is_null() {
            entry[policy][field] = value.into();
        }
    }
}
