//! The step that places a pull secret.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A pull secret: credentials for one registry, or for several.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SecretStep {
    /// The registry the credentials are for, as the key of the docker config; the case's own if absent.
    #[serde(default)]
    pub registry: Option<String>,
    /// The user's name.
    #[serde(default)]
    pub username: Option<String>,
    /// The password.
    #[serde(default)]
    pub password: Option<String>,
    /// Which keys of the docker config hold user and password; all of them if absent.
    #[serde(default)]
    pub written: Option<WrittenAs>,
    /// An identity token (`identitytoken` of the docker config), as a token service gives it for offline use.
    #[serde(default)]
    pub identity_token: Option<String>,
    /// Several registries in one secret, by the key of the docker config, instead of the keys above.
    #[serde(default)]
    pub registries: BTreeMap<String, RegistryCredentials>,
    /// `kubernetes.io/dockerconfigjson` (the default), `kubernetes.io/dockercfg`, or any other type.
    #[serde(default = "docker_config_json", rename = "type")]
    pub kind: String,
    /// Annotations of the secret.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// The docker config as text, instead of one made of the above.
    #[serde(default)]
    pub text: Option<String>,
}

/// What a docker config says of one registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct RegistryCredentials {
    /// The user's name.
    pub username: String,
    /// The password.
    pub password: String,
    /// Which keys hold user and password; all of them if absent.
    pub written: WrittenAs,
    /// An identity token (`identitytoken`).
    pub identity_token: Option<String>,
}

/// Which keys of a docker config hold user and password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WrittenAs {
    /// `username`, `password` and `auth`, as `oc create secret docker-registry` writes them.
    #[default]
    AllKeys,
    /// `auth` only: Base64 of `USERNAME:PASSWORD`, as `podman login` and `docker login` write it.
    Auth,
    /// `username` and `password` only.
    UsernameAndPassword,
    /// Neither: there is an identity token only.
    Neither,
}

impl SecretStep {
    /// The secret with its credentials under the names of their registries; `registry` is the case's own.
    ///
    /// # Errors
    /// When it says something twice, so that a part of it would be ignored; the name of that key and why.
    pub(super) fn of_registry(mut self, registry: &str) -> Result<Self, (&'static str, &'static str)> {
        let single = [
            ("registry", self.registry.is_some()),
            ("username", self.username.is_some()),
            ("password", self.password.is_some()),
            ("written", self.written.is_some()),
            ("identityToken", self.identity_token.is_some()),
        ];
        let single = single.into_iter().find_map(|(name, given)| given.then_some(name));
        match (self.text.is_some(), single) {
            (true, Some(name)) => return Err((name, "is ignored where `text` is the whole docker config")),
            (true, None) if !self.registries.is_empty() => {
                return Err(("registries", "is ignored where `text` is the whole docker config"));
            }
            (false, Some(name)) if !self.registries.is_empty() => {
                return Err((name, "stands inside of each entry where there are `registries`"));
            }
            _ => {}
        }
        if self.text.is_none() && self.registries.is_empty() {
            let credentials = RegistryCredentials {
                username: self.username.take().unwrap_or_default(),
                password: self.password.take().unwrap_or_default(),
                written: self.written.unwrap_or_default(),
                identity_token: self.identity_token.take(),
            };
            let registry = self.registry.take().unwrap_or_else(|| registry.to_owned());
            self.registries.insert(registry, credentials);
        }
        Ok(self)
    }
}

fn docker_config_json() -> String {
    "kubernetes.io/dockerconfigjson".to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn secret(written: Value) -> Result<SecretStep, (&'static str, &'static str)> {
        serde_json::from_value::<SecretStep>(written).unwrap().of_registry("r:5000")
    }

    #[rstest]
    #[case::own(json!({"username": "robot"}), &["r:5000"])]
    #[case::other(json!({"registry": "quay.example.test", "username": "robot"}), &["quay.example.test"])]
    #[case::several(json!({"registries": {"a": {}, "b": {"written": "auth"}}}), &["a", "b"])]
    #[case::text(json!({"text": "not json"}), &[])]
    fn credentials_are_under_the_names_of_registries(#[case] written: Value, #[case] expected: &[&str]) {
        let registries: Vec<String> = secret(written).unwrap().registries.into_keys().collect();
        assert_eq!(registries, expected);
    }

    #[rstest]
    #[case(json!({"registries": {"a": {}}, "username": "robot"}), "username")]
    #[case(json!({"registries": {"a": {}}, "registry": "b"}), "registry")]
    #[case(json!({"text": "{}", "password": "x"}), "password")]
    #[case(json!({"text": "{}", "registries": {"a": {}}}), "registries")]
    fn what_would_be_ignored_is_refused(#[case] written: Value, #[case] key: &str) {
        assert_eq!(secret(written).unwrap_err().0, key);
    }
}
