//! Patching objects of the image API: from the patch of a request to the object that it makes.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    api::Api,
    error::{ApiError, Result},
    http::{
        body,
        options::{FieldValidation, WriteOptions},
        request::Request,
    },
    json::{Node, Shape},
    model::IMAGE_API,
    patch::{self, ManagedEntry, PatchType, Write},
};

/// A type of objects that is patched.
#[derive(Debug, Clone, Copy)]
pub(super) struct PatchedType {
    pub(super) kind: &'static str,
    pub(super) shape: &'static Shape,
    /// The part of the object that is written; empty for the object itself.
    pub(super) subresource: &'static str,
}

impl PatchedType {
    /// A write of such an object with `options`.
    pub(super) fn write<'a>(&self, options: &'a WriteOptions) -> Write<'a> {
        let Self { kind, shape, subresource } = *self;
        Write { manager: &options.manager, api_version: IMAGE_API, kind, shape, subresource }
    }

    fn fit<T: DeserializeOwned>(&self, object: &Value) -> std::result::Result<(T, Vec<String>), String> {
        let Shape::Struct(target) = self.shape else { return Err(format!("{} has no shape", self.kind)) };
        body::fit(&Node::from(object), target)
    }
}

/// What a patch makes.
#[derive(Debug)]
pub(super) struct PatchedObject<T> {
    pub(super) object: T,
    /// Whose its fields are, if that was decided by applying a configuration.
    pub(super) applied: Option<Vec<ManagedEntry>>,
}

/// Patches `old`, whose fields are owned as `entries` say. Server-side apply compares with `empty`, an object with nothing in
/// it.
///
/// # Errors
/// As servers answer for each kind of patch.
pub(super) fn patched<T: DeserializeOwned>(
    api: &Api,
    request: &Request,
    (patch, options): (PatchType, &WriteOptions),
    of: &PatchedType,
    (old, entries): (&Value, &[ManagedEntry]),
    empty: &Value,
) -> Result<PatchedObject<T>> {
    let (body, plain_null) = (request.body()?, api.behaviour.plain_null_in_field_errors);
    let is_strict = options.field_validation == FieldValidation::Strict;
    if patch == PatchType::Apply {
        let (configuration, surplus) = patch::read_configuration(body, IMAGE_API, of.kind)?;
        if is_strict && !surplus.is_empty() {
            return Err(patch::strict_yaml(&surplus));
        }
        options.warn(request, surplus);
        let (object, entries) = patch::apply(old, &configuration, entries, options.force, empty, &of.write(options))?;
        let (object, _) = of.fit(&object).map_err(ApiError::failed)?;
        return Ok(PatchedObject { object, applied: Some(entries) });
    }
    let patched = patch::patch(patch, body, old, of.shape, plain_null)?;
    let refuse = |why: &str| patched.refusal(why, plain_null);
    if patch != PatchType::Strategic {
        check_kind(api, of, &patched.object).map_err(|why| refuse(&why))?;
    }
    let (object, unknown) = of.fit(&patched.object).map_err(|why| refuse(&why))?;
    let surplus: Vec<String> = patched.surplus.iter().cloned().chain(unknown).collect();
    if is_strict && !surplus.is_empty() {
        return Err(refuse(&format!("strict decoding error: {}", surplus.join(", "))));
    }
    options.warn(request, surplus);
    Ok(PatchedObject { object, applied: None })
}

/// A patch must not make something else of the object.
fn check_kind(api: &Api, of: &PatchedType, object: &Value) -> std::result::Result<(), String> {
    match object["kind"].as_str() {
        None | Some("") => Ok(()),
        Some(kind) if kind == of.kind => Ok(()),
        Some(kind) => {
            let source = api.behaviour.legacy_scheme_source;
            Err(format!("no kind {kind:?} is registered for version {IMAGE_API:?} in scheme {source:?}"))
        }
    }
}
