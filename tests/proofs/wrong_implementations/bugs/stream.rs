//! Mistakes in the image stream that an import writes.

use serde_json::{Value, json};

use crate::wrong_implementations::bug::{Bug, put};

/// These mistakes.
pub(crate) fn bugs() -> Vec<Bug> {
    let mut bugs = tags();
    bugs.extend(metadata());
    bugs
}

fn tags() -> Vec<Bug> {
    vec![
        Bug::new("keeps one item of history", &["stream::stream-import-moved-tag"]).answer(|_, answer| {
            for tag in answer.tags_mut() {
                if let Some(items) = tag["items"].as_array_mut() {
                    items.truncate(1);
                }
            }
        }),
        Bug::new("forgets the history when an import fails", &["stream::stream-import-then-missing"]).answer(
            |_, answer| {
                for tag in answer.tags_mut() {
                    if tag.get("conditions").is_some() {
                        put(tag, "/items", Some(Value::Null));
                    }
                }
            },
        ),
        Bug::new("leaves out the condition of a failed import", &["request::one-good-one-missing"])
            .answer(|_, answer| answer.tags_mut().into_iter().for_each(|tag| put(tag, "/conditions", None))),
        Bug::new("sets ImportSuccess=True", &["single-image::content-s2-basic"]).answer(|_, answer| {
            for tag in answer.tags_mut() {
                if tag.get("conditions").is_none() {
                    let condition = json!({
                        "type": "ImportSuccess", "status": "True", "generation": tag["items"][0]["generation"],
                        "lastTransitionTime": "2026-01-02T03:04:05Z",
                    });
                    put(tag, "/conditions", Some(json!([condition])));
                }
            }
        }),
        Bug::new("sorts the tags of a stream backwards", &["request::two-images"]).answer(|_, answer| {
            if let Some(tags) =
                answer.stream_mut().and_then(|stream| stream.pointer_mut("/status/tags")?.as_array_mut())
            {
                tags.reverse();
            }
        }),
        Bug::new("does not bump the generation of a tag that moved", &["stream::stream-import-moved-tag"]).answer(
            |_, answer| {
                for tag in answer.tags_mut() {
                    for item in tag["items"].as_array_mut().into_iter().flatten() {
                        put(item, "/generation", Some(1.into()));
                    }
                }
            },
        ),
        Bug::new("overwrites the reference policy of a tag", &["stream::stream-reference-policy-kept"]).answer(
            |_, answer| {
                let tags = answer.stream_mut().and_then(|stream| stream.pointer_mut("/spec/tags")?.as_array_mut());
                for tag in tags.into_iter().flatten() {
                    put(tag, "/referencePolicy", Some(json!({ "type": "Source" })));
                }
            },
        ),
    ]
}

fn metadata() -> Vec<Bug> {
    vec![
        Bug::new("does not bump the generation of a stream", &["stream::stream-second-tag-added"]).answer(
            |_, answer| {
                if let Some(stream) = answer.stream_mut() {
                    put(stream, "/metadata/generation", Some(1.into()));
                }
            },
        ),
        Bug::new("loses labels of a stream that is there", &["stream::stream-existing-labels-kept"]).answer(
            |request, answer| {
                if request.is_import()
                    && let Some(stream) = answer.stream_mut()
                {
                    put(stream, "/metadata/labels", None);
                }
            },
        ),
        Bug::new("does not note when the registry was asked", &["single-image::content-s2-basic"]).answer(
            |_, answer| {
                if let Some(stream) = answer.stream_mut() {
                    put(stream, "/metadata/annotations", None);
                }
            },
        ),
        Bug::new("never changes the resource version", &["stream::stream-second-tag-added"]).answer(|_, answer| {
            if let Some(stream) = answer.stream_mut() {
                put(stream, "/metadata/resourceVersion", Some("1".into()));
            }
        }),
        Bug::new("does not say where the stream's own repository is", &["single-image::content-s2-basic"]).answer(
            |_, answer| {
                if let Some(stream) = answer.stream_mut() {
                    put(stream, "/status/dockerImageRepository", None);
                }
            },
        ),
    ]
}
