//! Image references by OpenShift's grammar: `[host[:port]/]path[:tag][@digest]`.
//!
//! The grammar is that of `library-go`'s `pkg/image/reference`, older than the one container tools use today. What a
//! reference means when parts are left out follows the Docker client: no host means Docker Hub, no tag means `latest`.

use std::{fmt, str::FromStr};

use oci_types::Algorithm;

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
    /// Host and port; empty when none was written.
    pub registry: String,
    /// First component of the path when there are several; empty otherwise.
    pub namespace: String,
    /// The rest of the path; empty when the text names a registry only.
    pub name: String,
    /// The tag; empty when none was written.
    pub tag: String,
    /// The digest; empty when none was written.
    pub digest: String,
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
        let Some((path, tag, digest)) = split(text) else {
            let uppercase = split(&text.to_lowercase()).is_some();
            return Err(if uppercase { ParseReferenceError::Uppercase } else { ParseReferenceError::Format });
        };
        if path.len() > NAME_LENGTH_LIMIT {
            return Err(ParseReferenceError::TooLong);
        }
        if !digest.is_empty() {
            check_digest(digest)?;
        }
        Ok(Self::from_parts(text, path, tag, digest))
    }
}

impl ImageReference {
    fn from_parts(text: &str, path: &str, tag: &str, digest: &str) -> Self {
        let mut reference = Self { digest: digest.to_owned(), ..Self::default() };
        let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
        match rest {
            // Without a path, whatever looks like a host is taken for a registry, tag (port) included.
            None if path.contains('.') || path.starts_with("localhost") => {
                text.clone_into(&mut reference.registry);
                return reference;
            }
            None => path.clone_into(&mut reference.name),
            Some(rest) if first.contains([':', '.']) || first == "localhost" => {
                first.clone_into(&mut reference.registry);
                rest.clone_into(&mut reference.name);
            }
            Some(_) => path.clone_into(&mut reference.name),
        }
        tag.clone_into(&mut reference.tag);
        if let Some((namespace, name)) = reference.name.split_once('/') {
            (reference.namespace, reference.name) = (namespace.to_owned(), name.to_owned());
        }
        reference
    }

    /// The reference with the parts filled in that a Docker client would fill in.
    #[must_use]
    pub fn with_defaults(&self) -> Self {
        let mut reference = self.clone();
        if reference.registry.is_empty() {
            DOCKER_HUB.clone_into(&mut reference.registry);
        }
        if reference.namespace.is_empty() && is_docker_hub(&reference.registry) {
            "library".clone_into(&mut reference.namespace);
        }
        if reference.tag.is_empty() {
            "latest".clone_into(&mut reference.tag);
        }
        reference
    }

    /// Host and port to contact: what was written, or Docker Hub's host.
    #[must_use]
    pub fn registry_host(&self) -> String {
        match self.with_defaults().registry.as_str() {
            DOCKER_HUB | DOCKER_HUB_V1 => DOCKER_HUB_V2.to_owned(),
            host => host.to_owned(),
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
        Self { registry: String::new(), ..self.as_repository() }.exact()
    }

    /// The reference without tag and digest.
    #[must_use]
    pub fn as_repository(&self) -> Self {
        Self { tag: String::new(), digest: String::new(), ..self.clone() }
    }

    /// The same repository with this tag and no digest.
    #[must_use]
    pub fn with_tag(&self, tag: &str) -> Self {
        Self { tag: tag.to_owned(), ..self.as_repository() }
    }

    /// The same repository with this digest and no tag.
    #[must_use]
    pub fn with_digest(&self, digest: &str) -> Self {
        Self { digest: digest.to_owned(), ..self.as_repository() }
    }

    /// The reference as text, with nothing filled in; the digest hides the tag.
    #[must_use]
    pub fn exact(&self) -> String {
        if self.name.is_empty() {
            return String::new();
        }
        let mut text = String::new();
        for part in [&self.registry, &self.namespace].into_iter().filter(|part| !part.is_empty()) {
            text.push_str(part);
            text.push('/');
        }
        text.push_str(&self.name);
        if !self.digest.is_empty() {
            text.push('@');
            text.push_str(&self.digest);
        } else if !self.tag.is_empty() {
            text.push(':');
            text.push_str(&self.tag);
        }
        text
    }

    /// The reference as text in full: `docker.io/library/app:v1`. Without a name there is nothing to normalise.
    #[must_use]
    pub fn normalized(&self) -> String {
        let mut reference = self.clone();
        if reference.registry.is_empty() || reference.registry == DOCKER_HUB_V1 {
            DOCKER_HUB.clone_into(&mut reference.registry);
        }
        if reference.registry == DOCKER_HUB && reference.namespace.is_empty() {
            "library".clone_into(&mut reference.namespace);
        }
        reference.exact()
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

/// Path, tag and digest of a text that matches the grammar; an absent part is empty.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (rest, None),
    };
    let matches = is_path(path) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest_like);
    matches.then_some((path, tag.unwrap_or_default(), digest.unwrap_or_default()))
}

fn is_path(path: &str) -> bool {
    match path.split_once('/') {
        None => is_component(path),
        Some((first, rest)) => (is_component(first) || is_host(first)) && rest.split('/').all(is_component),
    }
}

/// `[a-z0-9]+` joined by one of `.`, `_`, `__` or any number of dashes.
fn is_component(text: &str) -> bool {
    let is_word = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    text.starts_with(is_word)
        && text.ends_with(is_word)
        && text
            .split(is_word)
            .all(|gap| matches!(gap, "" | "." | "_" | "__") || gap.chars().all(|character| character == '-'))
}

fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        label.starts_with(|character: char| character.is_ascii_alphanumeric())
            && label.ends_with(|character: char| character.is_ascii_alphanumeric())
            && label.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
    };
    host.split('.').all(is_label)
        && port.is_none_or(|port| !port.is_empty() && port.chars().all(|digit| digit.is_ascii_digit()))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    tag.len() <= 128
        && tag.starts_with(is_word)
        && tag.chars().all(|character| is_word(character) || matches!(character, '.' | '-'))
}

/// `algorithm[+algorithm…]:` and at least 32 hexadecimal digits.
fn is_digest_like(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let is_algorithm = |part: &str| {
        part.starts_with(|character: char| character.is_ascii_alphabetic())
            && part.chars().all(|character| character.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(is_algorithm)
        && hex.len() >= 32
        && hex.chars().all(|digit| digit.is_ascii_hexdigit())
}

fn check_digest(digest: &str) -> Result<(), ParseReferenceError> {
    let (algorithm, hex) = digest.split_once(':').ok_or(ParseReferenceError::Format)?;
    let algorithm = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512]
        .into_iter()
        .find(|known| known.name() == algorithm)
        .ok_or(ParseReferenceError::DigestAlgorithm)?;
    if hex.len() == algorithm.hex_length() { Ok(()) } else { Err(ParseReferenceError::DigestLength) }
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
        assert_eq!((reference.registry.as_str(), reference.name.as_str()), ("localhost:5000", ""));
        assert_eq!(reference.exact(), "");
    }

    #[test]
    fn a_digest_hides_the_tag() {
        let digest = Digest::sha256(b"content");
        let reference: ImageReference = format!("r.example/a:v1@{digest}").parse().unwrap();
        assert_eq!(reference.tag, "v1");
        assert_eq!(reference.exact(), format!("r.example/a@{digest}"));
    }
}
