//! Why some things are covered by no case.

use std::sync::LazyLock;

use globset::{Glob, GlobMatcher};
use serde::{Deserialize, Deserializer, de};

use super::Area;
use crate::{
    document::{self, Source},
    version::ApiVersion,
};

/// The reasons that are part of this crate.
#[derive(Debug, Default)]
pub struct Reasons {
    reasons: Vec<Reason>,
}

/// One reason, for whatever fits one of the patterns.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    because: String,
    since: Option<ApiVersion>,
    until: Option<ApiVersion>,
    #[serde(default)]
    requirements: Vec<ReasonPattern>,
    #[serde(default)]
    parameters: Vec<ReasonPattern>,
    #[serde(default)]
    sent: Vec<ReasonPattern>,
    #[serde(default)]
    seen: Vec<ReasonPattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonsFile {
    uncovered: Vec<Reason>,
}

impl Reasons {
    /// The reasons that are part of this crate.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Reasons> = LazyLock::new(|| {
            let source = Source::new("requirements/uncovered.yaml", include_str!("../../requirements/uncovered.yaml"));
            let file: ReasonsFile = document::parse(&source)
                .and_then(|node| document::decode(&source, &node))
                .expect("the built-in reasons are read by a test");
            Reasons { reasons: file.uncovered }
        });
        &BUILTIN
    }

    /// Why `name` is covered by no case of `version`, if a reason is given.
    #[must_use]
    pub fn find(&self, version: ApiVersion, area: Area, name: &str) -> Option<&str> {
        self.of_version(version)
            .find(|reason| reason.patterns(area).iter().any(|pattern| pattern.0.is_match(name)))
            .map(|reason| reason.because.as_str())
    }

    /// The patterns that fit none of `uncovered`: reasons that nothing needs any more.
    pub fn idle<'a>(
        &'a self,
        version: ApiVersion,
        area: Area,
        uncovered: &'a [&'a str],
    ) -> impl Iterator<Item = &'a str> {
        self.of_version(version)
            .flat_map(move |reason| reason.patterns(area))
            .filter(|pattern| !uncovered.iter().any(|name| pattern.0.is_match(name)))
            .map(|pattern| pattern.0.glob().glob())
    }

    fn of_version(&self, version: ApiVersion) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(move |reason| {
            reason.since.is_none_or(|since| since <= version) && reason.until.is_none_or(|until| version <= until)
        })
    }
}

impl Reason {
    fn patterns(&self, area: Area) -> &[ReasonPattern] {
        match area {
            Area::Requirements => &self.requirements,
            Area::Parameters => &self.parameters,
            Area::Sent => &self.sent,
            Area::Seen => &self.seen,
        }
    }
}

/// A name, in which `*` stands for anything.
#[derive(Debug)]
struct ReasonPattern(GlobMatcher);

impl<'de> Deserialize<'de> for ReasonPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Glob::new(&text).map(|glob| Self(glob.compile_matcher())).map_err(de::Error::custom)
    }
}
