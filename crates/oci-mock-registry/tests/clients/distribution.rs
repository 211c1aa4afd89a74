//! Distribution 2.8 itself (Debian's `docker-registry`) beside the profile that is named after it, request by request.

use libtest_mimic::{Failed, Trial};
use oci_mock_registry::{
    oci::{Algorithm, Digest},
    registry::Registry,
};
use reqwest::Method;
use serde_json::{Value, json};
use test_support::DockerRegistry;

use crate::{
    runtime,
    transcript::{Session, Transcript, with_digest},
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("distribution::profile_answers_as_the_product", profile_answers_as_the_product)]
}

/// What the product does and the profile does not, each with the reason.
const KNOWN: [(&str, &str); 1] =
    [("schema 1 of a config without history", "the images of the catalogue have configs that are complete enough")];

fn profile_answers_as_the_product() -> Result<(), Failed> {
    let runtime = runtime();
    let product = DockerRegistry::start();
    let profile = runtime.block_on(Registry::builder().quirk("distribution-2")?.start())?;
    let ask = |host: &str| runtime.block_on(script(host));
    let (expected, actual) = (ask(product.host())?, ask(profile.host())?);
    let names: Vec<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, actual.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for ((name, expected), (_, actual)) in expected.iter().zip(&actual) {
        let known = KNOWN.iter().find(|(known, _)| known == name);
        match (expected == actual, known) {
            (false, None) => wrong.push(format!("{name}\n  the product: {expected}\n  the profile: {actual}")),
            (true, Some(_)) => {
                wrong.push(format!("{name}: known to differ, and does not (hint: take it off the list)"));
            }
            (true, None) | (false, Some(_)) => {}
        }
    }
    let unasked = KNOWN.iter().filter(|(known, _)| !names.contains(known));
    wrong.extend(unasked.map(|(known, _)| format!("{known}: known to differ, and never asked")));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Ranges of a blob of 3,000 bytes, well and badly written.
const RANGES: [&str; 24] = [
    "bytes=0-0",
    "bytes=500-1499",
    "bytes=500-",
    "bytes=-500",
    "bytes=-0",
    "bytes=-5000",
    "bytes=2000-5000",
    "bytes=500-0",
    "bytes=5000-10000",
    "bytes=3000-",
    "bytes=abc",
    "bytes=-",
    "bytes=",
    "bytes=+1-2",
    "bytes=0-99999999999999999999",
    "bytes=0-1,5-6",
    "bytes=0-1, 5-6,-2",
    "bytes=0-1,5000-6000",
    "bytes=5000-6000,7000-",
    "bytes=0-2000,0-2000",
    "bytes=,0-1,",
    "Bytes=0-1",
    "bytes = 0-1",
    "lines=0-1",
];

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
const ALL: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
                   application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

async fn script(host: &str) -> Result<Transcript, Failed> {
    let mut session = Session::new(host)?;
    paths(&mut session).await?;
    uploads(&mut session).await?;
    blobs(&mut session).await?;
    manifests(&mut session).await?;
    lists(&mut session).await?;
    Ok(session.transcript)
}

fn blob() -> Vec<u8> {
    (0..3_000_u32).map(|number| u8::try_from(number * 7 % 251).expect("less than 251")).collect()
}

fn sha512(content: &[u8]) -> String {
    let mut hasher = Algorithm::Sha512.hasher();
    hasher.update(content);
    hasher.finish().to_string()
}

async fn paths(session: &mut Session) -> Result<(), Failed> {
    let digest = Digest::sha256(b"missing");
    session.read("ping", "/v2/", &[]).await?;
    session.ask("ping with a body", Method::POST, "/v2/", &[], b"").await?;
    session.read("start page", "/", &[]).await?;
    for (path, methods) in [
        ("/v2/", [Method::HEAD, Method::DELETE, Method::OPTIONS]),
        ("/v2/_catalog", [Method::HEAD, Method::POST, Method::OPTIONS]),
        ("/v2/no/such/tags/list", [Method::HEAD, Method::PUT, Method::OPTIONS]),
        ("/v2/no/such/manifests/v1", [Method::PATCH, Method::POST, Method::OPTIONS]),
        ("/v2/no/such/blobs/uploads/", [Method::GET, Method::DELETE, Method::OPTIONS]),
    ] {
        for method in methods {
            session.ask(&format!("{method} of {path}"), method, path, &[], b"").await?;
        }
    }
    for (name, path) in [
        ("unknown path", "/v2/lib/app/unknown/x"),
        ("invalid name", "/v2/Bad/manifests/v1"),
        ("tags of an unknown repository", "/v2/no/such/tags/list"),
        ("manifest of an unknown repository", "/v2/no/such/manifests/v1"),
        ("blob of an unknown repository", &format!("/v2/no/such/blobs/{digest}")),
    ] {
        session.read(name, path, &[]).await?;
    }
    Ok(())
}

async fn uploads(session: &mut Session) -> Result<(), Failed> {
    const UPLOADS: &str = "/v2/lib/app/blobs/uploads/";
    let content = blob();
    let (digest, other) = (Digest::sha256(&content).to_string(), sha512(&content));
    session.ask("begin", Method::POST, UPLOADS, &[], b"").await?;
    let single = format!("{UPLOADS}?digest={digest}");
    session.ask("begin with the blob", Method::POST, &single, &[], &content).await?;
    session.push("push", &digest, &content).await?;
    session.push("push by SHA-512", &other, &content).await?;
    session.push("push with another digest", &Digest::sha256(b"x").to_string(), &content).await?;
    session.push("push with a malformed digest", "sha256:xyz", &content).await?;
    session.push("push with an unknown algorithm", "md5:00000000000000000000000000000000", &content).await?;
    let location = session.begin().await?;
    session.ask("push without a digest", Method::PUT, &location, &[], &content).await?;
    let location = session.begin().await?;
    session.read("state", &location, &[]).await?;
    let next = session.ask("stream", Method::PATCH, &location, &[], &content[..1_000]).await?;
    session.read("state after a chunk", &next, &[]).await?;
    let range = [("content-range", "2000-2999"), ("content-length", "1000")];
    let next = session.ask("chunk out of order", Method::PATCH, &next, &range, &content[2_000..]).await?;
    session.read("state after a chunk out of order", &next, &[]).await?;
    session.ask("cancel", Method::DELETE, &next, &[], b"").await?;
    session.read("cancelled", &next, &[]).await?;
    let location = session.begin().await?;
    let range = [("content-range", "0-999")];
    let next = session.ask("first chunk", Method::PATCH, &location, &range, &content[..1_000]).await?;
    let range = [("content-range", "1000-2999")];
    let last = session.ask("second chunk", Method::PATCH, &next, &range, &content[1_000..]).await?;
    session.ask("location of the chunk before", Method::PATCH, &next, &range, &content[1_000..]).await?;
    session.ask("finish", Method::PUT, &with_digest(&last, &digest), &[], b"").await?;
    for (name, query) in [
        ("mount", format!("?mount={digest}&from=lib/app")),
        ("mount without a source", format!("?mount={digest}")),
        ("mount what is missing", format!("?mount={}&from=lib/app", Digest::sha256(b"missing"))),
        ("mount by SHA-512", format!("?mount={other}&from=lib/app")),
    ] {
        session.ask(name, Method::POST, &format!("/v2/lib/other/blobs/uploads/{query}"), &[], b"").await?;
    }
    session.read("mounted", &format!("/v2/lib/other/blobs/{digest}"), &[]).await?;
    session.read("mounted by SHA-512", &format!("/v2/lib/other/blobs/{other}"), &[]).await?;
    session.push("push nothing", &Digest::sha256(b"").to_string(), b"").await?;
    session.push("push a config", &Digest::sha256(b"{}").to_string(), b"{}").await
}

async fn blobs(session: &mut Session) -> Result<(), Failed> {
    let content = blob();
    let digest = Digest::sha256(&content).to_string();
    let path = format!("/v2/lib/app/blobs/{digest}");
    session.ask("head of a blob", Method::HEAD, &path, &[], b"").await?;
    session.read("blob", &path, &[]).await?;
    session.read("blob by SHA-512", &format!("/v2/lib/app/blobs/{}", sha512(&content)), &[]).await?;
    session.read("blob of nothing", &format!("/v2/lib/app/blobs/{}", Digest::sha256(b"")), &[]).await?;
    session.read("missing blob", &format!("/v2/lib/app/blobs/{}", Digest::sha256(b"missing")), &[]).await?;
    session.read("blob by a malformed digest", "/v2/lib/app/blobs/sha256:xyz", &[]).await?;
    session.read("blob by no digest", "/v2/lib/app/blobs/nonsense", &[]).await?;
    for known in [format!("\"{digest}\""), format!("W/\"{digest}\""), format!("\"x\", \"{digest}\""), "*".to_owned()] {
        session.read(&format!("blob that is known as {known}"), &path, &[("if-none-match", &known)]).await?;
    }
    let known = format!("\"{digest}\"");
    let headers = [("if-none-match", known.as_str()), ("range", "bytes=0-1")];
    session.ask("head of a blob that is known", Method::HEAD, &path, &headers[..1], b"").await?;
    session.read("part of a blob that is known", &path, &headers).await?;
    session.read("part of the same blob", &path, &[("if-range", &known), headers[1]]).await?;
    session.read("part of another blob", &path, &[("if-range", "\"other\""), headers[1]]).await?;
    session.read("part since a date", &path, &[("if-range", "Sat, 28 Nov 2026 05:00:00 GMT"), headers[1]]).await?;
    for range in RANGES {
        let name = format!("range {range}");
        session.read(&name, &path, &[("range", range)]).await?;
        session.ask(&format!("head with {name}"), Method::HEAD, &path, &[("range", range)], b"").await?;
    }
    let nothing = format!("/v2/lib/app/blobs/{}", Digest::sha256(b""));
    session.read("range of a blob of nothing", &nothing, &[("range", "bytes=0-")]).await?;
    let small = format!("/v2/lib/app/blobs/{}", Digest::sha256(b"{}"));
    session.read("range beyond a blob of two bytes", &small, &[("range", "bytes=5-")]).await?;
    for named in ["", "*", "\"x\"", &known, &format!("W/{known}"), &format!("\"x\", {known}"), &digest] {
        session.read(&format!("blob if it is {named}"), &path, &[("if-match", named)]).await?;
    }
    session.ask("delete a blob", Method::DELETE, &path, &[], b"").await?;
    session.ask("method that blobs lack", Method::POST, &path, &[], b"").await.map(drop)
}

/// A manifest with one layer.
fn manifest(kind: &str, layer: &Value, more: &Value) -> Vec<u8> {
    let config =
        json!({ "mediaType": "application/vnd.oci.image.config.v1+json", "digest": Digest::sha256(b"{}"), "size": 2 });
    let mut manifest = json!({ "schemaVersion": 2, "mediaType": kind, "config": config, "layers": [layer] });
    for (key, value) in more.as_object().into_iter().flatten() {
        manifest[key] = value.clone();
    }
    manifest.to_string().into_bytes()
}

fn index(child: &str) -> Vec<u8> {
    let child =
        json!({ "mediaType": OCI, "digest": child, "size": 3, "platform": { "os": "linux", "architecture": "amd64" } });
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [child] }).to_string().into_bytes()
}

