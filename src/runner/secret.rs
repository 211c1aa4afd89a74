//! Pull secrets.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use serde_json::{Map, Value, json};

use super::names::{RUN_LABEL, RunId};
use crate::suite::{Body, RegistryCredentials, Request, SecretStep, WrittenAs};

/// The request that places the secret in the namespace.
#[must_use]
pub(super) fn request(secret: &SecretStep, namespace: &str, run: &RunId) -> Request {
    let registries: Map<String, Value> =
        secret.registries.iter().map(|(registry, credentials)| (registry.clone(), entry(credentials))).collect();
    let (key, content) = match secret.kind.as_str() {
        "kubernetes.io/dockercfg" => (".dockercfg", Value::Object(registries)),
        _ => (".dockerconfigjson", json!({ "auths": registries })),
    };
    let content = secret.text.clone().unwrap_or_else(|| content.to_string());
    let name = format!("pull-{}-{}", uuid::Uuid::new_v4().simple(), run.as_str());
    let body = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": secret.kind,
        "metadata": {
            "name": name, "namespace": namespace, "annotations": secret.annotations,
            "labels": { RUN_LABEL: run.as_str() },
        },
        "data": { key: STANDARD.encode(content) },
    });
    let path = format!("/api/v1/namespaces/{namespace}/secrets");
    Request { body: Body::Json(body), ..Request::new(Method::POST, path) }
}

/// What the docker config says of one registry.
fn entry(credentials: &RegistryCredentials) -> Value {
    let RegistryCredentials { username, password, written, identity_token } = credentials;
    let mut entry = Map::new();
    if matches!(written, WrittenAs::AllKeys | WrittenAs::UsernameAndPassword) {
        entry.insert("username".to_owned(), username.as_str().into());
        entry.insert("password".to_owned(), password.as_str().into());
    }
    if matches!(written, WrittenAs::AllKeys | WrittenAs::Auth) {
        entry.insert("auth".to_owned(), STANDARD.encode(format!("{username}:{password}")).into());
    }
    if let Some(token) = identity_token {
        entry.insert("identitytoken".to_owned(), token.as_str().into());
    }
    entry.into()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(WrittenAs::AllKeys, None, json!({"username": "a", "password": "b", "auth": "YTpi"}))]
    #[case(WrittenAs::Auth, None, json!({"auth": "YTpi"}))]
    #[case(WrittenAs::UsernameAndPassword, None, json!({"username": "a", "password": "b"}))]
    #[case(WrittenAs::Neither, Some("t"), json!({"identitytoken": "t"}))]
    fn an_entry_has_the_keys_that_it_is_written_as(
        #[case] written: WrittenAs,
        #[case] identity_token: Option<&str>,
        #[case] expected: Value,
    ) {
        let identity_token = identity_token.map(str::to_owned);
        let (username, password) = ("a".to_owned(), "b".to_owned());
        assert_eq!(entry(&RegistryCredentials { username, password, written, identity_token }), expected);
    }
}
