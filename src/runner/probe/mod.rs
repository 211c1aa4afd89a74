//! Probes: real requests that find out which features a target has, before the first case.
//!
//! One image is imported into a stream of the run, and read back in every way that the API has. What the probes made is
//! deleted again. An endpoint counts as absent where it answers 404, 405 or 501 for an object that must exist, or 200 with
//! something else; any other answer leaves the judgement to the cases.

mod forms;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use http::Method;
use serde_json::{Value, json};

use super::{
    cleanup::Ledger,
    mock::MockRegistry,
    retry_reads::CacheLag,
    session::Session,
    target::{Answered, NoAnswer, Prepared, Target},
};
use crate::{
    fixture::RegistryFixture,
    suite::{Body, Feature, Request, User},
};

/// The absent features, each with what was found.
pub(super) type Findings = BTreeMap<Feature, String>;

/// The image that is imported, and the place it has in the registry of the probes.
const IMAGE: &str = "s2-basic";
/// How long all probes may take. What is not found out by then is left to the cases.
const PATIENCE: Duration = Duration::from_secs(10);

/// Finds out which of the features in `wanted` are absent.
pub(super) async fn findings(session: &Session, wanted: &BTreeSet<Feature>) -> Findings {
    let ledger = session.cleanup.begin(&session.run);
    let mut probe = FeatureProbe { session, wanted, ledger: &ledger, found: Findings::new() };
    let patience = session.target.patience.min(PATIENCE);
    // The features that are not found out in time count as present, so that the cases judge them.
    let is_whole = tokio::time::timeout(patience, probe.surroundings()).await.is_ok()
        && tokio::time::timeout(patience, probe.api()).await.is_ok();
    let found = probe.found;
    if ledger.clean_up(&session.target, &session.namespace).await.is_empty() && is_whole {
        session.cleanup.forget(&ledger);
    }
    found
}

struct FeatureProbe<'a> {
    session: &'a Session,
    wanted: &'a BTreeSet<Feature>,
    ledger: &'a Ledger,
    found: Findings,
}

/// What an endpoint was found to answer.
enum Seen {
    /// It serves what it should.
    Served(Value),
    /// It does not exist, or serves something else: in words.
    Absent(String),
    /// The answer says nothing about whether the endpoint exists: it is forbidden, fails, or does not come.
    Unclear,
}

