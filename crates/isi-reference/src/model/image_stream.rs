//! `ImageStream`: the tags of a project, where they come from and what they have been.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    import_mode::WrittenImportMode,
    is_default,
    meta::{ObjectMeta, ObjectReference},
    named::{self, Named},
    time::Time,
};

/// The annotation that holds the time of the last import.
pub(crate) const REPOSITORY_CHECK: &str = "openshift.io/image.dockerRepositoryCheck";

/// An image stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImageStream {
    pub(crate) metadata: ObjectMeta,
    pub(crate) spec: ImageStreamSpec,
    pub(crate) status: ImageStreamStatus,
}

/// What is wanted of a stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImageStreamSpec {
    pub(crate) lookup_policy: LookupPolicy,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) docker_image_repository: String,
    #[serde(with = "named", skip_serializing_if = "is_default")]
    pub(crate) tags: BTreeMap<String, TagReference>,
}

/// Whether other objects of the project may name the stream's tags as images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LookupPolicy {
    pub(crate) local: bool,
}

/// Where a tag comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TagReference {
    pub(crate) name: String,
    /// `None` is written as `null`.
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) from: Option<ObjectReference>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) reference: bool,
    /// The generation of the stream that wants this; 0 asks for a new one on the next write.
    pub(crate) generation: Option<i64>,
    #[serde(deserialize_with = "super::import::null_is_default")]
    pub(crate) import_policy: TagImportPolicy,
    #[serde(deserialize_with = "super::import::null_is_default")]
    pub(crate) reference_policy: TagReferencePolicy,
}

impl Named for TagReference {
    fn name(&self) -> &str {
        &self.name
    }
}

/// How a tag is imported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TagImportPolicy {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) insecure: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) scheduled: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) import_mode: WrittenImportMode,
}

/// How a tag is pulled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TagReferencePolicy {
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// What has become of a stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImageStreamStatus {
    pub(crate) docker_image_repository: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) public_docker_image_repository: String,
    #[serde(with = "named", skip_serializing_if = "is_default")]
    pub(crate) tags: BTreeMap<String, TagHistory>,
    /// What the last write of the status said of the repositories, if it was something else and nothing was written since: reads do
    /// not show it.
    #[serde(skip)]
    pub(crate) written_repositories: Option<Repositories>,
}

/// Where a stream is pulled from; empty for nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Repositories {
    pub(crate) internal: String,
    pub(crate) public: String,
}

impl Repositories {
    /// Makes `status` say so.
    pub(crate) fn put_into(self, status: &mut ImageStreamStatus) {
        status.docker_image_repository = self.internal;
        status.public_docker_image_repository = self.public;
        status.written_repositories = None;
    }
}

impl ImageStreamStatus {
    /// The repositories that it names.
    pub(crate) fn repositories(&self) -> Repositories {
        Repositories {
            internal: self.docker_image_repository.clone(),
            public: self.public_docker_image_repository.clone(),
        }
    }

    /// The same status with the repositories that were written, as a write of the status finds it.
    pub(crate) fn with_written_repositories(mut self) -> Self {
        if let Some(written) = self.written_repositories.take() {
            written.put_into(&mut self);
        }
        self
    }
}

/// The history of a tag, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TagHistory {
    pub(crate) tag: String,
    /// Empty is written as `null`.
    #[serde(serialize_with = "empty_as_null", deserialize_with = "super::import::null_is_default")]
    pub(crate) items: Vec<TagEvent>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) conditions: Vec<TagCondition>,
}

impl Named for TagHistory {
    fn name(&self) -> &str {
        &self.tag
    }
}

/// An image that a tag pointed to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TagEvent {
    pub(crate) created: Option<Time>,
    pub(crate) docker_image_reference: String,
    pub(crate) image: String,
    pub(crate) generation: i64,
}

/// Why the last import of a tag failed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TagCondition {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) last_transition_time: Option<Time>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) reason: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) message: String,
    pub(crate) generation: i64,
}

impl TagCondition {
    /// The import of a tag failed, for this reason.
    pub(crate) fn import_failed(reason: &str, message: &str, generation: i64, time: Time) -> Self {
        Self {
            kind: "ImportSuccess".to_owned(),
            status: "False".to_owned(),
            last_transition_time: Some(time),
            reason: reason.to_owned(),
            message: message.to_owned(),
            generation,
        }
    }
}

fn empty_as_null<S: serde::Serializer>(items: &[TagEvent], serializer: S) -> Result<S::Ok, S::Error> {
    if items.is_empty() { serializer.serialize_none() } else { serializer.collect_seq(items) }
}

impl ImageStream {
    /// What the newest event of `tag` is.
    pub(crate) fn latest(&self, tag: &str) -> Option<&TagEvent> {
        self.status.tags.get(tag)?.items.first()
    }
}
