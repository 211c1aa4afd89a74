//! Messages of `image.openshift.io/v1`.

use super::super::descriptor::{Message, bytes, flag, int, json, message, text, time};
use super::{core, meta};

/// The package, as OpenAPI names it.
const PACKAGE: &str = "com.github.openshift.api.image.v1";

pub(crate) static IMAGE: Message = Message::new(
    PACKAGE,
    "Image",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        text(2, "dockerImageReference"),
        json(3, "dockerImageMetadata"),
        text(4, "dockerImageMetadataVersion"),
        text(5, "dockerImageManifest"),
        message(6, "dockerImageLayers", &IMAGE_LAYER).repeated(),
        message(7, "signatures", &IMAGE_SIGNATURE).repeated(),
        bytes(8, "dockerImageSignatures").repeated(),
        text(9, "dockerImageManifestMediaType"),
        text(10, "dockerImageConfig"),
        message(11, "dockerImageManifests", &IMAGE_MANIFEST).repeated(),
    ],
);

pub(crate) static IMAGE_BLOB_REFERENCES: Message = Message::new(
    PACKAGE,
    "ImageBlobReferences",
    &[
        text(1, "layers").repeated(),
        text(2, "config").optional(),
        flag(3, "imageMissing"),
        text(4, "manifests").repeated(),
    ],
);

pub(crate) static IMAGE_IMPORT_SPEC: Message = Message::new(
    PACKAGE,
    "ImageImportSpec",
    &[
        message(1, "from", &core::OBJECT_REFERENCE),
        message(2, "to", &core::LOCAL_OBJECT_REFERENCE).optional(),
        message(3, "importPolicy", &TAG_IMPORT_POLICY),
        flag(4, "includeManifest"),
        message(5, "referencePolicy", &TAG_REFERENCE_POLICY),
    ],
);

pub(crate) static IMAGE_IMPORT_STATUS: Message = Message::new(
    PACKAGE,
    "ImageImportStatus",
    &[
        message(1, "status", &meta::STATUS),
        message(2, "image", &IMAGE).optional(),
        text(3, "tag"),
        message(4, "manifests", &IMAGE).repeated(),
    ],
);

pub(crate) static IMAGE_LAYER: Message =
    Message::new(PACKAGE, "ImageLayer", &[text(1, "name"), int(2, "size"), text(3, "mediaType")]);

pub(crate) static IMAGE_LAYER_DATA: Message =
    Message::new(PACKAGE, "ImageLayerData", &[int(1, "size"), text(2, "mediaType")]);

pub(crate) static IMAGE_LIST: Message = Message::new(
    PACKAGE,
    "ImageList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &IMAGE).repeated()],
);

pub(crate) static IMAGE_LOOKUP_POLICY: Message = Message::new(PACKAGE, "ImageLookupPolicy", &[flag(3, "local")]);

pub(crate) static IMAGE_MANIFEST: Message = Message::new(
    PACKAGE,
    "ImageManifest",
    &[
        text(1, "digest"),
        text(2, "mediaType"),
        int(3, "manifestSize"),
        text(4, "architecture"),
        text(5, "os"),
        text(6, "variant"),
    ],
);

pub(crate) static IMAGE_SIGNATURE: Message = Message::new(
    PACKAGE,
    "ImageSignature",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        text(2, "type"),
        bytes(3, "content").optional(),
        message(4, "conditions", &SIGNATURE_CONDITION).repeated(),
        text(5, "imageIdentity"),
        text(6, "signedClaims").map(),
        time(7, "created").optional(),
        message(8, "issuedBy", &SIGNATURE_ISSUER).optional(),
        message(9, "issuedTo", &SIGNATURE_SUBJECT).optional(),
    ],
);

pub(crate) static IMAGE_STREAM: Message = Message::new(
    PACKAGE,
    "ImageStream",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "spec", &IMAGE_STREAM_SPEC),
        message(3, "status", &IMAGE_STREAM_STATUS),
    ],
);

pub(crate) static IMAGE_STREAM_IMAGE: Message = Message::new(
    PACKAGE,
    "ImageStreamImage",
    &[message(1, "metadata", &meta::OBJECT_META), message(2, "image", &IMAGE)],
);

pub(crate) static IMAGE_STREAM_IMPORT: Message = Message::new(
    PACKAGE,
    "ImageStreamImport",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "spec", &IMAGE_STREAM_IMPORT_SPEC),
        message(3, "status", &IMAGE_STREAM_IMPORT_STATUS),
    ],
);

pub(crate) static IMAGE_STREAM_IMPORT_SPEC: Message = Message::new(
    PACKAGE,
    "ImageStreamImportSpec",
    &[
        flag(1, "import"),
        message(2, "repository", &REPOSITORY_IMPORT_SPEC).optional(),
        message(3, "images", &IMAGE_IMPORT_SPEC).repeated(),
    ],
);

pub(crate) static IMAGE_STREAM_IMPORT_STATUS: Message = Message::new(
    PACKAGE,
    "ImageStreamImportStatus",
    &[
        message(1, "import", &IMAGE_STREAM).optional(),
        message(2, "repository", &REPOSITORY_IMPORT_STATUS).optional(),
        message(3, "images", &IMAGE_IMPORT_STATUS).repeated(),
    ],
);

pub(crate) static IMAGE_STREAM_LAYERS: Message = Message::new(
    PACKAGE,
    "ImageStreamLayers",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "blobs", &IMAGE_LAYER_DATA).map(),
        message(3, "images", &IMAGE_BLOB_REFERENCES).map(),
    ],
);

pub(crate) static IMAGE_STREAM_LIST: Message = Message::new(
    PACKAGE,
    "ImageStreamList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &IMAGE_STREAM).repeated()],
);

