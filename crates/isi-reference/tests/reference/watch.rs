//! Watches and the versions of lists, as openshift-apiserver 4.22 was recorded to answer them; bookmarks as Kubernetes'
//! conventions have them.

use std::time::Duration;

use isi_reference::{Options, version::ApiVersion};
use reqwest::{Method, Response, header::ACCEPT};
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

pub(super) const STREAMS: &str = "apis/image.openshift.io/v1/namespaces/team/imagestreams";
const MERGE: &str = "application/merge-patch+json";

/// The events of a watch, one by one.
pub(super) struct Events {
    response: Response,
    buffer: Vec<u8>,
}

impl Events {
    pub(super) async fn of(reference: &Reference, path: &str) -> Self {
        Self::accepting(reference, path, "application/json").await
    }

    async fn accepting(reference: &Reference, path: &str, accept: &str) -> Self {
        let response = reference.request(Method::GET, path).header(ACCEPT, accept).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        Self { response, buffer: Vec::new() }
    }

    /// The next event; `None` at the end of the watch.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            self.buffer.extend(self.response.chunk().await.unwrap()?);
        }
    }

    /// The object of the next event that is as wanted.
    pub(super) async fn until(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next().await.expect("an event");
            if is_wanted(&event["object"]) {
                return event["object"].clone();
            }
        }
    }

    /// Type, name and label of the next events.
    async fn summaries(&mut self, count: usize) -> Vec<String> {
        let mut summaries = Vec::new();
        for _ in 0..count {
            summaries.push(summary(&self.next().await.expect("an event")));
        }
        summaries
    }
}

fn summary(event: &Value) -> String {
    let metadata = &event["object"]["metadata"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} {} {}", text(&event["type"]), text(&metadata["name"]), text(&metadata["labels"]["l"])).trim().to_owned()
}

impl Reference {
    async fn create_stream(&self, name: &str, label: &str) -> Value {
        let object = json!({
            "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
            "metadata": { "name": name, "labels": { "l": label } },
        });
        self.post(STREAMS, &object).await
    }

    async fn label_stream(&self, name: &str, label: &str) -> Value {
        let patch = json!({ "metadata": { "labels": { "l": label } } }).to_string();
        let request = self.request(Method::PATCH, &format!("{STREAMS}/{name}"));
        read(request.header("content-type", MERGE).body(patch).send().await.unwrap(), 200).await
    }

    async fn delete_stream(&self, name: &str) {
        read(self.request(Method::DELETE, &format!("{STREAMS}/{name}")).send().await.unwrap(), 200).await;
    }

    /// The version of the list of streams.
    async fn version(&self) -> u64 {
        version(&self.get(STREAMS).await)
    }
}

fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_happens_after_a_version_is_told_in_order() {
    let reference = Reference::start().await;
    let created = reference.create_stream("app", "x").await;
    let start = reference.version().await;
    let mut events = Events::of(&reference, &format!("{STREAMS}?watch=true&resourceVersion={start}")).await;
    let labelled = reference.label_stream("app", "y").await;
    let first = events.next().await.unwrap();
    assert_eq!((summary(&first).as_str(), &first["object"]), ("MODIFIED app y", &labelled));
    reference.create_stream("other", "x").await;
    reference.delete_stream("app").await;
    assert_eq!(events.summaries(1).await, ["ADDED other x"]);
    let gone = events.next().await.unwrap();
    assert_eq!(summary(&gone), "DELETED app y");
    assert_eq!(gone["object"]["metadata"]["uid"], created["metadata"]["uid"]);
    assert!(version(&gone["object"]) > version(&labelled), "the version of a deletion is its own: {gone}");
}

#[rstest]
#[case::nothing_said("watch=true")]
#[case::from_any_version("watch=1&resourceVersion=0")]
#[case::everything_is_true("watch=yes")]
#[case::initial_events("watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan")]
#[tokio::test]
async fn a_watch_from_no_version_begins_with_what_is_there(#[case] query: &str) {
    let reference = Reference::start().await;
    reference.create_stream("b", "x").await;
    reference.create_stream("a", "x").await;
    let mut events = Events::of(&reference, &format!("{STREAMS}?{query}")).await;
    assert_eq!(events.summaries(2).await, ["ADDED a x", "ADDED b x"]);
    reference.delete_stream("a").await;
    assert_eq!(events.summaries(1).await, ["DELETED a x"]);
}

