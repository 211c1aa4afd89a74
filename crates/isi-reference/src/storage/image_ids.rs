//! Images of a stream by the beginning of their digests.

use std::collections::BTreeMap;

use crate::{
    error::{ApiError, Resource, Result},
    model::image_stream::{ImageStream, TagEvent},
};

/// The resource as errors name it.
const STREAM_IMAGE: Resource = Resource::image("imagestreamimage");

/// Whether `id` is the beginning of a digest, or of its hexadecimal digits.
pub(crate) fn matches(digest: &str, id: &str) -> bool {
    digest.starts_with(id) || digest.split_once(':').is_some_and(|(_, hex)| hex.starts_with(id))
}

/// An event, in the history of any tag, of the one image whose digest begins with `id` (`ResolveImageID` of
/// openshift-apiserver).
///
/// # Errors
/// 404 if there is no such image, 409 if there are several.
pub(crate) fn resolve<'a>(stream: &'a ImageStream, id: &str) -> Result<&'a TagEvent> {
    let events = stream.status.tags.values().flat_map(|history| &history.items);
    let found: BTreeMap<&str, &TagEvent> =
        events.filter(|event| matches(&event.image, id)).map(|event| (event.image.as_str(), event)).collect();
    if found.len() > 1 {
        let digests: Vec<&str> = found.into_keys().collect();
        let why = format!("multiple images match the prefix {id:?}: {}", digests.join(", "));
        return Err(ApiError::conflict(STREAM_IMAGE, id, &why));
    }
    found.into_values().next().ok_or_else(|| ApiError::not_found(STREAM_IMAGE, id))
}
