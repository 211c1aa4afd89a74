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

/// Kinds of the legacy group `v1` that are no kinds of the image API; each has a list but for those after `Secret`.
const CORE_KINDS: [&str; 22] = [
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
    "Service",
    "ServiceAccount",
    "Secret",
    "Binding",
    "List",
    "PodStatusResult",
    "RangeAllocation",
    "SerializedReference",
    "PodExecOptions",
];

/// Whether a kind is one of Kubernetes' own in the legacy group.
pub(crate) fn is_core(kind: &str) -> bool {
    CORE_KINDS.contains(&kind) || kind.strip_suffix("List").is_some_and(|of| CORE_KINDS[..16].contains(&of))
}

/// Whether the scheme that metadata of Docker images is decoded with has this kind in this version.
pub(super) fn is_beside_docker_images(kind: &str, version: &str) -> bool {
    UNVERSIONED.contains(&kind)
        || matches!(version, "v1" | "image.openshift.io/v1") && IMAGE_KINDS.contains(&kind)
        || version == "v1" && is_core(kind)
}
