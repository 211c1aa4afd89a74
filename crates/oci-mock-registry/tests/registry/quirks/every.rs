//! What holds for every quirk and every profile.

use http::{HeaderMap, Request};
use oci_mock_registry::{
    fixture::{Quirk, Quirks},
    oci::{Algorithm, Digest},
    registry::{MANIFEST_LIMIT, RegistryState},
};

use crate::support::{ask_with, registry};

/// The types of manifests, as clients of today accept them.
const ACCEPT: &str = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.index.v1+json";

/// Whatever its habits, a registry can be pulled from.
#[test]
fn serves_manifests_to_clients_of_today() {
    for name in Quirks::names().filter(|name| *name != Quirk::RedirectsManifests.name()) {
        let answer = ask_with(&super::with(name), super::MANIFEST, &[("accept", ACCEPT)]);
        assert_eq!(answer.status, 200, "{name}");
    }
}

/// Registries of every kind, each with a long list of requests: a quirk that changes nothing there is a dead switch.
#[test]
fn changes_an_answer() {
    let usual = transcripts("");
    assert_eq!(usual, transcripts(""), "one registry, two answers: then a difference says nothing about a quirk");
    // Those that refine another one.
    let beside = |quirk| match quirk {
        Quirk::LowerCaseScheme => "challenge-on-success",
        Quirk::ChildNeedsAccept => "list-becomes-child",
        Quirk::OwnCursorOnly => "opaque-cursor",
        Quirk::RedirectFound | Quirk::RedirectRelative | Quirk::RedirectsHeads => "redirects-blobs",
        Quirk::SubjectEchoed => "no-referrers",
        _ => "",
    };
    let dead: Vec<&str> = Quirk::ALL
        .iter()
        .filter(|quirk| {
            let other = beside(**quirk);
            let without = if other.is_empty() { usual.clone() } else { transcripts(other) };
            transcripts(&format!("{other}, {}", quirk.name())) == without
        })
        .map(|quirk| quirk.name())
        .collect();
    assert_eq!(dead, [] as [&str; 0], "these quirks change nothing");
}

/// What all registries of this kind answer.
fn transcripts(quirks: &str) -> Vec<String> {
    let quirks = quirks.trim_start_matches(", ");
    [
        "",
        "auth: { scheme: basic, users: { robot: secret }, anonymous: true }",
        "auth: { scheme: basic, users: { robot: secret } }",
        "auth: { scheme: bearer, users: { robot: secret }, anonymous: true, public: [lib/app], only: { lib/only: [root] } }",
        "auth: { scheme: bearer, users: { robot: secret } }",
        "readOnly: true",
        "tls: self-signed",
    ]
    .into_iter()
    .enumerate()
    .flat_map(|(kind, more)| {
        // Many tags are needed once only, to see how large pages are.
        let many: Vec<String> =
            (0..if kind == 0 { 1_001 } else { 0 }).map(|number| format!("t{number}: s2-nolayers")).collect();
        let many = many.join(", ");
        let state = registry(&format!(
            "repositories:\n  lib/app: {{ v1: s2-basic, v2: oci-basic, v3: list-multi }}\n  lib/only: {{}}\n  lib/many: {{ {many} }}\n\
             untagged: {{ lib/app: [cosign-referrer] }}\nquirks: [{quirks}]\n{more}\n"
        ));
        transcript(&state)
    })
    .collect()
}

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

