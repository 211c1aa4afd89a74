//! The shapes of what clients send.

use super::{
    Shape::{Any, Bool, Int, Keyed, List, Map, Set, Struct as Nested, Text, Time},
    Struct,
};
use crate::behaviour::Behaviour;

pub(crate) mod image;
pub(crate) mod objects;
pub(crate) mod reviews;
pub(crate) mod versioned;

const STRING: super::Shape = Text("string");
static TEXT: super::Shape = STRING;
static ANY: super::Shape = Any;

/// `metadata` of any object.
pub(crate) static OBJECT_META: Struct = Struct {
    name: "ObjectMeta",
    go: "v1.ObjectMeta",
    fields: &[
        ("name", STRING),
        ("generateName", STRING),
        ("namespace", STRING),
        ("selfLink", STRING),
        ("uid", Text("types.UID")),
        ("resourceVersion", STRING),
        ("generation", Int("int64")),
        ("creationTimestamp", Time),
        ("deletionTimestamp", Time),
        ("deletionGracePeriodSeconds", Int("int64")),
        ("labels", Map(&TEXT, "map[string]string")),
        ("annotations", Map(&TEXT, "map[string]string")),
        ("ownerReferences", Keyed(&OWNER, "[]v1.OwnerReference", "uid")),
        ("finalizers", Set(&TEXT, "[]string")),
        ("managedFields", List(&MANAGED_FIELDS_ENTRY, "[]v1.ManagedFieldsEntry")),
    ],
};

static MANAGED_FIELDS_ENTRY: super::Shape = Nested(&Struct {
    name: "ManagedFieldsEntry",
    go: "v1.ManagedFieldsEntry",
    fields: &[
        ("manager", STRING),
        ("operation", Text("v1.ManagedFieldsOperationType")),
        ("apiVersion", STRING),
        ("time", Time),
        ("fieldsType", STRING),
        ("fieldsV1", Any),
        ("subresource", STRING),
    ],
});

static OWNER: super::Shape = Nested(&Struct {
    name: "OwnerReference",
    go: "v1.OwnerReference",
    fields: &[
        ("apiVersion", STRING),
        ("kind", STRING),
        ("name", STRING),
        ("uid", Text("types.UID")),
        ("controller", Bool),
        ("blockOwnerDeletion", Bool),
    ],
});

static OBJECT_REFERENCE: Struct = Struct {
    name: "ObjectReference",
    go: "v1.ObjectReference",
    fields: &[
        ("kind", STRING),
        ("namespace", STRING),
        ("name", STRING),
        ("uid", Text("types.UID")),
        ("apiVersion", STRING),
        ("resourceVersion", STRING),
        ("fieldPath", STRING),
    ],
};

static TAG_NAME: Struct =
    Struct { name: "LocalObjectReference", go: "v1.LocalObjectReference", fields: &[("name", STRING)] };

static IMPORT_POLICY: Struct = Struct {
    name: "TagImportPolicy",
    go: "v1.TagImportPolicy",
    fields: &[("insecure", Bool), ("scheduled", Bool), ("importMode", Text("v1.ImportModeType"))],
};

static IMPORT_POLICY_WITHOUT_MODE: Struct =
    Struct { name: "TagImportPolicy", go: "v1.TagImportPolicy", fields: &[("insecure", Bool), ("scheduled", Bool)] };

static REFERENCE_POLICY: Struct = Struct {
    name: "TagReferencePolicy",
    go: "v1.TagReferencePolicy",
    fields: &[("type", Text("v1.TagReferencePolicyType"))],
};

