//! Manifests as registries serve them: which parser reads which content type, and what is checked.

use serde_json::Value;

use super::schema1::{self, Schema1Error, SignedManifest};
use crate::{
    behaviour::Behaviour,
    image_reference::DigestReference,
    json::{self, Case, Node, Shape, Struct, SyntaxError, TypeError},
    media_type::{MediaTypeError, essence},
};
use oci_types::{Digest, media_type};

/// Why a manifest, or the JSON that it names, cannot be used; the texts are those of Go's libraries.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error(transparent)]
    ContentType(#[from] MediaTypeError),
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    #[error(transparent)]
    Type(#[from] TypeError),
    #[error(transparent)]
    Schema1(#[from] Schema1Error),
    /// `target` is what the manifest is: `manifest`, `manifest list`, `image index`.
    #[error("mediaType in {target} should be '{expected}' not '{found}'")]
    MediaType { target: &'static str, expected: String, found: String },
    #[error("if present, mediaType in {target} should be '{expected}' not '{found}'")]
    OptionalMediaType { target: &'static str, expected: String, found: String },
    #[error("ocimanifest: expected manifest but found index")]
    IsIndex,
    #[error("index: expected index but found manifest")]
    IsManifest,
    #[error(
        "content integrity error: the {content} retrieved with digest {asked} does not match the digest calculated from the content {found}"
    )]
    Integrity { content: ContentKind, asked: DigestReference, found: Digest },
}

/// What content was fetched by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentKind {
    Manifest,
    Blob,
}

impl std::fmt::Display for ContentKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Manifest => "manifest",
            Self::Blob => "blob",
        })
    }
}

type Result<T> = std::result::Result<T, ManifestError>;

/// A manifest.
#[derive(Debug, Clone)]
pub(crate) enum Manifest {
    /// Docker schema 1 with signatures.
    Schema1(SignedManifest),
    /// Docker schema 2, or an OCI image manifest.
    Image(ImageManifest),
    /// A Docker manifest list or an OCI index.
    List(ManifestList),
}

/// A manifest of one image.
#[derive(Debug, Clone)]
pub(crate) struct ImageManifest {
    /// The bytes as served.
    pub(crate) payload: String,
    /// What the manifest says it is, or what it was served as.
    pub(crate) media_type: String,
    pub(crate) schema_version: i64,
    pub(crate) config_digest: String,
    pub(crate) layers: Vec<Descriptor>,
}

/// A manifest of several images.
#[derive(Debug, Clone)]
pub(crate) struct ManifestList {
    pub(crate) payload: String,
    pub(crate) media_type: String,
    pub(crate) manifests: Vec<Descriptor>,
}

/// A descriptor of some content, with the platform that it is for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) size: i64,
    pub(crate) digest: String,
    pub(crate) architecture: String,
    pub(crate) os: String,
    pub(crate) variant: String,
}

/// The media types that manifests are asked for with, one `Accept` line each.
pub(crate) fn accepted(behaviour: &Behaviour) -> impl Iterator<Item = &'static str> {
    let oci = behaviour.oci_manifests.then_some(media_type::OCI_MANIFEST);
    [
        media_type::DOCKER_MANIFEST_V2,
        media_type::DOCKER_MANIFEST_LIST,
        media_type::OCI_INDEX,
        media_type::DOCKER_MANIFEST_V1_SIGNED,
        "application/json",
    ]
    .into_iter()
    .chain(oci)
}

impl Manifest {
    /// Reads a manifest: the content type chooses how.
    pub(crate) fn parse(content_type: Option<&str>, body: &[u8], behaviour: &Behaviour) -> Result<Self> {
        let content_type = content_type.filter(|header| !header.is_empty());
        let kind = content_type.map_or(Ok(String::new()), essence)?;
        match kind.as_str() {
            media_type::DOCKER_MANIFEST_V2 => {
                let read = decode(body, &MANIFEST)?;
                let found = text(&read, "mediaType");
                if found != kind {
                    return Err(ManifestError::MediaType { target: "manifest", expected: kind, found });
                }
                Ok(Self::image(body, &read, found))
            }
            media_type::OCI_MANIFEST if behaviour.oci_manifests => {
                if behaviour.checks_manifest_shape && has_field(body, "manifests")? {
                    return Err(ManifestError::IsIndex);
                }
                let read = decode(body, &MANIFEST)?;
                let found = text(&read, "mediaType");
                if !found.is_empty() && found != kind {
                    return Err(ManifestError::OptionalMediaType { target: "manifest", expected: kind, found });
                }
                Ok(Self::image(body, &read, kind))
            }
            media_type::DOCKER_MANIFEST_LIST => {
                let read = decode(body, &LIST)?;
                let found = text(&read, "mediaType");
                if found != kind {
                    return Err(ManifestError::MediaType { target: "manifest list", expected: kind, found });
                }
                Ok(Self::list(body, &read, kind))
            }
            media_type::OCI_INDEX => {
                if behaviour.checks_manifest_shape && (has_field(body, "config")? || has_field(body, "layers")?) {
                    return Err(ManifestError::IsManifest);
                }
                let read = decode(body, &LIST)?;
                let found = text(&read, "mediaType");
                if !found.is_empty() && found != kind {
                    return Err(ManifestError::OptionalMediaType { target: "image index", expected: kind, found });
                }
                Ok(Self::list(body, &read, kind))
            }
            _ => Ok(Self::Schema1(schema1::parse(body)?)),
        }
    }

