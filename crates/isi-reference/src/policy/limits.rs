//! Limits on image streams: `LimitRange` objects of type `openshift.io/ImageStream`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::{image_reference::ImageReference, model::image_stream::ImageStream};

/// How many different tags and images a stream may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StreamLimits {
    tags: Option<u64>,
    images: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LimitRange {
    spec: LimitRangeSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LimitRangeSpec {
    limits: Vec<Limit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Limit {
    #[serde(rename = "type")]
    kind: String,
    max: serde_json::Map<String, Value>,
}

impl StreamLimits {
    /// The strictest of what the `LimitRange` objects of a namespace say.
    pub(crate) fn of<'a>(ranges: impl Iterator<Item = &'a Value>) -> Self {
        let mut limits = Self::default();
        let ranges = ranges.filter_map(|range| serde_json::from_value::<LimitRange>(range.clone()).ok());
        for limit in ranges.flat_map(|range| range.spec.limits).filter(|limit| limit.kind == "openshift.io/ImageStream")
        {
            let max = |resource: &str| limit.max.get(resource).and_then(quantity);
            limits.tags = strictest(limits.tags, max("openshift.io/image-tags"));
            limits.images = strictest(limits.images, max("openshift.io/images"));
        }
        limits
    }

    /// Whether `stream` is within the limits; if not, what it exceeds. With `only_growth`, a stream that takes no more
    /// than it took before is never refused.
    pub(crate) fn check(
        &self,
        before: Option<&ImageStream>,
        stream: &ImageStream,
        only_growth: bool,
    ) -> Result<(), String> {
        let (tags, images) = usage(stream);
        if only_growth {
            let (old_tags, old_images) = before.map(usage).unwrap_or_default();
            let grows = tags.len() > old_tags.len() || images.len() > old_images.len();
            if !grows && tags.is_subset(&old_tags) && images.is_subset(&old_images) {
                return Ok(());
            }
        }
        let exceeded: Vec<String> = [("image-tags", tags.len(), self.tags), ("images", images.len(), self.images)]
            .into_iter()
            .filter_map(|(resource, used, limit)| {
                let used = u64::try_from(used).unwrap_or(u64::MAX);
                let limit = limit.filter(|limit| used > *limit)?;
                Some(format!(
                    "requested usage of openshift.io/{resource} exceeds the maximum limit per openshift.io/ImageStream ({used} > {limit})"
                ))
            })
            .collect();
        match exceeded.as_slice() {
            [] => Ok(()),
            [one] => Err(one.clone()),
            several => Err(format!("[{}]", several.join(", "))),
        }
    }
}

fn quantity(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn strictest(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The different references in `spec` and the different images in `status`.
fn usage(stream: &ImageStream) -> (BTreeSet<String>, BTreeSet<String>) {
    let references = stream.spec.tags.values().filter_map(|tag| tag.from.as_ref()).map(|from| {
        match from.name.parse::<ImageReference>() {
            Ok(reference) if from.is_docker_image() => reference.with_defaults().exact(),
            _ => format!("{}/{}/{}", from.kind, from.namespace, from.name),
        }
    });
    let images = stream.status.tags.values().flat_map(|history| &history.items).map(|event| event.image.clone());
    (references.collect(), images.filter(|image| !image.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::image_stream::TagReference;

    fn stream(tags: &[&str]) -> ImageStream {
        let mut stream = ImageStream::default();
        for tag in tags {
            let from = serde_json::json!({ "name": tag, "from": { "kind": "DockerImage", "name": format!("r.example/a:{tag}") } });
            let tag: TagReference = serde_json::from_value(from).expect("a tag as clients write it");
            stream.spec.tags.insert(tag.name.clone(), tag);
        }
        stream
    }

    fn limits() -> StreamLimits {
        let range = |max: &str| json!({ "spec": { "limits": [{ "type": "openshift.io/ImageStream", "max": { "openshift.io/image-tags": max } }] } });
        StreamLimits::of([range("3"), range("1")].iter())
    }

    #[test]
    fn the_strictest_limit_holds() {
        assert!(limits().check(None, &stream(&["a"]), true).is_ok());
        assert_eq!(
            limits().check(None, &stream(&["a", "b"]), true),
            Err("requested usage of openshift.io/image-tags exceeds the maximum limit per openshift.io/ImageStream (2 > 1)".to_owned())
        );
    }

    #[test]
    fn what_was_too_much_already_may_stay() {
        let before = stream(&["a", "b"]);
        assert!(limits().check(Some(&before), &before.clone(), true).is_ok());
        assert!(limits().check(Some(&before), &before.clone(), false).is_err());
        assert!(limits().check(Some(&before), &stream(&["a", "c"]), true).is_err());
    }
}
