//! Creating, replacing and patching `images`, which administrators and registries do.

use super::{
    OwnersFound, check_name, check_update_version,
    images::{self, IMAGES},
    merge_equal_owners, name,
    patched::{self, PatchedType},
    view,
};
use crate::{
    api::Api,
    error::{ApiError, Result},
    field::FieldError,
    http::{answer::Answer, body, negotiate::negotiate, options::WriteOptions, request::Request},
    importer::empty_metadata,
    json,
    json::shapes::versioned::IMAGE,
    model::{
        Typed,
        image::{Image, Layers},
    },
    patch::{self, ManagedEntry, PatchType},
    route::Target,
    validation::{self, meta},
};

const KIND: &str = "Image";

/// Images in a version.
fn image_type(api: &Api) -> PatchedType {
    PatchedType { kind: KIND, shape: IMAGE.shape(&api.behaviour), subresource: "" }
}

/// Sets what every image has: metadata of the old Docker API, of a version.
pub(super) fn set_defaults(api: &Api, image: &mut Image) {
    let empty = empty_metadata(&api.behaviour);
    image.docker_image_metadata.kind = empty.kind;
    image.docker_image_metadata.api_version = empty.api_version;
    if image.docker_image_metadata_version.is_empty() {
        "1.0".clone_into(&mut image.docker_image_metadata_version);
    }
    if image.docker_image_layers.as_slice().is_empty() && !api.behaviour.empty_layers_absent {
        image.docker_image_layers = Layers::Null;
    }
}

/// Records whose the fields of `image` are that differ from `old`.
fn track(api: &Api, old: Option<&Image>, image: &mut Image, options: &WriteOptions) -> Result<()> {
    let given = ManagedEntry::take_sent(&mut image.metadata.managed_fields);
    let Some(given) = given.filter(|_| api.behaviour.managed_fields && !has_signatures(image)) else { return Ok(()) };
    let known = old.map(|old| old.metadata.managed_fields.clone()).unwrap_or_default();
    let entries = if given.is_empty() { known } else { given };
    let before = match old {
        Some(old) => view::to_value(&Typed::image_api(KIND, old.clone()))?,
        None => serde_json::json!({ "metadata": {} }),
    };
    let now = view::to_value(&Typed::image_api(KIND, image.clone()))?;
    image.metadata.managed_fields =
        patch::track(&before, &now, &entries, old.is_none(), &image_type(api).write(options));
    Ok(())
}

/// Servers lose track of the fields of an image with signatures: its schema lists them by a field that they do not have.
fn has_signatures(image: &Image) -> bool {
    !image.signatures.is_empty()
}

/// Creates an image.
pub(crate) fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    body::syntax(request)?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let mut image = body::read::<Image>(request, KIND, IMAGE.structure(&api.behaviour), &options, &api.behaviour)?;
    set_defaults(api, &mut image);
    merge_equal_owners(api, request, &mut image.metadata, OwnersFound::Sent);
    image.metadata.wipe_system_fields();
    image.metadata.generate_missing_name();
    track(api, None, &mut image, &options)?;
    let image = store_new(api, image, &options)?;
    view::object(api, request, target.kind, 201, &images::linked(api, target, image), form)
}

/// Stores an image that is not there yet.
fn store_new(api: &Api, mut image: Image, options: &WriteOptions) -> Result<Image> {
    let own = image.metadata.name.clone();
    api.invalid(KIND, &own, &check(api, &image))?;
    json::check_docker_version(&image.docker_image_metadata_version)
        .map_err(|why| ApiError::failed(why.to_string()))?;
    if !matches!(image.metadata.resource_version.as_str(), "" | "0") && !options.dry_run {
        return Err(ApiError::failed("resourceVersion should not be set on objects to be created"));
    }
    image.metadata.fill_system_fields();
    let mut state = api.store.lock();
    if state.image(&own).is_some() {
        return Err(ApiError::already_exists(IMAGES, &own));
    }
    Ok(if options.dry_run { image } else { state.put_image(image) })
}

