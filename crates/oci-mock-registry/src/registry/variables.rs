//! Variables in the texts of a fixture, replaced by what the registry knows.

use super::{fixture_error::FixtureError, state::RegistryState};
use crate::variable::{Part, Variable, elsewhere, template};
use oci_types::Digest;

impl RegistryState {
    /// `text` with its variables replaced.
    pub(super) fn fill(&self, text: &str) -> Result<String, FixtureError> {
        template::replace(text, |name| match name.parse() {
            Ok(Variable::Registry) => Ok(Some(self.host().to_owned())),
            Ok(Variable::Elsewhere) => Ok(Some(elsewhere(self.host()))),
            Ok(Variable::Digest { image, part, .. }) => {
                let digest = self.digest(&image, part)?;
                let digest = digest.ok_or_else(|| FixtureError::Content(name.to_owned()))?;
                Ok(Some(digest.to_string()))
            }
            Ok(_) | Err(_) => Ok(None),
        })
    }

    fn digest(&self, image: &str, part: Part) -> Result<Option<Digest>, FixtureError> {
        let image = self.image(image)?;
        Ok(match part {
            Part::Manifest => Some(image.digest.clone()),
            Part::Config => image.config.as_ref().map(|config| config.digest.clone()),
            Part::Layer(position) => image.layers.get(position).map(|layer| layer.digest.clone()),
        })
    }
}
