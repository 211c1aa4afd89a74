//! The control interface, as programs in any language meet it.

use std::collections::BTreeSet;

use oci_mock_registry::{
    control::{Control, ControlStartError, document},
    registry::Registry,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{exchange, get};

async fn controlled() -> (Control, String) {
    let control = Control::builder().start().await.unwrap();
    let state =
        control.add("default", Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap()).unwrap();
    (control, state.url())
}

/// An answer: its status, its headers as text, its body.
struct Answer {
    status: u16,
    head: String,
    body: Value,
}

async fn send(control: &Control, request: &str, headers: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let head = if headers.contains("Host:") { String::new() } else { format!("Host: {}\r\n", control.address()) };
    let sent = [
        format!("{request} HTTP/1.1\r\n{head}{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n")
            .as_bytes(),
        body,
    ]
    .concat();
    let received = String::from_utf8(exchange(control.address(), &sent).await.unwrap()).unwrap();
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
    Answer { status, head: head.to_ascii_lowercase(), body }
}

async fn ask(control: &Control, request: &str, body: Value) -> Answer {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    send(control, request, "Content-Type: application/json\r\n", &body).await
}

fn pulled(received: &[u8]) -> u16 {
    String::from_utf8_lossy(received).split(' ').nth(1).unwrap().parse().unwrap()
}

/// The operations with a request each, in an order in which all succeed.
fn scenario(listen: &str) -> Vec<(&'static str, String, Value)> {
    let manifest = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#;
    let digest = oci_mock_registry::oci::Digest::sha256(b"{}");
    let app = "/registries/default/repositories/lib%2Fapp";
    let new = "/registries/default/repositories/new";
    let one = "/registries/default";
    let row = |id, request: String, body| (id, request, body);
    vec![
        row("getDocument", "GET /openapi.json".into(), Value::Null),
        row(
            "createRegistry",
            "POST /registries".into(),
            json!({
                "name": "second", "listen": listen,
                "fixture": { "repositories": { "own": { "v1": "mine" } }, "auth": { "scheme": "basic", "users": { "robot": "secret" } } },
                "images": { "mine": { "about": "one layer", "oci": { "layers": [5] } } },
            }),
        ),
        row("listRegistries", "GET /registries".into(), Value::Null),
        row("getRegistry", "GET /registries/second".into(), Value::Null),
        row("removeRegistry", "DELETE /registries/second".into(), Value::Null),
        row("takeSnapshot", format!("PUT {one}/snapshots/before"), Value::Null),
        row("listSnapshots", format!("GET {one}/snapshots"), Value::Null),
        row("addRepository", format!("PUT {new}"), Value::Null),
        row("listRepositories", format!("GET {one}/repositories"), Value::Null),
        row(
            "addRecipes",
            format!("POST {one}/recipes"),
            json!({ "images": { "mine": { "about": "a", "oci": { "layers": [6] } } } }),
        ),
        row("putTag", format!("PUT {app}/tags/mine"), json!({ "image": "mine" })),
        row("putTag", format!("PUT {app}/tags/same"), json!({ "manifest": "mine" })),
        row("removeTag", format!("DELETE {app}/tags/same"), Value::Null),
        row("addImage", format!("POST {app}/images"), json!({ "image": "oci-basic" })),
        row("addSignature", format!("POST {one}/signatures"), json!({ "signs": "oci-basic", "key": "fixture" })),
        row("addBlob", format!("POST {new}/blobs"), json!({})),
        row("addArchive", format!("POST {new}/archive"), Value::Null),
        row("putManifest", format!("PUT {new}/manifests/v1"), serde_json::from_str(manifest).unwrap()),
        row("getRepository", format!("GET {new}"), Value::Null),
        row("removeManifest", format!("DELETE {new}/manifests/v1"), Value::Null),
        row("removeBlob", format!("DELETE {new}/blobs/{digest}"), Value::Null),
        row("removeRepository", format!("DELETE {new}"), Value::Null),
        row("armFault", format!("POST {one}/faults"), json!({ "when": "GET manifests/*", "first": 1, "status": 429 })),
        row("listFaults", format!("GET {one}/faults"), Value::Null),
        row("listFindings", format!("GET {one}/findings"), Value::Null),
        row("disarmFault", format!("DELETE {one}/faults/1"), Value::Null),
        row("disarmFaults", format!("DELETE {one}/faults"), Value::Null),
        row(
            "changeBehaviour",
            format!("PATCH {one}/behaviour"),
            json!({ "quirks": ["quay"], "auth": { "scheme": "bearer", "users": { "robot": "secret" } } }),
        ),
        row("changeBehaviour", format!("PATCH {one}/behaviour"), json!({ "auth": null, "readOnly": true })),
        row("getBehaviour", format!("GET {one}/behaviour"), Value::Null),
        row("replaceBehaviour", format!("PUT {one}/behaviour"), json!({ "tags": { "pageSize": 5 } })),
        row("advanceClock", format!("POST {one}/clock"), json!({ "advance": "10m" })),
        row("getClock", format!("GET {one}/clock"), Value::Null),
        row("waitForRequests", format!("GET {one}/journal/wait?endpoint=manifest&count=1&timeout=60s"), Value::Null),
        row(
            "listJournal",
            format!("GET {one}/journal?method=get&repository=lib%2Fapp&status=200&pattern=manifests/*&since=0"),
            Value::Null,
        ),
        row("clearJournal", format!("DELETE {one}/journal"), Value::Null),
        row("resetToSnapshot", format!("POST {one}/snapshots/before/reset"), Value::Null),
        row("removeSnapshot", format!("DELETE {one}/snapshots/before"), Value::Null),
    ]
}

/// The schema of a value inside the document, with its definitions.
fn schema(document: &Value, pointer: &str) -> Option<jsonschema::Validator> {
    let mut schema = document.pointer(pointer)?.clone();
    if let Some(keywords) = schema.as_object_mut() {
        keywords.insert("components".to_owned(), document["components"].clone());
    }
    Some(jsonschema::validator_for(&schema).unwrap())
}

fn pointer(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

#[tokio::test]
async fn every_operation_does_what_the_document_says() {
    let (control, url) = controlled().await;
    exchange(url.strip_prefix("http://").unwrap().parse().unwrap(), &get("/v2/lib/app/manifests/v1")).await.unwrap();
    let document = ask(&control, "GET /openapi.json", Value::Null).await.body;
    assert_eq!(document, self::document());
    let mut left: BTreeSet<String> = BTreeSet::new();
    for (_, methods) in document["paths"].as_object().unwrap() {
        left.extend(methods.as_object().unwrap().values().map(|it| it["operationId"].as_str().unwrap().to_owned()));
    }
    for (id, request, body) in scenario("127.0.0.1:0") {
        let (path, method) = find(&document, id);
        let described = format!("/paths/{}/{method}", pointer(&path));
        if let Some(schema) = schema(&document, &format!("{described}/requestBody/content/application~1json/schema")) {
            let wrong: Vec<String> = schema.iter_errors(&body).map(|error| error.to_string()).collect();
            assert_eq!(wrong, [] as [String; 0], "{request}: {body}");
        }
        let answer = match id {
            "addArchive" => send(&control, &request, "", crate::archives::ZSTD).await,
            _ => ask(&control, &request, body).await,
        };
        let success = format!("{described}/responses/{}", answer.status);
        assert!(
            answer.status < 300 && document.pointer(&success).is_some(),
            "{request}: {} {}",
            answer.status,
            answer.body
        );
        match schema(&document, &format!("{success}/content/application~1json/schema")) {
            Some(schema) => {
                let wrong: Vec<String> = schema.iter_errors(&answer.body).map(|error| error.to_string()).collect();
                assert_eq!(wrong, [] as [String; 0], "{request}: {}", answer.body);
            }
            None => assert_eq!(answer.body, Value::Null, "{request}"),
        }
        left.remove(id);
    }
    assert_eq!(left, BTreeSet::new(), "operations that this test does not use");
}

/// The path and the method of an operation.
fn find(document: &Value, id: &str) -> (String, String) {
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["operationId"] == id {
                return (path.clone(), method.clone());
            }
        }
    }
    panic!("no operation `{id}`")
}

