//! Receiving manifests (distribution specification, section "Pushing Manifests").

use bytes::Bytes;
use http::{
    HeaderName, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
    request::Parts,
};
use serde_json::{Value, json};

use super::manifest_fields::{self, InvalidField};
use crate::{
    fixture::{Policies, canonical_digest},
    registry::{
        answer::{Answer, Refusal},
        error::ErrorCode,
        header::{CONTENT_DIGEST, SUBJECT},
        query,
        route::is_tag,
        store::{Manifest, Store},
    },
};
use oci_types::{Algorithm, Digest, media_type};

/// Stores a manifest under a tag or its digest, and under the tags that the query names (`tag`, version 1.2 of the
/// specification). What the manifest names need not be there: the specification leaves that to the registry, and sparse
/// images are in use.
pub(crate) fn put(
    name: &str,
    store: &mut Store,
    reference: &str,
    request: &Parts,
    (body, manifest): (&Bytes, &ManifestBody),
    policies: &Policies,
) -> Answer {
    const TAG: HeaderName = HeaderName::from_static("oci-tag");
    let media_type = manifest.media_type.as_str();
    let query = request.uri.query().filter(|_| !policies.push.tag_parameter_ignored);
    let mut tags: Vec<String> =
        query::pairs(query.unwrap_or_default()).filter(|(key, _)| key == "tag").map(|(_, tag)| tag).collect();
    let digest = if reference.contains(':') {
        match reference.parse::<Digest>() {
            Ok(digest) if policies.manifest.sha256_only && digest.algorithm() != Algorithm::Sha256 => {
                return ErrorCode::DigestInvalid.answer();
            }
            Ok(digest) if digest == canonical_digest(media_type, digest.algorithm(), body) => digest,
            _ => return ErrorCode::DigestInvalid.detailed(json!({ "digest": reference })),
        }
    } else {
        tags = vec![reference.to_owned()];
        canonical_digest(media_type, Algorithm::Sha256, body)
    };
    if let Some(tag) = tags.iter().find(|tag| !is_tag(tag)) {
        return ErrorCode::ManifestInvalid.detailed(json!(format!("`{tag}` is no tag")));
    }
    let repository = store.repository_mut(name);
    let manifest = repository.add_manifest(Manifest::new(digest, media_type, body.clone()));
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

/// A body that can be a manifest.
#[derive(Debug)]
pub(crate) struct ManifestBody {
    pub(crate) value: Value,
    media_type: String,
}

/// Reads the body of a push: a refusal says which field is wrong.
pub(crate) fn read(request: &Parts, body: &[u8], policies: &Policies) -> Result<ManifestBody, Refusal> {
    let declared = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let invalid = |reason: String| ErrorCode::ManifestInvalid.detailed(json!(reason));
    let value = parse(body).map_err(invalid)?;
    let media_type = media_type(declared, &value).map_err(invalid)?;
    match manifest_fields::check(&value) {
        Err(field) if media_type::MANIFESTS.contains(&media_type.as_str()) => {
            Err(refused_field(&field, policies).into())
        }
        _ => Ok(ManifestBody { value, media_type }),
    }
}

fn refused_field(field: &InvalidField, policies: &Policies) -> Answer {
    match field.is_digest {
        true if policies.manifest.malformed_digest_fails && field.has_algorithm() => ErrorCode::Unknown.answer(),
        true => ErrorCode::DigestInvalid.detailed(json!(field.to_string())),
        false => ErrorCode::ManifestInvalid.detailed(json!(field.to_string())),
    }
}

fn parse(body: &[u8]) -> Result<Value, String> {
    match serde_json::from_slice(body) {
        Ok(manifest @ Value::Object(_)) => Ok(manifest),
        Ok(_) => Err("a manifest is a JSON object".to_owned()),
        Err(error) => Err(format!("a manifest is a JSON object: {error}")),
    }
}

/// The media type of a manifest: what is declared, and what the manifest itself says if it says anything. Parameters of the
/// content type say nothing (distribution specification, section "Pushing Manifests"), nor does its case (RFC 9110, section
/// 8.3.1).
fn media_type(declared: Option<&str>, manifest: &Value) -> Result<String, String> {
    let said = manifest["mediaType"].as_str();
    let declared = declared.map(|declared| declared.split(';').next().unwrap_or_default().trim());
    match (declared, said) {
        (Some(declared), Some(said)) if !declared.eq_ignore_ascii_case(said) => {
            Err(format!("the content type is `{declared}`, but the manifest says `{said}`"))
        }
        (_, Some(media_type)) | (Some(media_type), None) => Ok(media_type.to_owned()),
        (None, None) if manifest["schemaVersion"].is_null() => {
            Err("neither the content type nor the manifest says what this is".to_owned())
        }
        (None, None) if manifest["manifests"].is_array() => Ok(media_type::OCI_INDEX.to_owned()),
        (None, None) => Ok(media_type::OCI_MANIFEST.to_owned()),
    }
}

/// The media type of a manifest that a test puts into the registry, whose fields may be as wrong as it likes.
pub(crate) fn media_type_of(declared: Option<&str>, body: &[u8]) -> Result<String, String> {
    media_type(declared, &parse(body)?)
}
