//! A registry that holds and does what a fixture says.

use std::sync::Arc;

use super::{
    auth::Tokens,
    clock::Clock,
    fixture_error::FixtureError,
    folder,
    origin::Origin,
    persistence::LONGEST_REPLAYED_DELAY,
    settings::{Behaviour, Settings},
    shelf::{Recipes, Shelf},
    state::RegistryState,
};
use crate::fixture::{ImageCatalogue, Images, RegistryFixture, Salt};

impl RegistryState {
    /// A registry that holds what `fixture` says. `host` is the name (with port) by which clients reach it, `secure`
    /// whether they do so over TLS: both go into the URLs that the registry hands out.
    ///
    /// # Errors
    /// When the fixture names an image that is not among `images`.
    pub fn new(fixture: &RegistryFixture, images: Images, host: String, secure: bool) -> Result<Self, FixtureError> {
        let recipes = Recipes::Own(ImageCatalogue::default());
        Self::with_recipes(fixture, images, recipes, Salt::default(), host, secure)
    }

    /// The same, with recipes for images that are asked for later, and the salt with which they are built.
    pub(super) fn with_recipes(
        fixture: &RegistryFixture,
        images: Images,
        recipes: Recipes,
        salt: Salt,
        host: String,
        secure: bool,
    ) -> Result<Self, FixtureError> {
        let (clock, origin) = (Clock::default(), Origin::new(host, secure, fixture.behind_proxy));
        let tokens = Arc::new(Tokens::new(clock.clone()));
        let behaviour = Behaviour {
            quirks: fixture.quirks,
            auth: fixture.auth.clone(),
            tags: fixture.tags.clone(),
            read_only: fixture.read_only,
        };
        let settings = Settings::new(behaviour, origin.clone(), tokens.clone())?;
        let mut state = Self::empty(settings, Shelf::new(images, recipes, salt), origin, clock, tokens);
        state.archive_limit = fixture.archive_limit;
        for (repository, tags) in &fixture.repositories {
            state.add_repository(repository)?;
            for (tag, image) in tags {
                state.tag_image(repository, tag, image)?;
            }
        }
        for (repository, images) in &fixture.untagged {
            for image in images {
                state.add_image(repository, image)?;
            }
        }
        for (repository, folder) in &fixture.folders {
            state.load_into(repository, folder)?;
        }
        for signature in &fixture.signatures {
            state.sign(signature)?;
        }
        if let Some(folder) = &fixture.lookaside {
            folder::load_lookaside(&mut state.store_mut().signatures, folder)?;
            state.announce_signatures();
        }
        if let Some(capture) = &fixture.capture {
            if fixture.has_more_than_a_capture() {
                return Err(FixtureError::BesideCapture);
            }
            let longest_delay = fixture.replay_delay.map_or(LONGEST_REPLAYED_DELAY, |delay| delay.0);
            state.replay(capture, longest_delay)?;
        }
        for fault in &fixture.faults {
            state.arm(fault.clone())?;
        }
        Ok(state)
    }
}