#[rstest]
#[case::path("GET /registries/default/nothing", json!(null), 404, "no operation has the path", "")]
#[case::slash("GET /registries/default/repositories/lib/app", json!(null), 404, "no operation has the path", "")]
#[case::method("POST /registries/default", json!(null), 405, "does not take POST", "GET")]
#[case::registry("GET /registries/defualt", json!(null), 404, "unknown registry `defualt`", "default")]
#[case::repository("GET /registries/default/repositories/lib%2Fap", json!(null), 404, "unknown repository `lib/ap`", "lib/app")]
#[case::tag("DELETE /registries/default/repositories/lib%2Fapp/tags/v2", json!(null), 404, "unknown tag `v2`", "v1")]
#[case::fault("DELETE /registries/default/faults/first", json!(null), 400, "invalid number of a fault `first`", "")]
#[case::snapshot("POST /registries/default/snapshots/strat/reset", json!(null), 404, "unknown snapshot `strat`", "start")]
#[case::parameter("GET /registries/default/journal?repo=a", json!(null), 400, "unknown parameter `repo`", "repository")]
#[case::twice("GET /registries/default/journal?status=200&status=404", json!(null), 400, "parameter `status` is given twice", "")]
#[case::list("POST /registries/default/faults", json!([]), 400, "expected a mapping, found a list", "")]
#[case::fraction("POST /registries/default/faults", json!({ "when": "/v2/", "status": 503.5 }), 400, "expected a whole number from 0 to 65535, found the number `503.5`", "")]
#[case::value("GET /registries/default/journal?status=many", json!(null), 400, "invalid `status` `many`: expected a status", "")]
#[case::endpoint("GET /registries/default/journal?endpoint=blobs", json!(null), 400, "invalid `endpoint` `blobs`", "")]
#[case::field("POST /registries/default/faults", json!({ "when": "/v2/", "sttus": 503 }), 400, "unknown field `sttus`, expected one of", "")]
#[case::status("POST /registries/default/faults", json!({ "when": "/v2/", "status": 1000 }), 400, "expected a status from 200 to 599", "")]
#[case::image("PUT /registries/default/repositories/a/tags/v1", json!({ "image": "s2-bsic" }), 400, "did you mean `s2-basic`?", "")]
#[case::both("PUT /registries/default/repositories/a/tags/v1", json!({}), 400, "exactly one of `image` and `manifest`", "image")]
#[case::held("PUT /registries/default/repositories/a/tags/v1", json!({ "manifest": "v9" }), 400, "holds no manifest `v9`", "")]
#[case::tag("PUT /registries/default/repositories/a/tags/v1:x", json!({ "image": "s2-basic" }), 400, "`v1:x` cannot be a tag", "")]
#[case::name("PUT /registries/default/repositories/My%2FApp", json!(null), 400, "`My/App` cannot be the name of a repository", "")]
#[case::quirk("PATCH /registries/default/behaviour", json!({ "quirks": ["qay"] }), 400, "did you mean `quay`?", "")]
#[case::contradiction(
    "PATCH /registries/default/behaviour",
    json!({ "quirks": ["no-link", "absolute-link"] }),
    400,
    "quirks `no-link` and `absolute-link` contradict each other",
    ""
)]
#[case::taken("POST /registries", json!({ "name": "default" }), 409, "there is a registry `default` already", "")]
#[case::new("POST /registries", json!({ "name": "a/b" }), 400, "invalid name `a/b`", "")]
#[case::fixture("POST /registries", json!({ "name": "b", "fixture": { "faults": [{}] } }), 400, "field `when` is missing", "")]
#[tokio::test]
async fn an_error_says_what_was_wrong_and_what_is_allowed(
    #[case] request: &str,
    #[case] body: Value,
    #[case] status: u16,
    #[case] message: &str,
    #[case] allowed: &str,
) {
    let (control, _) = controlled().await;
    let answer = ask(&control, request, body).await;
    let error = &answer.body["error"];
    assert_eq!(answer.status, status, "{error}");
    assert!(error["message"].as_str().unwrap().contains(message), "{error}");
    assert!(allowed.is_empty() || error["allowed"].as_array().unwrap().contains(&allowed.into()), "{error}");
    let document = document();
    let schema = schema(&document, "/components/schemas/ErrorBody").unwrap();
    assert!(schema.is_valid(&answer.body), "{error}");
}

