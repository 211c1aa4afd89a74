//! Pull secrets.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use serde_json::json;

use super::names::RunId;
use crate::suite::{Body, Request, SecretStep};

/// The request that places the secret in the namespace.
#[must_use]
pub(super) fn request(secret: &SecretStep, namespace: &str, run: &RunId) -> Request {
    let auth = STANDARD.encode(format!("{}:{}", secret.username, secret.password));
    let entry = json!({ "username": secret.username, "password": secret.password, "auth": auth });
    let registries = json!({ secret.registry.clone().unwrap_or_default(): entry });
    let (key, content) = match secret.kind.as_str() {
        "kubernetes.io/dockercfg" => (".dockercfg", registries),
        _ => (".dockerconfigjson", json!({ "auths": registries })),
    };
    let content = secret.text.clone().unwrap_or_else(|| content.to_string());
    let name = format!("pull-{}-{}", uuid::Uuid::new_v4().simple(), run.as_str());
    let body = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": secret.kind,
        "metadata": { "name": name, "namespace": namespace, "annotations": secret.annotations },
        "data": { key: STANDARD.encode(content) },
    });
    let path = format!("/api/v1/namespaces/{namespace}/secrets");
    Request { body: Body::Json(body), ..Request::new(Method::POST, path) }
}
