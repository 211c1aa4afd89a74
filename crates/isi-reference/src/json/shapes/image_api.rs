//! The shapes of the image API, which differ by version.

use super::{
    super::{Shape, Struct},
    BYTES, Bool, Bytes, DockerImage, Int, Keyed, List, Map, Nested, STATUS, STRING, TEXT, Text, Time, meta,
};

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

static STREAM_STATUS: Struct = Struct {
    name: "ImageStreamStatus",
    go: "v1.ImageStreamStatus",
    fields: &[
        ("dockerImageRepository", STRING),
        ("publicDockerImageRepository", STRING),
        ("tags", Keyed(&HISTORY, "[]v1.NamedTagEventList", "tag")),
    ],
};

static HISTORY: Shape = Nested(&HISTORY_STRUCT);

static HISTORY_STRUCT: Struct = Struct {
    name: "NamedTagEventList",
    go: "v1.NamedTagEventList",
    fields: &[
        ("tag", STRING),
        ("items", List(&EVENT, "[]v1.TagEvent")),
        ("conditions", List(&CONDITION, "[]v1.TagEventCondition")),
    ],
};

static EVENT: Shape = Nested(&Struct {
    name: "TagEvent",
    go: "v1.TagEvent",
    fields: &[("created", Time), ("dockerImageReference", STRING), ("image", STRING), ("generation", Int("int64"))],
});

