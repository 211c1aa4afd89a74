//! Images that are the same in every scenario.
//!
//! Image objects belong to the whole cluster, so that a response shows whether such an image was imported before: by a scenario
//! at the same time, by an earlier exploration, or by another user.

use std::collections::BTreeSet;

use oci_types::Digest;

use crate::{
    fixture::{ImageCatalogue, Salt},
    verdict::cause::Cause,
};

/// The names of images that have, or whose entries have, the same digest whatever the salt.
pub(super) fn shared_images(catalogue: &ImageCatalogue) -> BTreeSet<String> {
    let digests = |name: &str, salt: &str| -> BTreeSet<Digest> {
        let built = catalogue.build([name], &Salt::new(salt));
        built.iter().flatten().map(|image| image.digest.clone()).collect()
    };
    let is_shared = |name: &&str| !digests(name, "one").is_disjoint(&digests(name, "other"));
    catalogue.names().filter(is_shared).map(str::to_owned).collect()
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
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        fixture,
        verdict::{CheckKind, cause::CauseKind},
    };

    #[test]
    fn an_image_of_exact_bytes_is_shared_and_a_salted_one_is_not() {
        let shared = shared_images(fixture::builtin());
        assert!(shared.contains("s1-nohistory"), "{shared:?}");
        assert!(!shared.contains("s2-basic"), "{shared:?}");
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
