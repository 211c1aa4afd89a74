//! Steps that belong together: what one request alone cannot show.

use proptest::{
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy},
};
use serde_json::{Map, Value, json};

use super::{
    steps::{Drawn, STREAM},
    vocabulary as words,
    writes::{applying, request, stream},
};

fn sequence(steps: Vec<Value>) -> Drawn {
    Drawn { steps, words: Vec::new() }
}

/// A repository with more tags than servers import at once, and its import.
pub(super) fn many_tags() -> BoxedStrategy<Drawn> {
    let tags: Map<String, Value> =
        words::many_tags().map(|tag| (format!("lib/other:{tag}"), "s2-basic".into())).collect();
    let import = json!({ "import": { "repository": "lib/other" } });
    Just(sequence(vec![json!({ "registry": { "tag": tags } }), import])).boxed()
}

/// A tag that follows another one of its stream, which is imported, moves, and is imported again.
pub(super) fn follow() -> BoxedStrategy<Drawn> {
    let followed = vec![("ImageStreamTag", "v1"), ("ImageStreamTag", "{{stream}}:v1")];
    let moved = vec![json!({ "tag": { "lib/app:v1": "s2-second" } }), json!({ "untag": ["lib/app:v1"] })];
    let next = vec![json!({ "get": STREAM }), json!({ "get": "imagestreamtags/{{stream}}:latest" })];
    (select(followed), select(moved), select(next))
        .prop_map(|((kind, name), moved, next)| {
            let tag = json!({ "name": "latest", "from": { "kind": kind, "name": name } });
            let create = request("post", "imagestreams", stream(Some(json!([tag])), None), None, None);
            let import = json!({ "import": "lib/app:v1 -> v1" });
            sequence(vec![create, import.clone(), json!({ "registry": moved }), import, next])
        })
        .boxed()
}

/// A deletion of a stream, or of a tag of it, that is to be the one which was read before, or another one.
pub(super) fn delete_read() -> BoxedStrategy<Drawn> {
    let conditions = vec![
        json!({ "uid": "{{kept uid}}" }),
        json!({ "uid": super::values::UID }),
        json!({ "resourceVersion": "{{kept version}}" }),
        json!({ "uid": "{{kept uid}}", "resourceVersion": "1" }),
    ];
    (select(vec![STREAM, "imagestreamtags/{{stream}}:v1"]), select(conditions))
        .prop_map(|(path, condition)| {
            let keep = json!({ "uid": "metadata.uid", "version": "metadata.resourceVersion" });
            let options = json!({ "preconditions": condition });
            sequence(vec![
                json!({ "import": "lib/app:v1 -> v1" }),
                json!({ "get": STREAM, "keep": keep }),
                request("delete", path, options, None, None),
                json!({ "get": STREAM }),
            ])
        })
        .boxed()
}

/// An image that gets a signature, and what becomes of that. It is one whose bytes are those of the scenario alone: nobody else has it.
pub(super) fn sign() -> BoxedStrategy<Drawn> {
    const IMAGE: &str = "/apis/image.openshift.io/v1/images/{{digest s2-basic}}";
    const SIGNATURES: &str = "/apis/image.openshift.io/v1/imagesignatures";
    let next = vec![
        json!({ "get": IMAGE, "as": "admin" }),
        json!({ "get": "imagestreamtags/{{stream}}:signed" }),
        json!({ "get": "imagestreamimages/{{stream}}@{{digest s2-basic}}" }),
        json!({ "import": "lib/app:own -> signed" }),
        json!({ "import": { "images": ["lib/app:own -> signed"], "store": false } }),
        json!({ "delete": format!("{SIGNATURES}/{{{{digest s2-basic}}}}@first"), "as": "admin" }),
    ];
    select(next)
        .prop_map(|next| {
            let body = json!({
                "kind": "ImageSignature", "apiVersion": "image.openshift.io/v1",
                "metadata": { "name": "{{digest s2-basic}}@first" },
                "type": "AtomicImageV1", "content": "c2lnbmF0dXJl",
            });
            let mut signed = request("post", SIGNATURES, body, None, None);
            signed["as"] = "admin".into();
            let read = json!({ "get": IMAGE, "as": "admin" });
            let tagged = json!({ "registry": { "tag": { "lib/app:own": "s2-basic" } } });
            sequence(vec![tagged, json!({ "import": "lib/app:own -> signed" }), signed, next, read])
        })
        .boxed()
}

/// A list of two streams, read one by one.
pub(super) fn pages() -> BoxedStrategy<Drawn> {
    const OWN: &str = "of-pages={{stream}}";
    let create = |suffix: &str| {
        let mut body = stream(None, Some(json!({ "of-pages": "{{stream}}" })));
        body["metadata"]["name"] = format!("{{{{stream}}}}-{suffix}").into();
        request("post", "imagestreams", body, None, None)
    };
    let first = json!({ "path": "imagestreams", "query": { "labelSelector": OWN, "limit": "1" } });
    let query = json!({ "labelSelector": OWN, "limit": "2", "continue": "{{kept next}}" });
    let steps = vec![
        create("a"),
        create("b"),
        json!({ "get": first, "keep": { "next": "metadata.continue" } }),
        json!({ "get": { "path": "imagestreams", "query": query } }),
    ];
    Just(sequence(steps)).boxed()
}

/// A stream that is changed, and a watch from the version before.
pub(super) fn watch() -> BoxedStrategy<Drawn> {
    let labelled = json!({ "metadata": { "labels": { "a": "b" } } });
    let changes = vec![
        json!({ "import": "lib/app:v1 -> v1" }),
        request("patch", STREAM, labelled, None, Some(json!({ "content-type": words::MERGE }))),
        json!({ "delete": STREAM }),
    ];
    select(changes)
        .prop_map(|change| {
            let query = json!({
                "watch": "true", "timeoutSeconds": "1", "resourceVersion": "{{kept version}}",
                "fieldSelector": "metadata.name={{stream}}",
            });
            sequence(vec![
                json!({ "create": {} }),
                json!({ "get": STREAM, "keep": { "version": "metadata.resourceVersion" } }),
                change,
                json!({ "get": { "path": "imagestreams", "query": query } }),
            ])
        })
        .boxed()
}

/// Two clients that apply one stream.
pub(super) fn apply_twice() -> BoxedStrategy<Drawn> {
    let by = |manager: &str| Some(json!({ "fieldManager": manager }));
    (select(words::applied()), select(words::applied()))
        .prop_map(move |(one, other)| sequence(vec![applying(&one, by("one")), applying(&other, by("two"))]))
        .boxed()
}
