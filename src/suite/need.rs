//! What a step needs of a target, derived from its request: no case has to say it.

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;

use super::{Action, Body, Feature, Request, Step, User};
use crate::document::{self, Source};

const GROUP: &str = "/apis/image.openshift.io/v1";
/// The media type of Kubernetes protobuf.
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// Derives what the steps of one case need, in their order: whether a step needs stored streams depends on what the steps
/// before it stored.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// The names of streams that earlier steps wrote.
    written: BTreeSet<String>,
}

impl Needs {
    /// The features that `step` needs. `succeeds` says whether the step expects its request to be accepted.
    pub fn of(&mut self, step: &Step, succeeds: bool) -> BTreeSet<Feature> {
        match &step.action {
            Action::Request(request) => self.of_request(request, step.user, succeeds),
            Action::Secret(_) => [Feature::PullSecrets].into(),
            Action::Cluster(_) => [Feature::ClusterConfiguration].into(),
            Action::Together(members) => members.iter().flat_map(|member| self.of(member, succeeds)).collect(),
            Action::Registry(_) | Action::Wait(_) => BTreeSet::new(),
        }
    }

    fn of_request(&mut self, request: &Request, user: User, succeeds: bool) -> BTreeSet<Feature> {
        let mut needs: BTreeSet<Feature> = of_path(request).into_iter().chain(of_user(user)).collect();
        needs.extend(of_headers(request));
        if let Some(stream) = written_stream(request).filter(|_| is_identified(user)) {
            if resource(request).first() == Some(&"imagestreamimports") {
                if succeeds {
                    needs.insert(Feature::Imports);
                }
                // What is answered depends on what the stream holds already.
                if self.written.contains(&stream) {
                    needs.insert(Feature::Streams);
                }
            }
            if succeeds {
                self.written.insert(stream);
            }
        }
        needs
    }
}

/// Whether later steps of a case can depend on what `step` does, so that they mean nothing without it.
#[must_use]
pub(crate) fn has_effect(step: &Step, succeeds: bool) -> bool {
    match &step.action {
        Action::Request(request) => succeeds && request.method != Method::GET && is_identified(step.user),
        Action::Together(members) => members.iter().any(|member| has_effect(member, succeeds)),
        Action::Secret(_) | Action::Cluster(_) | Action::Registry(_) => true,
        Action::Wait(_) => false,
    }
}

const fn is_identified(user: User) -> bool {
    !matches!(user, User::Anonymous | User::Unknown)
}

fn of_user(user: User) -> Option<Feature> {
    match user {
        User::User => None,
        User::Admin => Some(Feature::ClusterAdmin),
        User::Restricted => Some(Feature::RestrictedUser),
        User::Anonymous | User::Unknown => Some(Feature::Users),
    }
}

fn of_path(request: &Request) -> Vec<Feature> {
    let path = path(request);
    if path == GROUP || path == "/apis" || path == "/apis/image.openshift.io" {
        return vec![Feature::Discovery];
    }
    if path.starts_with("/openapi/") {
        return vec![Feature::OpenApi];
    }
    if path.starts_with("/api/v1/namespaces") {
        return vec![Feature::Namespaces];
    }
    match (resource(request).as_slice(), &request.method) {
        (["imagestreams"], &Method::POST) => vec![Feature::StreamCreation],
        (["imagestreams"], _) => vec![Feature::Streams, Feature::StreamLists],
        (["imagestreams", _, "layers"], _) => vec![Feature::StreamLayers],
        (["imagestreams", _, "secrets"], _) => vec![Feature::StreamSecrets],
        (["imagestreams", ..], &Method::PUT | &Method::PATCH) => vec![Feature::Streams, Feature::StreamUpdates],
        (["imagestreams", ..], &Method::DELETE) => vec![Feature::Streams, Feature::StreamDeletion],
        (["imagestreams", ..], _) => vec![Feature::Streams],
        (["imagestreamtags" | "imagetags", ..], _) => vec![Feature::StreamTags],
        (["imagestreamimages", ..], _) => vec![Feature::StreamImages],
        (["images", ..], _) => vec![Feature::Images],
        (["imagesignatures", ..], _) => vec![Feature::Images, Feature::Signatures],
        _ => Vec::new(),
    }
}

