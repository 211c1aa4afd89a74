//! The names that are a run's own, so that nothing of it meets what is there already.

use uuid::Uuid;

use crate::{fixture::Salt, suite::Case};

/// A run's mark: eight characters that stand in everything it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunId(String);

impl RunId {
    /// A mark that no other run has.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().simple().to_string()[..8].to_owned())
    }

    /// The mark.
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

    /// Whether `name` is one that this run made up.
    #[must_use]
    pub fn owns(&self, name: &str) -> bool {
        name.contains(&self.0)
    }
}
