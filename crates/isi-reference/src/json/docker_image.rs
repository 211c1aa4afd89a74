//! The metadata of a Docker image, an object of an API of its own inside image objects: what it has to look like.

use serde_json::Value;

use super::{
    Case, Node, TypeError, decode, group_kinds,
    iterator::{self, SkippedNumbers},
    shape::{
        Shape::{self, Bool, Int, List, Map, Struct as Nested, Text, Time},
        Struct,
    },
    type_meta,
};

/// The version of the metadata that every image has.
const VERSION: &str = "image.openshift.io/1.0";
/// How servers of 4.22 call the scheme that decodes it.
const SCHEME: &str = "pkg/runtime/scheme.go:110";

const STRING: Shape = Text("string");
static TEXT: Shape = STRING;
static EMPTY: Shape = Nested(&Struct { name: "", go: "struct {}", fields: &[] });

/// `DockerImage` of `image.openshift.io/1.0`.
pub(crate) static DOCKER_IMAGE: Struct = Struct {
    name: "DockerImage",
    go: "docker10.DockerImage",
    fields: &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("Id", STRING),
        ("Parent", STRING),
        ("Comment", STRING),
        ("Created", Time),
        ("Container", STRING),
        ("ContainerConfig", Nested(&CONFIG)),
        ("DockerVersion", STRING),
        ("Author", STRING),
        ("Config", Nested(&CONFIG)),
        ("Architecture", STRING),
        ("Size", Int("int64")),
    ],
};

static CONFIG: Struct = Struct {
    name: "DockerConfig",
    go: "docker10.DockerConfig",
    fields: &[
        ("Hostname", STRING),
        ("Domainname", STRING),
        ("User", STRING),
        ("Memory", Int("int64")),
        ("MemorySwap", Int("int64")),
        ("CpuShares", Int("int64")),
        ("Cpuset", STRING),
        ("AttachStdin", Bool),
        ("AttachStdout", Bool),
        ("AttachStderr", Bool),
        ("PortSpecs", List(&TEXT, "[]string")),
        ("ExposedPorts", Map(&EMPTY, "map[string]struct {}")),
        ("Tty", Bool),
        ("OpenStdin", Bool),
        ("StdinOnce", Bool),
        ("Env", List(&TEXT, "[]string")),
        ("Cmd", List(&TEXT, "[]string")),
        ("Dns", List(&TEXT, "[]string")),
        ("Image", STRING),
        ("Volumes", Map(&EMPTY, "map[string]struct {}")),
        ("VolumesFrom", STRING),
        ("WorkingDir", STRING),
        ("Entrypoint", List(&TEXT, "[]string")),
        ("NetworkDisabled", Bool),
        ("SecurityOpts", List(&TEXT, "[]string")),
        ("OnBuild", List(&TEXT, "[]string")),
        ("Labels", Map(&TEXT, "map[string]string")),
    ],
};

/// Reads the metadata of a Docker image; `version` is what the image says of it: `dockerImageMetadataVersion`.
pub(super) fn read(node: &Node, version: &str) -> Result<Value, TypeError> {
    check_type(node, version)?;
    decode(node, &DOCKER_IMAGE, Case::Sensitive).map(|decoded| decoded.value)
}

/// Reads the same as json-iterator does. `text`: what was parsed.
pub(super) fn read_text(text: &[u8], node: &Node, skipped: SkippedNumbers) -> Result<Value, TypeError> {
    check_type(node, "")?;
    iterator::decode(text, &DOCKER_IMAGE, skipped)
}

/// Checks that there is metadata of this version, that of an image: `dockerImageMetadataVersion`.
pub(crate) fn check_version(version: &str) -> Result<(), TypeError> {
    match version {
        "" | "1.0" | "pre012" => Ok(()),
        other => Err(unregistered("DockerImage", &format!("image.openshift.io/{other}"))),
    }
}

/// Checks that the object that metadata is can be made a `DockerImage`: that is its kind where it names none.
fn check_type(node: &Node, version: &str) -> Result<(), TypeError> {
    check_version(version)?;
    type_meta::check(node)?;
    let text = |field| node.get(field).and_then(Node::as_text).filter(|text| !text.is_empty());
    let (kind, version) = (text("kind").unwrap_or("DockerImage"), text("apiVersion").unwrap_or(VERSION));
    let bare = version.strip_prefix("image.openshift.io/").unwrap_or(version);
    if kind == "DockerImage" && matches!(bare, "1.0" | "pre012") {
        return Ok(());
    }
    if group_kinds::is_beside_docker_images(kind, version) {
        return Err(TypeError(format!("converting (v1.{kind}) to (docker10.DockerImage): unknown conversion")));
    }
    Err(unregistered(kind, version))
}

fn unregistered(kind: &str, version: &str) -> TypeError {
    TypeError(format!("no kind {kind:?} is registered for version {version:?} in scheme {SCHEME:?}"))
}
