//! Patching objects of the image API: from the patch of a request to the object that it makes.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    api::Api,
    behaviour::JsonDecoder,
    error::{ApiError, Resource, Result},
    http::{
        body,
        foreign_kind::ForeignKind,
        options::{FieldValidation, WriteOptions},
        request::Request,
    },
    json::{self, Document, Node, Shape, shapes::OBJECT_META},
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

    fn fit<T: DeserializeOwned>(
        &self,
        document: &Document,
        decoder: JsonDecoder,
    ) -> std::result::Result<(T, Vec<String>), String> {
        let Shape::Struct(target) = self.shape else { return Err(format!("{} has no shape", self.kind)) };
        body::fit(document, target, decoder)
    }

    /// Fits what is not read from JSON.
    fn fit_value<T: DeserializeOwned>(&self, object: &Value) -> std::result::Result<(T, Vec<String>), String> {
        self.fit(&Document::of(object), JsonDecoder::Standard)
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
    let body = request.body()?;
    let is_strict = options.field_validation == FieldValidation::Strict;
    if patch == PatchType::Apply {
        let (configuration, surplus) = patch::read_configuration(body, IMAGE_API, of.kind, &api.behaviour)?;
        let (object, entries) =
            patch::apply(old, &configuration, entries, options.force, empty, &of.write(options), &api.behaviour)?;
        // Servers look for keys that are there twice only once the rest is right.
        if is_strict && !surplus.is_empty() {
            return Err(patch::strict_yaml(&surplus));
        }
        options.warn(request, surplus);
        let (object, _) = of.fit_value(&object).map_err(ApiError::failed)?;
        return Ok(PatchedObject { object, applied: Some(entries) });
    }
    let patched = patch::patch(patch, body, old, of.shape, options.field_validation, &api.behaviour)?;
    let refuse = |why: &str| patched.refusal(why, &api.behaviour);
    if patch != PatchType::Strategic {
        json::type_meta::check(&Node::from(&patched.object)).map_err(|error| refuse(&error.to_string()))?;
        if let Some(why) = unknown_type(api, of, &patched.document()) {
            return Err(refuse(&why));
        }
        if matches!(patched.object["apiVersion"].as_str(), None | Some("")) {
            // Go's own type of an object of no version has the fields of metadata at the top, and others that no JSON names.
            let metadata = Document::of(&patched.object).decode(&OBJECT_META, api.behaviour.json_decoder);
            let metadata = metadata.map_err(|why| refuse(&why.to_string()))?;
            let is_typed = |name: &str| [r#"unknown field "kind""#, r#"unknown field "apiVersion""#].contains(&name);
            options.warn(request, metadata.surplus.into_iter().filter(|name| !is_typed(name)).collect());
            let (object, _) = of.fit_value(&json!({ "metadata": metadata.value })).map_err(ApiError::failed)?;
            return Ok(PatchedObject { object, applied: None });
        }
    }
    let fitted = if patch == PatchType::Strategic {
        of.fit_value(&patched.object)
    } else {
        of.fit(&patched.document(), api.behaviour.json_decoder)
    };
    let (object, unknown) = fitted.map_err(|why| refuse(&why))?;
    let surplus: Vec<String> = patched.surplus.iter().cloned().chain(unknown).collect();
    if is_strict && !surplus.is_empty() {
        return Err(refuse(&format!("strict decoding error: {}", surplus.join(", "))));
    }
    options.warn(request, surplus);
    Ok(PatchedObject { object, applied: None })
}

/// 409: a configuration names the UID of an object that is not there.
pub(super) fn uid_of_nothing(resource: Resource, name: &str, uid: &str) -> ApiError {
    let why = format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
    ApiError::conflict(resource, name, &why)
}

/// A patch must not make something else of the object: what is wrong if it does. The image API has an old name, `v1`.
fn unknown_type(api: &Api, of: &PatchedType, document: &Document) -> Option<String> {
    let text = |field: &str, default| document.node.get(field).and_then(Node::as_text).unwrap_or(default);
    let (kind, version) = (text("kind", of.kind), text("apiVersion", IMAGE_API));
    if kind.is_empty() || kind == of.kind && matches!(version, "" | "v1" | IMAGE_API) {
        return None;
    }
    let foreign = ForeignKind::new(kind, version, &api.behaviour);
    let error = foreign.check(document, api.behaviour.json_decoder).err().map(|error| error.to_string());
    Some(error.unwrap_or_else(|| foreign.error(of.kind, &api.behaviour)))
}
