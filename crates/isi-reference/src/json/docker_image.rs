//! The metadata of a Docker image, an object of an API of its own inside image objects: what it has to look like.

use serde_json::Value;

use super::{
    Case, Node, TypeError, decode,
    iterator::{self, SkippedNumbers},
    shape::{
        Shape::{self, Bool, Int, List, Map, Struct as Nested, Text, Time},
        Struct,
    },
    type_meta,
};

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

/// Reads the metadata of a Docker image. Another kind than `DockerImage` is not told from it.
pub(super) fn read(node: &Node) -> Result<Value, TypeError> {
    type_meta::check(node)?;
    decode(node, &DOCKER_IMAGE, Case::Sensitive).map(|decoded| decoded.value)
}

/// Reads the same as json-iterator does. `text`: what was parsed.
pub(super) fn read_text(text: &[u8], node: &Node, skipped: SkippedNumbers) -> Result<Value, TypeError> {
    type_meta::check(node)?;
    iterator::decode(text, &DOCKER_IMAGE, skipped)
}