#[tokio::test]
async fn a_tag_that_is_named_after_a_digest_is_answered_as_it_is_held() {
    let (control, _) = controlled().await;
    let path = "/registries/default/repositories/a/tags/%7B%7Bdigest%20s2-basic%7D%7D.sig";
    let answer = ask(&control, &format!("PUT {path}"), json!({ "image": "s2-basic" })).await;
    let held = format!("{}.sig", answer.body["digest"].as_str().unwrap().replace(':', "-"));
    assert_eq!(answer.body["tag"], held.as_str());
}

#[tokio::test]
async fn head_is_answered_as_get_without_a_body() {
    let (control, _) = controlled().await;
    let answer = send(&control, "HEAD /registries/default", "", b"").await;
    assert_eq!((answer.status, answer.body), (200, Value::Null));
}

#[tokio::test]
async fn an_error_in_a_body_says_where() {
    let (control, _) = controlled().await;
    let body = b"{\n  \"when\": \"/v2/\",\n  \"first\": 0\n}";
    let answer = send(&control, "POST /registries/default/faults", "Content-Type: application/json\r\n", body).await;
    let error = &answer.body["error"];
    assert_eq!((&error["in"], &error["line"], &error["column"]), (&"body".into(), &3.into(), &12.into()), "{error}");
    let yaml = send(&control, "POST /registries/default/faults", "Content-Type: text/plain\r\n", b"when: /v2/\n").await;
    assert_eq!(yaml.body["error"]["hint"], "YAML needs `Content-Type: application/yaml`");
    let answer =
        send(&control, "POST /registries/default/faults", "Content-Type: application/json\r\n", b"{ \"when\": ").await;
    let error = &answer.body["error"];
    assert!(error["message"].as_str().unwrap().starts_with("invalid JSON: "), "{error}");
    assert_eq!((&error["line"], &error["column"]), (&1.into(), &10.into()), "{error}");
    let empty = send(&control, "POST /registries/default/faults", "Content-Type: application/json\r\n", b"").await;
    assert_eq!(empty.body["error"]["message"], "the body is empty: expected JSON");
    // A fixture file is taken as it is.
    let answer = send(
        &control,
        "POST /registries/default/faults",
        "Content-Type: application/yaml\r\n",
        b"{ when: /v2/, delay: 2s }",
    )
    .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    // A tab between values and escapes do not move what stands behind them.
    let body = b"{\t\"when\": \"\\/v2\\/\", \"first\": 0}";
    let answer = send(&control, "POST /registries/default/faults", "Content-Type: application/json\r\n", body).await;
    let error = &answer.body["error"];
    assert_eq!((&error["line"], &error["column"]), (&1.into(), &30.into()), "{error}");
    // JSON has escapes that YAML has not.
    let body = br#"{ "when": "\/v2\/", "body": "\ud83d\ude00" }"#;
    let answer = send(&control, "POST /registries/default/faults", "Content-Type: application/json\r\n", body).await;
    assert_eq!((answer.status, &answer.body["when"]), (201, &"/v2/".into()), "{}", answer.body);
}

