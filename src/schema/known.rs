//! Where real servers are known to break the schema that they publish.

use std::{fmt, sync::LazyLock};

use serde::Deserialize;

use crate::{
    document::{Day, Source, decode, parse},
    version::ApiVersion,
};

/// A named, dated and linked deviation of real servers from the schema that they publish.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaDeviation {
    /// The name that reports show: `tag-annotations-null`.
    pub name: String,
    /// What servers do, in one sentence.
    pub about: String,
    /// The definition's short name and the field: `TagReference.annotations`.
    pub field: String,
    /// What stands there.
    pub sends: Sends,
    /// The first API version concerned.
    #[serde(default)]
    pub since: Option<ApiVersion>,
    /// The last API version concerned.
    #[serde(default)]
    pub until: Option<ApiVersion>,
    /// When it was last seen in answers of real servers.
    pub observed: Day,
    /// Where the cause can be read.
    pub link: String,
}

/// What a server sends in place of what its schema asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Sends {
    /// `null`.
    #[serde(rename = "a null")]
    Null,
    /// Nothing at all, where the field is required.
    #[serde(rename = "nothing")]
    Nothing,
}

impl SchemaDeviation {
    /// Every documented deviation.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<SchemaDeviation>> = LazyLock::new(|| {
            let source = Source::new(
                "schemas/documented-deviations.yaml",
                include_str!("../../schemas/documented-deviations.yaml"),
            );
            let file: KnownFile =
                parse(&source).and_then(|node| decode(&source, &node)).expect("the embedded list is decoded by a test");
            file.deviations
        });
        &ALL
    }

    /// The deviation that explains why servers of `version` send this in `field`, if one does.
    pub(super) fn explaining(version: ApiVersion, field: &str, sends: Sends) -> Option<&'static Self> {
        Self::all().iter().find(|deviation| {
            deviation.field == field
                && deviation.sends == sends
                && deviation.since.is_none_or(|since| since <= version)
                && deviation.until.is_none_or(|until| version <= until)
        })
    }
}

impl fmt::Display for SchemaDeviation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} (seen {}, {})", self.name, self.about, self.observed, self.link)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownFile {
    deviations: Vec<SchemaDeviation>,
}
