//! Probes of the forms in which streams are read and written: protobuf, watches, server-side apply, and what is published.

use http::Method;
use serde_json::{Value, json};

use super::{FeatureProbe, Seen, seen};
use crate::{
    runner::target::{Answered, NoAnswer},
    suite::{Body, Feature, Request, User},
};

impl FeatureProbe<'_> {
    /// Finds out in which forms the stream `name`, which was imported, can be read and applied.
    pub(super) async fn forms(&mut self, name: &str) {
        let path = format!("imagestreams/{name}");
        if self.wants(&[Feature::Protobuf]) {
            let request =
                with_header(Request::new(Method::GET, &*path), "Accept", "application/vnd.kubernetes.protobuf");
            let answered = self.send(&request, User::User).await;
            let found = self.form(&request, answered, "as protobuf", &[406], |answered| has_type(answered, "protobuf"));
            self.note(Feature::Protobuf, found);
        }
        // Servers before Kubernetes 1.32 refuse initial events; those on an etcd that is too old for them answer with an error event.
        let initial = "&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
        let watches = [
            (Feature::Watches, "", "as a watch", &[400][..]),
            (Feature::InitialEvents, initial, "as a watch with initial events", &[400, 422]),
        ];
        for (feature, options, what, refusals) in watches {
            if self.wants(&[feature]) {
                let query = "imagestreams?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3D";
                let request = Request::new(Method::GET, format!("{query}{name}{options}"));
                // The stream is there before the watch begins, and no other event is waited for.
                let answered = self.send_until(&request, User::User, |body| first_event(body).is_some()).await;
                let is_added =
                    |answered: &Answered| first_event(&answered.body).is_some_and(|event| event["type"] == "ADDED");
                let found = self.form(&request, answered, what, refusals, is_added);
                self.note(feature, found);
            }
        }
        if self.wants(&[Feature::ServerSideApply]) {
            let object =
                json!({ "apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": { "name": name } });
            let query = format!("{path}?fieldManager=probe&dryRun=All");
            let request = Request { body: Body::Json(object), ..Request::new(Method::PATCH, query) };
            let request = with_header(request, "Content-Type", "application/apply-patch+yaml");
            let answered = self.send(&request, User::User).await;
            let found = self.form(&request, answered, "with a configuration to apply", &[415], |_| true);
            self.note(Feature::ServerSideApply, found);
        }
    }

    /// Finds out whether the server publishes what it offers of images.
    pub(super) async fn published(&mut self) {
        if self.wants(&[Feature::OpenApi]) {
            let request = Request::new(Method::GET, "/openapi/v2");
            let document = self.see(&request, User::User, |body| body["paths"].is_object()).await;
            self.note(Feature::OpenApi, document);
        }
    }

    /// Judges the answer to a request for something in a form that a target may not have, which it says with one of
    /// `refusals`.
    fn form(
        &self,
        request: &Request,
        answered: Result<Answered, NoAnswer>,
        what: &str,
        refusals: &[u16],
        holds: impl Fn(&Answered) -> bool,
    ) -> Seen {
        let described = format!("{} {what}", self.described(request));
        match answered {
            Ok(answered) if refusals.contains(&answered.status) => {
                Seen::Absent(format!("{described} answers {}", answered.status))
            }
            Ok(answered) if answered.status == 200 && !holds(&answered) => {
                Seen::Absent(format!("{described} answers something else"))
            }
            Ok(answered) if answered.status == 200 => Seen::Served(Value::Null),
            Ok(answered) => seen(&described, &answered, |_| true),
            Err(_) => Seen::Unclear,
        }
    }
}

fn with_header(mut request: Request, name: &str, value: &str) -> Request {
    request.headers.insert(name.to_owned(), value.to_owned());
    request
}

/// The first event of a watch, if the whole of it has come.
fn first_event(body: &[u8]) -> Option<Value> {
    serde_json::Deserializer::from_slice(body).into_iter::<Value>().next()?.ok()
}

fn has_type(answered: &Answered, word: &str) -> bool {
    answered.headers.iter().any(|(name, value)| name == "content-type" && value.contains(word))
}