#[rstest]
#[case::labels("labelSelector=l%3Dx", &["DELETED app x", "ADDED app x", "ADDED b x", "DELETED b x"])]
#[case::name("fieldSelector=metadata.name%3Dapp", &["MODIFIED app y", "MODIFIED app x"])]
#[tokio::test]
async fn what_leaves_a_selection_is_deleted_as_it_was_and_what_enters_is_added(
    #[case] selector: &str,
    #[case] expected: &[&str],
) {
    let reference = Reference::start().await;
    reference.create_stream("app", "x").await;
    let start = reference.version().await;
    let mut events = Events::of(&reference, &format!("{STREAMS}?watch=true&resourceVersion={start}&{selector}")).await;
    reference.label_stream("app", "y").await;
    reference.label_stream("app", "x").await;
    reference.create_stream("b", "x").await;
    reference.delete_stream("b").await;
    assert_eq!(events.summaries(expected.len()).await, expected);
}

#[tokio::test]
async fn the_end_of_the_initial_events_is_a_bookmark() {
    let reference = Reference::start().await;
    reference.create_stream("app", "x").await;
    let query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut events = Events::of(&reference, &format!("{STREAMS}?{query}")).await;
    assert_eq!(events.summaries(1).await, ["ADDED app x"]);
    let bookmark = events.next().await.unwrap();
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert_eq!(bookmark["object"]["kind"], "ImageStream");
    assert_eq!(bookmark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    assert_eq!(version(&bookmark["object"]), reference.version().await);
}

#[tokio::test]
async fn two_seconds_before_the_end_of_a_watch_comes_a_bookmark() {
    let reference = Reference::start().await;
    let start = reference.version().await;
    let query = format!("watch=true&resourceVersion={start}&timeoutSeconds=3&allowWatchBookmarks=true");
    let mut events = Events::of(&reference, &format!("{STREAMS}?{query}")).await;
    let created = reference.create_stream("app", "x").await;
    assert_eq!(events.summaries(1).await, ["ADDED app x"]);
    let bookmark = events.next().await.unwrap();
    let expected = json!({ "type": "BOOKMARK", "object": {
        "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
        "metadata": { "namespace": "default", "resourceVersion": created["metadata"]["resourceVersion"] },
        "spec": { "lookupPolicy": { "local": false } }, "status": { "dockerImageRepository": "" },
    } });
    assert_eq!(bookmark, expected);
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn nothing_is_bookmarked_when_nothing_has_changed() {
    let reference = Reference::start().await;
    let start = reference.version().await;
    let query = format!("watch=true&resourceVersion={start}&timeoutSeconds=3&allowWatchBookmarks=true");
    assert_eq!(Events::of(&reference, &format!("{STREAMS}?{query}")).await.next().await, None);
}

#[tokio::test]
async fn a_project_that_is_gone_has_nothing_but_a_name() {
    let reference = Reference::start().await;
    reference.post("api/v1/namespaces", &json!({ "metadata": { "name": "team" } })).await;
    let projects = "apis/project.openshift.io/v1/projects";
    let mut events = Events::of(&reference, &format!("{projects}?watch=true&fieldSelector=metadata.name%3Dteam")).await;
    assert_eq!(events.summaries(1).await, ["ADDED team"]);
    read(reference.request(Method::DELETE, &format!("{projects}/team")).send().await.unwrap(), 200).await;
    let project = json!({
        "kind": "Project", "apiVersion": "project.openshift.io/v1", "metadata": { "name": "team" }, "spec": {},
        "status": {},
    });
    assert_eq!(events.next().await.unwrap(), json!({ "type": "DELETED", "object": project }));
}

#[rstest]
#[case::watch_of_what_cannot_be_watched(
    Method::GET,
    "apis/image.openshift.io/v1/watch/namespaces/team/imagestreamtags",
    404
)]
#[case::write_to_a_watch(Method::POST, "apis/image.openshift.io/v1/watch/namespaces/team/imagestreams", 405)]
#[case::deletion_of_a_watch(Method::DELETE, "apis/image.openshift.io/v1/watch/namespaces/team/imagestreams/app", 405)]
#[case::head(Method::HEAD, STREAMS, 405)]
#[case::object_of_no_version(
    Method::GET,
    "apis/image.openshift.io/v1/namespaces/team/imagestreams/app?resourceVersion=x",
    500
)]
#[case::object_of_a_version_to_come(
    Method::GET,
    "apis/image.openshift.io/v1/namespaces/team/imagestreams/app?resourceVersion=99999",
    504
)]
#[case::tags_of_no_version(
    Method::GET,
    "apis/image.openshift.io/v1/namespaces/team/imagestreamtags?resourceVersion=x",
    400
)]
#[tokio::test]
async fn what_is_not_served_is_refused(#[case] method: Method, #[case] path: &str, #[case] code: u16) {
    let reference = Reference::start().await;
    reference.create_stream("app", "x").await;
    let response = reference.request(method, path).header("content-type", "application/json").send().await.unwrap();
    assert_eq!(response.status(), code, "{path}");
}

