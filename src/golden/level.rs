//! How binding a difference is, by the place where it stands.
//!
//! A difference is `required` where a published sentence supports the expectation, and `compatible` everywhere else. The
//! table [`REQUIRED`] names these sentences by their ids in `requirements/*.yaml`: an id is the object and the path of the
//! field, so that a place in an answer leads to its id. What the published reference does not say is not required:
//!
//! | what differs | level |
//! |---|---|
//! | a field of the table is missing | `required` |
//! | a field of the table has another value | `required`, or `compatible` where the sentence leaves the value to the server |
//! | a field is there that the golden does not have | `compatible`, unless the sentence says when the field is there |
//! | an array of the table has more or fewer items | `required` |
//! | the echo of the request (`spec` and `metadata` of an import), texts, annotations, defaults | `compatible` |
//! | `null` in place of an absent field, or the reverse | `compatible`: the API's conventions call them the same |
//! | a `Status`, a table, a list of resources | `compatible`; the status code says whether a request is refused |
//! | header fields, and what is asked of the registry | `compatible` |

use serde_json::Value;

use self::Says::{ItsValue, OnLookup, Presence, ValueAndAbsence};
use crate::{
    json_path::{JsonPath, Segment},
    verdict::Level,
};

/// What a sentence says about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// What its value is.
    ItsValue,
    /// That it is there; the value is the server's.
    Presence,
    /// What its value is, and when it is there.
    ValueAndAbsence,
    /// That a manifest is in the answer if `includeManifest` asks for it, and is not if not. Nothing is published about what
    /// storing the image changes, so that this holds for imports that store nothing.
    OnLookup,
}

/// The requirements that make a difference `required`, by id. A test holds them against the requirements.
const REQUIRED: [(&str, Says); 66] = [
    ("image.dockerImageLayers", ItsValue),
    ("image.dockerImageLayers.mediaType", ItsValue),
    ("image.dockerImageLayers.name", ItsValue),
    ("image.dockerImageLayers.size", ItsValue),
    ("image.dockerImageManifest", OnLookup),
    ("image.dockerImageManifestMediaType", ItsValue),
    ("image.dockerImageManifests", ItsValue),
    ("image.dockerImageManifests.architecture", ItsValue),
    ("image.dockerImageManifests.digest", ItsValue),
    ("image.dockerImageManifests.manifestSize", ItsValue),
    ("image.dockerImageManifests.mediaType", ItsValue),
    ("image.dockerImageManifests.os", ItsValue),
    ("image.dockerImageManifests.variant", ItsValue),
    ("image.dockerImageMetadata", Presence),
    ("image.dockerImageReference", Presence),
    ("image.metadata.name", ItsValue),
    ("image.signatures", ItsValue),
    ("image.signatures.content", ItsValue),
    ("image.signatures.type", ItsValue),
    ("imagestream.metadata", Presence),
    ("imagestream.metadata.name", ItsValue),
    ("imagestream.metadata.namespace", ItsValue),
    ("imagestream.spec", ItsValue),
    ("imagestream.spec.dockerImageRepository", ItsValue),
    ("imagestream.spec.lookupPolicy", ItsValue),
    ("imagestream.spec.lookupPolicy.local", ItsValue),
    ("imagestream.spec.tags", ItsValue),
    ("imagestream.spec.tags.from", ItsValue),
    ("imagestream.spec.tags.from.kind", ItsValue),
    ("imagestream.spec.tags.importPolicy", Presence),
    ("imagestream.spec.tags.name", ItsValue),
    ("imagestream.spec.tags.reference", ItsValue),
    ("imagestream.spec.tags.referencePolicy", Presence),
    ("imagestream.status", ItsValue),
    ("imagestream.status.tags", ItsValue),
    ("imagestream.status.tags.conditions", Presence),
    ("imagestream.status.tags.conditions.status", ItsValue),
    ("imagestream.status.tags.conditions.type", ItsValue),
    ("imagestream.status.tags.items", ItsValue),
    ("imagestream.status.tags.items.created", Presence),
    ("imagestream.status.tags.items.dockerImageReference", Presence),
    ("imagestream.status.tags.items.image", ItsValue),
    ("imagestream.status.tags.tag", ItsValue),
    ("imagestreamtag.image", ItsValue),
    ("isi.apiVersion", ItsValue),
    ("isi.kind", ItsValue),
    ("isi.status", ItsValue),
    ("isi.status.images", ItsValue),
    ("isi.status.images.image", ItsValue),
    ("isi.status.images.status", ItsValue),
    ("isi.status.images.status.status", ItsValue),
    ("isi.status.images.tag", ItsValue),
    ("isi.status.import", ValueAndAbsence),
    ("isi.status.repository", ItsValue),
    ("isi.status.repository.additionalTags", ItsValue),
    ("isi.status.repository.images", ItsValue),
    ("isi.status.repository.images.image", ItsValue),
    ("isi.status.repository.images.status", ItsValue),
    ("isi.status.repository.images.status.status", ItsValue),
    ("isi.status.repository.images.tag", ItsValue),
    ("isi.status.repository.status", ItsValue),
    ("isimage.image", ItsValue),
    ("isimage.metadata", Presence),
    ("isimage.metadata.name", ItsValue),
    ("isi.status.images.manifests", ItsValue),
    ("isi.status.repository.images.manifests", ItsValue),
];

