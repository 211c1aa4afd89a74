//! A cluster to be done no harm: a reference of its own, with objects of other clients.

use isi_conformance::reference::{self, Options, Reference};
use serde_json::{Value, json};
use test_support::loopback_client;

const CONFIG: &str = "/apis/config.openshift.io/v1";

/// Where a run might leave something, or take something away.
const COLLECTIONS: [&str; 11] = [
    "/api/v1/namespaces",
    "/api/v1/namespaces/default/secrets",
    "/api/v1/namespaces/team/secrets",
    "/api/v1/namespaces/team/limitranges",
    "/apis/config.openshift.io/v1/images",
    "/apis/config.openshift.io/v1/imagedigestmirrorsets",
    "/apis/config.openshift.io/v1/imagetagmirrorsets",
    "/apis/operator.openshift.io/v1alpha1/imagecontentsourcepolicies",
    "/apis/image.openshift.io/v1/imagestreams",
    "/apis/image.openshift.io/v1/images",
    "/apis/project.openshift.io/v1/projects",
];

/// A cluster with objects of other clients.
pub(crate) struct Cluster {
    running: Reference,
    pub(crate) client: reqwest::Client,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let cluster = Self { running: reference::start(options).await.unwrap(), client: loopback_client() };
        cluster.post("/api/v1/namespaces", json!({ "metadata": { "name": "team" } })).await;
        let look_alike = json!({ "metadata": { "name": "isi-conformance-1a2b3c4d" } });
        cluster.post("/api/v1/namespaces", look_alike).await;
        let company = json!({
            "metadata": { "name": "company", "labels": { "team": "platform" } },
            "spec": { "imageDigestMirrors": [{ "source": "company.example.test", "mirrors": ["mirror.example.test"] }] },
        });
        cluster.post(&format!("{CONFIG}/imagedigestmirrorsets"), company).await;
        let secret = json!({ "metadata": { "name": "pull" }, "type": "Opaque", "data": { "password": "c2VjcmV0" } });
        cluster.post("/api/v1/namespaces/team/secrets", secret).await;
        let stream =
            json!({ "apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": { "name": "app" } });
        cluster.post("/apis/image.openshift.io/v1/namespaces/team/imagestreams", stream).await;
        let mut images = cluster.get(&format!("{CONFIG}/images/cluster")).await.unwrap();
        images["metadata"]["annotations"] = json!({ "owner": "platform" });
        images["spec"] = json!({
            "additionalTrustedCA": { "name": "company-ca" },
            "registrySources": { "insecureRegistries": ["insecure.example.test"] },
        });
        cluster.put(&format!("{CONFIG}/images/cluster"), images).await;
        cluster
    }

    pub(crate) fn url(&self) -> &str {
        self.running.url()
    }

    pub(crate) async fn get(&self, path: &str) -> Option<Value> {
        let request = self.client.get(format!("{}{path}", self.url())).bearer_auth("admin-token");
        let response = request.send().await.unwrap();
        let found = response.status().is_success();
        let text = response.text().await.unwrap();
        found.then(|| serde_json::from_str(&text).unwrap())
    }

    pub(crate) async fn post(&self, collection: &str, object: Value) {
        self.send(self.client.post(format!("{}{collection}", self.url())), object).await;
    }

    pub(crate) async fn put(&self, path: &str, object: Value) {
        self.send(self.client.put(format!("{}{path}", self.url())), object).await;
    }

    async fn send(&self, request: reqwest::RequestBuilder, object: Value) {
        let request = request.bearer_auth("admin-token").header("content-type", "application/json");
        let response = request.body(object.to_string()).send().await.unwrap();
        let status = response.status();
        assert!(status.is_success(), "{status}: {}", response.text().await.unwrap());
    }

    /// Everything that there is, but for the versions of objects and for who wrote which field, which the server keeps.
    pub(crate) async fn state(&self) -> Value {
        let mut state = json!({});
        for collection in COLLECTIONS {
            let mut items = self.get(collection).await.unwrap()["items"].take();
            for item in items.as_array_mut().unwrap() {
                item["metadata"]["resourceVersion"] = Value::Null;
                item["metadata"]["managedFields"] = Value::Null;
            }
            state[collection] = items;
        }
        state
    }

    /// Fails, naming the collections, if something is not as it was.
    pub(crate) async fn assert_as(&self, before: &Value) {
        let after = self.state().await;
        for collection in COLLECTIONS {
            let [before, after] =
                [before, &after].map(|state| serde_json::to_string_pretty(&state[collection]).unwrap());
            assert_eq!(before, after, "{collection}");
        }
    }

    /// Waits until an object is as `is_so` says. Polls, which is simpler here than a watch.
    pub(crate) async fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) {
        for _ in 0..1500 {
            if self.get(path).await.is_some_and(|object| is_so(&object)) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{path} did not change in time");
    }

    /// Waits until a case has changed the image configuration.
    pub(crate) async fn until_changed(&self) {
        let is_changed = |images: &Value| !images["spec"]["registrySources"]["blockedRegistries"].is_null();
        self.until(&format!("{CONFIG}/images/cluster"), is_changed).await;
        let has_mirrors = |list: &Value| !list["items"].as_array().unwrap().is_empty();
        self.until(&format!("{CONFIG}/imagetagmirrorsets"), has_mirrors).await;
    }

    /// Waits until the case `slow-under-a-change` has changed the configuration, and its import is under way.
    pub(crate) async fn until_importing(&self) {
        self.until_changed().await;
        let is_stored = |list: &Value| list.to_string().contains("\"slow-under-a-change-");
        self.until("/apis/image.openshift.io/v1/imagestreams", is_stored).await;
    }
}