#[tokio::test]
async fn a_list_is_written_as_its_watch_is_too() {
    let reference = Reference::start().await;
    let response = reference.request(Method::GET, STREAMS).header(ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(response.status(), 406);
    let text = response.text().await.unwrap();
    assert!(text.contains("protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"));
    assert!(text.starts_with("{\n  \"kind\": \"Status\",\n") && text.ends_with("\n}"), "{text}");
}

#[tokio::test]
async fn only_the_first_table_has_columns() {
    let reference = Reference::start().await;
    reference.create_stream("a", "x").await;
    reference.create_stream("b", "x").await;
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let mut events = Events::accepting(&reference, &format!("{STREAMS}?watch=true"), table).await;
    let (first, second) = (events.next().await.unwrap(), events.next().await.unwrap());
    assert_eq!(first["object"]["columnDefinitions"][0]["name"], "Name");
    assert_eq!(first["object"]["rows"][0]["cells"][0], "a");
    assert_eq!(second["object"]["columnDefinitions"], Value::Null);
    assert_eq!(second["object"]["rows"][0]["cells"][0], "b");
}

#[tokio::test]
async fn events_in_protobuf_are_messages_behind_their_length() {
    let reference = Reference::start().await;
    reference.create_stream("app", "x").await;
    let protobuf = "application/vnd.kubernetes.protobuf;stream=watch";
    let mut events = Events::accepting(&reference, &format!("{STREAMS}?watch=true&timeoutSeconds=1"), protobuf).await;
    assert_eq!(events.response.headers()["content-type"], protobuf);
    let mut bytes = Vec::new();
    while let Some(chunk) = events.response.chunk().await.unwrap() {
        bytes.extend(chunk);
    }
    let length = u32::from_be_bytes(bytes[..4].try_into().unwrap());
    assert_eq!(usize::try_from(length).unwrap(), bytes.len() - 4);
    // WatchEvent: the type is field 1, the object field 2, whose field 1 is an object in its envelope.
    assert!(bytes[4..].starts_with(b"\x0a\x05ADDED\x12"), "{bytes:?}");
    assert!(bytes.windows(4).any(|window| window == b"k8s\0"), "{bytes:?}");
}

#[tokio::test]
async fn who_asks_for_changes_that_are_forgotten_has_to_list_again() {
    let reference = Reference::start().await;
    reference.create_stream("app", "x").await;
    for number in 0..=1000 {
        reference.label_stream("app", &format!("n{number}")).await;
    }
    let mut events = Events::of(&reference, &format!("{STREAMS}?watch=true&resourceVersion=1")).await;
    let event = events.next().await.unwrap();
    assert_eq!((&event["type"], &event["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!(event["object"]["reason"], "Expired");
    assert!(event["object"]["message"].as_str().unwrap().starts_with("too old resource version: 1 ("), "{event}");
    let list = reference.request(Method::GET, &format!("{STREAMS}?resourceVersionMatch=Exact&resourceVersion=1"));
    let status = read(list.send().await.unwrap(), 410).await;
    assert_eq!(status["message"], "The resourceVersion for the provided list is too old.");
    assert_eq!(events.next().await, None);
}

#[rstest]
#[case::without_events(
    "watch=1&resourceVersionMatch=NotOlderThan",
    422,
    "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
)]
#[case::without_match(
    "watch=1&sendInitialEvents=true",
    422,
    "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
)]
#[case::exact_events(
    "watch=1&sendInitialEvents=true&resourceVersionMatch=Exact",
    422,
    "[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]"
)]
#[case::pages(
    "watch=1&continue=x",
    422,
    "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided"
)]
#[case::no_time("watch=1&timeoutSeconds=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax")]
#[case::no_time_of_a_list("timeoutSeconds=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax")]
#[case::page_of_a_version(
    "resourceVersion=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiMCJ9",
    400,
    "specifying resource version is not allowed when using continue"
)]
#[case::no_version(
    "watch=1&resourceVersion=abc",
    500,
    "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax"
)]
#[case::list_of_no_version(
    "resourceVersion=abc",
    400,
    "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax"
)]
#[case::list_of_a_version_to_come(
    "resourceVersion=99999",
    504,
    "Timeout: Too large resource version: 99999, current: "
)]
#[case::list_with_events(
    "sendInitialEvents=true",
    422,
    "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"
)]
#[case::list_of_any_match(
    "resourceVersionMatch=Exact",
    422,
    "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
)]
#[case::list_of_exactly_any(
    "resourceVersionMatch=Exact&resourceVersion=0",
    422,
    "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""
)]
#[case::list_of_no_match(
    "resourceVersionMatch=foo&resourceVersion=1",
    422,
    "resourceVersionMatch: Unsupported value: \"foo\": supported values: \"Exact\", \"NotOlderThan\", \"\""
)]
#[tokio::test]
async fn options_that_are_wrong_are_refused(#[case] query: &str, #[case] code: u16, #[case] says: &str) {
    let reference = Reference::start().await;
    let response = reference.request(Method::GET, &format!("{STREAMS}?{query}")).send().await.unwrap();
    let status = read(response, code).await;
    let message = status["message"].as_str().unwrap();
    let expected =
        if code == 422 { format!("ListOptions.meta.k8s.io \"\" is invalid: {says}") } else { says.to_owned() };
    assert!(message.starts_with(&expected), "{message}");
}