impl FeatureProbe<'_> {
    fn absent(&mut self, feature: Feature, reason: impl Into<String>) {
        if self.wanted.contains(&feature) {
            self.found.insert(feature, reason.into());
        }
    }

    fn note(&mut self, feature: Feature, seen: Seen) -> Option<Value> {
        match seen {
            Seen::Served(body) => Some(body),
            Seen::Absent(reason) => {
                self.absent(feature, reason);
                None
            }
            Seen::Unclear => None,
        }
    }

    fn wants(&self, features: &[Feature]) -> bool {
        features.iter().any(|feature| self.wanted.contains(feature))
    }

    async fn send(&self, request: &Request, user: User) -> Result<Answered, NoAnswer> {
        self.send_until(request, user, |_| false).await
    }

    /// Sends `request` and reads the response until `is_enough` holds for its body. What changes something is read to the end.
    async fn send_until(
        &self,
        request: &Request,
        user: User,
        is_enough: impl Fn(&[u8]) -> bool,
    ) -> Result<Answered, NoAnswer> {
        self.ledger.note(request);
        let prepared = Prepared::new(request, &self.session.namespace)?;
        let Session { target, cleanup, .. } = self.session;
        let sent = async {
            if prepared.method.is_safe() {
                target.send_until(&prepared, user, is_enough).await
            } else {
                cleanup.late.send(target, &prepared, user).await
            }
        };
        tokio::time::timeout(target.patience, sent).await.unwrap_or(Err(NoAnswer::Timeout(target.patience)))
    }

    /// Sends `request` and judges the answer: `holds` says whether a body is what the endpoint must answer.
    async fn see(&self, request: &Request, user: User, holds: impl Fn(&Value) -> bool) -> Seen {
        let described = self.described(request);
        match self.send(request, user).await {
            Ok(answered) => seen(&described, &answered, holds),
            Err(_) => Seen::Unclear,
        }
    }

    /// The request with `[stream]` in place of the probe's own name.
    fn described(&self, request: &Request) -> String {
        let path = request.describe();
        let path = path.split('?').next().unwrap_or_default();
        path.replace(&self.stream("created"), "[stream]")
            .replace(&self.stream("probe"), "[stream]")
            .replace(&format!("/namespaces/{}", self.session.namespace), "/namespaces/[namespace]")
    }

    fn stream(&self, purpose: &str) -> String {
        format!("{purpose}-{}", self.session.run.as_str())
    }

    // ------------------------------------------------------------------------------------------- around the API

    async fn surroundings(&mut self) {
        let target = &self.session.target;
        if self.wants(&[Feature::Users]) && has_no_credentials(target) {
            let request = Request { body: Body::Json(self.import(None)), ..import_request() };
            if let Ok(answered) = self.send(&request, User::Anonymous).await
                && !matches!(answered.status, 401 | 403)
            {
                let reason = format!("a request without credentials answers {}", answered.status);
                self.absent(Feature::Users, reason);
            }
        }
        if target.users.restricted.is_none() {
            self.absent(Feature::RestrictedUser, "there are no credentials of a restricted user");
        }
        self.absent(Feature::TrustedCa, "`--registry-authority` names no authority that the implementation trusts");
        self.absent(
            Feature::ServerConfiguration,
            "`--has server-configuration` says that the implementation was started as the suite wants it",
        );
        self.absent(
            Feature::Offline,
            "`--has offline` says that the implementation cannot reach registries on the internet",
        );
        let namespace = &self.session.namespace;
        if self.wants(&[Feature::PullSecrets]) {
            let body = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": self.stream("probe") } });
            let path = format!("/api/v1/namespaces/{namespace}/secrets");
            let request = Request { body: Body::Json(body), ..Request::new(Method::POST, path) };
            match self.send(&request, User::User).await {
                Ok(answered) if (200..300).contains(&answered.status) => {}
                Ok(answered) => {
                    let reason = format!("{} answers {}", self.described(&request), answered.status);
                    self.absent(Feature::PullSecrets, reason);
                }
                Err(error) => self.absent(Feature::PullSecrets, format!("{}: {error}", self.described(&request))),
            }
        }
        for (feature, path, user) in [
            (Feature::ClusterConfiguration, "/apis/config.openshift.io/v1/images".to_owned(), User::Admin),
            (Feature::Namespaces, format!("/api/v1/namespaces/{namespace}"), User::User),
        ] {
            if self.wants(&[feature])
                && let Some(reason) = self.cannot_read(&path, user).await
            {
                self.absent(feature, reason);
            }
        }
        if self.wants(&[Feature::ClusterAdmin])
            && let Some(reason) = self.no_administrator().await
        {
            self.absent(Feature::ClusterAdmin, reason);
        }
        if self.wants(&[Feature::AnyNamespace])
            && let Some(reason) = self.looks_up_namespaces().await
        {
            self.absent(Feature::AnyNamespace, reason);
        }
    }

    /// Why `path` cannot be read, if it cannot.
    async fn cannot_read(&self, path: &str, user: User) -> Option<String> {
        if user == User::Admin && self.has_no_administrator() {
            return Some(NO_ADMINISTRATOR.to_owned());
        }
        let request = Request::new(Method::GET, path);
        match self.send(&request, user).await {
            Ok(answered) if answered.status == 200 => None,
            Ok(answered) => Some(format!("{} answers {}", self.described(&request), answered.status)),
            Err(error) => Some(format!("{}: {error}", self.described(&request))),
        }
    }

    /// Why requests cannot be sent as an administrator, if they cannot. Whether images can be read at all is a feature of
    /// its own.
    async fn no_administrator(&self) -> Option<String> {
        if self.found.contains_key(&Feature::Users) {
            return None;
        }
        if self.has_no_administrator() {
            return Some(NO_ADMINISTRATOR.to_owned());
        }
        let request = Request::new(Method::GET, "/apis/image.openshift.io/v1/images?limit=1");
        match self.send(&request, User::Admin).await {
            Ok(answered) if matches!(answered.status, 401 | 403) => {
                Some(format!("{} answers {}", self.described(&request), answered.status))
            }
            Ok(_) => None,
            Err(error) => Some(format!("{}: {error}", self.described(&request))),
        }
    }

    fn has_no_administrator(&self) -> bool {
        let target = &self.session.target;
        !target.users.get(User::Admin).has_credentials() && !self.found.contains_key(&Feature::Users)
    }

    /// How the target looks up namespaces, if it does: an empty import into one that is not there is refused as such, and
    /// not for being empty.
    async fn looks_up_namespaces(&self) -> Option<String> {
        // A name of the run's own, also where the run works in a namespace that it did not make.
        let namespace = self.session.run.namespace();
        let path = format!("/apis/image.openshift.io/v1/namespaces/{namespace}-nowhere/imagestreamimports");
        let body = json!({ "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport" });
        let request = Request { body: Body::Json(body), ..Request::new(Method::POST, &*path) };
        match self.send(&request, User::User).await {
            Ok(answered) if answered.status == 422 => None,
            Ok(answered) => Some(format!("an import into a namespace that is not there answers {}", answered.status)),
            Err(error) => Some(error.to_string()),
        }
    }

    // --------------------------------------------------------------------------------------------------- the API

    async fn api(&mut self) {
        if self.wants(&[Feature::Discovery]) {
            let request = Request::new(Method::GET, "/apis/image.openshift.io/v1");
            let discovery = self.see(&request, User::User, |body| body["resources"].is_array()).await;
            self.note(Feature::Discovery, discovery);
        }
        self.published().await;
        let reads_streams = |feature: &Feature| match feature {
            Feature::Protobuf | Feature::ServerSideApply | Feature::Watches => true,
            feature => feature.is_of_api() && *feature != Feature::Discovery,
        };
        if !self.wanted.iter().any(reads_streams) {
            return;
        }
        let Ok(images) = self.session.images.build([IMAGE], &crate::fixture::Salt::new(self.session.run.as_str()))
        else {
            return;
        };
        let digest = images.iter().map(|image| image.digest.to_string()).next().unwrap_or_default();
        let Ok(place) = self.session.ports.take().await else { return };
        let reference = format!("{}/lib/probe:v1", place.address);
        let fixture = json!({ "repositories": { "lib/probe": { "v1": IMAGE } } });
        let Ok(fixture) = serde_json::from_value::<RegistryFixture>(fixture) else { return };
        let Ok(mock) = MockRegistry::start(place, fixture, images, None) else { return };
        self.ledger.note_image(&digest);
        self.imports(&reference, &digest).await;
        mock.stop().await;
    }

    async fn imports(&mut self, reference: &str, digest: &str) {
        let request = Request { body: Body::Json(self.import(Some((reference, true)))), ..import_request() };
        let Ok(answered) = self.send(&request, User::User).await else { return };
        let stored = (200..300).contains(&answered.status);
        let body = body_of(&answered);
        let imported = stored && body["status"]["images"][0]["image"].is_object();
        if self.wants(&[Feature::Yaml]) {
            let lookup = self.import(Some((reference, false)));
            let yaml = self.yaml(&lookup).await;
            self.note(Feature::Yaml, yaml);
        }
        if !stored && is_no_endpoint(answered.status, false) {
            let lookup = Request { body: Body::Json(self.import(Some((reference, false)))), ..import_request() };
            if self.send(&lookup, User::User).await.is_ok_and(|answered| (200..300).contains(&answered.status)) {
                let status = answered.status;
                self.absent(
                    Feature::Imports,
                    format!("POST imagestreamimports with `spec.import: true` answers {status}"),
                );
            }
        }
        self.streams(stored).await;
        if imported {
            self.images(digest).await;
        }
    }

    async fn streams(&mut self, stored: bool) {
        let name = self.stream("probe");
        let own = |body: &Value| body["metadata"]["name"] == *name;
        let one = self.read(&format!("imagestreams/{name}"), stored, &own).await;
        let stream = self.note(Feature::Streams, one);
        if self.wants(&[Feature::StreamLists]) {
            let path = format!("imagestreams?fieldSelector=metadata.name%3D{name}");
            let has_own = |body: &Value| body["items"].as_array().is_some_and(|items| items.iter().any(own));
            let list = self.read(&path, stored, &has_own).await;
            self.note(Feature::StreamLists, list);
        }
        if self.wants(&[Feature::Tables]) && stream.is_some() {
            let headers = [("Accept".to_owned(), "application/json;as=Table;v=v1;g=meta.k8s.io".to_owned())].into();
            let request = Request { headers, ..Request::new(Method::GET, format!("imagestreams/{name}")) };
            let is_table = |body: &Value| body["kind"] == "Table";
            let table = match self.send(&request, User::User).await {
                Ok(answered) if answered.status == 406 => {
                    Seen::Absent(format!("{} as a table answers 406", self.described(&request)))
                }
                Ok(answered) => seen(&format!("{} as a table", self.described(&request)), &answered, is_table),
                Err(_) => Seen::Unclear,
            };
            self.note(Feature::Tables, table);
        }
        if stream.is_some() {
            self.forms(&name).await;
        }
        let created = self.stream("created");
        let mut is_created = false;
        if self.wants(&[Feature::StreamCreation, Feature::StreamDeletion]) {
            let body = json!({ "apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": { "name": created } });
            let request = Request { body: Body::Json(body), ..Request::new(Method::POST, "imagestreams") };
            let creation = self.see(&request, User::User, |body| body.is_object()).await;
            is_created = self.note(Feature::StreamCreation, creation).is_some();
        }
        if self.wants(&[Feature::StreamUpdates])
            && let Some(stream) = stream.clone()
        {
            let request =
                Request { body: Body::Json(stream), ..Request::new(Method::PUT, format!("imagestreams/{name}")) };
            let update = self.see(&request, User::User, |body| body.is_object()).await;
            self.note(Feature::StreamUpdates, update);
        }
        if self.wants(&[Feature::StreamDeletion]) && (is_created || stream.is_some()) {
            // A stream that exists is deleted; one that could not be created leaves the one that was imported.
            let path = format!("imagestreams/{}", if is_created { &created } else { &name });
            // The stream that was imported is still read by other probes.
            if is_created {
                let request = Request::new(Method::DELETE, path);
                let deletion = self.see(&request, User::User, |body| body.is_object()).await;
                self.note(Feature::StreamDeletion, deletion);
            }
        }
    }

    /// Reads what only an image that was imported has.
    async fn images(&mut self, digest: &str) {
        let name = self.stream("probe");
        let tag = format!("{name}:v1");
        let image = format!("{name}@{digest}");
        let reads: [(Feature, String, User, Holds); 5] = [
            (Feature::StreamTags, format!("imagestreamtags/{tag}"), User::User, |body| body["image"].is_object()),
            (Feature::StreamImages, format!("imagestreamimages/{image}"), User::User, |body| body["image"].is_object()),
            (Feature::StreamLayers, format!("imagestreams/{name}/layers"), User::User, |body| {
                body["images"].is_object()
            }),
            (Feature::StreamSecrets, format!("imagestreams/{name}/secrets"), User::User, Value::is_object),
            (Feature::Images, format!("/apis/image.openshift.io/v1/images/{digest}"), User::Admin, |body| {
                body["metadata"]["name"].is_string()
            }),
        ];
        let lag = CacheLag::of_probes();
        for (feature, path, user, holds) in reads {
            if !self.wants(&[feature]) {
                continue;
            }
            let request = Request::new(Method::GET, path);
            let described = self.described(&request).replace(digest, "[digest]");
            let answered = match Prepared::new(&request, &self.session.namespace) {
                // A server that stores nothing does not lag behind what it stores.
                Ok(prepared) if self.found.contains_key(&Feature::Streams) => {
                    self.session.target.ask(&prepared, user).await
                }
                Ok(prepared) => {
                    let settled = |answered: &Answered| answered.status == 200;
                    lag.send(&self.session.target, &prepared, user, settled).await
                }
                Err(error) => Err(error),
            };
            let seen = answered.map_or(Seen::Unclear, |answered| seen(&described, &answered, holds));
            self.note(feature, seen);
        }
        if self.wants(&[Feature::Signatures]) {
            let request = Request {
                body: Body::Json(json!({ "apiVersion": "image.openshift.io/v1", "kind": "ImageSignature" })),
                ..Request::new(Method::POST, "/apis/image.openshift.io/v1/imagesignatures")
            };
            let signatures = self.see(&request, User::Admin, |_| true).await;
            self.note(Feature::Signatures, signatures);
        }
    }

    /// Reads an object that must exist if `stored`; if not, only an answer that speaks of the endpoint counts.
    async fn read(&self, path: &str, stored: bool, holds: &impl Fn(&Value) -> bool) -> Seen {
        let request = Request::new(Method::GET, path);
        match self.send(&request, User::User).await {
            Ok(answered) if stored => seen(&self.described(&request), &answered, holds),
            Ok(answered) if matches!(answered.status, 405 | 501) => {
                Seen::Absent(format!("{} answers {}", self.described(&request), answered.status))
            }
            _ => Seen::Unclear,
        }
    }

    async fn yaml(&self, lookup: &Value) -> Seen {
        let headers = ["Accept", "Content-Type"].map(|name| (name.to_owned(), "application/yaml".to_owned())).into();
        // In the block style, which no reader of JSON takes.
        let text = yaml_text(lookup);
        let request = Request { headers, body: Body::Text(text), ..import_request() };
        match self.send(&request, User::User).await {
            Ok(answered) if (200..300).contains(&answered.status) => Seen::Served(Value::Null),
            Ok(answered) if (400..500).contains(&answered.status) => {
                Seen::Absent(format!("POST imagestreamimports with `application/yaml` answers {}", answered.status))
            }
            _ => Seen::Unclear,
        }
    }

    /// An import of one image into the stream of the probes, or of none.
    fn import(&self, image: Option<(&str, bool)>) -> Value {
        let images: Vec<Value> = image
            .iter()
            .map(|(reference, _)| {
                json!({
                    "from": { "kind": "DockerImage", "name": reference },
                    "to": { "name": "v1" },
                    "importPolicy": { "insecure": true },
                })
            })
            .collect();
        json!({
            "apiVersion": "image.openshift.io/v1",
            "kind": "ImageStreamImport",
            "metadata": { "name": self.stream("probe"), "namespace": self.session.namespace },
            "spec": { "import": image.is_some_and(|(_, store)| store), "images": images },
        })
    }
}

