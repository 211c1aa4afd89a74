//! Image references by OpenShift's grammar: `[host[:port]/]path[:tag][@digest]`.
//!
//! The grammar is that of `library-go`'s `pkg/image/reference`, older than the one container tools use today. What a
//! reference means when parts are left out follows the Docker client: no host means Docker Hub, no tag means `latest`.

mod grammar;
mod parts;

use std::{fmt, str::FromStr};

pub use parts::{DigestReference, Tag};

use self::grammar::{Parts, check_digest, split};

/// The registry that a reference without a host means.
pub const DOCKER_HUB: &str = "docker.io";
/// The old index host of Docker Hub, which some references still name.
const DOCKER_HUB_V1: &str = "index.docker.io";
/// Where Docker Hub really answers.
const DOCKER_HUB_V2: &str = "registry-1.docker.io";
/// The longest repository name, host and slashes included.
const NAME_LENGTH_LIMIT: usize = 255;

/// A reference to an image, with only the parts that were written.
///
/// ```
/// use isi_reference::image_reference::ImageReference;
///
/// let reference: ImageReference = "team/app:v1".parse().unwrap();
/// assert_eq!(reference.normalized(), "docker.io/team/app:v1");
/// assert_eq!(reference.registry_host(), "registry-1.docker.io");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ImageReference {
    /// Host and port, if written.
    pub registry: Option<String>,
    /// The first component of the path, if it has several.
    pub namespace: Option<String>,
    /// The rest of the path; absent if the text names a registry only.
    pub name: Option<String>,
    /// The tag, if written.
    pub tag: Option<Tag>,
    /// The digest, if written.
    pub digest: Option<DigestReference>,
}

/// Why a text is not an image reference; the texts are those of `openshift-apiserver`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant is the text it displays")]
#[non_exhaustive]
pub enum ParseReferenceError {
    #[error("repository name must have at least one component")]
    Empty,
    #[error("invalid reference format")]
    Format,
    #[error("repository name must be lowercase")]
    Uppercase,
    #[error("repository name must not be more than {NAME_LENGTH_LIMIT} characters")]
    TooLong,
    #[error("invalid checksum digest length")]
    DigestLength,
    #[error("unsupported digest algorithm")]
    DigestAlgorithm,
}

impl FromStr for ImageReference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(ParseReferenceError::Empty);
        }
        let Some(parts) = split(text) else {
            let uppercase = split(&text.to_lowercase()).is_some();
            return Err(if uppercase { ParseReferenceError::Uppercase } else { ParseReferenceError::Format });
        };
        if parts.path.len() > NAME_LENGTH_LIMIT {
            return Err(ParseReferenceError::TooLong);
        }
        if let Some(digest) = &parts.digest {
            check_digest(digest)?;
        }
        Ok(Self::from_parts(text, parts))
    }
}

impl ImageReference {
    fn from_parts(text: &str, Parts { path, tag, digest }: Parts<'_>) -> Self {
        let (registry, path) = match path.split_once('/') {
            // Without a path, whatever looks like a host is taken for a registry, tag (port) included.
            None if path.contains('.') || path.starts_with("localhost") => {
                return Self { registry: Some(text.to_owned()), digest, ..Self::default() };
            }
            Some((first, rest)) if first.contains([':', '.']) || first == "localhost" => (Some(first.to_owned()), rest),
            _ => (None, path),
        };
        let (namespace, name) = match path.split_once('/') {
            Some((namespace, name)) => (Some(namespace.to_owned()), name),
            None => (None, path),
        };
        Self { registry, namespace, name: Some(name.to_owned()), tag, digest }
    }

    /// The reference with the parts filled in that a Docker client would fill in.
    #[must_use]
    pub fn with_defaults(&self) -> Self {
        let registry = self.registry.clone().unwrap_or_else(|| DOCKER_HUB.to_owned());
        let library = || is_docker_hub(&registry).then(|| "library".to_owned());
        let namespace = self.namespace.clone().or_else(library);
        let tag = self.tag.clone().unwrap_or_else(Tag::latest);
        Self { registry: Some(registry), namespace, tag: Some(tag), ..self.clone() }
    }

    /// Host and port to contact: what was written, or Docker Hub's host.
    #[must_use]
    pub fn registry_host(&self) -> String {
        match self.registry.as_deref() {
            None | Some(DOCKER_HUB | DOCKER_HUB_V1) => DOCKER_HUB_V2.to_owned(),
            Some(host) => host.to_owned(),
        }
    }

    /// Host and port by which import rules judge a registry: port 443 when none is written, 80 when `insecure`.
    #[must_use]
    pub fn registry_host_and_port(&self, insecure: bool) -> (String, String) {
        let host = self.registry_host();
        match host.rsplit_once(':') {
            Some((host, port)) => (host.to_owned(), port.to_owned()),
            None => (host, if insecure { "80" } else { "443" }.to_owned()),
        }
    }