#[tokio::test]
async fn yaml_cannot_be_watched() {
    let reference = Reference::start().await;
    let request = reference.request(Method::GET, &format!("{STREAMS}?watch=true")).header(ACCEPT, "application/yaml");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 406);
    let text = response.text().await.unwrap();
    assert!(text.contains("application/json;stream=watch"), "{text}");
}

#[rstest]
#[case::tags("imagestreamtags?watch=true", "imagestreamtags")]
#[tokio::test]
async fn what_is_made_of_other_objects_cannot_be_watched(#[case] path: &str, #[case] resource: &str) {
    let reference = Reference::start().await;
    let response = reference.request(Method::GET, &format!("{NAMESPACE}/{path}")).send().await.unwrap();
    let status = read(response, 405).await;
    let message = format!("watch is not supported on resources of kind \"{resource}.image.openshift.io\"");
    assert_eq!(status["message"], message);
}

#[rstest]
#[case::collection("apis/image.openshift.io/v1/watch/namespaces/team/imagestreams", &["ADDED app x", "ADDED b x"])]
#[case::everywhere("apis/image.openshift.io/v1/watch/imagestreams", &["ADDED app x", "ADDED b x"])]
#[case::one("apis/image.openshift.io/v1/watch/namespaces/team/imagestreams/b", &["ADDED b x"])]
#[tokio::test]
async fn the_paths_of_old_are_watches(#[case] path: &str, #[case] expected: &[&str]) {
    let reference = Reference::start().await;
    reference.create_stream("app", "x").await;
    reference.create_stream("b", "x").await;
    let mut events = Events::of(&reference, &format!("{path}?timeoutSeconds=1")).await;
    assert_eq!(events.summaries(expected.len()).await, expected);
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_namespace_that_goes_takes_its_objects_along() {
    let reference = Reference::start().await;
    reference.post("api/v1/namespaces", &json!({ "metadata": { "name": "team" } })).await;
    reference.post("api/v1/namespaces/team/secrets", &json!({ "metadata": { "name": "pull" }, "data": {} })).await;
    reference.create_stream("app", "x").await;
    let mut namespaces =
        Events::of(&reference, "api/v1/namespaces?watch=true&fieldSelector=metadata.name%3Dteam").await;
    let mut projects =
        Events::of(&reference, "apis/project.openshift.io/v1/projects?watch=true&fieldSelector=metadata.name%3Dteam")
            .await;
    let mut secrets = Events::of(&reference, "api/v1/secrets?watch=true").await;
    let mut streams = Events::of(&reference, &format!("{STREAMS}?watch=true")).await;
    read(reference.request(Method::DELETE, "api/v1/namespaces/team").send().await.unwrap(), 200).await;
    assert_eq!(namespaces.summaries(2).await, ["ADDED team", "DELETED team"]);
    assert_eq!(projects.summaries(2).await, ["ADDED team", "DELETED team"]);
    assert_eq!(secrets.summaries(2).await, ["ADDED pull", "DELETED pull"]);
    assert_eq!(streams.summaries(2).await, ["ADDED app x", "DELETED app x"]);
}

#[tokio::test]
async fn every_watcher_is_told() {
    let reference = Reference::start().await;
    let mut watchers = Vec::new();
    for _ in 0..100 {
        watchers.push(Events::of(&reference, &format!("{STREAMS}?watch=true")).await);
    }
    reference.create_stream("app", "x").await;
    for watcher in &mut watchers {
        assert_eq!(watcher.summaries(1).await, ["ADDED app x"]);
    }
}

#[tokio::test]
async fn the_pages_of_a_list_are_of_one_version() {
    let reference = Reference::start().await;
    for name in ["b", "c", "d"] {
        reference.create_stream(name, "x").await;
    }
    let first = reference.get(&format!("{STREAMS}?limit=1")).await;
    assert_eq!(first["metadata"]["remainingItemCount"], 2);
    reference.delete_stream("c").await;
    reference.create_stream("e", "x").await;
    let next = first["metadata"]["continue"].as_str().unwrap();
    let rest = reference.get(&format!("{STREAMS}?limit=10&continue={next}")).await;
    let names: Vec<&Value> = rest["items"].as_array().unwrap().iter().map(|item| &item["metadata"]["name"]).collect();
    assert_eq!(names, ["c", "d"]);
    assert_eq!(version(&rest), version(&first));
    let exact =
        reference.get(&format!("{STREAMS}?resourceVersionMatch=Exact&resourceVersion={}", version(&first))).await;
    assert_eq!(exact["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_pages_of_all_namespaces_hold_every_object_in_the_order_of_their_keys() {
    let reference = Reference::start().await;
    for namespace in ["a", "a-b"] {
        for name in ["x", "y"] {
            let path = format!("apis/image.openshift.io/v1/namespaces/{namespace}/imagestreams");
            reference.post(&path, &json!({ "metadata": { "name": name } })).await;
        }
    }
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = reference.get(&format!("apis/image.openshift.io/v1/imagestreams?limit=1&continue={next}")).await;
        let metadata = &page["items"][0]["metadata"];
        found.push(format!("{}/{}", metadata["namespace"], metadata["name"]).replace('"', ""));
        match page["metadata"]["continue"].as_str() {
            Some(token) => token.clone_into(&mut next),
            None => break,
        }
    }
    assert_eq!(found, ["a-b/x", "a-b/y", "a/x", "a/y"]);
}

#[tokio::test]
async fn how_much_more_there_is_of_a_selection_is_not_told() {
    let reference = Reference::start().await;
    for (name, label) in [("a", "x"), ("b", "x"), ("c", "y")] {
        reference.create_stream(name, label).await;
    }
    let first = reference.get(&format!("{STREAMS}?limit=2&labelSelector=l%3Dx")).await;
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    assert_eq!(first["metadata"]["remainingItemCount"], Value::Null);
    // What comes after is looked at once it is asked for.
    let next = first["metadata"]["continue"].as_str().unwrap();
    let rest = reference.get(&format!("{STREAMS}?limit=2&labelSelector=l%3Dx&continue={next}")).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["metadata"]["continue"]), (0, &Value::Null));
}

