//! From manifests and configs to `Image` objects.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    behaviour::Behaviour,
    fetch_strategy::FetchStrategy,
    image_reference::DigestReference,
    json::{Shape, Struct},
    model::{
        docker::{DockerConfig, DockerImage},
        image::{Image, ImageLayer, ImageManifest as Part, LAYERS_ORDER, Layers},
        meta::{CreationTime, ObjectMeta},
        time::Time,
    },
    registry_client::{Descriptor, ImageManifest, ManifestError, ManifestList, SignedManifest, decode},
};
use oci_types::{Digest, media_type};

/// Why a manifest does not make an image; the texts are those of openshift-apiserver.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum ImageError {
    /// The config, or what stands for it, cannot be read.
    #[error(transparent)]
    Config(#[from] ManifestError),
    #[error("unrecognized container image manifest schema {version} for {:?} ()", image.to_string())]
    SchemaVersion { version: i64, image: Digest },
    #[error("image has no v1Compatibility history and cannot be used")]
    NoHistory,
    #[error("the image {image} () has mismatched history and fslayer cardinality ({history} != {layers})")]
    History { image: Digest, history: usize, layers: usize },
    #[error(
        "content integrity error: {retrieved} with digest {asked} does not match the digest calculated from the content {image}"
    )]
    Integrity { retrieved: Retrieved, asked: DigestReference, image: Digest },
    /// The entry of a manifest list is one itself.
    #[error("unsupported image manifest type: *manifestlist.DeserializedManifestList")]
    NestedList,
}

/// How errors name a manifest that was fetched by its digest.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Retrieved {
    /// By its format (until 4.2, and schema 1 ever since).
    #[error("the {0} retrieved")]
    Format(&'static str),
    /// By its media type.
    #[error("the manifest retrieved (media type: {0})")]
    MediaType(String),
}

/// The media type that layers of schema 1 get: the format itself has none.
const SCHEMA1_LAYER: &str = "application/vnd.docker.container.image.rootfs.diff+x-gtar";

/// The image of a schema 2 or OCI manifest; `asked` is the digest it was fetched by, if it was.
pub(crate) fn of_manifest(
    manifest: &ImageManifest,
    config: &[u8],
    asked: Option<&DigestReference>,
    behaviour: &Behaviour,
) -> Result<Image, ImageError> {
    let read = decode(config, &CONFIG)?;
    let name = Digest::sha256(manifest.payload.as_bytes());
    check(&name, asked, || retrieved("schema 2 manifest", &manifest.media_type, behaviour))?;
    if manifest.schema_version != 2 {
        return Err(ImageError::SchemaVersion { version: manifest.schema_version, image: name });
    }
    let layers: Vec<ImageLayer> = manifest.layers.iter().map(layer).collect();
    let mut metadata = docker_image(&read, behaviour);
    metadata.id.clone_from(&manifest.config_digest);
    let config_size = i64::try_from(config.len()).unwrap_or(i64::MAX);
    metadata.size = config_size + total_size(&layers, &manifest.config_digest);
    Ok(Image {
        docker_image_layers: as_layers(layers, behaviour),
        docker_image_metadata: metadata,
        docker_image_manifest: manifest.payload.clone(),
        docker_image_config: String::from_utf8_lossy(config).into_owned(),
        docker_image_manifest_media_type: manifest.media_type.clone(),
        ..named(&name, LayersOrder::Stated, behaviour)
    })
}

