//! The signatures that are kept beside images, and the ways by which clients find each.

use std::collections::{BTreeMap, BTreeSet};

use crate::{fixture::SignatureWay, registry::api::signatures::Signature};

/// The signatures of all images, by repository and digest. They need no image to be there: a lookaside folder may know more
/// than a registry holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signatures {
    repositories: BTreeMap<String, BTreeMap<String, Vec<StoredSignature>>>,
}

#[derive(Debug, Clone)]
struct StoredSignature {
    signature: Signature,
    through: BTreeSet<SignatureWay>,
}

impl Signatures {
    /// The signatures of an image that clients find in this way, oldest first.
    pub(crate) fn of(&self, repository: &str, digest: &str, way: SignatureWay) -> impl Iterator<Item = &Signature> {
        let kept = self.repositories.get(repository).and_then(|images| images.get(digest));
        kept.into_iter().flatten().filter(move |kept| kept.through.contains(&way)).map(|kept| &kept.signature)
    }

    /// Adds a signature behind those that are there. One that is there already is found in these ways, too.
    pub(crate) fn add(
        &mut self,
        repository: &str,
        digest: &str,
        signature: Signature,
        through: &BTreeSet<SignatureWay>,
    ) {
        let images = self.repositories.entry(repository.to_owned()).or_default();
        let signatures = images.entry(digest.to_owned()).or_default();
        match signatures.iter_mut().find(|kept| kept.signature == signature) {
            Some(kept) => kept.through.extend(through),
            None => signatures.push(StoredSignature { signature, through: through.clone() }),
        }
    }

    /// Adds all of other signatures.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (repository, images) in other.repositories {
            for (digest, signatures) in images {
                for StoredSignature { signature, through } in signatures {
                    self.add(&repository, &digest, signature, &through);
                }
            }
        }
    }

    /// Removes the signatures of all images of a repository.
    pub(crate) fn remove(&mut self, repository: &str) {
        self.repositories.remove(repository);
    }

    /// All signatures, whatever the way by which they are found: repository, digest, and the signatures of that image.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, impl Iterator<Item = &Signature>)> {
        self.repositories.iter().flat_map(|(repository, images)| {
            images.iter().map(move |(digest, kept)| {
                (repository.as_str(), digest.as_str(), kept.iter().map(|kept| &kept.signature))
            })
        })
    }

    /// Whether any is found in this way.
    pub(crate) fn any(&self, way: SignatureWay) -> bool {
        let mut kept = self.repositories.values().flat_map(BTreeMap::values).flatten();
        kept.any(|kept| kept.through.contains(&way))
    }
}
