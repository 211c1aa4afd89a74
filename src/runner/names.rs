//! The names that are a run's own, so that nothing of it meets what is there already.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::{fixture::Salt, suite::Case};

/// The label of everything that a run makes and that can carry labels; its value is the run's id.
pub(crate) const RUN_LABEL: &str = "isi-conformance/run";

/// The id of a run: eight hexadecimal digits that are part of the name of everything it makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(String);

/// A text that is not the id of a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a run: expected {RUN_ID_LENGTH} hexadecimal digits in lower case, such as `1a2b3c4d`")]
pub struct ParseRunIdError(String);

/// How many digits the id of a run has.
const RUN_ID_LENGTH: usize = 8;

impl FromStr for RunId {
    type Err = ParseRunIdError;

    fn from_str(text: &str) -> Result<Self, ParseRunIdError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == RUN_ID_LENGTH && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseRunIdError(text.to_owned()))
        }
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// What the names of the namespaces of all runs begin with.
const NAMESPACE_PREFIX: &str = "isi-conformance-";

impl RunId {
    /// An id that no other run has.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().simple().to_string()[..RUN_ID_LENGTH].to_owned())
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the image stream that is the case's own.
    #[must_use]
    pub fn stream(&self, case: &Case) -> String {
        format!("{}-{}", case.name, self.0)
    }

    /// The salt of the images of a case: no two runs and no two cases share an image.
    #[must_use]
    pub fn salt(&self, case: &Case) -> Salt {
        Salt::new(&format!("{} {}", self.0, case.full_name()))
    }

    /// The name of the namespace that the run makes for itself.
    #[must_use]
    pub fn namespace(&self) -> String {
        format!("{NAMESPACE_PREFIX}{}", self.0)
    }

    /// The run that made the namespace of this name, if a run did.
    #[must_use]
    pub fn of_namespace(name: &str) -> Option<Self> {
        name.strip_prefix(NAMESPACE_PREFIX)?.parse().ok()
    }

    /// Whether `name` is one that this run made up.
    #[must_use]
    pub fn owns(&self, name: &str) -> bool {
        name.contains(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let run = RunId::random();
        assert_eq!(run.to_string().parse::<RunId>().unwrap(), run);
        assert_eq!(RunId::of_namespace(&run.namespace()), Some(run));
    }

    // An id that is short or empty would be part of names that are not the run's.
    #[rstest]
    #[case("")]
    #[case("a")]
    #[case("1a2b3c4")]
    #[case("1a2b3c4d5")]
    #[case("1A2B3C4D")]
    #[case("default1")]
    fn other_texts_are_not_ids(#[case] text: &str) {
        assert!(text.parse::<RunId>().is_err());
    }

    #[rstest]
    #[case("isi-conformance")]
    #[case("isi-conformance-demo")]
    #[case("team-isi-conformance-1a2b3c4d")]
    #[case("isi-conformance-1a2b3c4d-missing")]
    fn other_namespaces_are_not_of_a_run(#[case] name: &str) {
        assert_eq!(RunId::of_namespace(name), None);
    }
}
