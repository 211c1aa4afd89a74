//! The values of a run's variables.

use std::collections::BTreeMap;

use super::{Part, RegistryName, Variable, elsewhere};
use oci_types::Digest;

/// The values that one case has in one run.
#[derive(Debug, Clone, Default)]
pub struct Bindings {
    /// Host and port of the mock registry, as the implementation reaches it.
    pub registry: String,
    /// The namespace the run works in.
    pub namespace: String,
    /// The name of the case's own image stream.
    pub stream: String,
    /// The images of the case, by the name of their fixture.
    pub images: BTreeMap<String, ImageValues>,
}

/// What is known of one image fixture.
#[derive(Debug, Clone)]
pub struct ImageValues {
    /// Digest of the manifest; for schema 1, of its payload without signatures.
    pub digest: Digest,
    /// The manifest as served.
    pub manifest: String,
    /// The config's digest and text; absent where an image has none.
    pub config: Option<(Digest, String)>,
    /// The layers' digests, base first.
    pub layers: Vec<Digest>,
}

/// A variable without a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unbound {
    /// The case has no image fixture of this name.
    #[error("image `{0}` is not in the registry fixture of this case")]
    Image(String),
    /// The image has no such content.
    #[error("image `{image}` has no {part}")]
    Part {
        /// The image fixture.
        image: String,
        /// What it lacks.
        part: String,
    },
}

impl Bindings {
    /// The value of `variable`.
    ///
    /// # Errors
    /// When the case has no such image, or the image no such content.
    pub fn value(&self, variable: &Variable) -> Result<String, Unbound> {
        match variable {
            Variable::Registry => Ok(self.registry.clone()),
            Variable::RegistryName(part) => Ok(part.of(&self.registry)),
            Variable::Elsewhere => Ok(elsewhere(&self.registry)),
            Variable::Namespace => Ok(self.namespace.clone()),
            Variable::Stream => Ok(self.stream.clone()),
            Variable::Repeat { text, times } => Ok(text.repeat(*times)),
            Variable::Manifest { image } => Ok(self.image(image)?.manifest.clone()),
            Variable::Config { image } => match &self.image(image)?.config {
                Some((_, text)) => Ok(text.clone()),
                None => Err(Unbound::Part { image: image.clone(), part: "config".to_owned() }),
            },
            Variable::Digest { image, part, first } => {
                let values = self.image(image)?;
                let (digest, name) = match part {
                    Part::Manifest => (Some(&values.digest), "manifest".to_owned()),
                    Part::Config => (values.config.as_ref().map(|(digest, _)| digest), "config".to_owned()),
                    Part::Layer(index) => (values.layers.get(*index), format!("layer {index}")),
                };
                let digest = digest.ok_or_else(|| Unbound::Part { image: image.clone(), part: name })?;
                Ok(match first {
                    Some(digits) => {
                        format!("{}:{}", digest.algorithm().name(), &digest.hex()[..(*digits).min(digest.hex().len())])
                    }
                    None => digest.to_string(),
                })
            }
        }
    }

    fn image(&self, name: &str) -> Result<&ImageValues, Unbound> {
        self.images.get(name).ok_or_else(|| Unbound::Image(name.to_owned()))
    }
}

impl RegistryName {
    /// This part of `registry`, a host with or without a port.
    fn of(self, registry: &str) -> String {
        let (host, port) = registry.rsplit_once(':').unwrap_or((registry, ""));
        match self {
            Self::Host => host.to_owned(),
            Self::Port => port.to_owned(),
            Self::Wildcard => {
                registry.find(['.', ':']).map_or_else(|| "*".to_owned(), |end| format!("*{}", &registry[end..]))
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bindings() -> Bindings {
        let image = ImageValues {
            digest: Digest::sha256(b"manifest"),
            manifest: "manifest".to_owned(),
            config: None,
            layers: vec![Digest::sha256(b"layer")],
        };
        Bindings {
            registry: "127.0.0.1:5000".to_owned(),
            images: [("s2-basic".to_owned(), image)].into(),
            ..Bindings::default()
        }
    }

    fn value(name: &str) -> Result<String, Unbound> {
        bindings().value(&name.parse().unwrap())
    }

    #[test]
    fn a_digest_can_be_cut_short() {
        let hex = Digest::sha256(b"manifest").hex()[..6].to_owned();
        assert_eq!(value("digest s2-basic first 6"), Ok(format!("sha256:{hex}")));
    }

    #[test]
    fn a_registry_has_a_host_a_port_and_a_wildcard() {
        let names = ["registry host", "registry port", "registry wildcard"];
        assert_eq!(names.map(|name| value(name).unwrap()), ["127.0.0.1", "5000", "*.0.0.1:5000"]);
        assert_eq!(RegistryName::Wildcard.of("localhost:5000"), "*:5000");
    }

    #[test]
    fn a_content_that_an_image_lacks_is_an_error() {
        assert_eq!(value("digest s2-basic layer 1").unwrap_err().to_string(), "image `s2-basic` has no layer 1");
        assert_eq!(value("config gone"), Err(Unbound::Image("gone".to_owned())));
    }
}
