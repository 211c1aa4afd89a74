//! Manifests as registries serve them: which parser reads which content type, and what is checked.

use serde_json::Value;

use super::schema1::{self, SignedManifest};
use crate::{
    behaviour::Behaviour,
    json::{self, Case, Node, Shape, Struct},
};
use oci_types::{Algorithm, Digest, media_type};

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
    pub(crate) fn parse(content_type: Option<&str>, body: &[u8], behaviour: &Behaviour) -> Result<Self, String> {
        let kind = content_type.map_or(Ok(String::new()), essence)?;
        match kind.as_str() {
            media_type::DOCKER_MANIFEST_V2 => {
                let read = decode(body, &MANIFEST)?;
                let found = text(&read, "mediaType");
                if found != kind {
                    return Err(format!("mediaType in manifest should be '{kind}' not '{found}'"));
                }
                Ok(Self::image(body, &read, found))
            }
            media_type::OCI_MANIFEST if behaviour.oci_manifests => {
                if behaviour.checks_manifest_shape && has_field(body, "manifests")? {
                    return Err("ocimanifest: expected manifest but found index".to_owned());
                }
                let read = decode(body, &MANIFEST)?;
                let found = text(&read, "mediaType");
                if !found.is_empty() && found != kind {
                    return Err(format!("if present, mediaType in manifest should be '{kind}' not '{found}'"));
                }
                Ok(Self::image(body, &read, kind))
            }
            media_type::DOCKER_MANIFEST_LIST => {
                let read = decode(body, &LIST)?;
                let found = text(&read, "mediaType");
                if found != kind {
                    return Err(format!("mediaType in manifest list should be '{kind}' not '{found}'"));
                }
                Ok(Self::list(body, &read, kind))
            }
            media_type::OCI_INDEX => {
                if behaviour.checks_manifest_shape && (has_field(body, "config")? || has_field(body, "layers")?) {
                    return Err("index: expected index but found manifest".to_owned());
                }
                let read = decode(body, &LIST)?;
                let found = text(&read, "mediaType");
                if !found.is_empty() && found != kind {
                    return Err(format!("if present, mediaType in image index should be '{kind}' not '{found}'"));
                }
                Ok(Self::list(body, &read, kind))
            }
            _ => schema1::parse(body).map(Self::Schema1),
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
    pub(crate) fn verify(&self, asked: &str) -> Result<(), String> {
        verify("manifest", asked, self.canonical())
    }
}

/// Checks that a blob is what was asked for.
pub(crate) fn verify_blob(asked: &str, content: &[u8]) -> Result<(), String> {
    verify("blob", asked, content)
}

fn verify(what: &str, asked: &str, content: &[u8]) -> Result<(), String> {
    let algorithm = asked.parse::<Digest>().map_or(Algorithm::Sha256, |digest| digest.algorithm());
    let found = algorithm.digest(content).to_string();
    if found == asked {
        return Ok(());
    }
    Err(format!(
        "content integrity error: the {what} retrieved with digest {asked} does not match the digest calculated from the content {found}"
    ))
}

/// The media type of a `Content-Type` header, as Go's `mime` reads it.
fn essence(header: &str) -> Result<String, String> {
    let kind = header.split(';').next().unwrap_or_default().trim().to_lowercase();
    let is_token = |text: &str| {
        !text.is_empty()
            && text.chars().all(|character| character.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(character))
    };
    match kind.split_once('/') {
        None if kind.is_empty() => Err("mime: no media type".to_owned()),
        None if is_token(&kind) => Ok(kind),
        None => Err("mime: expected slash after first token".to_owned()),
        Some((_, subtype)) if !is_token(subtype) => Err("mime: expected token after slash".to_owned()),
        Some(_) => Ok(kind),
    }
}

pub(super) fn decode(body: &[u8], target: &'static Struct) -> Result<Value, String> {
    let node = json::parse(body).map_err(|error| error.to_string())?;
    json::decode(&node, target, Case::Insensitive).map(|decoded| decoded.value).map_err(|error| error.to_string())
}

fn has_field(body: &[u8], field: &str) -> Result<bool, String> {
    let node = json::parse(body).map_err(|error| error.to_string())?;
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