/// Objects, by kind and by the name that ids of their requirements begin with.
const OBJECTS: [(&str, &str); 5] = [
    ("Image", "image"),
    ("ImageStream", "imagestream"),
    ("ImageStreamImage", "isimage"),
    ("ImageStreamImport", "isi"),
    ("ImageStreamTag", "imagestreamtag"),
];

/// Objects inside others, by the id of the field that holds them.
const INNER: [(&str, &str); 8] = [
    ("imagestreamtag.image", "image"),
    ("isi.status.images.image", "image"),
    ("isi.status.images.manifests", "image"),
    ("isi.status.import", "imagestream"),
    ("isi.status.repository.images.image", "image"),
    ("isi.status.repository.images.manifests", "image"),
    ("isimage.image", "image"),
    ("list.items", "imagestream"),
];

/// How binding the differences of one answer are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    object: Option<&'static str>,
    /// Whether the answer is about an import that stores nothing.
    is_lookup: bool,
}

/// How an answer differs from what is expected at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DifferenceKind {
    /// Something is not there.
    Missing,
    /// Something is there that is not expected.
    Extra,
    /// There is another value.
    Other,
    /// One side is `null` and the other is not there.
    NullOrAbsent,
}

impl Rules {
    /// The rules for an answer that is expected to be `body`.
    pub(crate) fn of(body: &Value) -> Self {
        let kind = body["kind"].as_str().unwrap_or_default();
        let object = match kind {
            "ImageStreamList" => Some("list"),
            kind => OBJECTS.iter().find(|(known, _)| *known == kind).map(|(_, object)| *object),
        };
        Self { object, is_lookup: object == Some("isi") && body["spec"]["import"] != true }
    }

    /// The level of a difference at `path`.
    pub(crate) fn level(&self, path: &JsonPath, kind: DifferenceKind) -> Level {
        let is_required = match (self.object, path.segments()) {
            (None, _) => false,
            // The answer is no object at all.
            (Some(_), []) => true,
            (Some(object), segments) => self.says(object, segments).is_some_and(|says| match (says, kind) {
                (_, DifferenceKind::NullOrAbsent) => false,
                (OnLookup, _) => self.is_lookup,
                (ValueAndAbsence, _) | (_, DifferenceKind::Missing) => true,
                // An item too many is another value of its array.
                (ItsValue, DifferenceKind::Extra) => matches!(segments.last(), Some(Segment::Index(_))),
                (ItsValue, DifferenceKind::Other) => true,
                (Presence, DifferenceKind::Extra | DifferenceKind::Other) => false,
            }),
        };
        if is_required { Level::Required } else { Level::Compatible }
    }

    /// What the published reference says about the field at `segments` of an object.
    fn says(&self, object: &'static str, segments: &[Segment]) -> Option<Says> {
        let mut id = object.to_owned();
        for segment in segments {
            if let Some((_, inner)) = INNER.iter().find(|(holder, _)| *holder == id)
                && matches!(segment, Segment::Key(_))
            {
                id = (*inner).to_owned();
            }
            if let Segment::Key(name) = segment {
                id.push('.');
                id.push_str(name);
            }
        }
        REQUIRED.iter().find(|(known, _)| *known == id).map(|(_, says)| *says)
    }
}