/// Pushes manifests with a field of another type, or another value, than usual.
async fn fields(session: &mut Session) -> Result<(), Failed> {
    let layer = json!({ "mediaType": LAYER, "digest": Digest::sha256(&blob()), "size": 3_000 });
    let sizes = [json!("5"), json!(5.5), json!(-5), json!(u64::MAX), json!(i64::MAX), json!([]), Value::Null];
    let sizes = sizes.into_iter().map(|size| ("size", size));
    let fields = [
        ("mediaType", json!(5)),
        ("urls", json!("x")),
        ("annotations", json!({ "a": 1 })),
        ("annotations", Value::Null),
        ("platform", json!("linux")),
        ("digest", json!(5)),
        ("digest", json!("sha256:xyz")),
        ("digest", json!("none")),
        ("digest", Value::Null),
    ];
    for (field, value) in sizes.chain(fields) {
        let mut layer = layer.clone();
        layer[field] = value;
        let name = format!("push a layer with {field} {}", layer[field]);
        session.push_manifest(&name, "fields", OCI, &manifest(OCI, &layer, &json!({}))).await?;
        if field == "size" {
            let name = format!("push a layer with {field} {} in schema 2", layer[field]);
            session.push_manifest(&name, "fields", SCHEMA2, &manifest(SCHEMA2, &layer, &json!({}))).await?;
        }
    }
    for (field, value) in [
        ("schemaVersion", json!("2")),
        ("mediaType", json!(5)),
        ("annotations", json!([])),
        ("annotations", Value::Null),
        ("layers", json!({})),
        ("layers", Value::Null),
        ("config", json!("x")),
    ] {
        let name = format!("push a manifest with {field} {value}");
        session.push_manifest(&name, "fields", OCI, &manifest(OCI, &layer, &json!({ field: value }))).await?;
    }
    session.ask("delete a tag with fields", Method::DELETE, "/v2/lib/app/manifests/fields", &[], b"").await.map(drop)
}

