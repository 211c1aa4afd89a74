//! Which cases to run, by patterns.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use crate::suite::Case;

/// A pattern on `suite::case`: `*` stands for any text, `?` for a character; without `::` it is one on the case's name,
/// or the exact name of a suite.
#[derive(Debug, Clone)]
pub struct CasePattern {
    text: String,
    glob: GlobMatcher,
}

/// A text that is no pattern.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no pattern: {reason}")]
pub struct PatternError {
    text: String,
    reason: String,
}

impl std::str::FromStr for CasePattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let glob = GlobBuilder::new(text)
            .build()
            .map_err(|error| PatternError { text: text.to_owned(), reason: error.kind().to_string() })?;
        Ok(Self { text: text.to_owned(), glob: glob.compile_matcher() })
    }
}

impl CasePattern {
    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The only suite whose cases fall under the pattern, where it names one: `dry-run` of `dry-run::*`.
    #[must_use]
    pub fn suite(&self) -> Option<&str> {
        let (suite, _) = self.text.split_once("::")?;
        (!suite.contains(['*', '?', '[', ']', '{', '}', '\\'])).then_some(suite)
    }

    /// Whether the case of this suite falls under the pattern.
    #[must_use]
    pub fn matches(&self, suite: &str, case: &str) -> bool {
        if self.text.contains("::") {
            self.glob.is_match(format!("{suite}::{case}"))
        } else {
            self.glob.is_match(case) || self.text == suite
        }
    }
}

/// Which cases to run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Names of suites; all of them if empty.
    pub suites: Vec<String>,
    /// Only cases that fall under one of these; all of them if empty.
    pub run: Vec<CasePattern>,
    /// No case that falls under one of these.
    pub skip: Vec<CasePattern>,
    /// Only cases of these full names, where there are any.
    pub only: Option<BTreeSet<String>>,
}

impl Selection {
    /// Whether the case is selected.
    #[must_use]
    pub fn selects(&self, case: &Case) -> bool {
        let under = |patterns: &[CasePattern]| patterns.iter().any(|pattern| pattern.matches(&case.suite, &case.name));
        (self.suites.is_empty() || self.suites.contains(&case.suite))
            && (self.run.is_empty() || under(&self.run))
            && !under(&self.skip)
            && self.only.as_ref().is_none_or(|only| only.contains(&case.full_name()))
    }

    /// The patterns that no case falls under: most likely a slip of the pen.
    pub fn unused<'a>(&'a self, cases: &'a [&'a Case]) -> impl Iterator<Item = &'a CasePattern> {
        self.run
            .iter()
            .chain(&self.skip)
            .filter(|pattern| !cases.iter().any(|case| pattern.matches(&case.suite, &case.name)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("*oci*", "content-oci-basic", true)]
    #[case("oci", "content-oci-basic", false)]
    #[case("single-image", "content-oci-basic", true)]
    #[case("single-image::*", "content-oci-basic", true)]
    #[case("manifest-list::*", "content-oci-basic", false)]
    #[case("content-?ci-basic", "content-oci-basic", true)]
    fn a_pattern_is_one_on_the_name_or_on_suite_and_name(
        #[case] pattern: &str,
        #[case] case: &str,
        #[case] matches: bool,
    ) {
        assert_eq!(pattern.parse::<CasePattern>().unwrap().matches("single-image", case), matches);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert!("[a".parse::<CasePattern>().is_err());
    }
}