#[tokio::test]
async fn a_list_that_is_too_old_goes_on_with_what_is_there_now() {
    let reference = Reference::start().await;
    reference.create_stream("a", "x").await;
    reference.create_stream("b", "x").await;
    let first = reference.get(&format!("{STREAMS}?limit=1")).await;
    for number in 0..=1000 {
        reference.label_stream("b", &format!("n{number}")).await;
    }
    let next = |list: &Value| format!("{STREAMS}?limit=1&continue={}", list["metadata"]["continue"].as_str().unwrap());
    let expired = reference.request(Method::GET, &next(&first)).send().await.unwrap();
    let expired = read(expired, 410).await;
    assert_eq!(expired["reason"], "Expired");
    let rest = reference.get(&next(&expired)).await;
    assert_eq!(rest["items"][0]["metadata"]["labels"]["l"], "n1000");
}

#[tokio::test]
async fn to_watch_is_a_right_of_its_own() {
    let deny = vec!["alice:watch:image.openshift.io:imagestreams".parse().unwrap()];
    let reference = Reference::start_with(Options { deny, ..Options::default() }, Vec::new()).await;
    reference.get(STREAMS).await;
    let response = reference.request(Method::GET, &format!("{STREAMS}?watch=true")).send().await.unwrap();
    let status = read(response, 403).await;
    let message = status["message"].as_str().unwrap();
    assert!(message.contains("User \"alice\" cannot watch resource \"imagestreams\""), "{message}");
    let resources = reference.get("apis/image.openshift.io/v1").await;
    let streams =
        resources["resources"].as_array().unwrap().iter().find(|kind| kind["name"] == "imagestreams").unwrap();
    assert!(streams["verbs"].as_array().unwrap().contains(&json!("watch")), "{streams}");
}

