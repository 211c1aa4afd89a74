//! Images that are the same in every scenario.

use std::collections::BTreeSet;

use oci_types::Digest;

use crate::fixture::{ImageCatalogue, Salt};

/// The names of images that have, or whose entries have, the same digest whatever the salt.
///
/// Image objects belong to the whole cluster, so that a response shows whether such an image was imported before.
pub(super) fn shared_images(catalogue: &ImageCatalogue) -> BTreeSet<String> {
    let digests = |name: &str, salt: &str| -> BTreeSet<Digest> {
        let built = catalogue.build([name], &Salt::new(salt));
        built.iter().flatten().map(|image| image.digest.clone()).collect()
    };
    let is_shared = |name: &&str| !digests(name, "one").is_disjoint(&digests(name, "other"));
    catalogue.names().filter(is_shared).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn an_image_of_exact_bytes_is_shared_and_a_salted_one_is_not() {
        let shared = shared_images(fixture::builtin());
        assert!(shared.contains("s1-nohistory"), "{shared:?}");
        assert!(!shared.contains("s2-basic"), "{shared:?}");
    }
}