#[tokio::test]
async fn a_registry_of_its_own_port_is_made_and_stopped() {
    let (control, _) = controlled().await;
    let body = json!({ "name": "second", "fixture": { "repositories": { "app": { "v1": "oci-basic" } } } });
    let made = ask(&control, "POST /registries", body).await.body;
    let address = made["address"].as_str().unwrap().parse().unwrap();
    assert_eq!(pulled(&exchange(address, &get("/v2/app/manifests/v1")).await.unwrap()), 200);
    let names: Vec<String> = control.registries().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["default", "second"]);
    assert_eq!(ask(&control, "DELETE /registries/second", Value::Null).await.status, 204);
    exchange(address, &get("/v2/")).await.unwrap_err();
}

#[tokio::test]
async fn a_wait_sees_requests_that_come_later_and_says_which_came_instead() {
    let (control, url) = controlled().await;
    let address = url.strip_prefix("http://").unwrap().parse().unwrap();
    let wait = "GET /registries/default/journal/wait?endpoint=manifest&count=2&timeout=60s";
    let asking = async {
        for path in ["/v2/", "/v2/lib/app/manifests/v1", "/v2/lib/app/manifests/v2"] {
            exchange(address, &get(path)).await.unwrap();
        }
    };
    let (answer, ()) = tokio::join!(ask(&control, wait, Value::Null), asking);
    let entries = answer.body["entries"].as_array().unwrap().clone();
    assert_eq!(entries.iter().map(|entry| entry["status"].as_u64().unwrap()).collect::<Vec<_>>(), [200, 404]);
    assert_eq!((&entries[0]["repository"], &entries[0]["endpoint"]), (&"lib/app".into(), &"manifest".into()));

    let answer = ask(&control, "GET /registries/default/journal/wait?endpoint=blob&timeout=1ms", Value::Null).await;
    let error = &answer.body["error"];
    assert_eq!((answer.status, &error["message"]), (408, &"0 of 1 matching requests came within 1ms".into()));
    assert!(error["hint"].as_str().unwrap().contains("2: GET /v2/lib/app/manifests/v2"), "{error}");
}

#[tokio::test]
async fn only_those_with_the_token_are_served() {
    let control = Control::builder().token("very-secret").start().await.unwrap();
    let answer = send(&control, "GET /registries", "", b"").await;
    assert_eq!(answer.status, 401);
    assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
    let with = "Authorization: Bearer very-secret\r\nHost: anything.example\r\n";
    assert_eq!(send(&control, "GET /registries", with, b"").await.status, 200);

    // Without a token a browser on this machine could be made to ask.
    let (open, _) = controlled().await;
    assert_eq!(
        send(&open, "DELETE /registries/default/journal", "Origin: http://evil.example\r\n", b"").await.status,
        403
    );
    assert_eq!(send(&open, "GET /registries", "Host: rebound.example\r\n", b"").await.status, 403);
}

#[tokio::test]
async fn others_than_this_machine_need_a_token() {
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let error = Control::builder().listen(everywhere).start().await.unwrap_err();
    assert!(matches!(error, ControlStartError::NoToken(_)), "{error}");
    assert!(matches!(Control::builder().token("short").start().await.unwrap_err(), ControlStartError::Token));
    Control::builder().listen(everywhere).token("long enough").start().await.unwrap_err();
    Control::builder().listen(everywhere).token("long-enough").start().await.unwrap();
}