/// The image of a schema 1 manifest. Its size is 0 when no layer says how large it is.
pub(crate) fn of_schema1(
    manifest: &SignedManifest,
    asked: Option<&DigestReference>,
    behaviour: &Behaviour,
) -> Result<Image, ImageError> {
    let newest = manifest.history.first().ok_or(ImageError::NoHistory)?;
    let read = decode(newest.as_bytes(), &CONFIG)?;
    let name = Digest::sha256(&manifest.payload);
    check(&name, asked, || Retrieved::Format("schema 1 manifest"))?;
    if manifest.schema_version != 1 {
        return Err(ImageError::SchemaVersion { version: manifest.schema_version, image: name });
    }
    let (history, layers) = (manifest.history.len(), manifest.layers.len());
    if history != layers {
        return Err(ImageError::History { image: name, history, layers });
    }
    let layers: Vec<ImageLayer> = manifest
        .layers
        .iter()
        .zip(&manifest.history)
        .rev()
        .map(|(digest, history)| ImageLayer {
            name: digest.clone(),
            size: decode(history.as_bytes(), &SIZE).ok().and_then(|read| read["size"].as_i64()).unwrap_or_default(),
            media_type: SCHEMA1_LAYER.to_owned(),
        })
        .collect();
    let mut metadata = docker_image(&read, behaviour);
    metadata.size = total_size(&layers, "");
    Ok(Image {
        docker_image_layers: as_layers(layers, behaviour),
        docker_image_metadata: metadata,
        docker_image_manifest: manifest.signed.clone(),
        docker_image_manifest_media_type: media_type::DOCKER_MANIFEST_V1.to_owned(),
        ..named(&name, LayersOrder::Stated, behaviour)
    })
}

/// The image that stands for a whole manifest list.
pub(crate) fn of_list(
    list: &ManifestList,
    asked: Option<&DigestReference>,
    behaviour: &Behaviour,
) -> Result<Image, ImageError> {
    let name = Digest::sha256(list.payload.as_bytes());
    check(&name, asked, || retrieved("manifest", &list.media_type, behaviour))?;
    let metadata = DockerImage { id: name.to_string(), created: Some(Time::now()), ..empty_metadata(behaviour) };
    Ok(Image {
        docker_image_metadata: metadata,
        docker_image_manifest_media_type: list.media_type.clone(),
        docker_image_manifests: list.manifests.iter().map(part).collect(),
        ..named(&name, LayersOrder::Absent, behaviour)
    })
}

/// Metadata of an image of which nothing is known.
pub(crate) fn empty_metadata(behaviour: &Behaviour) -> DockerImage {
    DockerImage { kind: "DockerImage", api_version: behaviour.docker_metadata_version, ..DockerImage::default() }
}

/// Whether an annotation says in which order the layers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LayersOrder {
    Stated,
    /// There are no layers.
    Absent,
}

fn named(name: &Digest, order: LayersOrder, behaviour: &Behaviour) -> Image {
    let order = (order == LayersOrder::Stated).then(|| (LAYERS_ORDER.to_owned(), "ascending".to_owned()));
    Image {
        metadata: ObjectMeta {
            name: name.to_string(),
            creation_timestamp: CreationTime::unset(behaviour.unset_creation_time_absent),
            annotations: order.into_iter().collect(),
            ..ObjectMeta::default()
        },
        docker_image_metadata_version: "1.0".to_owned(),
        ..Image::default()
    }
}

/// Checks that a manifest has the digest that it was fetched by, if it was fetched by one.
fn check(
    name: &Digest,
    asked: Option<&DigestReference>,
    retrieved: impl FnOnce() -> Retrieved,
) -> Result<(), ImageError> {
    match asked {
        Some(asked) if *asked != *name => {
            Err(ImageError::Integrity { retrieved: retrieved(), asked: asked.clone(), image: name.clone() })
        }
        _ => Ok(()),
    }
}

fn retrieved(format: &'static str, media_type: &str, behaviour: &Behaviour) -> Retrieved {
    match behaviour.fetch_strategy {
        FetchStrategy::PerImage => Retrieved::MediaType(media_type.to_owned()),
        FetchStrategy::RepositoryFirst => Retrieved::Format(format),
    }
}

fn layer(descriptor: &Descriptor) -> ImageLayer {
    ImageLayer { name: descriptor.digest.clone(), size: descriptor.size, media_type: descriptor.media_type.clone() }
}

fn part(descriptor: &Descriptor) -> Part {
    Part {
        digest: descriptor.digest.clone(),
        media_type: descriptor.media_type.clone(),
        manifest_size: descriptor.size,
        architecture: descriptor.architecture.clone(),
        os: descriptor.os.clone(),
        variant: descriptor.variant.clone(),
    }
}

