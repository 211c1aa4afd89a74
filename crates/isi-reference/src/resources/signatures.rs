//! `imagesignatures`: signatures are attached to images and removed from them, never read for themselves.

use serde_json::Value;

use super::{images::IMAGES, name, patched::PatchedType, view};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    http::{
        answer::Answer,
        body,
        negotiate::negotiate,
        options::{DeleteOptions, WriteOptions},
        request::Request,
    },
    json::shapes::versioned::SIGNATURE,
    model::{Typed, meta::ObjectMeta, signature::ImageSignature, status::Status},
    patch::{self, ManagedEntry},
    route::Target,
    validation::{self, signature::split_name},
};

const KIND: &str = "ImageSignature";
const SIGNATURES: Resource = Resource::image("imageSignatures");

/// Adds a signature to an image.
pub(crate) fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    body::syntax(request)?;
    request.body()?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let mut signature =
        body::read::<ImageSignature>(request, KIND, SIGNATURE.structure(&api.behaviour), &options, &api.behaviour)?;
    let own = signature.metadata.name.clone();
    let managed_fields = track(api, &signature, &options)?;
    // What is known of a signature is for the server to find out, not for the client to claim.
    let ImageSignature { metadata, kind, content, .. } = signature;
    signature = ImageSignature { metadata, kind, content, ..ImageSignature::default() };
    api.invalid("ImageSignature", &own, &validation::signature::check(&signature, &api.behaviour))?;
    let Some((image, _)) = split_name(&own) else {
        return Err(ApiError::bad_request("ImageSignatures must be accessed with <imageName>@<signatureName>"));
    };
    let metadata = ObjectMeta { name: own.clone(), managed_fields, ..ObjectMeta::default() };
    signature.metadata = metadata;
    signature.metadata.fill_system_fields();
    let mut state = api.store.lock();
    let mut image = state.image(image).cloned().ok_or_else(|| ApiError::not_found(IMAGES, image))?;
    let is_known = image.signatures.iter().any(|known| {
        known.metadata.name == own || (known.kind == signature.kind && known.content == signature.content)
    });
    if is_known {
        return Err(ApiError::already_exists(SIGNATURES, &own));
    }
    image.signatures.push(signature.clone());
    // With signatures, servers lose track of the fields of an image.
    image.metadata.managed_fields.clear();
    if !options.dry_run {
        state.put_image(image);
    }
    drop(state);
    signature.metadata.self_link = api.self_link(target, &own);
    view::object(api, request, target.kind, 201, &Typed::image_api("ImageSignature", signature), form)
}

/// Whose the fields of a new signature are, also those that the server does not keep.
fn track(api: &Api, signature: &ImageSignature, options: &WriteOptions) -> Result<Vec<ManagedEntry>> {
    let mut sent = signature.clone();
    let given = ManagedEntry::take_sent(&mut sent.metadata.managed_fields);
    let Some(given) = given.filter(|_| api.behaviour.managed_fields) else { return Ok(Vec::new()) };
    // Servers write these times also where there are none.
    for condition in sent.conditions.iter_mut().filter_map(Value::as_object_mut) {
        for time in ["lastProbeTime", "lastTransitionTime"] {
            condition.entry(time).or_insert(Value::Null);
        }
    }
    let value = |signature: ImageSignature| view::to_value(&Typed::image_api("ImageSignature", signature));
    let (empty, sent) = (value(ImageSignature::default())?, value(sent)?);
    let of = PatchedType { kind: KIND, shape: SIGNATURE.shape(&api.behaviour), subresource: "" };
    Ok(patch::track(&empty, &sent, &given, true, &of.write(options)))
}

/// Removes a signature from an image.
pub(crate) fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    // Servers check the options, and then delete whatever they say.
    DeleteOptions::read(request, &api.behaviour)?;
    let wrong = || ApiError::bad_request("ImageSignatures must be accessed with <imageName>@<signatureName>");
    let (image, _) = split_name(name(target)).ok_or_else(wrong)?;
    let mut state = api.store.lock();
    let mut image = state.image(image).cloned().ok_or_else(|| ApiError::not_found(IMAGES, image))?;
    let before = image.signatures.len();
    image.signatures.retain(|signature| signature.metadata.name != name(target));
    if image.signatures.len() == before {
        return Err(ApiError::not_found(SIGNATURES, name(target)));
    }
    state.put_image(image);
    Ok(Answer::status(200, &Status::success(), form))
}
