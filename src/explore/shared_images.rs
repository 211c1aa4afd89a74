//! Images that are the same in every scenario.
//!
//! Image objects belong to the whole cluster, so that a response shows whether such an image was imported before: by a scenario
//! at the same time, by an earlier exploration, or by another user.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use oci_types::Digest;
use tokio::sync::OwnedMutexGuard;

use crate::{
    fixture::{ImageCatalogue, Salt},
    verdict::cause::Cause,
};

/// The images that are the same in every scenario; each is used by one scenario at a time, which removes it at its end.
#[derive(Debug)]
pub(super) struct SharedImages {
    catalogue: ImageCatalogue,
    known: Mutex<KnownImages>,
}

/// What is known of the images that scenarios had so far.
#[derive(Debug, Default)]
struct KnownImages {
    /// By name of the image: the digests of it and of its entries that do not depend on the run.
    digests: BTreeMap<String, BTreeSet<Digest>>,
    in_use: BTreeMap<Digest, Arc<tokio::sync::Mutex<()>>>,
}

impl SharedImages {
    /// Those of a catalogue. An image is built when a scenario first has it: some take long.
    pub(super) fn of(catalogue: ImageCatalogue) -> Self {
        Self { catalogue, known: Mutex::default() }
    }

    /// Waits until no other scenario uses those of these images that are shared; nothing comes back where none is.
    pub(super) async fn claim(&self, images: impl IntoIterator<Item = &String>) -> Vec<OwnedMutexGuard<()>> {
        let digests: BTreeSet<Digest> = images.into_iter().flat_map(|name| self.digests(name)).collect();
        let locks: Vec<_> = {
            let mut known = self.known();
            digests.into_iter().map(|digest| known.in_use.entry(digest).or_default().clone()).collect()
        };
        let mut claimed = Vec::new();
        // Everybody claims in the order of digests, so that no two wait for each other.
        for lock in locks {
            claimed.push(lock.lock_owned().await);
        }
        claimed
    }

    /// The digests of an image and of its entries that are the same in every scenario.
    fn digests(&self, name: &str) -> BTreeSet<Digest> {
        let built = |salt: &str| -> BTreeSet<Digest> {
            let built = self.catalogue.build([name], &Salt::new(salt));
            built.iter().flatten().map(|image| image.digest.clone()).collect()
        };
        let shared = || &built("one") & &built("other");
        self.known().digests.entry(name.to_owned()).or_insert_with(shared).clone()
    }

    fn known(&self) -> MutexGuard<'_, KnownImages> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a difference is in what an image object has from its first import, or has only then.
pub(super) fn is_of_first_import(cause: &Cause) -> bool {
    let path = cause.path.as_deref().unwrap_or_default();
    let is_object = cause.request.as_deref().is_some_and(|request| request.contains("/images/"));
    let is_metadata = |place: &str| path.contains(place) && !path.ends_with(".metadata.name");
    is_metadata("image.metadata.")
        || is_metadata("manifests[*].metadata.")
        || is_object && (path.starts_with("$.metadata.") || path == "$.dockerImageReference")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use futures_util::FutureExt;
    use rstest::rstest;

    use super::*;
    use crate::{
        fixture,
        verdict::{CheckKind, cause::CauseKind},
    };

    #[test]
    fn an_image_of_exact_bytes_is_shared_and_a_salted_one_is_not() {
        let shared = SharedImages::of(fixture::builtin().clone());
        assert_ne!(shared.digests("s1-nohistory"), BTreeSet::new());
        assert_eq!(shared.digests("s2-basic"), BTreeSet::new());
    }

    #[tokio::test]
    async fn a_shared_image_is_waited_for_and_others_are_not() {
        let shared = SharedImages::of(fixture::builtin().clone());
        let one = "s1-nohistory".to_owned();
        let of_one = shared.digests(&one);
        let is_another = |digests: BTreeSet<Digest>| !digests.is_empty() && digests.is_disjoint(&of_one);
        let other = &fixture::builtin().names().find(|name| is_another(shared.digests(name))).unwrap().to_owned();
        let claimed = shared.claim([&one]).await;
        assert!(shared.claim([&one, other]).now_or_never().is_none());
        assert_eq!(shared.claim([other]).now_or_never().unwrap().len(), shared.digests(other).len());
        drop(claimed);
        assert!(!shared.claim([&one]).now_or_never().unwrap().is_empty());
    }

    #[rstest]
    #[case("POST imagestreamimports", "$.status.images[*].image.metadata.resourceVersion", true)]
    #[case("POST imagestreamimports", "$.status.images[*].manifests[*].metadata.uid", true)]
    #[case("POST imagestreamimports", "$.status.images[*].image.metadata.name", false)]
    #[case("POST imagestreamimports", "$.status.import.metadata.resourceVersion", false)]
    #[case("GET imagestreamtags/[stream]:[tag]", "$.image.metadata.creationTimestamp", true)]
    #[case("GET imagestreamtags/[stream]:[tag]", "$.image.dockerImageReference", false)]
    #[case("GET /apis/image.openshift.io/v1/images/[digest]", "$.dockerImageReference", true)]
    #[case("GET /apis/image.openshift.io/v1/images/[digest]", "$.dockerImageMetadata.Size", false)]
    fn the_first_import_leaves_metadata_and_the_reference_of_an_image(
        #[case] request: &str,
        #[case] path: &str,
        #[case] expected: bool,
    ) {
        let (check, kind) = (CheckKind::Golden, CauseKind::Value);
        let cause = Cause { check, request: Some(request.to_owned()), path: Some(path.to_owned()), kind };
        assert_eq!(is_of_first_import(&cause), expected);
    }
}