/// The shapes of the image API, which differ by whether import modes exist.
macro_rules! image_api {
    ($module:ident, $policy:path, $about:literal) => {
        #[doc = $about]
        pub(crate) mod $module {
            use super::*;

            /// `ImageStreamImport`.
            pub(crate) static IMPORT: Struct = Struct {
                name: "ImageStreamImport",
                go: "v1.ImageStreamImport",
                fields: &[
                    ("kind", STRING),
                    ("apiVersion", STRING),
                    ("metadata", Nested(&OBJECT_META)),
                    ("spec", Nested(&IMPORT_SPEC)),
                    ("status", Nested(&IMPORT_STATUS)),
                ],
            };

            static IMPORT_STATUS: Struct = Struct {
                name: "ImageStreamImportStatus",
                go: "v1.ImageStreamImportStatus",
                fields: &[
                    ("import", Nested(&STREAM)),
                    ("repository", Nested(&REPOSITORY_STATUS)),
                    ("images", List(&IMAGE_STATUS, "[]v1.ImageImportStatus")),
                ],
            };

            static IMPORT_SPEC: Struct = Struct {
                name: "ImageStreamImportSpec",
                go: "v1.ImageStreamImportSpec",
                fields: &[
                    ("import", Bool),
                    ("repository", Nested(&REPOSITORY)),
                    ("images", List(&IMAGE, "[]v1.ImageImportSpec")),
                ],
            };

            static REPOSITORY: Struct = Struct {
                name: "RepositoryImportSpec",
                go: "v1.RepositoryImportSpec",
                fields: &[
                    ("from", Nested(&OBJECT_REFERENCE)),
                    ("importPolicy", Nested(&$policy)),
                    ("referencePolicy", Nested(&REFERENCE_POLICY)),
                    ("includeManifest", Bool),
                ],
            };

            static IMAGE: super::super::Shape = Nested(&Struct {
                name: "ImageImportSpec",
                go: "v1.ImageImportSpec",
                fields: &[
                    ("from", Nested(&OBJECT_REFERENCE)),
                    ("to", Nested(&TAG_NAME)),
                    ("importPolicy", Nested(&$policy)),
                    ("referencePolicy", Nested(&REFERENCE_POLICY)),
                    ("includeManifest", Bool),
                ],
            });

            /// `ImageStream`.
            pub(crate) static STREAM: Struct = Struct {
                name: "ImageStream",
                go: "v1.ImageStream",
                fields: &[
                    ("kind", STRING),
                    ("apiVersion", STRING),
                    ("metadata", Nested(&OBJECT_META)),
                    ("spec", Nested(&STREAM_SPEC)),
                    ("status", Nested(&STREAM_STATUS)),
                ],
            };

            /// `ImageTag`.
            pub(crate) static IMAGE_TAG: Struct = Struct {
                name: "ImageTag",
                go: "v1.ImageTag",
                fields: &[
                    ("kind", STRING),
                    ("apiVersion", STRING),
                    ("metadata", Nested(&OBJECT_META)),
                    ("spec", Nested(&TAG_REFERENCE)),
                    ("status", Nested(&HISTORY_STRUCT)),
                    ("image", Nested(&super::image::IMAGE)),
                ],
            };

            /// `ImageStreamTag`.
            pub(crate) static STREAM_TAG: Struct = Struct {
                name: "ImageStreamTag",
                go: "v1.ImageStreamTag",
                fields: &[
                    ("kind", STRING),
                    ("apiVersion", STRING),
                    ("metadata", Nested(&OBJECT_META)),
                    ("tag", Nested(&TAG_REFERENCE)),
                    ("generation", Int("int64")),
                    ("lookupPolicy", Nested(&LOOKUP_POLICY)),
                    ("conditions", List(&CONDITION, "[]v1.TagEventCondition")),
                    ("image", Nested(&super::image::IMAGE)),
                ],
            };

            static STREAM_SPEC: Struct = Struct {
                name: "ImageStreamSpec",
                go: "v1.ImageStreamSpec",
                fields: &[
                    ("lookupPolicy", Nested(&LOOKUP_POLICY)),
                    ("dockerImageRepository", STRING),
                    ("tags", Keyed(&TAG, "[]v1.TagReference", "name")),
                ],
            };

            static TAG: super::super::Shape = Nested(&TAG_REFERENCE);

            static TAG_REFERENCE: Struct = Struct {
                name: "TagReference",
                go: "v1.TagReference",
                fields: &[
                    ("name", STRING),
                    ("annotations", Map(&TEXT, "map[string]string")),
                    ("from", Nested(&OBJECT_REFERENCE)),
                    ("reference", Bool),
                    ("generation", Int("int64")),
                    ("importPolicy", Nested(&$policy)),
                    ("referencePolicy", Nested(&REFERENCE_POLICY)),
                ],
            };
        }
    };
}