static CONDITION: Shape = Nested(&Struct {
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

static LAYER: Shape = Nested(&Struct {
    name: "ImageLayer",
    go: "v1.ImageLayer",
    fields: &[("name", STRING), ("size", Int("int64")), ("mediaType", STRING)],
});

static MANIFEST: Shape = Nested(&Struct {
    name: "ImageManifest",
    go: "v1.ImageManifest",
    fields: &[
        ("digest", STRING),
        ("mediaType", STRING),
        ("manifestSize", Int("int64")),
        ("architecture", STRING),
        ("os", STRING),
        ("variant", STRING),
    ],
});

static SIGNATURE_CONDITION: Shape = Nested(&Struct {
    name: "SignatureCondition",
    go: "v1.SignatureCondition",
    fields: &[
        ("type", Text("v1.SignatureConditionType")),
        ("status", Text("v1.ConditionStatus")),
        ("lastProbeTime", Time),
        ("lastTransitionTime", Time),
        ("reason", STRING),
        ("message", STRING),
    ],
});

static ISSUER: Struct = Struct {
    name: "SignatureIssuer",
    go: "v1.SignatureIssuer",
    fields: &[("organization", STRING), ("commonName", STRING)],
};

static SUBJECT: Struct = Struct {
    name: "SignatureSubject",
    go: "v1.SignatureSubject",
    fields: &[("organization", STRING), ("commonName", STRING), ("publicKeyID", STRING)],
};

/// Declares the image API of a version: its metadata and import policy, and the last fields of images and of imported ones.
macro_rules! image_api {
    ($module:ident, $meta:path, $policy:path, [$($of_image:expr)?], [$($of_fetched:expr)?], $about:literal) => {
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
                    ("metadata", Nested(&$meta)),
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
                    ("images", List(&IMAGE_SPEC, "[]v1.ImageImportSpec")),
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

            static IMAGE_SPEC: Shape = Nested(&Struct {
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
                    ("metadata", Nested(&$meta)),
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
                    ("metadata", Nested(&$meta)),
                    ("spec", Nested(&TAG_REFERENCE)),
                    ("status", Nested(&HISTORY_STRUCT)),
                    ("image", Nested(&IMAGE)),
                ],
            };

            /// `ImageStreamTag`.
            pub(crate) static STREAM_TAG: Struct = Struct {
                name: "ImageStreamTag",
                go: "v1.ImageStreamTag",
                fields: &[
                    ("kind", STRING),
                    ("apiVersion", STRING),
                    ("metadata", Nested(&$meta)),
                    ("tag", Nested(&TAG_REFERENCE)),
                    ("generation", Int("int64")),
                    ("lookupPolicy", Nested(&LOOKUP_POLICY)),
                    ("conditions", List(&CONDITION, "[]v1.TagEventCondition")),
                    ("image", Nested(&IMAGE)),
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

            static TAG: Shape = Nested(&TAG_REFERENCE);

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

            static REPOSITORY_STATUS: Struct = Struct {
                name: "RepositoryImportStatus",
                go: "v1.RepositoryImportStatus",
                fields: &[
                    ("status", Nested(&STATUS)),
                    ("images", List(&IMAGE_STATUS, "[]v1.ImageImportStatus")),
                    ("additionalTags", List(&TEXT, "[]string")),
                ],
            };

            static IMAGE_STATUS: Shape = Nested(&Struct {
                name: "ImageImportStatus",
                go: "v1.ImageImportStatus",
                fields: &[
                    ("status", Nested(&STATUS)),
                    ("image", Nested(&IMAGE)),
                    ("tag", STRING),
                    $($of_fetched,)?
                ],
            });

            /// `Image`.
            pub(crate) static IMAGE: Struct = Struct {
                name: "Image",
                go: "v1.Image",
                fields: &[
                    ("kind", STRING),
                    ("apiVersion", STRING),
                    ("metadata", Nested(&$meta)),
                    ("dockerImageReference", STRING),
                    ("dockerImageMetadata", DockerImage),
                    ("dockerImageMetadataVersion", STRING),
                    ("dockerImageManifest", STRING),
                    ("dockerImageLayers", List(&LAYER, "[]v1.ImageLayer")),
                    ("signatures", Keyed(&SIGNATURE_SHAPE, "[]v1.ImageSignature", "name")),
                    ("dockerImageSignatures", List(&BYTES, "[][]uint8")),
                    ("dockerImageManifestMediaType", STRING),
                    ("dockerImageConfig", STRING),
                    $($of_image,)?
                ],
            };

            /// `ImageSignature`.
            pub(crate) static SIGNATURE_SHAPE: Shape = Nested(&SIGNATURE);

            /// `ImageSignature`.
            pub(crate) static SIGNATURE: Struct = Struct {
                name: "ImageSignature",
                go: "v1.ImageSignature",
                fields: &[
                    ("kind", STRING),
                    ("apiVersion", STRING),
                    ("metadata", Nested(&$meta)),
                    ("type", STRING),
                    ("content", Bytes),
                    ("conditions", Keyed(&SIGNATURE_CONDITION, "[]v1.SignatureCondition", "type")),
                    ("imageIdentity", STRING),
                    ("signedClaims", Map(&TEXT, "map[string]string")),
                    ("created", Time),
                    ("issuedBy", Nested(&ISSUER)),
                    ("issuedTo", Nested(&SUBJECT)),
                ],
            };

            /// `ImageStreamMapping`.
            pub(crate) static MAPPING: Struct = Struct {
                name: "ImageStreamMapping",
                go: "v1.ImageStreamMapping",
                fields: &[
                    ("kind", STRING),
                    ("apiVersion", STRING),
                    ("metadata", Nested(&$meta)),
                    ("image", Nested(&IMAGE)),
                    ("tag", STRING),
                ],
            };

            /// `ImageStreamImage`.
            pub(crate) static STREAM_IMAGE: Struct = Struct {
                name: "ImageStreamImage",
                go: "v1.ImageStreamImage",
                fields: &[("kind", STRING), ("apiVersion", STRING), ("metadata", Nested(&$meta)), ("image", Nested(&IMAGE))],
            };
        }
    };
}

image_api!(
    modern,
    meta::OBJECT_META,
    IMPORT_POLICY,
    [("dockerImageManifests", List(&MANIFEST, "[]v1.ImageManifest"))],
    [("manifests", List(&Nested(&IMAGE), "[]v1.Image"))],
    "The image API from 4.12 on."
);
image_api!(legacy, meta::LEGACY_META, IMPORT_POLICY_WITHOUT_MODE, [], [], "The image API until 4.11.");
image_api!(early, meta::EARLY_META, IMPORT_POLICY_WITHOUT_MODE, [], [], "The image API until 4.2.");
