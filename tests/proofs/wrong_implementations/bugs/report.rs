//! Mistakes in what is reported of an import, or of a request that is refused.

use serde_json::{Value, json};

use crate::wrong_implementations::bug::{Bug, put};

/// These mistakes.
pub(crate) fn bugs() -> Vec<Bug> {
    let mut bugs = results();
    bugs.extend(images());
    bugs.extend(envelopes());
    bugs
}

fn results() -> Vec<Bug> {
    vec![
        Bug::new("reports 200 instead of 201", &["single-image::noimport-s2-basic"]).answer(|request, answer| {
            if request.is_import() && answer.status == 201 {
                answer.status = 200;
            }
        }),
        Bug::new("refuses the request for one image that is missing", &["request::one-good-one-missing*"]).answer(
            |_, answer| {
                if answer.results_mut().iter().any(|result| result["status"]["status"] == "Failure") {
                    answer.status = 422;
                    answer.body = json!({
                        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                        "reason": "Invalid", "message": "an image cannot be imported", "code": 422,
                    });
                }
            },
        ),
        Bug::new("stops at the first image that fails", &["request::good-missing-and-broken"]).answer(|_, answer| {
            if let Some(results) = answer.body.pointer_mut("/status/images").and_then(Value::as_array_mut)
                && let Some(failed) = results.iter().position(|result| result["status"]["status"] == "Failure")
            {
                results.truncate(failed + 1);
            }
        }),
        Bug::new("reports images in another order", &["request::two-images"]).answer(|_, answer| {
            if let Some(results) = answer.body.pointer_mut("/status/images").and_then(Value::as_array_mut) {
                results.reverse();
            }
        }),
        Bug::new("reports the tags of a repository in another order", &["repository::repo-server-tag-order"]).answer(
            |_, answer| {
                let results = answer.body.pointer_mut("/status/repository/images").and_then(Value::as_array_mut);
                results.into_iter().for_each(|results| results.reverse());
            },
        ),
        Bug::new("reports equal entries once", &["request::same-entry-twice", "request::same-tag-twice"]).answer(
            |_, answer| {
                if let Some(results) = answer.body.pointer_mut("/status/images").and_then(Value::as_array_mut) {
                    results.dedup();
                }
            },
        ),
        Bug::new("reports NotFound as InternalError", &["request::all-missing"]).answer(|_, answer| {
            for result in answer.results_mut() {
                if result["status"]["reason"] == "NotFound" {
                    put(result, "/status/reason", Some("InternalError".into()));
                    put(result, "/status/code", Some(500.into()));
                }
            }
        }),
        Bug::new("does not say which tag was written", &["single-image::content-s2-basic"]).answer(|_, answer| {
            answer.results_mut().into_iter().for_each(|result| put(result, "/tag", None));
        }),
        Bug::new("gives a success a code", &["single-image::content-s2-basic"]).answer(|_, answer| {
            for result in answer.results_mut() {
                if result["status"]["status"] == "Success" {
                    put(result, "/status/code", Some(200.into()));
                }
            }
        }),
    ]
}

fn images() -> Vec<Bug> {
    vec![
        Bug::new("drops the config from the metadata", &["single-image::content-s2-basic"]).answer(|_, answer| {
            answer.images_mut().into_iter().for_each(|image| put(image, "/dockerImageMetadata/Config", None));
        }),
        Bug::new("reverses the order of layers", &["single-image::content-s2-basic"]).answer(|_, answer| {
            for image in answer.images_mut() {
                if let Some(layers) = image["dockerImageLayers"].as_array_mut() {
                    layers.reverse();
                }
            }
        }),
        Bug::new("leaves the config out of the size", &["single-image::content-s2-basic"]).answer(|_, answer| {
            for image in answer.images_mut() {
                let layers = image["dockerImageLayers"].as_array().into_iter().flatten();
                let size: i64 = layers.filter_map(|layer| layer["size"].as_i64()).sum();
                put(image, "/dockerImageMetadata/Size", Some(size.into()));
            }
        }),
        Bug::new("loses the media type of the manifest", &["single-image::content-s2-basic"]).answer(|_, answer| {
            answer.images_mut().into_iter().for_each(|image| put(image, "/dockerImageManifestMediaType", None));
        }),
        Bug::new("leaves out the manifests of a list", &["manifest-list::list-multi-preserveoriginal"]).answer(
            |_, answer| {
                answer.images_mut().into_iter().for_each(|image| put(image, "/dockerImageManifests", None));
            },
        ),
        Bug::new("refers to images by tag", &["single-image::content-s2-basic"]).answer(|request, answer| {
            for (image, asked) in answer.images_mut().into_iter().zip(request.images()) {
                put(image, "/dockerImageReference", Some(asked["from"]["name"].clone()));
            }
        }),
        Bug::new("writes sizes as texts", &["single-image::content-s2-basic"]).answer(|_, answer| {
            for image in answer.images_mut() {
                for layer in image["dockerImageLayers"].as_array_mut().into_iter().flatten() {
                    let size = layer["size"].to_string();
                    put(layer, "/size", Some(size.into()));
                }
            }
        }),
        Bug::new("adds a field of its own", &["single-image::content-s2-basic"]).answer(|_, answer| {
            answer.images_mut().into_iter().for_each(|image| put(image, "/digest", Some("sha256".into())));
        }),
    ]
}

fn envelopes() -> Vec<Bug> {
    vec![
        Bug::new("does not echo the defaults of the spec", &["request::defaults-come-back"]).answer(
            |request, answer| {
                for field in ["/importPolicy", "/referencePolicy", "/to"] {
                    answer.echo(request, field);
                }
            },
        ),
        Bug::new("echoes the status that the client sent", &["request::status-in-request-ignored"]).answer(
            |request, answer| {
                if request.is_import() && request.body["status"].is_object() {
                    answer.body["status"] = request.body["status"].clone();
                }
            },
        ),
        Bug::new("gives no creation time", &["single-image::noimport-s2-basic"]).answer(|request, answer| {
            if request.is_import() {
                put(&mut answer.body, "/metadata/creationTimestamp", None);
            }
        }),
        Bug::new("gives everything the same uid", &["single-image::content-s2-basic"]).answer(|_, answer| {
            let same = || Some(Value::from("00000000-0000-4000-8000-000000000000"));
            put(&mut answer.body, "/metadata/uid", same());
            put(&mut answer.body, "/status/import/metadata/uid", same());
        }),
        Bug::new("keeps its warnings to itself", &["validation::invalid-unknown-field"])
            .answer(|_, answer| answer.warnings.clear()),
        Bug::new("names no causes", &["validation::invalid-several-errors"])
            .answer(|_, answer| put(&mut answer.body, "/details/causes", None)),
        Bug::new("stops at the first error of validation", &["validation::invalid-several-errors"]).answer(
            |_, answer| {
                if let Some(causes) = answer.body.pointer_mut("/details/causes").and_then(Value::as_array_mut) {
                    causes.truncate(1);
                }
            },
        ),
        Bug::new("refuses with words of its own", &["validation::invalid-no-images-no-repository"]).answer(
            |_, answer| {
                if answer.body["kind"] == "Status" {
                    answer.body["message"] = "this cannot be imported".into();
                }
            },
        ),
    ]
}
