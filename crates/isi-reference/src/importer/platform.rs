//! Which entry of a manifest list stands for the list when only one image is wanted.

use crate::{behaviour::Behaviour, registry_client::Descriptor};

/// A wanted platform; a part that is absent means the server's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Platform {
    pub(crate) architecture: Option<String>,
    pub(crate) os: Option<String>,
}

impl Platform {
    /// The platform that builds of `openshift-apiserver` are for. The reference answers the same on every machine.
    const SERVER: (&'static str, &'static str) = ("amd64", "linux");

    /// The first entry for this platform, else (since 4.3) the first for linux/amd64, else the first.
    pub(crate) fn select<'a>(&self, entries: &'a [Descriptor], behaviour: &Behaviour) -> Option<&'a Descriptor> {
        let architecture = self.architecture.as_deref().unwrap_or(Self::SERVER.0);
        let os = self.os.as_deref().unwrap_or(Self::SERVER.1);
        let find = |architecture: &str, os: &str| {
            entries.iter().find(|entry| entry.architecture == architecture && entry.os == os)
        };
        find(architecture, os)
            .or_else(|| behaviour.prefers_amd64.then(|| find("amd64", "linux")).flatten())
            .or_else(|| entries.first())
    }
}