pub(crate) static IMAGE_STREAM_MAPPING: Message = Message::new(
    PACKAGE,
    "ImageStreamMapping",
    &[message(1, "metadata", &meta::OBJECT_META), message(2, "image", &IMAGE), text(3, "tag")],
);

pub(crate) static IMAGE_STREAM_SPEC: Message = Message::new(
    PACKAGE,
    "ImageStreamSpec",
    &[
        text(1, "dockerImageRepository"),
        message(2, "tags", &TAG_REFERENCE).repeated(),
        message(3, "lookupPolicy", &IMAGE_LOOKUP_POLICY),
    ],
);

pub(crate) static IMAGE_STREAM_STATUS: Message = Message::new(
    PACKAGE,
    "ImageStreamStatus",
    &[
        text(1, "dockerImageRepository"),
        message(2, "tags", &NAMED_TAG_EVENT_LIST).repeated(),
        text(3, "publicDockerImageRepository"),
    ],
);

pub(crate) static IMAGE_STREAM_TAG: Message = Message::new(
    PACKAGE,
    "ImageStreamTag",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "tag", &TAG_REFERENCE).optional(),
        int(3, "generation"),
        message(4, "conditions", &TAG_EVENT_CONDITION).repeated(),
        message(5, "image", &IMAGE),
        message(6, "lookupPolicy", &IMAGE_LOOKUP_POLICY),
    ],
);

pub(crate) static IMAGE_STREAM_TAG_LIST: Message = Message::new(
    PACKAGE,
    "ImageStreamTagList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &IMAGE_STREAM_TAG).repeated()],
);

pub(crate) static IMAGE_TAG: Message = Message::new(
    PACKAGE,
    "ImageTag",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "spec", &TAG_REFERENCE).optional(),
        message(3, "status", &NAMED_TAG_EVENT_LIST).optional(),
        message(4, "image", &IMAGE).optional(),
    ],
);

pub(crate) static IMAGE_TAG_LIST: Message = Message::new(
    PACKAGE,
    "ImageTagList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &IMAGE_TAG).repeated()],
);

pub(crate) static NAMED_TAG_EVENT_LIST: Message = Message::new(
    PACKAGE,
    "NamedTagEventList",
    &[
        text(1, "tag"),
        message(2, "items", &TAG_EVENT).repeated(),
        message(3, "conditions", &TAG_EVENT_CONDITION).repeated(),
    ],
);

pub(crate) static REPOSITORY_IMPORT_SPEC: Message = Message::new(
    PACKAGE,
    "RepositoryImportSpec",
    &[
        message(1, "from", &core::OBJECT_REFERENCE),
        message(2, "importPolicy", &TAG_IMPORT_POLICY),
        flag(3, "includeManifest"),
        message(4, "referencePolicy", &TAG_REFERENCE_POLICY),
    ],
);

pub(crate) static REPOSITORY_IMPORT_STATUS: Message = Message::new(
    PACKAGE,
    "RepositoryImportStatus",
    &[
        message(1, "status", &meta::STATUS),
        message(2, "images", &IMAGE_IMPORT_STATUS).repeated(),
        text(3, "additionalTags").repeated(),
    ],
);

pub(crate) static SECRET_LIST: Message = Message::new(
    PACKAGE,
    "SecretList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &core::SECRET).repeated()],
);

pub(crate) static SIGNATURE_CONDITION: Message = Message::new(
    PACKAGE,
    "SignatureCondition",
    &[
        text(1, "type"),
        text(2, "status"),
        time(3, "lastProbeTime"),
        time(4, "lastTransitionTime"),
        text(5, "reason"),
        text(6, "message"),
    ],
);

pub(crate) static SIGNATURE_GENERIC_ENTITY: Message =
    Message::new(PACKAGE, "SignatureGenericEntity", &[text(1, "organization"), text(2, "commonName")]);

pub(crate) static SIGNATURE_ISSUER: Message = Message::new(
    PACKAGE,
    "SignatureIssuer",
    &[message(1, "signatureGenericEntity", &SIGNATURE_GENERIC_ENTITY).inline()],
);

pub(crate) static SIGNATURE_SUBJECT: Message = Message::new(
    PACKAGE,
    "SignatureSubject",
    &[message(1, "signatureGenericEntity", &SIGNATURE_GENERIC_ENTITY).inline(), text(2, "publicKeyID")],
);

pub(crate) static TAG_EVENT: Message = Message::new(
    PACKAGE,
    "TagEvent",
    &[time(1, "created"), text(2, "dockerImageReference"), text(3, "image"), int(4, "generation")],
);

pub(crate) static TAG_EVENT_CONDITION: Message = Message::new(
    PACKAGE,
    "TagEventCondition",
    &[
        text(1, "type"),
        text(2, "status"),
        time(3, "lastTransitionTime"),
        text(4, "reason"),
        text(5, "message"),
        int(6, "generation"),
    ],
);

pub(crate) static TAG_IMPORT_POLICY: Message =
    Message::new(PACKAGE, "TagImportPolicy", &[flag(1, "insecure"), flag(2, "scheduled"), text(3, "importMode")]);

pub(crate) static TAG_REFERENCE: Message = Message::new(
    PACKAGE,
    "TagReference",
    &[
        text(1, "name"),
        text(2, "annotations").map(),
        message(3, "from", &core::OBJECT_REFERENCE).optional(),
        flag(4, "reference"),
        int(5, "generation").optional(),
        message(6, "importPolicy", &TAG_IMPORT_POLICY),
        message(7, "referencePolicy", &TAG_REFERENCE_POLICY),
    ],
);

pub(crate) static TAG_REFERENCE_POLICY: Message = Message::new(PACKAGE, "TagReferencePolicy", &[text(1, "type")]);
