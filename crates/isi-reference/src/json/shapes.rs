//! The shapes of what clients send.

use super::{
    Shape::{Any, Bool, Bytes, DockerImage, Int, Keyed, List, Map, OwnedFields, Set, Struct as Nested, Text, Time},
    Struct,
};
use crate::behaviour::{Behaviour, ImageApi};

mod image_api;
mod meta;
pub(crate) mod objects;
pub(crate) mod reviews;
pub(crate) mod versioned;

#[cfg(test)]
pub(crate) use image_api::modern;
pub(crate) use meta::OBJECT_META;

const STRING: super::Shape = Text("string");
static TEXT: super::Shape = STRING;
static ANY: super::Shape = Any;
static BYTES: super::Shape = Bytes;

/// The fields of a kind of the image API; `None` for another kind.
pub(crate) fn structure_of(kind: &str, behaviour: &Behaviour) -> Option<&'static Struct> {
    let of = match kind {
        "Image" => &versioned::IMAGE,
        "ImageSignature" => &versioned::SIGNATURE,
        "ImageStream" => &versioned::STREAM,
        "ImageStreamImage" => &versioned::STREAM_IMAGE,
        "ImageStreamImport" => &versioned::IMPORT,
        "ImageStreamMapping" => &versioned::MAPPING,
        "ImageStreamTag" => &versioned::STREAM_TAG,
        "ImageTag" if behaviour.image_api != ImageApi::Early => &versioned::IMAGE_TAG,
        _ => return None,
    };
    Some(of.structure(behaviour))
}

/// `Status`, which every group has.
pub(crate) static STATUS: Struct = Struct {
    name: "Status",
    go: "v1.Status",
    fields: &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("metadata", Nested(&LIST_META)),
        ("status", STRING),
        ("message", STRING),
        ("reason", Text("v1.StatusReason")),
        ("details", Nested(&STATUS_DETAILS)),
        ("code", Int("int32")),
    ],
};

static LIST_META: Struct = Struct {
    name: "ListMeta",
    go: "v1.ListMeta",
    fields: &[
        ("selfLink", STRING),
        ("resourceVersion", STRING),
        ("continue", STRING),
        ("remainingItemCount", Int("int64")),
    ],
};

static STATUS_DETAILS: Struct = Struct {
    name: "StatusDetails",
    go: "v1.StatusDetails",
    fields: &[
        ("name", STRING),
        ("group", STRING),
        ("kind", STRING),
        ("uid", Text("types.UID")),
        ("causes", List(&STATUS_CAUSE, "[]v1.StatusCause")),
        ("retryAfterSeconds", Int("int32")),
    ],
};

static STATUS_CAUSE: super::Shape = Nested(&Struct {
    name: "StatusCause",
    go: "v1.StatusCause",
    fields: &[("reason", Text("v1.CauseType")), ("message", STRING), ("field", STRING)],
});

/// `DeleteOptions`, which every group has.
pub(crate) static DELETE_OPTIONS: Struct = Struct {
    name: "DeleteOptions",
    go: "v1.DeleteOptions",
    fields: &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("gracePeriodSeconds", Int("int64")),
        ("preconditions", Nested(&PRECONDITIONS)),
        ("orphanDependents", Bool),
        ("propagationPolicy", Text("v1.DeletionPropagation")),
        ("dryRun", List(&TEXT, "[]string")),
    ],
};

static PRECONDITIONS: Struct = Struct {
    name: "Preconditions",
    go: "v1.Preconditions",
    fields: &[("uid", Text("types.UID")), ("resourceVersion", STRING)],
};
