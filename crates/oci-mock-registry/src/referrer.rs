//! What refers to a manifest, as lists of it show it (distribution specification, sections "Listing Referrers" and
//! "Referrers Tag Schema").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use oci_types::{Digest, media_type};

/// An entry in a list of what refers to a manifest.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Referrer {
    /// Media type of the manifest that refers.
    pub media_type: String,
    /// Its size in bytes.
    pub size: usize,
    /// Its digest.
    pub digest: String,
    /// What kind of artifact it is: its `artifactType`, or the media type of an image's config.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Its annotations.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String, Value>,
}

/// What of a manifest concerns referrers. Everything else may be as wrong as it likes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Referring {
    subject: Option<Subject>,
    artifact_type: Option<String>,
    config: Option<Config>,
    annotations: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Subject {
    digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    media_type: Option<String>,
}

impl Referrer {
    /// The digest of what a manifest refers to, and the entry that lists show for it. None if it refers to nothing: only
    /// OCI manifests and indexes can.
    #[must_use]
    pub fn of(digest: &Digest, media_type: &str, manifest: &[u8]) -> Option<(String, Self)> {
        let can_refer = [media_type::OCI_MANIFEST, media_type::OCI_INDEX].contains(&media_type);
        let Referring { subject, artifact_type, config, annotations } =
            can_refer.then(|| serde_json::from_slice(manifest).ok()).flatten()?;
        let config = config.filter(|_| media_type == media_type::OCI_MANIFEST);
        let referrer = Self {
            media_type: media_type.to_owned(),
            size: manifest.len(),
            digest: digest.to_string(),
            artifact_type: artifact_type
                .filter(|kind| !kind.is_empty())
                .or_else(|| config.and_then(|config| config.media_type)),
            annotations: annotations.unwrap_or_default(),
        };
        Some((subject?.digest, referrer))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(media_type::OCI_MANIFEST, json!({ "subject": { "digest": "d" }, "config": { "mediaType": "c" } }), Some("c"))]
    #[case(
        media_type::OCI_INDEX,
        json!({ "subject": { "digest": "d" }, "artifactType": "a", "config": { "mediaType": "c" } }),
        Some("a")
    )]
    #[case(
        media_type::OCI_MANIFEST,
        json!({ "subject": { "digest": "d" }, "artifactType": "", "config": { "mediaType": "c" }, "annotations": null }),
        Some("c")
    )]
    #[case(media_type::OCI_INDEX, json!({ "subject": { "digest": "d" }, "config": { "mediaType": "c" } }), None)]
    #[case(media_type::DOCKER_MANIFEST_V2, json!({ "subject": { "digest": "d" }, "artifactType": "a" }), None)]
    #[case(media_type::OCI_MANIFEST, json!({ "artifactType": "a" }), None)]
    fn a_manifest_with_a_subject_refers(#[case] media_type: &str, #[case] manifest: Value, #[case] kind: Option<&str>) {
        let refers = media_type != media_type::DOCKER_MANIFEST_V2 && !manifest["subject"].is_null();
        let manifest = manifest.to_string().into_bytes();
        let digest = Digest::sha256(&manifest);
        let found = Referrer::of(&digest, media_type, &manifest);
        assert_eq!(found.as_ref().and_then(|(_, referrer)| referrer.artifact_type.as_deref()), kind);
        assert_eq!(found.map(|(subject, _)| subject), refers.then(|| "d".to_owned()));
    }
}