const NO_ADMINISTRATOR: &str = "there are no credentials of a cluster administrator";

/// Whether a body is what an endpoint must answer.
type Holds = fn(&Value) -> bool;

const fn has_no_credentials(target: &Target) -> bool {
    !target.users.get(User::Admin).has_credentials() && !target.users.get(User::Restricted).has_credentials()
}

fn import_request() -> Request {
    Request::new(Method::POST, "imagestreamimports")
}

fn body_of(answered: &Answered) -> Value {
    serde_json::from_slice(&answered.body).unwrap_or_default()
}

/// Whether a status says that the endpoint does not exist. `found` says that the object it is asked for must exist.
const fn is_no_endpoint(status: u16, found: bool) -> bool {
    matches!(status, 405 | 501) || found && status == 404 || !found && matches!(status, 400 | 404 | 422)
}

fn seen(described: &str, answered: &Answered, holds: impl Fn(&Value) -> bool) -> Seen {
    match answered.status {
        200..=299 => {
            let body = body_of(answered);
            if holds(&body) {
                Seen::Served(body)
            } else {
                Seen::Absent(format!("{described} answers {} without the object", answered.status))
            }
        }
        status if is_no_endpoint(status, true) => Seen::Absent(format!("{described} answers {status}")),
        _ => Seen::Unclear,
    }
}

/// `value` as YAML in the block style.
fn yaml_text(value: &Value) -> String {
    fn write(value: &Value, indent: usize, text: &mut String) {
        let margin = " ".repeat(indent);
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    text.push_str(&format!("\n{margin}{key}:"));
                    write(value, indent + 2, text);
                }
            }
            Value::Array(items) => {
                for item in items {
                    text.push_str(&format!("\n{margin}-"));
                    write(item, indent + 2, text);
                }
            }
            scalar => text.push_str(&format!(" {scalar}")),
        }
    }
    let mut text = String::new();
    write(value, 0, &mut text);
    text.push('\n');
    text
}