fn of_headers(request: &Request) -> Vec<Feature> {
    let header = |name: &str| {
        let mut headers = request.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        headers.next().map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let is_import = resource(request).first() == Some(&"imagestreamimports");
    let mut needs = Vec::new();
    if header("accept").contains("yaml") || header("content-type") == "application/yaml" {
        needs.push(Feature::Yaml);
    }
    if header("accept").contains(PROTOBUF) || header("content-type") == PROTOBUF {
        needs.push(Feature::Protobuf);
    }
    if header("content-type").starts_with("application/apply-patch") {
        needs.push(Feature::ServerSideApply);
    }
    if request.is_watch() {
        needs.push(Feature::Watches);
        if request.path.contains("sendInitialEvents=true") {
            needs.push(Feature::InitialEvents);
        }
    }
    // No server answers an import with a table.
    if header("accept").contains("as=Table") && !is_import {
        needs.push(Feature::Tables);
    }
    needs
}

fn path(request: &Request) -> &str {
    request.path.split('?').next().unwrap_or_default().trim_end_matches('/')
}

/// The segments of the path from the resource on: `imagestreams`, the name, a subresource. Empty for paths of other groups.
fn resource(request: &Request) -> Vec<&str> {
    let path = path(request);
    let inside = match path.strip_prefix('/') {
        None => path,
        Some(_) => match path.strip_prefix(GROUP).or_else(|| path.strip_prefix("/oapi/v1")) {
            Some(inside) => inside.trim_start_matches('/'),
            None => return Vec::new(),
        },
    };
    let segments: Vec<&str> = inside.split('/').collect();
    match segments.as_slice() {
        ["namespaces", _, resource @ ..] => resource.to_vec(),
        _ => segments,
    }
}

/// The name of the stream that the request changes, if it is accepted.
fn written_stream(request: &Request) -> Option<String> {
    match (resource(request).as_slice(), &request.method) {
        (["imagestreamimports"], &Method::POST) => {
            let body = body(request);
            (body["spec"]["import"] == true).then(|| name(&body))
        }
        (["imagestreams"], &Method::POST) => Some(name(&body(request))),
        (["imagestreams", stream, ..], method) if *method != Method::GET => Some((*stream).to_owned()),
        (["imagestreamtags", tag, ..], method) if *method != Method::GET => {
            Some(tag.split(':').next().unwrap_or_default().to_owned())
        }
        _ => None,
    }
}

fn name(body: &Value) -> String {
    body["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

/// The body as JSON. A text that is neither JSON nor YAML has none.
fn body(request: &Request) -> Value {
    match &request.body {
        Body::Json(body) => body.clone(),
        Body::Text(text) => serde_json::from_str(text)
            .ok()
            .or_else(|| document::parse(&Source::new("body", text.as_str())).ok().map(|node| node.to_json()))
            .unwrap_or_default(),
        Body::Empty => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::suite::Expectation;

    fn step(method: Method, path: &str, user: User) -> Step {
        Step {
            action: Action::Request(Request::new(method, path)),
            user,
            expect: Expectation::default(),
            keep: std::collections::BTreeMap::new(),
        }
    }

    fn import(stream: &str, store: bool) -> Step {
        let body = json!({ "metadata": { "name": stream }, "spec": { "import": store } });
        let request = Request { body: Body::Json(body), ..Request::new(Method::POST, "imagestreamimports") };
        Step {
            action: Action::Request(request),
            user: User::User,
            expect: Expectation::default(),
            keep: std::collections::BTreeMap::new(),
        }
    }

    #[rstest]
    #[case(Method::GET, "imagestreams/a", User::User, &[Feature::Streams])]
    #[case(Method::GET, "imagestreams?fieldSelector=metadata.name%3Da", User::User, &[Feature::Streams, Feature::StreamLists])]
    #[case(Method::POST, "imagestreams", User::User, &[Feature::StreamCreation])]
    #[case(Method::PUT, "imagestreams/a", User::User, &[Feature::Streams, Feature::StreamUpdates])]
    #[case(Method::DELETE, "imagestreams/a", User::User, &[Feature::Streams, Feature::StreamDeletion])]
    #[case(Method::GET, "imagestreams/a/layers", User::User, &[Feature::StreamLayers])]
    #[case(Method::GET, "imagestreamtags/a:v1", User::User, &[Feature::StreamTags])]
    #[case(Method::GET, "imagestreamimages/a@sha256:1", User::Unknown, &[Feature::StreamImages, Feature::Users])]
    #[case(Method::GET, "/apis/image.openshift.io/v1/images/sha256:1", User::Admin, &[Feature::Images, Feature::ClusterAdmin])]
    #[case(Method::POST, "/apis/image.openshift.io/v1/imagesignatures", User::Admin, &[Feature::Images, Feature::Signatures, Feature::ClusterAdmin])]
    #[case(Method::GET, "/apis/image.openshift.io/v1/namespaces/a/imagestreams/b", User::User, &[Feature::Streams])]
    #[case(Method::GET, "/oapi/v1/namespaces/a/imagestreams/b", User::User, &[Feature::Streams])]
    #[case(Method::GET, "/apis/image.openshift.io/v1", User::User, &[Feature::Discovery])]
    #[case(Method::DELETE, "imagestreamimports", User::User, &[])]
    #[case(Method::GET, "imagestreams?watch=true", User::User, &[Feature::Streams, Feature::StreamLists, Feature::Watches])]
    #[case(Method::GET, "/openapi/v2", User::User, &[Feature::OpenApi])]
    #[case(Method::GET, "/version", User::User, &[])]
    fn method_path_and_user_say_what_is_needed(
        #[case] method: Method,
        #[case] path: &str,
        #[case] user: User,
        #[case] needs: &[Feature],
    ) {
        assert_eq!(Needs::default().of(&step(method, path, user), true), needs.iter().copied().collect());
    }

    #[test]
    fn an_import_into_a_stream_that_was_written_before_needs_stored_streams() {
        let mut needs = Needs::default();
        assert_eq!(needs.of(&import("a", true), true), [Feature::Imports].into());
        assert_eq!(needs.of(&import("a", false), true), [].into());
        assert_eq!(needs.of(&import("b", true), true), [Feature::Imports].into());
        assert_eq!(needs.of(&import("a", true), true), [Feature::Imports, Feature::Streams].into());
    }

    #[test]
    fn an_import_that_is_refused_stores_nothing_and_needs_nothing() {
        let mut needs = Needs::default();
        assert_eq!(needs.of(&import("a", true), false), [].into());
        assert_eq!(needs.of(&import("a", true), true), [Feature::Imports].into());
    }
}