    fn image(body: &[u8], read: &Value, media_type: String) -> Self {
        Self::Image(ImageManifest {
            payload: String::from_utf8_lossy(body).into_owned(),
            media_type,
            schema_version: read["schemaVersion"].as_i64().unwrap_or_default(),
            config_digest: text(&read["config"], "digest"),
            layers: descriptors(&read["layers"]),
        })
    }

    fn list(body: &[u8], read: &Value, media_type: String) -> Self {
        Self::List(ManifestList {
            payload: String::from_utf8_lossy(body).into_owned(),
            media_type,
            manifests: descriptors(&read["manifests"]),
        })
    }

    /// The bytes that the manifest's digest is of.
    pub(crate) fn canonical(&self) -> &[u8] {
        match self {
            Self::Schema1(manifest) => &manifest.payload,
            Self::Image(manifest) => manifest.payload.as_bytes(),
            Self::List(list) => list.payload.as_bytes(),
        }
    }

    /// Checks that this is what was asked for.
    pub(crate) fn verify(&self, asked: &DigestReference) -> Result<()> {
        verify(ContentKind::Manifest, asked, self.canonical())
    }
}

/// Checks that content is what was asked for by its digest.
pub(super) fn verify(content: ContentKind, asked: &DigestReference, bytes: &[u8]) -> Result<()> {
    let found = asked.digest_of(bytes);
    if *asked == found { Ok(()) } else { Err(ManifestError::Integrity { content, asked: asked.clone(), found }) }
}

/// Reads JSON into the shape of a Go struct, as Go's `encoding/json` does.
pub(crate) fn decode(body: &[u8], target: &'static Struct) -> Result<Value> {
    Ok(json::decode(&json::parse(body)?, target, Case::Insensitive)?.value)
}

fn has_field(body: &[u8], field: &str) -> Result<bool> {
    let node = json::parse(body)?;
    Ok(node.get(field).is_some_and(|value| *value != Node::Null))
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn descriptors(list: &Value) -> Vec<Descriptor> {
    let read = |value: &Value| Descriptor {
        media_type: text(value, "mediaType"),
        size: value["size"].as_i64().unwrap_or_default(),
        digest: text(value, "digest"),
        architecture: text(&value["platform"], "architecture"),
        os: text(&value["platform"], "os"),
        variant: text(&value["platform"], "variant"),
    };
    list.as_array().map(|items| items.iter().map(read).collect()).unwrap_or_default()
}

const STRING: Shape = Shape::Text("string");
static TEXT: Shape = STRING;

static PLATFORM: Struct = Struct {
    name: "PlatformSpec",
    go: "manifestlist.PlatformSpec",
    fields: &[
        ("architecture", STRING),
        ("os", STRING),
        ("os.version", STRING),
        ("os.features", Shape::List(&TEXT, "[]string")),
        ("variant", STRING),
        ("features", Shape::List(&TEXT, "[]string")),
    ],
};

static DESCRIPTOR: Struct = Struct {
    name: "Descriptor",
    go: "distribution.Descriptor",
    fields: &[
        ("mediaType", STRING),
        ("digest", Shape::Text("digest.Digest")),
        ("size", Shape::Int("int64")),
        ("urls", Shape::List(&TEXT, "[]string")),
        ("annotations", Shape::Map(&TEXT, "map[string]string")),
        ("platform", Shape::Struct(&PLATFORM)),
    ],
};
static DESCRIPTOR_SHAPE: Shape = Shape::Struct(&DESCRIPTOR);

static MANIFEST: Struct = Struct {
    name: "Manifest",
    go: "schema2.Manifest",
    fields: &[
        ("schemaVersion", Shape::Int("int")),
        ("mediaType", STRING),
        ("config", Shape::Struct(&DESCRIPTOR)),
        ("layers", Shape::List(&DESCRIPTOR_SHAPE, "[]distribution.Descriptor")),
    ],
};

static LIST: Struct = Struct {
    name: "ManifestList",
    go: "manifestlist.ManifestList",
    fields: &[
        ("schemaVersion", Shape::Int("int")),
        ("mediaType", STRING),
        ("manifests", Shape::List(&DESCRIPTOR_SHAPE, "[]manifestlist.ManifestDescriptor")),
    ],
};
