//! Pull secrets, and which of them is for an image.

use std::collections::BTreeMap;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use globset::Glob;
use serde_json::Value;

use crate::{
    image_reference::{DOCKER_HUB, ImageReference},
    json::{self, Node, SyntaxError},
};

/// A user name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: String,
}

impl Credentials {
    /// The value of an `Authorization` header; none when either half is missing.
    pub(crate) fn basic(&self) -> Option<String> {
        let complete = !self.username.is_empty() && !self.password.is_empty();
        complete.then(|| format!("Basic {}", STANDARD.encode(format!("{}:{}", self.username, self.password))))
    }
}

/// Why the pull secrets of a namespace cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyringError {
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    #[error("illegal base64 data at input byte {0}")]
    Base64(usize),
    #[error("unable to parse auth field, must be formatted as base64(username:password)")]
    NoColon,
}

/// The credentials of a namespace, by where they are for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keyring(BTreeMap<String, Credentials>);

impl Keyring {
    /// Reads the pull secrets of a namespace; other secrets are skipped. One that cannot be read spoils them all.
    pub(crate) fn read<'a>(secrets: impl Iterator<Item = &'a Value>) -> Result<Self, KeyringError> {
        let mut keyring = Self::default();
        for secret in secrets {
            let excluded = secret["metadata"]["annotations"]["openshift.io/image.excludeSecret"] == "true";
            let (key, nested) = match secret["type"].as_str() {
                Some("kubernetes.io/dockerconfigjson") => (".dockerconfigjson", true),
                Some("kubernetes.io/dockercfg") => (".dockercfg", false),
                _ => continue,
            };
            if excluded {
                continue;
            }
            let Some(data) = secret["data"][key].as_str().and_then(|data| STANDARD.decode(data).ok()) else { continue };
            let node = json::parse(&data)?;
            keyring.add(if nested { node.get("auths") } else { Some(&node) })?;
        }
        Ok(keyring)
    }

    fn add(&mut self, entries: Option<&Node>) -> Result<(), KeyringError> {
        let Some(Node::Object(entries)) = entries else { return Ok(()) };
        for (place, entry) in entries {
            let credentials = read_entry(entry)?;
            self.0.entry(normalize(place)).or_insert(credentials);
        }
        Ok(())
    }

    /// The credentials for an image: those of the longest matching place.
    pub(crate) fn lookup(&self, image: &ImageReference) -> Option<&Credentials> {
        let full = image.with_defaults();
        let registry = full.registry.as_deref().unwrap_or(DOCKER_HUB);
        let path = format!("/{}", full.exact().split_once('/').map_or("", |(_, path)| path));
        let found = self.0.iter().rev().find(|(place, _)| matches(place, registry, &path));
        let hub = || (registry == DOCKER_HUB).then(|| self.0.get_key_value("index.docker.io")).flatten();
        found.or_else(hub).map(|(_, credentials)| credentials)
    }

    /// The credentials for a URL, which is taken for an image: those of the longest matching place.
    fn lookup_url(&self, url: &str) -> Option<&Credentials> {
        let (scheme, rest) = url.split_once("://")?;
        let place = rest.split('?').next().unwrap_or_default();
        let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
        if host == "auth.docker.io" && path == "/token" {
            return self.0.get("index.docker.io");
        }
        let of_image = ["/v1", "/v2"].iter().find_map(|version| path.strip_prefix(version));
        let of_image = of_image.filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let (port, registry) = match scheme {
            "http" if !host.contains(':') && of_image.is_none() => (":80", format!("{host}:80")),
            "http" => (":80", host.to_owned()),
            _ => (":443", host.to_owned()),
        };
        let find = |registry: &str| {
            let path = of_image.unwrap_or(path);
            self.0.iter().rev().find(|(place, _)| matches(place, registry, path))
        };
        let found = find(&registry).or_else(|| find(registry.strip_suffix(port)?));
        found.map(|(_, credentials)| credentials)
    }
}

/// The credentials of a connection.
#[derive(Debug, Clone)]
pub(crate) enum CredentialSource {
    /// Those of the image, wherever they are sent.
    OfImage(Option<Credentials>),
    /// Those of the URL that they are sent to.
    ByUrl(Keyring),
}

