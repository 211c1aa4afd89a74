//! Signing images that a registry holds.

use std::sync::atomic::Ordering;

use super::{api::signatures::Signature, fixture_error::FixtureError, settings::Settings, state::RegistryState};
use crate::fixture::{ImageSignature, SignatureWay};
use oci_types::Digest;

impl RegistryState {
    /// Makes a signature, and keeps it with the repositories that hold the image. One that is found through the extension
    /// makes the registry announce that.
    ///
    /// # Errors
    /// When the image is not among those of this registry, when no repository holds it, or when the signature takes OpenPGP
    /// and this build has none.
    pub fn sign(&self, signature: &ImageSignature) -> Result<(), FixtureError> {
        let image = self.image(&signature.signs)?;
        let digest = &image.digest;
        for repository in self.holders(signature, digest)? {
            let identity = match &signature.identity {
                Some(identity) => self.fill(identity)?,
                None => self.reference(&repository, digest),
            };
            let content = signature.message(digest, &identity)?;
            self.store_mut().signatures.add(
                &repository,
                &digest.to_string(),
                Signature::new(digest, content.into()),
                &signature.through,
            );
        }
        self.announce_signatures();
        Ok(())
    }

    /// The repositories that a signature belongs to; never none.
    fn holders(&self, signature: &ImageSignature, digest: &Digest) -> Result<Vec<String>, FixtureError> {
        let store = self.store();
        let holds = |name: &str| store.repository(name).is_some_and(|it| it.manifest(&digest.to_string()).is_some());
        match &signature.repository {
            Some(name) if holds(name) => Ok(vec![name.clone()]),
            Some(name) => Err(FixtureError::NotHeld { image: signature.signs.clone(), repository: name.clone() }),
            None => {
                let holders: Vec<String> = store.repositories().keys().filter(|name| holds(name)).cloned().collect();
                if holders.is_empty() { Err(FixtureError::HeldNowhere(signature.signs.clone())) } else { Ok(holders) }
            }
        }
    }

    /// How clients call an image: by the first tag it has in the repository, or without one.
    fn reference(&self, repository: &str, digest: &Digest) -> String {
        let store = self.store();
        let mut tags = store.repository(repository).into_iter().flat_map(|repository| repository.tags.iter());
        let tag = tags.find(|(_, manifest)| manifest.digest == *digest).map(|(tag, _)| tag);
        format!("{}/{repository}{}", self.host(), tag.map(|tag| format!(":{tag}")).unwrap_or_default())
    }

    /// Says from now on that there are signatures to be found through OpenShift's extension, if there are.
    pub(super) fn announce_signatures(&self) {
        let any = self.store().signatures.any(SignatureWay::Extension);
        self.has_signatures.fetch_or(any, Ordering::Relaxed);
    }

    /// Whether answers announce OpenShift's extension for signatures.
    pub(super) fn announces_signatures(&self, settings: &Settings) -> bool {
        settings.policies.response.signature_extension || self.has_signatures.load(Ordering::Relaxed)
    }
}
