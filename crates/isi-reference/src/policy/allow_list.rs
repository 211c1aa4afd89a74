//! The allow-list of registries that ordinary users may import from.

use globset::GlobBuilder;

use crate::image_reference::{DOCKER_HUB, ImageReference};

/// How many entries a message shows.
const SHOWN: usize = 5;

/// The registries that may be imported from, as hosts and ports with wildcards.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowList {
    entries: Vec<(String, String)>,
    /// Repositories that are allowed whatever the entries say.
    repositories: Vec<ImageReference>,
}

/// Which port a reference without one means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Secure,
    /// Either 443 or 80.
    Any,
}

impl AllowList {
    /// An allow-list of `entries` (text and whether it is insecure); `integrated` is the cluster's own registry.
    pub(crate) fn new<'a>(entries: impl Iterator<Item = (&'a str, bool)>, integrated: &str) -> Self {
        let mut list = Self::default();
        list.add(integrated, false);
        for (entry, insecure) in entries {
            list.add(entry, insecure);
        }
        list
    }

    fn add(&mut self, entry: &str, insecure: bool) {
        let default_port = if insecure { "80" } else { "443" };
        let (host, port) = entry.split_once(':').unwrap_or((entry, default_port));
        let entry = (host.to_owned(), port.to_owned());
        if !host.is_empty() && !self.entries.contains(&entry) {
            self.entries.push(entry);
        }
    }

    /// Allows everything from the repository of `reference` too.
    pub(crate) fn allow_repository(&mut self, reference: &ImageReference) {
        self.repositories.push(reference.with_defaults().as_repository());
    }

    /// Whether images may come from the registry of `reference`; if not, why.
    pub(crate) fn check(&self, reference: &ImageReference, transport: Transport) -> Result<(), String> {
        if self.repositories.contains(&reference.with_defaults().as_repository()) {
            return Ok(());
        }
        let (host, port) = match transport {
            Transport::Secure => reference.registry_host_and_port(false),
            Transport::Any => match reference.registry.as_deref().map(|registry| (registry, registry.rsplit_once(':')))
            {
                Some((_, Some((host, port)))) => (host.to_owned(), port.to_owned()),
                Some((registry, None)) => (registry.to_owned(), String::new()),
                None => (reference.registry_host(), String::new()),
            },
        };
        let is_hub = matches!(host.as_str(), "index.docker.io" | "registry-1.docker.io");
        if (is_hub && self.allows(DOCKER_HUB, &port)) || self.allows(&host, &port) {
            return Ok(());
        }
        let shown = match &reference.registry {
            None if port.is_empty() => host,
            None => format!("{host}:{port}"),
            Some(registry) => registry.clone(),
        };
        Err(self.refusal(&shown))
    }

    fn allows(&self, host: &str, port: &str) -> bool {
        self.entries.iter().any(|(allowed_host, allowed_port)| {
            is_match(host, allowed_host)
                && if port.is_empty() {
                    matches!(allowed_port.as_str(), "80" | "443" | "*")
                } else {
                    is_match(port, allowed_port)
                }
        })
    }

    fn refusal(&self, host: &str) -> String {
        let entries: Vec<String> = self.entries.iter().map(|(host, port)| format!("\"{host}:{port}\"")).collect();
        match entries.len() {
            0 => format!("registry {host:?} not allowed by empty whitelist"),
            count if count <= SHOWN => format!("registry {host:?} not allowed by whitelist: {}", entries.join(", ")),
            count => format!(
                "registry {host:?} not allowed by whitelist: {}, and {} more ...",
                entries[..SHOWN - 1].join(", "),
                count - SHOWN + 1
            ),
        }
    }
}

fn is_match(text: &str, pattern: &str) -> bool {
    GlobBuilder::new(pattern).literal_separator(false).build().is_ok_and(|glob| glob.compile_matcher().is_match(text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("r.example/app", Transport::Secure, true)]
    #[case("r.example:5000/app", Transport::Secure, false)]
    #[case("a.wild.example:1/app", Transport::Any, true)]
    #[case("docker.io/app", Transport::Any, true)]
    #[case("other.example/app", Transport::Any, false)]
    fn judges_by_host_and_port(#[case] image: &str, #[case] transport: Transport, #[case] expected: bool) {
        let entries = ["r.example", "*.wild.example:*", "docker.io"].map(|entry| (entry, false));
        let list = AllowList::new(entries.into_iter(), "");
        assert_eq!(list.check(&image.parse().unwrap(), transport).is_ok(), expected);
    }

    #[test]
    fn shows_four_of_more_than_five_entries() {
        let entries = ["a", "b", "c", "d", "e", "f"].map(|entry| (entry, false));
        let refusal = AllowList::new(entries.into_iter(), "").check(&"x.example/app".parse().unwrap(), Transport::Any);
        let expected =
            r#"registry "x.example" not allowed by whitelist: "a:443", "b:443", "c:443", "d:443", and 2 more ..."#;
        assert_eq!(refusal.unwrap_err(), expected);
    }
}
