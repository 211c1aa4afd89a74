//! The shapes of images, their signatures and what maps them into streams.

use super::{
    super::{
        Shape::{self, Bytes, DockerImage, Int, Keyed, List, Map, Struct as Nested, Text, Time},
        Struct,
    },
    OBJECT_META, STRING, TEXT,
};

static BYTES: Shape = Bytes;

/// `Image`.
pub(crate) static IMAGE_SHAPE: Shape = Nested(&IMAGE);

/// `Image`.
pub(crate) static IMAGE: Struct = Struct {
    name: "Image",
    go: "v1.Image",
    fields: &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("metadata", Nested(&OBJECT_META)),
        ("dockerImageReference", STRING),
        ("dockerImageMetadata", DockerImage),
        ("dockerImageMetadataVersion", STRING),
        ("dockerImageManifest", STRING),
        ("dockerImageLayers", List(&LAYER, "[]v1.ImageLayer")),
        ("signatures", Keyed(&SIGNATURE_SHAPE, "[]v1.ImageSignature", "name")),
        ("dockerImageSignatures", List(&BYTES, "[][]uint8")),
        ("dockerImageManifestMediaType", STRING),
        ("dockerImageConfig", STRING),
        ("dockerImageManifests", List(&MANIFEST, "[]v1.ImageManifest")),
    ],
};

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

/// `ImageSignature`.
pub(crate) static SIGNATURE_SHAPE: Shape = Nested(&SIGNATURE);

/// `ImageSignature`.
pub(crate) static SIGNATURE: Struct = Struct {
    name: "ImageSignature",
    go: "v1.ImageSignature",
    fields: &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("metadata", Nested(&OBJECT_META)),
        ("type", STRING),
        ("content", Bytes),
        ("conditions", Keyed(&CONDITION, "[]v1.SignatureCondition", "type")),
        ("imageIdentity", STRING),
        ("signedClaims", Map(&TEXT, "map[string]string")),
        ("created", Time),
        ("issuedBy", Nested(&ISSUER)),
        ("issuedTo", Nested(&SUBJECT)),
    ],
};

static CONDITION: Shape = Nested(&Struct {
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

/// `ImageStreamMapping`.
pub(crate) static MAPPING: Struct = Struct {
    name: "ImageStreamMapping",
    go: "v1.ImageStreamMapping",
    fields: &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("metadata", Nested(&OBJECT_META)),
        ("image", Nested(&IMAGE)),
        ("tag", STRING),
    ],
};

/// `ImageStreamImage`.
pub(crate) static STREAM_IMAGE: Struct = Struct {
    name: "ImageStreamImage",
    go: "v1.ImageStreamImage",
    fields: &[("kind", STRING), ("apiVersion", STRING), ("metadata", Nested(&OBJECT_META)), ("image", Nested(&IMAGE))],
};