impl CredentialSource {
    /// The credentials that are sent to `url`.
    pub(crate) fn for_url(&self, url: &str) -> Option<&Credentials> {
        match self {
            Self::OfImage(credentials) => credentials.as_ref(),
            Self::ByUrl(keyring) => keyring.lookup_url(url),
        }
    }
}

fn read_entry(entry: &Node) -> Result<Credentials, KeyringError> {
    let text = |key| entry.get(key).and_then(Node::as_text).unwrap_or_default().to_owned();
    let auth = text("auth");
    if auth.is_empty() {
        return Ok(Credentials { username: text("username"), password: text("password") });
    }
    let auth = auth.trim_end_matches('\n');
    let engine = if auth.ends_with('=') { STANDARD } else { STANDARD_NO_PAD };
    let decoded = engine.decode(auth).map_err(|_| KeyringError::Base64(0))?;
    let decoded = String::from_utf8_lossy(&decoded).into_owned();
    match decoded.split_once(':') {
        Some((username, password)) => Ok(Credentials { username: username.to_owned(), password: password.to_owned() }),
        None => Err(KeyringError::NoColon),
    }
}

/// Host and path of a key, without scheme and API version.
fn normalize(place: &str) -> String {
    let place = place.strip_prefix("https://").or_else(|| place.strip_prefix("http://")).unwrap_or(place);
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let path = path.strip_prefix("v2/").or_else(|| path.strip_prefix("v1/")).unwrap_or(path);
    if path.is_empty() { host.to_owned() } else { format!("{host}/{path}") }
}

/// Whether a key covers an image: same port, same number of host labels (with wildcards), a prefix of the path.
fn matches(place: &str, registry: &str, image_path: &str) -> bool {
    let (host, path) = place.split_once('/').map_or((place, String::new()), |(host, path)| (host, format!("/{path}")));
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    let (image_host, image_port) = registry.split_once(':').unwrap_or((registry, ""));
    let labels: Vec<&str> = host.split('.').collect();
    let image_labels: Vec<&str> = image_host.split('.').collect();
    port == image_port
        && labels.len() == image_labels.len()
        && labels
            .iter()
            .zip(image_labels)
            .all(|(pattern, label)| Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(label)))
        && image_path.starts_with(&path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn keyring(place: &str) -> Keyring {
        let auth = STANDARD.encode("robot:secret");
        let config = serde_json::json!({ "auths": { place: { "auth": auth } } }).to_string();
        let secret = serde_json::json!({
            "type": "kubernetes.io/dockerconfigjson",
            "data": { ".dockerconfigjson": STANDARD.encode(config) },
        });
        Keyring::read([&secret].into_iter()).unwrap()
    }

    /// As openshift-apiserver 4.2 sends credentials to token servers and registries.
    #[rstest]
    #[case("r.example:5000", "https://r.example:5000/token?a=b", true)]
    #[case("r.example:5000/lib", "https://r.example:5000/token", false)]
    #[case("r.example:5000/lib", "https://r.example:5000/v2/lib/app/manifests/v1", true)]
    #[case("r.example:5000/app", "https://r.example:5000/v2/lib/app/manifests/v1", false)]
    #[case("r.example", "https://r.example:443/token", true)]
    #[case("r.example:80", "http://r.example/token", true)]
    #[case("r.example", "http://r.example/token", true)]
    #[case("r.example", "https://auth.example/token", false)]
    #[case("https://index.docker.io/v1/", "https://auth.docker.io/token", true)]
    fn finds_the_credentials_of_a_url(#[case] place: &str, #[case] url: &str, #[case] expected: bool) {
        assert_eq!(CredentialSource::ByUrl(keyring(place)).for_url(url).is_some(), expected);
    }

    #[rstest]
    #[case("r.example", "r.example/a/b:1", true)]
    #[case("https://r.example/v2/", "r.example/a/b:1", true)]
    #[case("r.example/a", "r.example/a/b:1", true)]
    #[case("r.example/c", "r.example/a/b:1", false)]
    #[case("r.example", "r.example:5000/a/b:1", false)]
    #[case("*.example", "r.example/a", true)]
    #[case("*.example", "a.r.example/a", false)]
    #[case("https://index.docker.io/v1/", "busybox", true)]
    fn finds_the_credentials_of_an_image(#[case] place: &str, #[case] image: &str, #[case] expected: bool) {
        assert_eq!(keyring(place).lookup(&image.parse().unwrap()).is_some(), expected);
    }
}
