//! The kinds that servers of the image API know under the names of the legacy group and of their own.

/// Kinds of the image API that are decoded field by field, in either group.
const IMAGE_KINDS: [&str; 8] = [
    "Image",
    "ImageSignature",
    "ImageStream",
    "ImageStreamImage",
    "ImageStreamImport",
    "ImageStreamMapping",
    "ImageStreamTag",
    "ImageTag",
];

/// Kinds of Kubernetes' own that are the same in every version of every group.
pub(crate) const UNVERSIONED: [&str; 5] = ["Status", "APIVersions", "APIGroup", "APIGroupList", "APIResourceList"];

/// Kinds of the legacy group `v1` that are stored; each has a list.
const STORED_KINDS: [&str; 16] = [
    "ComponentStatus",
    "ConfigMap",
    "Endpoints",
    "Event",
    "LimitRange",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodTemplate",
    "ReplicationController",
    "ResourceQuota",
    "Secret",
    "Service",
    "ServiceAccount",
];

/// Kinds of the legacy group that have no list.
const OTHER_KINDS: [&str; 6] =
    ["Binding", "List", "PodExecOptions", "PodStatusResult", "RangeAllocation", "SerializedReference"];

/// Whether a kind is one of Kubernetes' own in the legacy group.
pub(crate) fn is_core(kind: &str) -> bool {
    let item = kind.strip_suffix("List").unwrap_or(kind);
    STORED_KINDS.contains(&item) || OTHER_KINDS.contains(&kind)
}

/// Whether the scheme that metadata of Docker images is decoded with has this kind in this version.
pub(super) fn is_beside_docker_images(kind: &str, version: &str) -> bool {
    UNVERSIONED.contains(&kind)
        || matches!(version, "v1" | "image.openshift.io/v1") && IMAGE_KINDS.contains(&kind)
        || version == "v1" && is_core(kind)
}
