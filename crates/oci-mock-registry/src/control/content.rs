//! What a registry holds.

use http::{StatusCode, header::CONTENT_TYPE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    call::{Call, Reply},
    error::ControlError,
    operation::Outcome,
};
use crate::{
    fixture::{ImageFile, ImageSignature},
    registry::{ContentError, FixtureError, HeldRepository, HeldTag},
};
use oci_types::Algorithm;

/// All repositories of a registry.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Repositories {
    repositories: Vec<HeldRepository>,
}

/// What a tag is to name: an image by the name of its recipe, or a manifest that the repository holds already.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TagTarget {
    /// The name of a recipe.
    image: Option<String>,
    /// A digest or a tag of the repository.
    manifest: Option<String>,
}

/// An image to be held without a tag.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageName {
    /// The name of a recipe.
    image: String,
}

/// A digest.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DigestOfContent {
    /// The digest, such as `sha256:…`.
    digest: String,
}

/// Images that were built from recipes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BuiltImages {
    images: Vec<BuiltImage>,
}

/// An image that was built from a recipe.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BuiltImage {
    /// The name of the recipe.
    name: String,
    /// The digest under which it is served.
    digest: String,
    /// The content type with which it is served.
    media_type: String,
    /// How many bytes the manifest has.
    size: usize,
}

pub(super) fn list(call: &mut Call) -> Outcome {
    Reply::ok(&Repositories { repositories: call.state()?.repositories() })
}

pub(super) fn get(call: &mut Call) -> Outcome {
    let (state, name) = (call.state()?, call.part("repository"));
    match state.repository(name) {
        Some(repository) => Reply::ok(&repository),
        None => Err(unknown_repository(call)),
    }
}

pub(super) fn add_repository(call: &mut Call) -> Outcome {
    call.state()?.add_repository(call.part("repository")).map_err(|error| in_path(&error))?;
    get(call)
}

pub(super) fn remove_repository(call: &mut Call) -> Outcome {
    let was_there = call.state()?.remove_repository(call.part("repository"));
    if was_there { Ok(Reply::nothing()) } else { Err(unknown_repository(call)) }
}

pub(super) fn tag(call: &mut Call) -> Outcome {
    let target: TagTarget = call.take_json()?;
    let (state, repository, tag) = (call.state()?, call.part("repository"), call.part("tag"));
    let held = match (&target.image, &target.manifest) {
        (Some(image), None) => state.tag_image_as(repository, tag, image)?,
        (None, Some(manifest)) => {
            HeldTag { tag: tag.to_owned(), digest: state.tag_manifest(repository, tag, manifest)? }
        }
        _ => {
            let allowed = ["image", "manifest"].map(str::to_owned);
            return Err(ControlError::body("expected exactly one of `image` and `manifest`").allowed(allowed));
        }
    };
    Reply::ok(&held)
}

pub(super) fn untag(call: &mut Call) -> Outcome {
    let (state, repository, tag) = (call.state()?, call.part("repository"), call.part("tag"));
    let known = || state.repository(repository).into_iter().flat_map(|it| it.tags).map(|held| held.tag);
    Reply::removed(state.untag(repository, tag), "tag", tag, known())
}

pub(super) fn add_image(call: &mut Call) -> Outcome {
    let ImageName { image } = call.take_json()?;
    let digest = call.state()?.add_image(call.part("repository"), &image)?;
    Reply::created(&DigestOfContent { digest: digest.to_string() })
}

pub(super) fn put_manifest(call: &mut Call) -> Outcome {
    let state = call.state()?;
    let bytes = call.take_bytes()?;
    let media_type = call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    // What clients write where they are not told of a type says nothing.
    let unspecific = ["application/octet-stream", "application/x-www-form-urlencoded", "application/json"];
    let media_type = media_type.filter(|media_type| !unspecific.contains(media_type));
    let held = state.add_manifest(call.part("repository"), call.part("reference"), media_type, bytes)?;
    Reply::ok(&held)
}

pub(super) fn remove_manifest(call: &mut Call) -> Outcome {
    let (state, repository, reference) = (call.state()?, call.part("repository"), call.part("reference"));
    let known = || {
        let held = state.repository(repository).into_iter();
        held.flat_map(|it| it.manifests).map(|manifest| manifest.digest.to_string())
    };
    Reply::removed(state.remove_manifest(repository, reference), "manifest", reference, known())
}

pub(super) fn add_blob(call: &mut Call) -> Outcome {
    let state = call.state()?;
    let body = std::mem::take(&mut call.body);
    let digest = state.add_written_blob(call.part("repository"), body)?;
    Reply::created(&DigestOfContent { digest: digest.to_string() })
}

pub(super) fn remove_blob(call: &mut Call) -> Outcome {
    let (state, repository, digest) = (call.state()?, call.part("repository"), call.part("digest"));
    let known = || state.repository(repository).into_iter().flat_map(|it| it.blobs);
    Reply::removed(state.remove_blob(repository, digest), "blob", digest, known())
}

pub(super) fn add_recipes(call: &mut Call) -> Outcome {
    let file: ImageFile = call.take_json()?;
    let images = call.state()?.add_recipes(file).map_err(|error| ControlError::body(error.to_string()))?;
    let built = images.iter().map(|image| BuiltImage {
        name: image.name.clone(),
        digest: image.digest.to_string(),
        media_type: image.media_type.clone(),
        size: image.manifest.len(),
    });
    Reply::created(&BuiltImages { images: built.collect() })
}

pub(super) async fn add_archive(mut call: Call) -> Outcome {
    let state = call.state()?;
    let body = std::mem::take(&mut call.body);
    let name = call.part("repository").to_owned();
    let loading = tokio::task::spawn_blocking(move || {
        let (archive, _) = body.finish(Algorithm::Sha256)?;
        let refused = |error: FixtureError| ContentError::Archive(error.to_string());
        state.load_archive(&name, &archive).map_err(refused)?;
        Ok::<_, ContentError>(state.repository(&name))
    });
    let internal =
        |error: tokio::task::JoinError| ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    match loading.await.map_err(internal)?? {
        Some(repository) => Reply::ok(&repository),
        None => Err(unknown_repository(&call)),
    }
}

pub(super) fn sign(call: &mut Call) -> Outcome {
    let signature: ImageSignature = call.take_json()?;
    call.state()?.sign(&signature)?;
    Ok(Reply::nothing())
}

fn unknown_repository(call: &Call) -> ControlError {
    let known = call.state().map(|state| state.repositories()).unwrap_or_default();
    ControlError::unknown("repository", call.part("repository"), known.into_iter().map(|it| it.name))
}

/// An error that the path is to blame for.
fn in_path(error: &FixtureError) -> ControlError {
    let parameter = if matches!(error, FixtureError::TagName(_)) { "tag" } else { "repository" };
    ControlError::parameter(parameter, error.to_string())
}

impl From<FixtureError> for ControlError {
    fn from(error: FixtureError) -> Self {
        match error {
            FixtureError::TagName(_) | FixtureError::RepositoryName(_) => in_path(&error),
            error => Self::body(error.to_string()),
        }
    }
}

impl From<ContentError> for ControlError {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Fixture(error) => error.into(),
            ContentError::File(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
            error => Self::body(error.to_string()),
        }
    }
}