fn as_layers(layers: Vec<ImageLayer>, behaviour: &Behaviour) -> Layers {
    if layers.is_empty() && !behaviour.empty_layers_absent { Layers::Null } else { Layers::List(layers) }
}

/// The sizes of distinct layers; one that is the config does not count.
fn total_size(layers: &[ImageLayer], config_digest: &str) -> i64 {
    let mut seen = HashSet::from([config_digest]);
    layers.iter().filter(|layer| seen.insert(&layer.name)).map(|layer| layer.size).sum()
}

fn docker_image(read: &Value, behaviour: &Behaviour) -> DockerImage {
    let text = |key: &str| read[key].as_str().unwrap_or_default().to_owned();
    let config = |key: &str| read.get(key).and_then(|value| serde_json::from_value::<DockerConfig>(value.clone()).ok());
    DockerImage {
        id: text("id"),
        parent: text("parent"),
        comment: text("comment"),
        created: read["created"].as_str().and_then(|created| created.parse::<Timestamp>().ok()).and_then(time),
        container: text("container"),
        container_config: config("container_config").unwrap_or_default(),
        docker_version: text("docker_version"),
        author: text("author"),
        config: config("config"),
        architecture: text("architecture"),
        size: read["size"].as_i64().unwrap_or_default(),
        ..empty_metadata(behaviour)
    }
}

/// The zero time of Go, the first second of the year 1, is no time.
fn time(timestamp: Timestamp) -> Option<Time> {
    const GO_ZERO: i64 = -62_135_596_800;
    (timestamp.as_second() != GO_ZERO).then(|| timestamp.into())
}

const STRING: Shape = Shape::Text("string");
static TEXT: Shape = STRING;
static PRESENT: Shape = Shape::Struct(&Struct { name: "", go: "struct {}", fields: &[] });

static SIZE: Struct = Struct {
    name: "DockerV1CompatibilityImageSize",
    go: "docker10.DockerV1CompatibilityImageSize",
    fields: &[("size", Shape::Int("int64"))],
};

static CONFIG: Struct = Struct {
    name: "DockerImage",
    go: "dockerpre012.DockerImage",
    fields: &[
        ("id", STRING),
        ("parent", STRING),
        ("comment", STRING),
        ("created", Shape::Time),
        ("container", STRING),
        ("container_config", Shape::Struct(&DOCKER_CONFIG)),
        ("docker_version", STRING),
        ("author", STRING),
        ("config", Shape::Struct(&DOCKER_CONFIG)),
        ("architecture", STRING),
        ("size", Shape::Int("int64")),
    ],
};

static DOCKER_CONFIG: Struct = Struct {
    name: "DockerConfig",
    go: "dockerpre012.DockerConfig",
    fields: &[
        ("Hostname", STRING),
        ("Domainname", STRING),
        ("User", STRING),
        ("Memory", Shape::Int("int64")),
        ("MemorySwap", Shape::Int("int64")),
        ("CpuShares", Shape::Int("int64")),
        ("Cpuset", STRING),
        ("AttachStdin", Shape::Bool),
        ("AttachStdout", Shape::Bool),
        ("AttachStderr", Shape::Bool),
        ("PortSpecs", Shape::List(&TEXT, "[]string")),
        ("ExposedPorts", Shape::Map(&PRESENT, "map[string]struct {}")),
        ("Tty", Shape::Bool),
        ("OpenStdin", Shape::Bool),
        ("StdinOnce", Shape::Bool),
        ("Env", Shape::List(&TEXT, "[]string")),
        ("Cmd", Shape::List(&TEXT, "[]string")),
        ("Dns", Shape::List(&TEXT, "[]string")),
        ("Image", STRING),
        ("Volumes", Shape::Map(&PRESENT, "map[string]struct {}")),
        ("VolumesFrom", STRING),
        ("WorkingDir", STRING),
        ("Entrypoint", Shape::List(&TEXT, "[]string")),
        ("NetworkDisabled", Shape::Bool),
        ("SecurityOpts", Shape::List(&TEXT, "[]string")),
        ("OnBuild", Shape::List(&TEXT, "[]string")),
        ("Labels", Shape::Map(&TEXT, "map[string]string")),
    ],
};
