//! The names that folders give to their images.

use std::collections::BTreeMap;

use super::{error::FolderError, tree::Tree};
use crate::registry::{
    route::is_tag,
    store::{Manifest, Repository},
};
use std::sync::Arc;

/// The tag in a name: all of it, or the end of a reference such as `quay.io/lib/app:v1`. A reference by digest has a tag only
/// if it names one besides, and the port of a host is not a tag.
pub(super) fn tag_in(name: &str) -> Option<&str> {
    let (name, is_by_digest) = name.split_once('@').map_or((name, false), |(name, _)| (name, true));
    let tag = match name.rsplit_once(':') {
        Some((_, tag)) => tag,
        None if is_by_digest => return None,
        None => name,
    };
    is_tag(tag).then_some(tag)
}

/// The tags of one folder, and the images that have them.
#[derive(Debug, Default)]
pub(super) struct TaggedImages(BTreeMap<String, (String, oci_types::Digest)>);

impl TaggedImages {
    /// Tags an image that the folder calls `name`.
    pub(super) fn tag(
        &mut self,
        tree: &Tree,
        repository: &mut Repository,
        tag: &str,
        name: &str,
        manifest: &Arc<Manifest>,
    ) -> Result<(), FolderError> {
        if let Some((first, digest)) = self.0.get(tag)
            && *digest != manifest.digest
        {
            let shown = |name: &str, digest: &oci_types::Digest| format!("`{name}` ({digest})");
            let (first, second) = (shown(first, digest), shown(name, &manifest.digest));
            return Err(FolderError::TwoImages { folder: tree.shown(), tag: tag.to_owned(), first, second });
        }
        self.0.insert(tag.to_owned(), (name.to_owned(), manifest.digest.clone()));
        repository.tags.insert(tag.to_owned(), manifest.clone());
        Ok(())
    }

    /// Whether an image of the folder has this tag.
    pub(super) fn has(&self, tag: &str) -> bool {
        self.0.contains_key(tag)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("v1", Some("v1"))]
    #[case("quay.io/lib/app:v1", Some("v1"))]
    #[case("localhost:5000/lib/app:v1", Some("v1"))]
    #[case("localhost:5000/lib/app", None)]
    #[case("team/app", None)]
    #[case("team/app@sha256:0123", None)]
    #[case("app@sha256:0123", None)]
    #[case("team/app:v1@sha256:0123", Some("v1"))]
    #[case("", None)]
    #[case("app:", None)]
    fn a_name_has_a_tag_or_none(#[case] name: &str, #[case] expected: Option<&str>) {
        assert_eq!(tag_in(name), expected);
    }
}
