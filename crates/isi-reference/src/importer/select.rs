//! Which entry of a manifest list stands for the list when only one image is wanted.

use super::manifest::Descriptor;

/// A wanted platform; an empty part means the server's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Platform {
    pub(crate) architecture: String,
    pub(crate) os: String,
}

impl Platform {
    /// The platform that builds of `openshift-apiserver` are for. The reference answers the same on every machine.
    const SERVER: (&'static str, &'static str) = ("amd64", "linux");

    /// The first entry for this platform, else (when `prefers_amd64`) the first for linux/amd64, else the first.
    pub(crate) fn select<'a>(&self, entries: &'a [Descriptor], prefers_amd64: bool) -> Option<&'a Descriptor> {
        let or_server =
            |wanted: &str, server: &str| if wanted.is_empty() { server.to_owned() } else { wanted.to_owned() };
        let architecture = or_server(&self.architecture, Self::SERVER.0);
        let os = or_server(&self.os, Self::SERVER.1);
        let find = |architecture: &str, os: &str| {
            entries.iter().find(|entry| entry.architecture == architecture && entry.os == os)
        };
        find(&architecture, &os)
            .or_else(|| prefers_amd64.then(|| find("amd64", "linux")).flatten())
            .or_else(|| entries.first())
    }
}