/// The ids of the requirements that make differences `required`.
#[cfg(test)]
pub(crate) fn required_ids() -> impl Iterator<Item = &'static str> {
    REQUIRED.iter().map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use DifferenceKind::{Extra, Missing, NullOrAbsent, Other};
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    /// `status.images.0.tag` as a path.
    fn path(text: &str) -> JsonPath {
        text.split('.').filter(|name| !name.is_empty()).fold(JsonPath::root(), |path, name| match name.parse() {
            Ok(index) => path.index(index),
            Err(_) => path.key(name),
        })
    }

    #[rstest]
    #[case::no_object("ImageStreamImport", "", Other, Level::Required)]
    #[case::result("ImageStreamImport", "status.images.0.status.status", Other, Level::Required)]
    #[case::reason("ImageStreamImport", "status.images.0.status.reason", Other, Level::Compatible)]
    #[case::text("ImageStreamImport", "status.images.0.status.message", Other, Level::Compatible)]
    #[case::tag("ImageStreamImport", "status.images.0.tag", Other, Level::Required)]
    #[case::result_missing("ImageStreamImport", "status.images.1", Missing, Level::Required)]
    #[case::result_too_many("ImageStreamImport", "status.images.1", Extra, Level::Required)]
    #[case::digest("ImageStreamImport", "status.images.0.image.metadata.name", Other, Level::Required)]
    #[case::digest_in_list("ImageStreamImport", "status.images.0.manifests.1.metadata.name", Other, Level::Required)]
    #[case::uid("ImageStreamImport", "status.images.0.image.metadata.uid", Missing, Level::Compatible)]
    #[case::pull_spec_missing(
        "ImageStreamImport",
        "status.images.0.image.dockerImageReference",
        Missing,
        Level::Required
    )]
    #[case::pull_spec_other(
        "ImageStreamImport",
        "status.images.0.image.dockerImageReference",
        Other,
        Level::Compatible
    )]
    #[case::docker_metadata(
        "ImageStreamImport",
        "status.images.0.image.dockerImageMetadata.Size",
        Other,
        Level::Compatible
    )]
    #[case::stream_tag("ImageStreamImport", "status.import.status.tags.0.tag", Other, Level::Required)]
    #[case::stream_on_lookup("ImageStreamImport", "status.import", Extra, Level::Required)]
    #[case::manifest_on_lookup(
        "ImageStreamImport",
        "status.images.0.image.dockerImageManifest",
        Extra,
        Level::Required
    )]
    #[case::echo("ImageStreamImport", "spec.images.0.importPolicy.importMode", Missing, Level::Compatible)]
    #[case::echo_metadata("ImageStreamImport", "metadata.uid", Missing, Level::Compatible)]
    #[case::stream_name("ImageStream", "metadata.name", Other, Level::Required)]
    #[case::history("ImageStream", "status.tags.0.items.1", Missing, Level::Required)]
    #[case::success_condition("ImageStream", "status.tags.0.conditions", Extra, Level::Compatible)]
    #[case::failure_condition("ImageStream", "status.tags.0.conditions", Missing, Level::Required)]
    #[case::generation("ImageStream", "status.tags.0.items.0.generation", Other, Level::Compatible)]
    #[case::null("ImageStream", "status.tags", NullOrAbsent, Level::Compatible)]
    #[case::in_a_list("ImageStreamList", "items.0.metadata.name", Other, Level::Required)]
    #[case::through_a_tag("ImageStreamTag", "image.dockerImageLayers.0.size", Other, Level::Required)]
    #[case::error("Status", "reason", Other, Level::Compatible)]
    #[case::error_kind("Status", "", Other, Level::Compatible)]
    fn the_place_and_the_kind_of_difference_decide(
        #[case] kind: &str,
        #[case] at: &str,
        #[case] difference: DifferenceKind,
        #[case] level: Level,
    ) {
        assert_eq!(Rules::of(&json!({ "kind": kind })).level(&path(at), difference), level);
    }

    #[test]
    fn what_storing_an_image_does_to_its_manifest_is_not_published() {
        let stored = json!({ "kind": "ImageStreamImport", "spec": { "import": true } });
        let manifest = path("status.images.0.image.dockerImageManifest");
        assert_eq!(Rules::of(&stored).level(&manifest, Missing), Level::Compatible);
    }
}
