//! Habits of real registries, a file a subject.

mod blobs;
mod challenges;
mod errors;
mod every;
mod lists;
mod manifests;
mod push;
mod tokens;

use oci_mock_registry::registry::RegistryState;

use crate::support::{ask, ask_with, body, header, registry};

const MANIFEST: &str = "GET /v2/lib/app/manifests/v1";

/// A registry with these habits and three tags of one image.
fn with(quirks: &str) -> RegistryState {
    registry(&format!(
        "{{ repositories: {{ lib/app: {{ v1: s2-basic, v2: s2-basic, v3: s2-basic }} }}, quirks: [{quirks}] }}"
    ))
}

/// A registry with these habits that asks for credentials.
fn secured(auth: &str, quirks: &str) -> RegistryState {
    registry(&format!("{{ repositories: {{ lib/app: {{ v1: s2-basic }} }}, auth: {auth}, quirks: [{quirks}] }}"))
}

/// The body of the answer to a request, as JSON.
fn json(state: &RegistryState, request: &str) -> serde_json::Value {
    serde_json::from_slice(&body(&ask(state, request))).unwrap()
}

/// The token that user `robot` with password `secret` is given for a scope.
fn token_of_robot(state: &RegistryState, scope: &str) -> String {
    let credentials = [("authorization", "Basic cm9ib3Q6c2VjcmV0")];
    let granted = ask_with(state, &format!("GET /token?scope={scope}"), &credentials);
    let granted: serde_json::Value = serde_json::from_slice(&body(&granted)).unwrap();
    granted["token"].as_str().unwrap().to_owned()
}

/// The digest of the config of `lib/app:v1`.
fn config_digest(state: &RegistryState) -> String {
    json(state, MANIFEST)["config"]["digest"].as_str().unwrap().to_owned()
}

/// The pages of `lib/app`'s tags, found by following Link from this path on.
fn pages(state: &RegistryState, path: &str) -> Vec<serde_json::Value> {
    let mut next = Some(path.to_owned());
    let mut pages = Vec::new();
    while let Some(path) = next {
        let answer = ask(state, &format!("GET {path}"));
        let page: serde_json::Value = serde_json::from_slice(&body(&answer)).unwrap();
        pages.push(page["tags"].clone());
        next = header(&answer, "link").map(|link| link[1..link.find('>').unwrap()].to_owned());
    }
    pages
}
