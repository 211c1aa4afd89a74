//! `dockerImageMetadata`: what the API keeps of an image's own configuration.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{is_default, time::Time};

/// The metadata of an image, in the words of the old Docker API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DockerImage {
    #[serde(rename = "kind", skip_deserializing)]
    pub(crate) kind: &'static str,
    #[serde(rename = "apiVersion", skip_deserializing)]
    pub(crate) api_version: &'static str,
    pub(crate) id: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) parent: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) comment: String,
    pub(crate) created: Option<Time>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) container: String,
    pub(crate) container_config: DockerConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) docker_version: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) author: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) config: Option<DockerConfig>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) architecture: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) size: i64,
}

/// What a container of the image is started with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(clippy::struct_excessive_bools, reason = "the fields of the published type")]
pub(crate) struct DockerConfig {
    #[serde(skip_serializing_if = "is_default")]
    hostname: String,
    #[serde(skip_serializing_if = "is_default")]
    domainname: String,
    #[serde(skip_serializing_if = "is_default")]
    user: String,
    #[serde(skip_serializing_if = "is_default")]
    memory: i64,
    #[serde(skip_serializing_if = "is_default")]
    memory_swap: i64,
    #[serde(skip_serializing_if = "is_default")]
    cpu_shares: i64,
    #[serde(skip_serializing_if = "is_default")]
    cpuset: String,
    #[serde(skip_serializing_if = "is_default")]
    attach_stdin: bool,
    #[serde(skip_serializing_if = "is_default")]
    attach_stdout: bool,
    #[serde(skip_serializing_if = "is_default")]
    attach_stderr: bool,
    #[serde(skip_serializing_if = "is_default")]
    port_specs: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    exposed_ports: BTreeMap<String, Present>,
    #[serde(skip_serializing_if = "is_default")]
    tty: bool,
    #[serde(skip_serializing_if = "is_default")]
    open_stdin: bool,
    #[serde(skip_serializing_if = "is_default")]
    stdin_once: bool,
    #[serde(skip_serializing_if = "is_default")]
    env: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    cmd: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    dns: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    image: String,
    #[serde(skip_serializing_if = "is_default")]
    volumes: BTreeMap<String, Present>,
    #[serde(skip_serializing_if = "is_default")]
    volumes_from: String,
    #[serde(skip_serializing_if = "is_default")]
    working_dir: String,
    #[serde(skip_serializing_if = "is_default")]
    entrypoint: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    network_disabled: bool,
    #[serde(skip_serializing_if = "is_default")]
    security_opts: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    on_build: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    labels: BTreeMap<String, String>,
}

/// The empty object that marks a member of a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Present {}