fn transcript(state: &RegistryState) -> Vec<String> {
    let mut log = Log { state, lines: Vec::new() };
    let basic = |password: &str| {
        let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("robot:{password}"));
        format!("Basic {encoded}")
    };
    let (right, wrong) = (basic("secret"), basic("wrong"));
    for credentials in [None, Some(right.as_str()), Some(&wrong), Some("Bearer wrong"), Some("Bearer secret")] {
        for request in [
            "GET /v2",
            "GET /v2/",
            "GET /v2/_catalog",
            "GET /v2/_catalog?n=x",
            "GET /v2/_catalog?n=1001",
            "GET /v2/lib/app/manifests/v1",
            "HEAD /v2/lib/app/manifests/v1",
            "GET /v2/lib/app/manifests/v2",
            "GET /v2/lib/app/manifests/v3",
            "GET /v2/lib/app/manifests/none",
            "HEAD /v2/lib/app/manifests/none",
            "GET /v2/lib/none/manifests/v1",
            "GET /v2/lib/none/tags/list",
            "GET /v2/lib/only/tags/list",
            "GET /v2/lib/app/tags/list",
            "GET /v2/lib/app/tags/list?n=0",
            "GET /v2/lib/app/tags/list?n=2",
            "GET /v2/lib/app/tags/list?n=3",
            "GET /v2/lib/app/tags/list?n=x",
            "GET /v2/lib/app/tags/list?n=10000",
            "GET /v2/lib/app/tags/list?last=none",
            "GET /token",
            "GET /token?scope=repository:lib/app:pull",
            "GET /token?scope=repository:lib/app:pull%20repository:lib/b:pull",
            "GET /token?scope=repository:lib/only:push",
            "GET /token?scope=repository:lib/app:delete",
            "GET /v2/lib/app/referrers/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        ] {
            log.ask(request, credentials, &[("accept", OCI)], b"");
        }
    }
    let credentials = Some(right.as_str());
    let joined = log.ask("GET /token?scope=repository:lib/app:pull%20repository:lib/b:pull", credentials, &[], b"").1;
    let joined: serde_json::Value = serde_json::from_str(&joined).unwrap_or_default();
    let bearer = format!("Bearer {}", joined["token"].as_str().unwrap_or_default());
    log.ask("GET /v2/lib/app/manifests/v1", Some(&bearer), &[], b"");
    log.ask("POST /token", None, &[], b"grant_type=password&username=robot&password=secret");
    for request in ["GET /v2/lib/many/tags/list", "GET /v2/lib/many/tags/list?n=150", "GET /v2/lib/app/manifests/v2"] {
        log.ask(request, credentials, &[], b"");
    }
    // Everything from here on needs what it finds.
    let manifest = log.ask("GET /v2/lib/app/manifests/v2", credentials, &[("accept", OCI)], b"").1;
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap_or_default();
    if let Some(config) = manifest["config"]["digest"].as_str() {
        log.ask(&format!("GET /v2/lib/app/blobs/{config}"), credentials, &[], b"");
        log.ask(&format!("HEAD /v2/lib/app/blobs/{config}"), credentials, &[], b"");
        log.ask(&format!("POST /v2/lib/b/blobs/uploads/?mount={config}"), credentials, &[], b"");
    }
    let digest = log.header("GET /v2/lib/app/manifests/v1", credentials, "docker-content-digest");
    log.ask(&format!("GET /v2/lib/app/referrers/{digest}"), credentials, &[], b"");
    log.ask("GET /v2/lib/app/manifests/v1", credentials, &[("if-none-match", "*")], b"");
    log.ask(&format!("GET /v2/lib/app/manifests/{}", digest.replace(':', "-")), credentials, &[], b"");
    log.ask("POST /v2/lib/b/blobs/uploads/?mount=sha256:0&from=Lib", credentials, &[], b"");
    log.ask("POST /v2/lib/b/blobs/uploads/?mount=sha256:0&from=lib/only", credentials, &[], b"");
    log.ask(&format!("POST /v2/lib/b/blobs/uploads/?digest={}", Digest::sha256(b"")), credentials, &[], b"");
    let upload = log.header("POST /v2/lib/b/blobs/uploads/", credentials, "location");
    let next = log.header(&format!("PATCH {upload}"), credentials, "location");
    log.ask(&format!("PATCH {next}"), credentials, &[("content-length", "5000000")], b"one");
    log.ask(&format!("PATCH {next}"), credentials, &[], b"two");
    log.ask(&format!("GET {next}"), credentials, &[], b"");
    log.ask(&format!("DELETE {next}"), credentials, &[], b"");
    for (media_type, body) in [
        (OCI, r#"{"schemaVersion":2}"#),
        ("application/vnd.docker.distribution.manifest.v2+json", "{}"),
        ("application/json", "{}"),
        ("text/plain", "{}"),
        (OCI, r#"{"subject":{"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}}"#),
        (
            OCI,
            r#"{"config":{"mediaType":"text/plain","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}}"#,
        ),
        (OCI, r#"{"config":{"mediaType":"text/plain","digest":"sha256:0"}}"#),
    ] {
        log.ask("PUT /v2/lib/app/manifests/new", credentials, &[("content-type", media_type)], body.as_bytes());
    }
    let sha512 = |content: &[u8]| {
        let mut hasher = Algorithm::Sha512.hasher();
        hasher.update(content);
        hasher.finish()
    };
    let blob = sha512(b"blob");
    let upload = log.header("POST /v2/lib/app/blobs/uploads/", credentials, "location");
    let out_of_order = [("content-range", "9-12")];
    let next = log.ask(&format!("PATCH {upload}"), credentials, &out_of_order, b"blob").0;
    let next = next.get("location").and_then(|location| location.to_str().ok()).unwrap_or(&upload);
    log.ask(&format!("DELETE {next}"), credentials, &[], b"");
    let upload = log.header("POST /v2/lib/app/blobs/uploads/", credentials, "location");
    let separator = if upload.contains('?') { '&' } else { '?' };
    log.ask(&format!("PUT {upload}{separator}digest={blob}"), credentials, &[], b"blob");
    log.ask(&format!("GET /v2/lib/app/blobs/{blob}"), credentials, &[("range", "bytes=10-")], b"");
    log.ask("GET /v2/lib/app/blobs/sha256:0", credentials, &[], b"");
    log.ask("GET /v2/lib/app/manifests/sha256:0", credentials, &[], b"");
    log.ask(&format!("GET /v2/lib/app/manifests/{blob}"), credentials, &[], b"");
    let elsewhere = r#"{"schemaVersion":2,"layers":[{"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","urls":["https://layers.test"]}]}"#;
    let long = format!("{{\"schemaVersion\":2,\"annotations\":{{\"a\":\"{}\"}}}}", "x".repeat(MANIFEST_LIMIT));
    for body in [elsewhere, &long] {
        log.ask("PUT /v2/lib/app/manifests/new", credentials, &[("content-type", OCI)], body.as_bytes());
    }
    let plain = br#"{"schemaVersion":2}"#;
    log.ask("PUT /v2/lib/app/manifests/new", credentials, &[], plain);
    let path = format!("PUT /v2/lib/app/manifests/{}?tag=query", Digest::sha256(plain));
    log.ask(&path, credentials, &[("content-type", OCI)], plain);
    let path = format!("PUT /v2/lib/app/manifests/{}", sha512(plain));
    log.ask(&path, credentials, &[("content-type", OCI)], plain);
    for number in 0..101 {
        log.ask(&format!("GET /v2/lib/app/manifests/{digest}?{number}"), credentials, &[], b"");
    }
    log.ask("DELETE /v2/lib/none/manifests/v1", credentials, &[], b"");
    log.ask("DELETE /v2/lib/app/manifests/v3", credentials, &[], b"");
    log.ask(&format!("DELETE /v2/lib/app/blobs/{}", Digest::sha256(b"")), credentials, &[], b"");
    log.ask(&format!("DELETE /v2/lib/app/manifests/{digest}"), credentials, &[], b"");
    log.ask("GET /v2/lib/app/tags/list", credentials, &[], b"");
    log.lines
}

/// Requests and answers, without what differs from run to run.
struct Log<'a> {
    state: &'a RegistryState,
    lines: Vec<String>,
}

impl Log<'_> {
    fn header(&mut self, request: &str, credentials: Option<&str>, name: &str) -> String {
        let (headers, _) = self.ask(request, credentials, &[], b"");
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("/none").to_owned()
    }

    fn ask(
        &mut self,
        request: &str,
        credentials: Option<&str>,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (HeaderMap, String) {
        let (method, path) = request.split_once(' ').unwrap();
        let mut builder = Request::builder().method(method).uri(path).header("host", "127.0.0.1:5000");
        for (name, value) in headers.iter().copied().chain(credentials.map(|value| ("authorization", value))) {
            builder = builder.header(name, value);
        }
        let answer = self.state.respond(&builder.body(()).unwrap().into_parts().0, body).answer;
        let text = String::from_utf8_lossy(&answer.body.bytes().unwrap()).into_owned();
        let mut headers = answer.headers.clone();
        headers.remove("docker-upload-uuid");
        let shown = |value: &http::HeaderValue| without_identifier(value.to_str().unwrap_or_default());
        let headers_shown: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
        // A token differs each time; that it is there, and under which names, does not.
        let body_shown = match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(serde_json::Value::Object(fields))
                if fields.contains_key("token") || fields.contains_key("access_token") =>
            {
                fields
                    .iter()
                    .map(|(key, value)| format!("{key} {}", value.as_str().is_some_and(str::is_empty)))
                    .collect()
            }
            _ => text.clone(),
        };
        let headers_shown = headers_shown
            .into_iter()
            .filter(|header| !header.starts_with("content-length: ") || !body_shown.contains("token"))
            .collect::<Vec<_>>();
        let request = without_identifier(request);
        self.lines.push(format!("{request} → {} {headers_shown:?} {body_shown}", answer.status));
        (answer.headers, text)
    }
}

/// The place where an upload goes on has an identifier in it, which differs each time.
fn without_identifier(text: &str) -> String {
    let Some((before, rest)) = text.split_once("/uploads/") else { return text.to_owned() };
    let query = rest.find(['?', '&']).map_or("", |at| &rest[at..]);
    format!("{before}/uploads/…{query}")
}
