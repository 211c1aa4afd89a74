//! Traits: what a server's configuration may legitimately change in its answers.
//!
//! The runner finds them out by a probe before the first case; goldens are written in terms of them, and every report names
//! them. The default is a target of which nothing was found out.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer, ser::SerializeMap};

/// The traits of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    /// Where the integrated registry is.
    pub integrated_registry: IntegratedRegistry,
    /// The import mode of a request that names none.
    pub import_mode: ImportMode,
    /// How many processes answer.
    pub replicas: Replicas,
    /// Whether spec tags are imported without being asked for.
    pub import_controller: ImportController,
    /// How many tags of a repository are imported at most.
    pub repository_limit: RepositoryLimit,
    /// Which registries the user of the run may import from.
    pub allow_list: AllowList,
    /// How many requests of the run were put off: 429 with `Retry-After`.
    pub requests_put_off: usize,
}

/// The registry of the cluster itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum IntegratedRegistry {
    /// Not found out: any host will do.
    #[default]
    Unknown,
    /// There is none.
    None,
    /// It is reached inside the cluster only.
    Internal {
        /// Host, with or without a port.
        host: String,
    },
    /// It is reached from outside too.
    Public {
        /// Its host inside the cluster.
        internal: String,
        /// Its host outside.
        public: String,
    },
    /// It is configured with a host outside and none inside.
    PublicOnly {
        /// Its host outside.
        public: String,
    },
}

/// What becomes of a manifest list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImportMode {
    /// One image of the list is imported.
    #[default]
    Legacy,
    /// The list is imported with all its images.
    PreserveOriginal,
}

/// How many processes answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Replicas {
    /// Nothing showed that there are several.
    #[default]
    One,
    /// One process did not know what another one had been told.
    Several,
}

/// A controller that imports spec tags by itself, as the one of a whole cluster does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImportController {
    /// None was seen, or nothing in the run depends on it.
    #[default]
    Absent,
    /// A tag of the probe was imported unasked.
    Present,
}

/// How many tags of a repository are imported at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RepositoryLimit {
    /// Not found out.
    #[default]
    Unknown,
    /// So many.
    Tags(usize),
    /// More than the probe offered.
    MoreThan(usize),
}

/// Which registries the user of the run may import from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AllowList {
    /// Every one, as far as the probe tells.
    #[default]
    Everything,
    /// That of the mock registries, but not every other one.
    Listed,
}

impl Traits {
    /// Name and value of every trait, for people and for reports.
    #[must_use]
    pub fn named(&self) -> Vec<(&'static str, String)> {
        let (internal, public) = match &self.integrated_registry {
            IntegratedRegistry::Unknown => ("not found out", "not found out"),
            IntegratedRegistry::None => ("none", "none"),
            IntegratedRegistry::Internal { host } => (host.as_str(), "none"),
            IntegratedRegistry::Public { internal, public } => (internal.as_str(), public.as_str()),
            IntegratedRegistry::PublicOnly { public } => ("none", public.as_str()),
        };
        let mut named = vec![
            ("integrated-registry", internal.to_owned()),
            ("public-registry", public.to_owned()),
            ("import-mode", self.import_mode.to_string()),
            (
                "replicas",
                match self.replicas {
                    Replicas::One => "one, as far as seen".to_owned(),
                    Replicas::Several => "several".to_owned(),
                },
            ),
            (
                "import-controller",
                match self.import_controller {
                    ImportController::Absent => "not seen".to_owned(),
                    ImportController::Present => "imports spec tags".to_owned(),
                },
            ),
            (
                "tags-per-repository",
                match self.repository_limit {
                    RepositoryLimit::Unknown => "not found out".to_owned(),
                    RepositoryLimit::Tags(tags) => tags.to_string(),
                    RepositoryLimit::MoreThan(tags) => format!("more than {tags}"),
                },
            ),
            (
                "allow-list",
                match self.allow_list {
                    AllowList::Everything => "not seen".to_owned(),
                    AllowList::Listed => "refuses other registries".to_owned(),
                },
            ),
        ];
        // Only the whole run tells.
        if self.requests_put_off > 0 {
            named.push(("request-limit", format!("429 with Retry-After, {} times", self.requests_put_off)));
        }
        named
    }
}

impl fmt::Display for Traits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<String> = self.named().into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        formatter.write_str(&named.join(", "))
    }
}

impl Serialize for Traits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = self.named();
        let mut map = serializer.serialize_map(Some(named.len()))?;
        for (name, value) in &named {
            map.serialize_entry(&name.replace('-', "_"), value)?;
        }
        map.end()
    }
}

impl ImportMode {
    /// The mode as requests write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "Legacy",
            Self::PreserveOriginal => "PreserveOriginal",
        }
    }
}

impl fmt::Display for ImportMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for ImportMode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Legacy, Self::PreserveOriginal].into_iter().find(|mode| mode.as_str() == text).ok_or(())
    }
}