async fn manifests(session: &mut Session) -> Result<(), Failed> {
    let layer = json!({ "mediaType": LAYER, "digest": Digest::sha256(&blob()), "size": 3_000 });
    let gone = json!({ "mediaType": LAYER, "digest": Digest::sha256(b"gone"), "size": 4 });
    let foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    let foreign = json!({ "mediaType": foreign, "digest": Digest::sha256(b"gone"), "size": 4, "urls": ["https://layers.test/x"] });
    let plain = manifest(OCI, &layer, &json!({}));
    let digest = Digest::sha256(&plain).to_string();
    session.push_manifest("push a manifest", "v1", OCI, &plain).await?;
    session.push_manifest("push a manifest by digest", &digest, OCI, &plain).await?;
    session.push_manifest("push by another digest", &Digest::sha256(b"x").to_string(), OCI, &plain).await?;
    session.push_manifest("push a manifest by SHA-512", &sha512(&plain), OCI, &plain).await?;
    session.push_manifest("push a manifest by a malformed digest", "sha256:xyz", OCI, &plain).await?;
    session.push_manifest("push with tags in the query", &format!("{digest}?tag=t1&tag=t2"), OCI, &plain).await?;
    session.push_manifest("push without a type", "v2", "", &plain).await?;
    session.push_manifest("push with another type", "v2", SCHEMA2, &plain).await?;
    session.push_manifest("push with an unknown type", "v2", "application/x-unknown", &plain).await?;
    session.push_manifest("push what is no JSON", "v2", OCI, b"no JSON").await?;
    session.push_manifest("push with a missing layer", "v2", OCI, &manifest(OCI, &gone, &json!({}))).await?;
    session.push_manifest("push with a layer from elsewhere", "v2", OCI, &manifest(OCI, &foreign, &json!({}))).await?;
    fields(session).await?;
    let subject = json!({ "subject": { "mediaType": OCI, "digest": digest, "size": plain.len() } });
    session.push_manifest("push with a subject", "sub", OCI, &manifest(OCI, &layer, &subject)).await?;
    session.read("referrers", &format!("/v2/lib/app/referrers/{digest}"), &[]).await?;
    session.push_manifest("push schema 2", "d1", SCHEMA2, &manifest(SCHEMA2, &layer, &json!({}))).await?;
    session.push_manifest("push an index", "ix", INDEX, &index(&digest)).await?;
    session
        .push_manifest("push an index of what is missing", "v2", INDEX, &index(&Digest::sha256(b"gone").to_string()))
        .await?;
    let large = json!({ "annotations": { "a": "x".repeat(5 << 20) } });
    session.push_manifest("push a large manifest", "v2", OCI, &manifest(OCI, &layer, &large)).await?;
    let accept = [("accept", ALL)];
    for (name, reference) in [
        ("manifest", "v1"),
        ("manifest by digest", &digest),
        ("manifest by SHA-512", &sha512(&plain)),
        ("manifest by a malformed digest", "sha256:xyz"),
        ("manifest by an unknown algorithm", "md5:00000000000000000000000000000000"),
        ("tag of the query", "t1"),
        ("invalid tag", ".bad"),
        ("missing tag", "none"),
        ("missing digest", &Digest::sha256(b"none").to_string()),
        ("index", "ix"),
    ] {
        session.read(name, &format!("/v2/lib/app/manifests/{reference}"), &accept).await?;
    }
    for (accept, of) in [(None, "nothing"), (Some("*/*"), "anything"), (Some(SCHEMA2), "schema 2"), (Some(OCI), "OCI")]
    {
        let headers: Vec<(&str, &str)> = accept.into_iter().map(|accept| ("accept", accept)).collect();
        for tag in ["v1", "ix"] {
            session.read(&format!("{tag} for {of}"), &format!("/v2/lib/app/manifests/{tag}"), &headers).await?;
        }
    }
    session.read("schema 1 of a config without history", "/v2/lib/app/manifests/d1", &[]).await?;
    for known in [
        format!("\"{digest}\""),
        digest.clone(),
        format!("W/\"{digest}\""),
        format!("\"x\", \"{digest}\""),
        "*".to_owned(),
    ] {
        let headers = [accept[0], ("if-none-match", known.as_str())];
        session.read(&format!("manifest that is known as {known}"), "/v2/lib/app/manifests/v1", &headers).await?;
    }
    session.ask("head of a manifest", Method::HEAD, "/v2/lib/app/manifests/v1", &accept, b"").await?;
    session.ask("delete a tag", Method::DELETE, "/v2/lib/app/manifests/v1", &[], b"").await?;
    session.ask("delete a manifest", Method::DELETE, &format!("/v2/lib/app/manifests/{digest}"), &[], b"").await?;
    session.ask("method that manifests lack", Method::POST, "/v2/lib/app/manifests/v1", &[], b"").await.map(drop)
}

async fn lists(session: &mut Session) -> Result<(), Failed> {
    for query in ["", "?n=2", "?n=0", "?n=-1", "?n=abc", "?n=2&last=d1", "?n=100000"] {
        session.read(&format!("tags {query}"), &format!("/v2/lib/app/tags/list{query}"), &[]).await?;
    }
    session.read("tags of an encoded name", "/v2/lib%2Fapp/tags/list", &[]).await?;
    for query in ["", "?n=1", "?n=0", "?n=abc", "?n=-1", "?n=", "?n=1000", "?n=1001", "?n=1&last=lib/app", "?last=zz"] {
        session.read(&format!("catalog {query}"), &format!("/v2/_catalog{query}"), &[]).await?;
    }
    Ok(())
}
