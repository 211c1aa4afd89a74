//! Probes of the endpoints of the API: imports, streams, tags, images, and YAML.

use http::Method;
use serde_json::{Value, json};

use super::{FeatureProbe, Seen, body_of, import_request, is_no_endpoint, seen};
use crate::{
    fixture::RegistryFixture,
    runner::{
        mock::MockRegistry,
        retry_reads::CacheLag,
        target::{Answered, Prepared},
    },
    suite::{Body, Feature, Request, User},
};

/// The image that is imported, and the place it has in the registry of the probes.
const IMAGE: &str = "s2-basic";

/// Whether a body is what an endpoint must answer.
type Holds = fn(&Value) -> bool;

impl FeatureProbe<'_> {
    /// Finds out which endpoints there are.
    pub(super) async fn api(&mut self) {
        if self.wants(&[Feature::Discovery]) {
            let request = Request::new(Method::GET, "/apis/image.openshift.io/v1");
            let discovery = self.see(&request, User::User, |body| body["resources"].is_array()).await;
            self.note(Feature::Discovery, discovery);
        }
        self.published().await;
        let reads_streams = |feature: &Feature| match feature {
            Feature::Protobuf | Feature::ServerSideApply | Feature::Watches | Feature::InitialEvents => true,
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
