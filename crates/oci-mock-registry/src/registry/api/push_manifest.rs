//! Receiving manifests (distribution specification, section "Pushing Manifests").

use bytes::Bytes;
use http::{
    HeaderName, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
    request::Parts,
};
use serde_json::{Value, json};

use crate::{
    fixture::{Policies, canonical_digest},
    registry::{
        answer::Answer,
        error::ErrorCode,
        header::{CONTENT_DIGEST, SUBJECT},
        query,
        route::is_tag,
        store::{Manifest, Repository},
    },
};
use oci_types::{Algorithm, Digest, media_type};

/// Stores a manifest under a tag or its digest, and under the tags that the query names (`tag`, version 1.2 of the
/// specification). What the manifest names need not be there: the specification leaves that to the registry, and sparse
/// images are in use.
pub(crate) fn put(
    name: &str,
    repository: &mut Repository,
    reference: &str,
    request: &Parts,
    body: &Bytes,
    policies: &Policies,
) -> Answer {
    const TAG: HeaderName = HeaderName::from_static("oci-tag");
    let declared = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = match media_type(declared, body) {
        Ok(media_type) => media_type,
        Err(reason) => return ErrorCode::ManifestInvalid.detailed(json!(reason)),
    };
    let query = request.uri.query().filter(|_| !policies.push.tag_parameter_ignored);
    let mut tags: Vec<String> =
        query::pairs(query.unwrap_or_default()).filter(|(key, _)| key == "tag").map(|(_, tag)| tag).collect();
    let digest = if reference.contains(':') {
        match reference.parse::<Digest>() {
            Ok(digest) if policies.manifest.sha256_only && digest.algorithm() != Algorithm::Sha256 => {
                return ErrorCode::DigestInvalid.answer();
            }
            Ok(digest) if digest == canonical_digest(&media_type, digest.algorithm(), body) => digest,
            _ => return ErrorCode::DigestInvalid.detailed(json!({ "digest": reference })),
        }
    } else {
        tags = vec![reference.to_owned()];
        canonical_digest(&media_type, Algorithm::Sha256, body)
    };
    if let Some(tag) = tags.iter().find(|tag| !is_tag(tag)) {
        return ErrorCode::ManifestInvalid.detailed(json!(format!("`{tag}` is no tag")));
    }
    let manifest = repository.add_manifest(Manifest::new(digest, &media_type, body.clone()));
    for tag in &tags {
        repository.tags.insert(tag.clone(), manifest.clone());
    }
    let mut answer = Answer::empty(StatusCode::CREATED);
    answer.header(LOCATION, &format!("/v2/{name}/manifests/{}", manifest.digest));
    answer.headers.insert(CONTENT_DIGEST, manifest.content_digest.clone());
    if let Some((subject, _)) = &manifest.refers_to {
        answer.header(SUBJECT, subject);
    }
    if reference.contains(':') && !tags.is_empty() {
        answer.header(TAG, &tags.join(", "));
    }
    answer
}

/// The media type of a manifest: what the request says, and the manifest itself if it says anything. Parameters of the
/// content type say nothing (distribution specification, section "Pushing Manifests").
pub(crate) fn media_type(declared: Option<&str>, body: &[u8]) -> Result<String, String> {
    let manifest: Value = serde_json::from_slice(body).map_err(|error| format!("this is no JSON: {error}"))?;
    if !manifest.is_object() {
        return Err("a manifest is an object".to_owned());
    }
    if let Some(place) = wrong_descriptor(&manifest) {
        return Err(format!("{place}: a descriptor is an object with a text `digest`"));
    }
    let said = manifest.get("mediaType").and_then(Value::as_str);
    let declared = declared.map(|declared| declared.split(';').next().unwrap_or_default().trim());
    match (declared, said) {
        (Some(declared), Some(said)) if declared != said => {
            Err(format!("the content type is `{declared}`, but the manifest says `{said}`"))
        }
        (Some(media_type), _) | (None, Some(media_type)) => Ok(media_type.to_owned()),
        (None, None) if manifest["schemaVersion"].is_null() => {
            Err("neither the request nor the manifest says what this is".to_owned())
        }
        (None, None) => Ok(media_type::OCI_MANIFEST.to_owned()),
    }
}

/// The place of the first invalid descriptor, in the fields where manifests have them.
fn wrong_descriptor(manifest: &Value) -> Option<String> {
    let is_descriptor = |value: &Value| value["digest"].is_string();
    let single = ["config", "subject"].into_iter().find(|field| {
        let value = &manifest[*field];
        !value.is_null() && !is_descriptor(value)
    });
    let in_lists = ["layers", "manifests"].into_iter().find_map(|field| {
        let position = manifest[field].as_array()?.iter().position(|value| !is_descriptor(value))?;
        Some(format!("`{field}[{position}]`"))
    });
    single.map(|field| format!("`{field}`")).or(in_lists)
}
