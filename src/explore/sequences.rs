//! Steps that belong together: what one request alone cannot show.

use proptest::{
    arbitrary::any,
    option,
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union},
};
use serde_json::{Map, Value, json};

use super::{
    patches,
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

/// An import into a stream that is to be the one which was read before, or another one, or one that is not there.
pub(super) fn import_read() -> BoxedStrategy<Drawn> {
    let conditions = vec![
        json!({ "uid": "{{kept uid}}" }),
        json!({ "uid": super::values::UID }),
        json!({ "resourceVersion": "{{kept version}}" }),
        json!({ "resourceVersion": "1" }),
        json!({ "uid": "{{kept uid}}", "resourceVersion": "{{kept version}}" }),
    ];
    let between = vec![None, Some(json!({ "import": "lib/app:v1 -> v2" })), Some(json!({ "delete": STREAM }))];
    (select(conditions), select(between), any::<bool>())
        .prop_map(|(condition, between, stores)| {
            let keep = json!({ "uid": "metadata.uid", "version": "metadata.resourceVersion" });
            let mut import = json!({ "images": ["lib/app:v1 -> v1"], "merge": { "metadata": condition } });
            if !stores {
                import["store"] = false.into();
            }
            let mut steps = vec![json!({ "import": "lib/app:v1 -> v1" }), json!({ "get": STREAM, "keep": keep })];
            steps.extend(between);
            steps.push(json!({ "import": import }));
            sequence(steps)
        })
        .boxed()
}

/// A tag that is written with the version of it that was read before, or with another one.
pub(super) fn write_read_tag() -> BoxedStrategy<Drawn> {
    let kinds = vec![("imagestreamtags", "ImageStreamTag", "tag"), ("imagetags", "ImageTag", "spec")];
    let versions = vec![Some("{{kept version}}"), Some("1"), None];
    let sources = vec![
        json!({ "kind": "DockerImage", "name": "{{registry}}/lib/app:v1" }),
        json!({ "kind": "DockerImage", "name": "{{registry}}/lib/app:v2" }),
        json!({ "kind": "ImageStreamTag", "name": "v1" }),
    ];
    (select(kinds), select(vec!["post", "put"]), select(versions), select(sources))
        .prop_map(|((resource, kind, field), method, version, from)| {
            let mut metadata = json!({ "name": "{{stream}}:v1", "namespace": "{{namespace}}" });
            if let Some(version) = version {
                metadata["resourceVersion"] = version.into();
            }
            let tag = json!({ "name": "v1", "from": from });
            let body = json!({ "kind": kind, "apiVersion": "image.openshift.io/v1", "metadata": metadata, field: tag });
            let of_tag = format!("{resource}/{{{{stream}}}}:v1");
            let path = if method == "post" { resource } else { &of_tag };
            sequence(vec![
                json!({ "import": "lib/app:v1 -> v1" }),
                // A tag has the version of its stream, which is there whatever became of the import.
                json!({ "get": STREAM, "keep": { "version": "metadata.resourceVersion" } }),
                request(method, path, body, None, None),
                json!({ "get": STREAM }),
            ])
        })
        .boxed()
}

/// The status of a stream that has an imported tag, written by who may.
pub(super) fn write_imported() -> BoxedStrategy<Drawn> {
    (select(words::statuses()), any::<bool>())
        .prop_map(|(status, patches)| {
            let read = json!({ "get": STREAM, "keep": { "version": "metadata.resourceVersion" } });
            let mut write = if patches {
                let headers = json!({ "content-type": patches::MERGE });
                request("patch", &format!("{STREAM}/status"), json!({ "status": status }), None, Some(headers))
            } else {
                let mut body = stream(None, None);
                body["metadata"]["resourceVersion"] = "{{kept version}}".into();
                body["status"] = status;
                request("put", &format!("{STREAM}/status"), body, None, None)
            };
            write["as"] = "admin".into();
            sequence(vec![json!({ "import": "lib/app:v1 -> v1" }), read, write, json!({ "get": STREAM })])
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

/// The path of an image whose bytes are those of the scenario alone, so that no other stream has it.
const IMAGE: &str = "/apis/image.openshift.io/v1/images/{{digest s2-basic}}";

/// The import of that image.
fn own_image() -> [Value; 2] {
    [json!({ "registry": { "tag": { "lib/app:own": "s2-basic" } } }), json!({ "import": "lib/app:own -> own" })]
}

/// What shows an image that a stream has.
fn readings() -> Vec<Value> {
    vec![
        json!({ "get": IMAGE, "as": "admin" }),
        json!({ "get": "imagestreamtags/{{stream}}:own" }),
        json!({ "get": "imagestreamimages/{{stream}}@{{digest s2-basic}}" }),
        json!({ "get": "imagestreams/{{stream}}/layers" }),
        json!({ "import": "lib/app:own -> own" }),
        json!({ "import": { "images": ["lib/app:own -> own"], "store": false } }),
    ]
}

/// An image that gets signatures, and what becomes of that.
pub(super) fn sign() -> BoxedStrategy<Drawn> {
    const SIGNATURES: &str = "/apis/image.openshift.io/v1/imagesignatures";
    let sign = || {
        let usual = Just(json!({})).boxed();
        Union::new_weighted(vec![(1, usual), (1, select(words::signatures()).boxed())]).prop_map(|fields| {
            let mut body = json!({
                "kind": "ImageSignature", "apiVersion": "image.openshift.io/v1",
                "metadata": { "name": "{{digest s2-basic}}@first" },
                "type": "AtomicImageV1", "content": "c2lnbmF0dXJl",
            });
            for (name, value) in fields.as_object().into_iter().flatten() {
                body[name] = value.clone();
            }
            let mut signed = request("post", SIGNATURES, body, None, None);
            signed["as"] = "admin".into();
            signed
        })
    };
    let removal = ["first", "missing"]
        .map(|name| json!({ "delete": format!("{SIGNATURES}/{{{{digest s2-basic}}}}@{name}"), "as": "admin" }));
    let next = [readings(), removal.to_vec()].concat();
    (sign(), option::of(sign()), select(next))
        .prop_map(|(first, second, next)| {
            let read = json!({ "get": IMAGE, "as": "admin" });
            sequence(own_image().into_iter().chain([first]).chain(second).chain([next, read]).collect())
        })
        .boxed()
}

/// An image object that is changed or deleted, and what streams that have it show then.
pub(super) fn change_image() -> BoxedStrategy<Drawn> {
    let patched = select(patches::of_image()).prop_map(|body| {
        let mut patch = request("patch", IMAGE, body, None, Some(json!({ "content-type": patches::MERGE })));
        patch["as"] = "admin".into();
        patch
    });
    let deleted = Just(json!({ "delete": IMAGE, "as": "admin" }));
    let changes = Union::new_weighted(vec![(2, patched.boxed()), (1, deleted.boxed())]);
    (changes, select(readings()), select(readings()))
        .prop_map(|(change, one, other)| sequence(own_image().into_iter().chain([change, one, other]).collect()))
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
        request("patch", STREAM, labelled, None, Some(json!({ "content-type": patches::MERGE }))),
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
    (select(patches::applied()), select(patches::applied()))
        .prop_map(move |(one, other)| sequence(vec![applying(&one, by("one")), applying(&other, by("two"))]))
        .boxed()
}
