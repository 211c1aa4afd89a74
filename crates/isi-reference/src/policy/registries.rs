//! The cluster's configuration of registries: blocked ones, insecure ones, mirrors.

use serde::Deserialize;

use crate::image_reference::{DOCKER_HUB, ImageReference};

/// What is configured about all registries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registries {
    rules: Vec<Rule>,
    /// Whether a blocked registry with mirrors is not refused.
    mirrors_unblock: bool,
}

/// What is configured about one host or one path of a host.
#[derive(Debug, Clone, Default)]
struct Rule {
    location: String,
    blocked: bool,
    insecure: bool,
    mirrors: Vec<Mirror>,
}

#[derive(Debug, Clone)]
struct Mirror {
    location: String,
    kind: MirrorKind,
}

/// Which references a mirror serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MirrorKind {
    Digests,
    Tags,
}

/// A source and its mirrors, as all configuration objects write them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MirrorEntry {
    source: String,
    mirrors: Vec<String>,
}

/// `spec.registrySources` of `images.config.openshift.io`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RegistrySources {
    blocked_registries: Vec<String>,
    insecure_registries: Vec<String>,
}

impl Registries {
    /// A configuration that says nothing yet. `mirrors_unblock`: see `Behaviour`.
    pub(crate) fn new(mirrors_unblock: bool) -> Self {
        Self { rules: Vec::new(), mirrors_unblock }
    }

    /// Adds blocked and insecure registries.
    pub(crate) fn add_sources(&mut self, sources: &RegistrySources) {
        for location in &sources.insecure_registries {
            self.rule(location).insecure = true;
        }
        for location in &sources.blocked_registries {
            self.rule(location).blocked = true;
        }
    }

    /// Adds mirrors. One that several objects name for a source is asked once.
    pub(crate) fn add_mirrors(&mut self, entry: &MirrorEntry, kind: MirrorKind) {
        let rule = self.rule(&entry.source);
        for location in &entry.mirrors {
            if !rule.mirrors.iter().any(|mirror| mirror.location == *location && mirror.kind == kind) {
                rule.mirrors.push(Mirror { location: location.clone(), kind });
            }
        }
    }

    fn rule(&mut self, location: &str) -> &mut Rule {
        let position = self.rules.iter().position(|rule| rule.location == location).unwrap_or_else(|| {
            self.rules.push(Rule { location: location.to_owned(), ..Rule::default() });
            self.rules.len() - 1
        });
        &mut self.rules[position]
    }

    /// Whether the registry of an image must not be contacted. Only rules for whole hosts count.
    pub(crate) fn is_blocked(&self, reference: &ImageReference) -> bool {
        let host = reference.registry.as_deref().unwrap_or(DOCKER_HUB);
        self.rules
            .iter()
            .filter(|rule| rule.location == host && rule.blocked)
            .any(|rule| rule.mirrors.is_empty() || !self.mirrors_unblock)
    }

    /// Whether the registry of an image may be spoken to without verification. Only rules for whole hosts count.
    pub(crate) fn is_insecure(&self, reference: &ImageReference) -> bool {
        let host = reference.registry.as_deref().unwrap_or(DOCKER_HUB);
        self.rules.iter().any(|rule| rule.location == host && rule.insecure)
    }

    /// Where to look for an image: the mirrors of its longest rule, in order, and the place that it names.
    pub(crate) fn sources(&self, reference: &ImageReference) -> Vec<ImageReference> {
        let normalized = reference.normalized();
        let kind = if reference.digest.is_some() { MirrorKind::Digests } else { MirrorKind::Tags };
        let name = reference.as_repository().normalized();
        let rule =
            self.rules.iter().filter(|rule| is_part_of(&name, &rule.location)).max_by_key(|rule| rule.location.len());
        let mirrors = rule.into_iter().flat_map(|rule| {
            let rest = normalized.strip_prefix(&rule.location).unwrap_or_default();
            let of_kind = rule.mirrors.iter().filter(move |mirror| mirror.kind == kind);
            of_kind.filter_map(move |mirror| format!("{}{rest}", mirror.location).parse().ok())
        });
        mirrors.chain([reference.clone()]).collect()
    }
}

fn is_part_of(repository: &str, location: &str) -> bool {
    repository.strip_prefix(location).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn registries() -> Registries {
        let mut registries = Registries::new(true);
        let entry =
            |source: &str, mirror: &str| MirrorEntry { source: source.to_owned(), mirrors: vec![mirror.to_owned()] };
        registries.add_mirrors(&entry("source.example/lib", "mirror.example/m"), MirrorKind::Tags);
        registries.add_mirrors(&entry("source.example", "other.example"), MirrorKind::Tags);
        registries
    }

    fn sources(name: &str) -> Vec<String> {
        registries().sources(&name.parse().unwrap()).iter().map(ImageReference::exact).collect()
    }

    #[test]
    fn the_longest_source_has_the_say() {
        assert_eq!(sources("source.example/lib/app:v1"), ["mirror.example/m/app:v1", "source.example/lib/app:v1"]);
        assert_eq!(sources("source.example/library:v1"), ["other.example/library:v1", "source.example/library:v1"]);
    }

    #[test]
    fn mirrors_of_tags_do_not_serve_digests() {
        let digest = oci_types::Digest::sha256(b"content");
        let name = format!("source.example/lib/app@{digest}");
        assert_eq!(sources(&name), std::slice::from_ref(&name));
    }
}
