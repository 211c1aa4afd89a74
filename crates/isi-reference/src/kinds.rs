//! The resources that the server has: one table for paths, discovery, access and the reviews of it.

use super::error::Resource;

/// A kind of object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    /// The name in paths, with the subresource if it is one.
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) namespaced: bool,
    pub(crate) verbs: &'static [&'static str],
    pub(crate) short_names: &'static [&'static str],
}

const STORED: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
const IMAGE: &str = "image.openshift.io";
const CONFIG: &str = "config.openshift.io";
const PROJECT: &str = "project.openshift.io";
const AUTHORIZATION: &str = "authorization.k8s.io";

/// Every kind.
pub(crate) static KINDS: &[Kind] = &[
    Kind {
        group: "",
        version: "v1",
        plural: "limitranges",
        singular: "limitrange",
        kind: "LimitRange",
        namespaced: true,
        verbs: STORED,
        short_names: &["limits"],
    },
    Kind {
        group: "",
        version: "v1",
        plural: "namespaces",
        singular: "namespace",
        kind: "Namespace",
        namespaced: false,
        verbs: &["create", "delete", "get", "list", "watch"],
        short_names: &["ns"],
    },
    Kind {
        group: "",
        version: "v1",
        plural: "secrets",
        singular: "secret",
        kind: "Secret",
        namespaced: true,
        verbs: STORED,
        short_names: &[],
    },
    Kind {
        group: "authentication.k8s.io",
        version: "v1",
        plural: "selfsubjectreviews",
        singular: "selfsubjectreview",
        kind: "SelfSubjectReview",
        namespaced: false,
        verbs: &["create"],
        short_names: &[],
    },
    Kind {
        group: AUTHORIZATION,
        version: "v1",
        plural: "selfsubjectaccessreviews",
        singular: "selfsubjectaccessreview",
        kind: "SelfSubjectAccessReview",
        namespaced: false,
        verbs: &["create"],
        short_names: &[],
    },
    Kind {
        group: AUTHORIZATION,
        version: "v1",
        plural: "selfsubjectrulesreviews",
        singular: "selfsubjectrulesreview",
        kind: "SelfSubjectRulesReview",
        namespaced: false,
        verbs: &["create"],
        short_names: &[],
    },
    Kind {
        group: CONFIG,
        version: "v1",
        plural: "imagedigestmirrorsets",
        singular: "imagedigestmirrorset",
        kind: "ImageDigestMirrorSet",
        namespaced: false,
        verbs: STORED,
        short_names: &["idms"],
    },
    Kind {
        group: CONFIG,
        version: "v1",
        plural: "images",
        singular: "image",
        kind: "Image",
        namespaced: false,
        verbs: STORED,
        short_names: &[],
    },
    Kind {
        group: CONFIG,
        version: "v1",
        plural: "imagetagmirrorsets",
        singular: "imagetagmirrorset",
        kind: "ImageTagMirrorSet",
        namespaced: false,
        verbs: STORED,
        short_names: &["itms"],
    },
    Kind {
        group: IMAGE,
        version: "v1",
        plural: "images",
        singular: "image",
        kind: "Image",
        namespaced: false,
        verbs: &["delete", "get", "list", "watch"],
        short_names: &[],
    },
    Kind {
        group: IMAGE,
        version: "v1",
        plural: "imagesignatures",
        singular: "imagesignature",
        kind: "ImageSignature",
        namespaced: false,
        verbs: &["create", "delete"],
        short_names: &[],
    },
    Kind {
        group: IMAGE,
        version: "v1",
        plural: "imagestreamimages",
        singular: "imagestreamimage",
        kind: "ImageStreamImage",
        namespaced: true,
        verbs: &["get"],
        short_names: &["isimage"],
    },
    Kind {
        group: IMAGE,
        version: "v1",
        plural: "imagestreamimports",
        singular: "imagestreamimport",
        kind: "ImageStreamImport",
        namespaced: true,
        verbs: &["create"],
        short_names: &[],
    },
    Kind {
        group: IMAGE,
        version: "v1",
        plural: "imagestreams",
        singular: "imagestream",
        kind: "ImageStream",
        namespaced: true,
        verbs: STORED,
        short_names: &["is"],
    },
    Kind {
        group: IMAGE,
        version: "v1",
        plural: "imagestreams/layers",
        singular: "",
        kind: "ImageStreamLayers",
        namespaced: true,
        verbs: &["get"],
        short_names: &[],
    },
    Kind {
        group: IMAGE,
        version: "v1",
        plural: "imagestreams/secrets",
        singular: "",
        kind: "SecretList",
        namespaced: true,
        verbs: &["get"],
        short_names: &[],
    },
    Kind {
        group: IMAGE,
        version: "v1",
        plural: "imagestreamtags",
        singular: "imagestreamtag",
        kind: "ImageStreamTag",
        namespaced: true,
        verbs: &["create", "delete", "get", "list", "patch", "update"],
        short_names: &["istag"],
    },
    Kind {
        group: "operator.openshift.io",
        version: "v1alpha1",
        plural: "imagecontentsourcepolicies",
        singular: "imagecontentsourcepolicy",
        kind: "ImageContentSourcePolicy",
        namespaced: false,
        verbs: STORED,
        short_names: &[],
    },
    Kind {
        group: PROJECT,
        version: "v1",
        plural: "projectrequests",
        singular: "projectrequest",
        kind: "ProjectRequest",
        namespaced: false,
        verbs: &["create", "list"],
        short_names: &[],
    },
    Kind {
        group: PROJECT,
        version: "v1",
        plural: "projects",
        singular: "project",
        kind: "Project",
        namespaced: false,
        verbs: &["delete", "get", "list", "watch"],
        short_names: &[],
    },
    Kind {
        group: "user.openshift.io",
        version: "v1",
        plural: "users",
        singular: "user",
        kind: "User",
        namespaced: false,
        verbs: &["get"],
        short_names: &[],
    },
];

impl Kind {
    /// The resource as messages name it.
    pub(crate) fn resource(&self) -> Resource {
        Resource { group: self.group, name: self.plural }
    }

    /// Group and version as objects carry them.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether objects of the kind are custom resources, which cannot be replaced without saying which version is meant.
    pub(crate) fn is_custom(&self) -> bool {
        self.group == CONFIG || self.group.starts_with("operator.")
    }

    /// Whether a path to a whole collection exists.
    pub(crate) fn has_collection(&self) -> bool {
        self.verbs.contains(&"list") || self.verbs.contains(&"create")
    }

    /// Whether a path to a single object exists.
    pub(crate) fn has_items(&self) -> bool {
        self.verbs.iter().any(|verb| !matches!(*verb, "list" | "create"))
    }
}
