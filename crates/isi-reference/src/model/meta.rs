//! Metadata that every object carries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::{is_default, time::Time};
use crate::{patch::ManagedEntry, selector::SelectableFields};

/// `metadata` of an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ObjectMeta {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) generate_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) namespace: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) self_link: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) uid: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) resource_version: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) generation: i64,
    #[serde(skip_serializing_if = "CreationTime::is_absent")]
    pub(crate) creation_timestamp: CreationTime,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) deletion_timestamp: Option<Time>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) deletion_grace_period_seconds: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) owner_references: Vec<OwnerReference>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) finalizers: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) managed_fields: Vec<ManagedEntry>,
}

impl ObjectMeta {
    /// Leaves out owners that are named before, and returns their UIDs.
    pub(crate) fn merge_equal_owners(&mut self) -> Vec<String> {
        let mut twice = Vec::new();
        let mut owners: Vec<OwnerReference> = Vec::new();
        for owner in std::mem::take(&mut self.owner_references) {
            if owners.contains(&owner) {
                twice.push(owner.uid);
            } else {
                owners.push(owner);
            }
        }
        self.owner_references = owners;
        twice
    }

    /// Generates the name of an object that has none and a prefix for one.
    pub(crate) fn generate_missing_name(&mut self) {
        if self.lacks_generated_name() {
            self.name = generated_name(&self.generate_name);
        }
    }

    /// Whether a name is to be generated and has not been.
    pub(crate) fn lacks_generated_name(&self) -> bool {
        self.name.is_empty() && !self.generate_name.is_empty()
    }

    /// The fields that objects of any kind can be selected by.
    pub(crate) fn selectable_fields(&self) -> SelectableFields<'_> {
        SelectableFields { namespace: &self.namespace, name: &self.name, ..SelectableFields::default() }
    }

    /// Gives the object an identity and a creation time, whatever it came with.
    pub(crate) fn fill_system_fields(&mut self) {
        self.uid = new_uid();
        self.creation_timestamp = CreationTime::At(Time::now());
    }

    /// Takes over from `old` what the new form of an object may leave out, and what it cannot change.
    pub(crate) fn keep_system_fields(&mut self, old: &Self) {
        if self.uid.is_empty() {
            self.uid.clone_from(&old.uid);
        }
        if let CreationTime::At(_) = old.creation_timestamp {
            self.creation_timestamp = old.creation_timestamp;
        }
        if old.deletion_timestamp.is_some() {
            self.deletion_timestamp = old.deletion_timestamp;
        }
        if self.deletion_grace_period_seconds.is_none() {
            self.deletion_grace_period_seconds = old.deletion_grace_period_seconds;
        }
    }

    /// Removes what only the server may set.
    pub(crate) fn wipe_system_fields(&mut self) {
        self.uid.clear();
        self.creation_timestamp = CreationTime::Absent;
        self.deletion_timestamp = None;
        self.deletion_grace_period_seconds = None;
        self.self_link.clear();
    }
}

/// How many bytes the prefix of a generated name keeps: a DNS label has 63, of which five are random.
const GENERATED_PREFIX: usize = 63 - 5;
/// What the random end of a generated name consists of: no vowels, and nothing that looks like them.
const GENERATED_LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// A name with this prefix, as Kubernetes' `SimpleNameGenerator` makes it.
fn generated_name(prefix: &str) -> String {
    let random = uuid::Uuid::new_v4().into_bytes();
    let end =
        random.iter().take(5).map(|byte| char::from(GENERATED_LETTERS[usize::from(*byte) % GENERATED_LETTERS.len()]));
    let kept = (0..=GENERATED_PREFIX.min(prefix.len())).rev().find(|end| prefix.is_char_boundary(*end));
    prefix[..kept.unwrap_or_default()].chars().chain(end).collect()
}

/// A new random identity.
pub(crate) fn new_uid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// When an object was created, and how it is written when it was not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Option<Time>")]
pub(crate) enum CreationTime {
    /// Never, and there is no key.
    #[default]
    Absent,
    /// Never, written as `null`.
    Null,
    /// Then.
    At(Time),
}

impl CreationTime {
    /// How an object that was never stored is written: see `Behaviour::unset_creation_time_absent`.
    pub(crate) fn unset(absent: bool) -> Self {
        if absent { Self::Absent } else { Self::Null }
    }

    fn is_absent(&self) -> bool {
        *self == Self::Absent
    }
}

impl From<Option<Time>> for CreationTime {
    fn from(time: Option<Time>) -> Self {
        time.map_or(Self::Absent, Self::At)
    }
}

impl Serialize for CreationTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::At(time) => time.serialize(serializer),
        }
    }
}

/// An object that this one belongs to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OwnerReference {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) controller: Option<bool>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) block_owner_deletion: Option<bool>,
}

impl OwnerReference {
    /// The reference as Go prints it.
    pub(crate) fn in_go(&self) -> String {
        let flag = |flag: Option<bool>| if flag.is_some() { "(*bool)(0xc000000000)" } else { "(*bool)(nil)" };
        format!(
            "v1.OwnerReference{{APIVersion:{:?}, Kind:{:?}, Name:{:?}, UID:{:?}, Controller:{}, BlockOwnerDeletion:{}}}",
            self.api_version,
            self.kind,
            self.name,
            self.uid,
            flag(self.controller),
            flag(self.block_owner_deletion)
        )
    }
}

/// A reference to some object, of which image imports use only kind and name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ObjectReference {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) namespace: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) uid: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) api_version: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) resource_version: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) field_path: String,
}

impl ObjectReference {
    /// A reference to an image in a registry.
    pub(crate) fn docker_image(name: String) -> Self {
        Self { kind: "DockerImage".to_owned(), name, ..Self::default() }
    }

    /// Whether this names an image in a registry.
    pub(crate) fn is_docker_image(&self) -> bool {
        self.kind == "DockerImage"
    }
}