#[tokio::test]
async fn watches_end_when_the_server_stops() {
    let reference = Reference::start().await;
    let mut events = Events::of(&reference, &format!("{STREAMS}?watch=true")).await;
    assert!(reference.running.shutdown(Duration::from_secs(5)).await);
    // A connection that is cut off would be an error here.
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_watch_for_less_than_no_time_is_over_at_once() {
    let reference = Reference::start().await;
    reference.post(STREAMS, &json!({ "metadata": { "name": "app" } })).await;
    let mut events = Events::of(&reference, &format!("{STREAMS}?watch=true&timeoutSeconds=-1")).await;
    assert_eq!(events.next().await, None);
}

/// Recorded from openshift-apiserver 4.12 and 4.22: before 4.22 the cache failed, which pages and exact versions are not read from.
#[rstest]
#[case::of_4_12("", ApiVersion::V4_12, 500, "")]
#[case::page_of_4_12("&limit=5", ApiVersion::V4_12, 400, "invalid resource version: ")]
#[case::of_4_22("", ApiVersion::V4_22, 400, "invalid resource version: ")]
#[case::page_of_4_22("&limit=5", ApiVersion::V4_22, 400, "invalid resource version: ")]
#[tokio::test]
async fn a_version_that_is_none_is_refused_by_what_a_list_is_read_from(
    #[case] more: &str,
    #[case] api_version: ApiVersion,
    #[case] status: u16,
    #[case] says: &str,
) {
    let options = Options { api_version, ..Options::default() };
    let reference = Reference::start_with(options, Vec::new()).await;
    let path = format!("{NAMESPACE}/imagestreams?resourceVersion=x{more}");
    let refusal = read(reference.request(Method::GET, &path).send().await.unwrap(), status).await;
    let why = "resourceVersion: Invalid value: \"x\": strconv.ParseUint: parsing \"x\": invalid syntax";
    assert_eq!(refusal["message"], format!("{says}{why}"));
}