    /// The path within the registry, with neither tag nor digest.
    #[must_use]
    pub fn repository_path(&self) -> String {
        Self { registry: None, ..self.as_repository() }.exact()
    }

    /// The reference without tag and digest.
    #[must_use]
    pub fn as_repository(&self) -> Self {
        Self { tag: None, digest: None, ..self.clone() }
    }

    /// The same repository with this tag and no digest.
    #[must_use]
    pub fn with_tag(&self, tag: Tag) -> Self {
        Self { tag: Some(tag), ..self.as_repository() }
    }

    /// The same repository with this digest and no tag.
    #[must_use]
    pub fn with_digest(&self, digest: DigestReference) -> Self {
        Self { digest: Some(digest), ..self.as_repository() }
    }

    /// The text of a reference to an image object of the same repository. Its name is a digest, or whatever a client has named
    /// it.
    pub(crate) fn to_image_object(&self, name: &str) -> String {
        match self.as_repository().exact() {
            repository if repository.is_empty() || name.is_empty() => repository,
            repository => format!("{repository}@{name}"),
        }
    }

    /// The reference as text, with nothing filled in; the digest hides the tag.
    #[must_use]
    pub fn exact(&self) -> String {
        let Some(name) = &self.name else { return String::new() };
        let mut text = String::new();
        for part in [&self.registry, &self.namespace].into_iter().flatten() {
            text.push_str(part);
            text.push('/');
        }
        text.push_str(name);
        match (&self.digest, &self.tag) {
            (Some(digest), _) => text + "@" + digest.as_str(),
            (None, Some(tag)) => text + ":" + tag.as_str(),
            (None, None) => text,
        }
    }

    /// The reference as text in full: `docker.io/library/app:v1`. Without a name there is nothing to normalise.
    #[must_use]
    pub fn normalized(&self) -> String {
        let registry = match self.registry.as_deref() {
            None | Some(DOCKER_HUB_V1) => DOCKER_HUB,
            Some(registry) => registry,
        };
        let library = || (registry == DOCKER_HUB).then(|| "library".to_owned());
        let namespace = self.namespace.clone().or_else(library);
        Self { registry: Some(registry.to_owned()), namespace, ..self.clone() }.exact()
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.exact())
    }
}

fn is_docker_hub(host: &str) -> bool {
    matches!(host, DOCKER_HUB | DOCKER_HUB_V1 | DOCKER_HUB_V2)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;
    use oci_types::Digest;

    #[rstest]
    #[case("busybox", "registry-1.docker.io", "library/busybox", "docker.io/library/busybox")]
    #[case("team/app:v1", "registry-1.docker.io", "team/app", "docker.io/team/app:v1")]
    #[case("index.docker.io/a/b:1", "registry-1.docker.io", "a/b", "docker.io/a/b:1")]
    #[case("r.example:5000/name:2", "r.example:5000", "name", "r.example:5000/name:2")]
    #[case("localhost/a/b", "localhost", "a/b", "localhost/a/b")]
    #[case("myreg/app", "registry-1.docker.io", "myreg/app", "docker.io/myreg/app")]
    fn says_where_an_image_is(#[case] text: &str, #[case] host: &str, #[case] path: &str, #[case] normalized: &str) {
        let reference: ImageReference = text.parse().unwrap();
        assert_eq!(reference.registry_host(), host);
        assert_eq!(reference.with_defaults().repository_path(), path);
        assert_eq!(reference.normalized(), normalized);
    }

    #[rstest]
    #[case("", ParseReferenceError::Empty)]
    #[case("a///b", ParseReferenceError::Format)]
    #[case("abc@badid", ParseReferenceError::Format)]
    #[case("[::1]:5000/a", ParseReferenceError::Format)]
    #[case("http://r/a", ParseReferenceError::Format)]
    #[case("r/a/", ParseReferenceError::Format)]
    #[case("r.example/Foo", ParseReferenceError::Uppercase)]
    #[case("a@sha256:0123456789012345678901234567890123456789", ParseReferenceError::DigestLength)]
    #[case("a@md5:01234567890123456789012345678901", ParseReferenceError::DigestAlgorithm)]
    fn refuses_what_the_grammar_refuses(#[case] text: &str, #[case] expected: ParseReferenceError) {
        assert_eq!(text.parse::<ImageReference>(), Err(expected));
    }

    #[test]
    fn takes_a_bare_host_for_a_registry_without_a_repository() {
        let reference: ImageReference = "localhost:5000".parse().unwrap();
        assert_eq!((reference.registry.as_deref(), reference.name.as_deref()), (Some("localhost:5000"), None));
        assert_eq!(reference.exact(), "");
    }

    #[test]
    fn a_digest_hides_the_tag() {
        let digest = Digest::sha256(b"content");
        let reference: ImageReference = format!("r.example/a:v1@{digest}").parse().unwrap();
        assert_eq!(reference.tag.as_ref().map(Tag::as_str), Some("v1"));
        assert_eq!(reference.exact(), format!("r.example/a@{digest}"));
    }
}