/// The fields of a kind of the image API; `None` for another kind.
pub(crate) fn structure_of(kind: &str, behaviour: &Behaviour) -> Option<&'static Struct> {
    match kind {
        "Image" => Some(&image::IMAGE),
        "ImageSignature" => Some(&image::SIGNATURE),
        "ImageStream" => Some(versioned::STREAM.structure(behaviour)),
        "ImageStreamImage" => Some(&image::STREAM_IMAGE),
        "ImageStreamImport" => Some(versioned::IMPORT.structure(behaviour)),
        "ImageStreamMapping" => Some(&image::MAPPING),
        "ImageStreamTag" => Some(versioned::STREAM_TAG.structure(behaviour)),
        "ImageTag" => Some(versioned::IMAGE_TAG.structure(behaviour)),
        _ => None,
    }
}

image_api!(modern, IMPORT_POLICY, "The image API from 4.12 on.");
image_api!(legacy, IMPORT_POLICY_WITHOUT_MODE, "The image API until 4.11.");

static STREAM_STATUS: Struct = Struct {
    name: "ImageStreamStatus",
    go: "v1.ImageStreamStatus",
    fields: &[
        ("dockerImageRepository", STRING),
        ("publicDockerImageRepository", STRING),
        ("tags", Keyed(&HISTORY, "[]v1.NamedTagEventList", "tag")),
    ],
};

static HISTORY: super::Shape = Nested(&HISTORY_STRUCT);

static HISTORY_STRUCT: Struct = Struct {
    name: "NamedTagEventList",
    go: "v1.NamedTagEventList",
    fields: &[
        ("tag", STRING),
        ("items", List(&EVENT, "[]v1.TagEvent")),
        ("conditions", List(&CONDITION, "[]v1.TagEventCondition")),
    ],
};

static EVENT: super::Shape = Nested(&Struct {
    name: "TagEvent",
    go: "v1.TagEvent",
    fields: &[("created", Time), ("dockerImageReference", STRING), ("image", STRING), ("generation", Int("int64"))],
});

static CONDITION: super::Shape = Nested(&Struct {
    name: "TagEventCondition",
    go: "v1.TagEventCondition",
    fields: &[
        ("type", Text("v1.TagEventConditionType")),
        ("status", Text("v1.ConditionStatus")),
        ("lastTransitionTime", Time),
        ("reason", STRING),
        ("message", STRING),
        ("generation", Int("int64")),
    ],
});

static LOOKUP_POLICY: Struct =
    Struct { name: "ImageLookupPolicy", go: "v1.ImageLookupPolicy", fields: &[("local", Bool)] };

static REPOSITORY_STATUS: Struct = Struct {
    name: "RepositoryImportStatus",
    go: "v1.RepositoryImportStatus",
    fields: &[
        ("status", Nested(&STATUS)),
        ("images", List(&IMAGE_STATUS, "[]v1.ImageImportStatus")),
        ("additionalTags", List(&TEXT, "[]string")),
    ],
};

static IMAGE_STATUS: super::Shape = Nested(&Struct {
    name: "ImageImportStatus",
    go: "v1.ImageImportStatus",
    fields: &[
        ("status", Nested(&STATUS)),
        ("image", Nested(&image::IMAGE)),
        ("tag", STRING),
        ("manifests", List(&image::IMAGE_SHAPE, "[]v1.Image")),
    ],
});

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