/// What is wrong with an image that a client writes.
pub(super) fn check(api: &Api, image: &Image) -> Vec<FieldError> {
    let mut errors = meta::check(&image.metadata, false, meta::path_segment, &api.behaviour);
    errors.extend(validation::image::check_reference(image));
    errors.extend(validation::image::check(image));
    errors
}

/// Replaces an image.
pub(crate) fn replace(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let options = WriteOptions::read(request, "UpdateOptions", &api.behaviour)?;
    body::syntax(request)?;
    let mut image = body::read::<Image>(request, KIND, IMAGE.structure(&api.behaviour), &options, &api.behaviour)?;
    set_defaults(api, &mut image);
    check_name(&image.metadata.name, target)?;
    merge_equal_owners(api, request, &mut image.metadata, OwnersFound::Sent);
    let old = find(api, target)?;
    track(api, Some(&old), &mut image, &options)?;
    let image = store(api, image, &old, &options)?;
    view::object(api, request, target.kind, 200, &images::linked(api, target, image), form)
}

/// Patches an image; applying one that is not there creates it.
pub(crate) fn patch(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let kind = PatchType::of(request, true, api.behaviour.managed_fields)?;
    let form = negotiate(api, request, target.kind)?;
    let options = WriteOptions::read_patch(request, kind, &api.behaviour)?;
    let (old, exists) = match find(api, target) {
        Ok(old) => (old, true),
        Err(_) if kind == PatchType::Apply => (Image::default(), false),
        Err(error) => return Err(error),
    };
    let value = view::to_value(&Typed::image_api(KIND, old.clone()))?;
    let empty = view::to_value(&Typed::image_api(KIND, Image::default()))?;
    let entries = old.metadata.managed_fields.as_slice();
    let patched = patched::patched(api, request, (kind, &options), &image_type(api), (&value, entries), &empty)?;
    let mut image: Image = patched.object;
    set_defaults(api, &mut image);
    match patched.applied {
        Some(entries) => image.metadata.managed_fields = entries,
        None => track(api, Some(&old), &mut image, &options)?,
    }
    check_name(&image.metadata.name, target)?;
    merge_equal_owners(api, request, &mut image.metadata, OwnersFound::Patched);
    if !exists {
        let uid = &image.metadata.uid;
        if !uid.is_empty() {
            return Err(patched::uid_of_nothing(IMAGES, name(target), uid));
        }
        image.metadata.resource_version.clear();
        let image = store_new(api, image, &options)?;
        return view::object(api, request, target.kind, 201, &images::linked(api, target, image), form);
    }
    let image = store(api, image, &old, &options)?;
    view::object(api, request, target.kind, 200, &images::linked(api, target, image), form)
}

fn find(api: &Api, target: &Target) -> Result<Image> {
    let found = api.store.lock().image(name(target)).cloned();
    found.ok_or_else(|| ApiError::not_found(IMAGES, name(target)))
}

/// Stores the new form of an image. What describes its content stays.
fn store(api: &Api, mut image: Image, old: &Image, options: &WriteOptions) -> Result<Image> {
    let written = &mut image.metadata;
    check_update_version(api, IMAGES, written)?;
    if written.resource_version != old.metadata.resource_version {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        return Err(ApiError::conflict(IMAGES, &written.name, why));
    }
    written.generation = old.metadata.generation;
    written.keep_system_fields(&old.metadata);
    let of_content = old.clone();
    image.docker_image_metadata = of_content.docker_image_metadata;
    image.docker_image_metadata_version = of_content.docker_image_metadata_version;
    image.docker_image_layers = of_content.docker_image_layers;
    image.docker_image_manifest = of_content.docker_image_manifest;
    image.docker_image_config = of_content.docker_image_config;
    if !of_content.docker_image_signatures.is_empty() {
        image.docker_image_signatures = of_content.docker_image_signatures;
    }
    let (new, known, behaviour) = (&image.metadata, &old.metadata, &api.behaviour);
    let mut errors = meta::check_replacement(new, known, false, behaviour);
    errors.extend(check(api, &image));
    api.invalid(KIND, &image.metadata.name, &errors)?;
    if options.dry_run || image == *old {
        return Ok(image);
    }
    Ok(api.store.lock().put_image(image))
}
