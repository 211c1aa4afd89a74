//! The secrets of a run.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{Redactor, redactor::is_token};
use crate::document::{self, Source};

/// Secrets, as they become known. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Secrets(Arc<RwLock<BTreeMap<String, SecretUse>>>);

/// What a secret is known for; one that is known for nothing any more is forgotten.
#[derive(Debug, Clone, Copy, Default)]
struct SecretUse {
    /// Whether it outlives the run.
    lasts: bool,
    /// How many cases hold it.
    cases: usize,
}

/// Fields of a kubeconfig's user, and of configurations of docker, that hold credentials.
const FIELDS: [&str; 13] = [
    "token",
    "password",
    "auth",
    "identitytoken",
    "registrytoken",
    "client-key-data",
    "access-token",
    "id-token",
    "refresh-token",
    "client-secret",
    "accessToken",
    "idToken",
    "refreshToken",
];
/// Header fields whose value is a credential.
const HEADERS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];
/// A line of a secret of many lines is one itself if it has so many characters.
const SHORTEST_LINE: usize = 16;

impl Secrets {
    /// Those of this process: what the command line, a kubeconfig and the cases of a run hold.
    #[must_use]
    pub fn of_this_process() -> &'static Self {
        static SECRETS: LazyLock<Secrets> = LazyLock::new(Secrets::default);
        &SECRETS
    }

    /// Adds a secret that outlives the run.
    pub fn add(&self, secret: &str) {
        self.insert(secret);
        if let Some((user, password)) = secret.split_once(':')
            && !user.contains(char::is_whitespace)
        {
            self.insert(password);
        }
        for line in secret.lines().filter(|line| line.len() >= SHORTEST_LINE && !line.starts_with("-----")) {
            self.insert(line);
        }
    }

    /// Adds a token that a mock registry gave. One that every redactor knows by its form need not be kept: a run sees
    /// thousands.
    pub fn add_token(&self, token: &str) {
        if !is_token(token) {
            self.insert(token);
        }
    }

    /// Adds the credentials of a user: the password, and the pair as Basic authentication sends it.
    pub fn add_user(&self, name: &str, password: &str) {
        if !password.is_empty() {
            self.insert(password);
            self.insert(&format!("{name}:{password}"));
        }
    }

    /// Adds the credentials in the value of a header field, if it is one that holds any.
    pub fn add_header(&self, name: &str, value: &str) {
        if !HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            return;
        }
        match value.split_once(' ') {
            Some((scheme, credentials)) if scheme.eq_ignore_ascii_case("basic") => {
                self.add_encoded(credentials.trim());
            }
            Some((_, credentials)) => self.insert(credentials.trim()),
            None => self.insert(value),
        }
    }

    /// Adds what the userinfo of a URL says.
    pub fn add_url(&self, url: &str) {
        if let Some(userinfo) = userinfo(url) {
            self.insert(userinfo);
            let password = userinfo.split_once(':').map_or(userinfo, |(_, password)| password);
            self.insert(password);
            self.insert(&percent_encoding::percent_decode_str(password).decode_utf8_lossy());
        }
    }

    /// Adds the values of credential fields anywhere in a document: a kubeconfig, a configuration of docker.
    pub fn add_fields(&self, document: &Value) {
        match document {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(text) if FIELDS.contains(&name.as_str()) && !text.is_empty() => {
                            self.add_encoded(text);
                        }
                        value => self.add_fields(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_fields(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Adds the credential fields of a kubeconfig's text.
    pub fn add_kubeconfig(&self, text: &str) {
        if let Ok(node) = document::parse(&Source::new("kubeconfig", text)) {
            self.add_fields(&node.to_json());
        }
    }

    /// Adds what the `Secret` objects in a body hold, be it JSON or YAML.
    pub fn add_body(&self, body: &str) {
        if !body.contains("Secret") {
            return;
        }
        if let Ok(value) = serde_json::from_str::<Value>(body) {
            self.add_secret_objects(&value);
        } else if let Ok(node) = document::parse(&Source::new("body", body)) {
            self.add_secret_objects(&node.to_json());
        }
    }

    fn add_secret_objects(&self, value: &Value) {
        match value {
            Value::Object(fields) => {
                let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
                if kind == "Secret" {
                    self.add_data(fields);
                }
                // The items of a list do not say what they are.
                let items = fields.get("items").and_then(Value::as_array).filter(|_| kind == "SecretList");
                items.into_iter().flatten().filter_map(Value::as_object).for_each(|item| self.add_data(item));
                fields.values().for_each(|value| self.add_secret_objects(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_secret_objects(item)),
            // The annotation that `kubectl apply` leaves has the whole object in it.
            Value::String(text) if text.starts_with('{') => self.add_body(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn add_data(&self, secret: &serde_json::Map<String, Value>) {
        let texts = |field: &str| {
            let fields = secret.get(field).and_then(Value::as_object);
            fields.into_iter().flat_map(|fields| fields.values()).filter_map(Value::as_str)
        };
        texts("data").for_each(|text| self.add_encoded(text));
        texts("stringData").for_each(|text| self.add_content(text));
    }

    /// A secret that may be the base64 of another.
    fn add_encoded(&self, text: &str) {
        self.insert(text);
        if let Some(decoded) = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok())
            && text.len() >= 4
        {
            self.add_content(&decoded);
        }
    }

    fn add_content(&self, text: &str) {
        match serde_json::from_str::<Value>(text) {
            Ok(document @ Value::Object(_)) => {
                self.insert(text);
                self.add_fields(&document);
            }
            _ => self.add(text),
        }
    }

    fn insert(&self, secret: &str) {
        // Boolean-like values and single characters would take whole reports with them.
        if secret.trim().len() < 2 || matches!(secret, "true" | "false" | "null") {
            return;
        }
        if !self.read().get(secret).is_some_and(|known| known.lasts) {
            self.write().entry(secret.to_owned()).or_default().lasts = true;
        }
    }

    /// Adds a secret for one more case.
    pub(super) fn hold(&self, secret: &str) {
        self.write().entry(secret.to_owned()).or_default().cases += 1;
    }

    /// Forgets a secret that was [held](Self::hold), unless something else needs it.
    pub(super) fn release(&self, secret: &str) {
        let mut secrets = self.write();
        if let Some(known) = secrets.get_mut(secret) {
            known.cases -= 1;
            if known.cases == 0 && !known.lasts {
                secrets.remove(secret);
            }
        }
    }

    /// How many are known now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.read().len()
    }

    /// The secrets that are known now.
    pub(super) fn texts(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, SecretUse>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, SecretUse>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A redactor of the secrets that are known now.
    #[must_use]
    pub fn redactor(&self) -> Redactor {
        Redactor::new(self.read().iter().map(|(secret, known)| (secret.as_str(), known.lasts)))
    }

    /// Another collection with the same secrets, to which more can be added.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Arc::new(RwLock::new(self.read().clone())))
    }
}

fn userinfo(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    authority.rsplit_once('@').map(|(userinfo, _)| userinfo)
}

/// A URL without user and password.
#[must_use]
pub fn without_userinfo(url: &str) -> String {
    match userinfo(url) {
        Some(userinfo) => url.replacen(&format!("{userinfo}@"), "", 1),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://user:pass@api.example:6443/base", "https://api.example:6443/base")]
    #[case("https://api.example/a@b", "https://api.example/a@b")]
    #[case("embedded reference", "embedded reference")]
    fn a_target_is_shown_without_its_credentials(#[case] url: &str, #[case] expected: &str) {
        assert_eq!(without_userinfo(url), expected);
    }

    #[rstest]
    #[case::secret(r#"{"kind":"Secret","data":{"a":"aHVudGVyMg=="}}"#)]
    #[case::list(r#"{"kind":"SecretList","items":[{"metadata":{},"data":{"a":"aHVudGVyMg=="}}]}"#)]
    #[case::list_of_kinds(r#"{"kind":"List","items":[{"kind":"Secret","stringData":{"a":"hunter2"}}]}"#)]
    #[case::yaml("kind: Secret\nstringData:\n  a: hunter2\n")]
    #[case::applied(r#"{"kind":"ConfigMap","x":"{\"kind\":\"Secret\",\"stringData\":{\"a\":\"hunter2\"}}"}"#)]
    #[case::docker(r#"{"kind":"Secret","stringData":{".dockercfg":"{\"r\":{\"auth\":\"cm9ib3Q6aHVudGVyMg==\"}}"}}"#)]
    fn what_secret_objects_hold_is_known(#[case] body: &str) {
        let secrets = Secrets::default();
        secrets.add_body(body);
        assert_eq!(secrets.redactor().text("login with hunter2 failed"), "login with [redacted] failed");
    }

    #[test]
    fn credentials_of_headers_urls_and_kubeconfigs_are_known() {
        let secrets = Secrets::default();
        secrets.add_header("Authorization", "Basic cm9ib3Q6aHVudGVyMg==");
        secrets.add_url("https://alice:pa%20ss9@api.example/");
        secrets.add_kubeconfig("users:\n- name: u\n  user: { token: to-ken-1, client-key-data: a2V5LWRhdGE= }\n");
        let text = secrets.redactor().text("hunter2 pa%20ss9 'pa ss9' to-ken-1 key-data").into_owned();
        assert_eq!(text, "[redacted] [redacted] '[redacted]' [redacted] [redacted]");
    }
}
