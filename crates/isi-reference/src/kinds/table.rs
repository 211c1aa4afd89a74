//! The table of resources.

use super::{CONFIG, Handler, Kind, OPERATOR, Verb, columns, workloads::WORKLOADS};
use crate::{storage, version::ApiVersion};

/// A row to begin with.
const NONE: Kind = Kind {
    group: "",
    version: "v1",
    plural: "",
    singular: "",
    kind: "",
    namespaced: false,
    short_names: &[],
    categories: &[],
    since: ApiVersion::V3_11,
    methods: &[],
    stored: None,
    is_empty: false,
    storage_version_hash: "",
    columns: None,
};
const IMAGE: Kind = Kind { group: "image.openshift.io", namespaced: true, ..NONE };
const AUTHORIZATION: Kind = Kind { group: "authorization.k8s.io", methods: &[(Verb::Create, Handler::Review)], ..NONE };
const CUSTOM: Kind = Kind { methods: OBJECTS, columns: Some(&columns::CUSTOM), ..NONE };
const PROJECT: Kind = Kind { group: "project.openshift.io", ..NONE };

/// The methods of objects that the server only keeps.
const OBJECTS: &[(Verb, Handler)] = &[
    (Verb::Create, Handler::CreateObject),
    (Verb::Delete, Handler::DeleteStored),
    (Verb::DeleteCollection, Handler::DeleteCollection),
    (Verb::Get, Handler::GetObject),
    (Verb::List, Handler::ListObjects),
    (Verb::Patch, Handler::PatchObject),
    (Verb::Update, Handler::ReplaceObject),
    (Verb::Watch, Handler::Watch),
];

/// Every resource, by groups, in the order of a cluster: custom resources come last. Clients take the first group of a name that two
/// have, such as `images`.
pub(crate) static KINDS: &[Kind] = &[
    Kind {
        plural: "limitranges",
        singular: "limitrange",
        kind: "LimitRange",
        namespaced: true,
        short_names: &["limits"],
        methods: OBJECTS,
        stored: Some("limitranges"),
        columns: Some(&columns::LIMIT_RANGES),
        ..NONE
    },
    Kind {
        plural: "namespaces",
        singular: "namespace",
        kind: "Namespace",
        short_names: &["ns"],
        methods: &[
            (Verb::Create, Handler::CreateNamespace),
            (Verb::Delete, Handler::DeleteNamespace),
            (Verb::Get, Handler::GetNamespace),
            (Verb::List, Handler::ListNamespaces),
            (Verb::Watch, Handler::Watch),
        ],
        stored: Some(storage::NAMESPACES),
        columns: Some(&columns::NAMESPACES),
        ..NONE
    },
    Kind {
        plural: "secrets",
        singular: "secret",
        kind: "Secret",
        namespaced: true,
        methods: OBJECTS,
        stored: Some("secrets"),
        columns: Some(&columns::SECRETS),
        ..NONE
    },
    Kind {
        group: "authentication.k8s.io",
        plural: "selfsubjectreviews",
        singular: "selfsubjectreview",
        kind: "SelfSubjectReview",
        methods: &[(Verb::Create, Handler::Review)],
        ..NONE
    },
    Kind {
        plural: "selfsubjectaccessreviews",
        singular: "selfsubjectaccessreview",
        kind: "SelfSubjectAccessReview",
        ..AUTHORIZATION
    },
    Kind {
        plural: "selfsubjectrulesreviews",
        singular: "selfsubjectrulesreview",
        kind: "SelfSubjectRulesReview",
        ..AUTHORIZATION
    },
    Kind {
        plural: "images",
        singular: "image",
        kind: "Image",
        namespaced: false,
        methods: &[
            (Verb::Create, Handler::CreateImage),
            (Verb::Delete, Handler::DeleteStored),
            (Verb::DeleteCollection, Handler::DeleteCollection),
            (Verb::Get, Handler::GetImage),
            (Verb::List, Handler::ListImages),
            (Verb::Patch, Handler::PatchImage),
            (Verb::Update, Handler::ReplaceImage),
            (Verb::Watch, Handler::Watch),
        ],
        stored: Some(storage::IMAGES),
        storage_version_hash: "FX/i8Tt+3Fc=",
        columns: Some(&columns::IMAGES),
        ..IMAGE
    },
    Kind {
        plural: "imagesignatures",
        singular: "imagesignature",
        kind: "ImageSignature",
        namespaced: false,
        methods: &[(Verb::Create, Handler::CreateSignature), (Verb::Delete, Handler::DeleteSignature)],
        ..IMAGE
    },
    Kind {
        plural: "imagestreamimages",
        singular: "imagestreamimage",
        kind: "ImageStreamImage",
        short_names: &["isimage"],
        methods: &[(Verb::Get, Handler::GetStreamImage)],
        columns: Some(&columns::STREAM_IMAGES),
        ..IMAGE
    },
    Kind {
        plural: "imagestreamimports",
        singular: "imagestreamimport",
        kind: "ImageStreamImport",
        methods: &[(Verb::Create, Handler::Import)],
        ..IMAGE
    },
    Kind {
        plural: "imagestreammappings",
        singular: "imagestreammapping",
        kind: "ImageStreamMapping",
        methods: &[(Verb::Create, Handler::CreateMapping)],
        ..IMAGE
    },
    Kind {
        plural: "imagestreams",
        singular: "imagestream",
        kind: "ImageStream",
        short_names: &["is"],
        categories: &["all"],
        methods: &[
            (Verb::Create, Handler::CreateStream),
            (Verb::Delete, Handler::DeleteStored),
            (Verb::DeleteCollection, Handler::DeleteCollection),
            (Verb::Get, Handler::GetStream),
            (Verb::List, Handler::ListStreams),
            (Verb::Patch, Handler::PatchStream),
            (Verb::Update, Handler::ReplaceStream),
            (Verb::Watch, Handler::Watch),
        ],
        stored: Some(storage::STREAMS),
        storage_version_hash: "mwmf9lCqOiA=",
        columns: Some(&columns::STREAMS),
        ..IMAGE
    },
    Kind {
        plural: "imagestreams/layers",
        kind: "ImageStreamLayers",
        methods: &[(Verb::Get, Handler::GetLayers)],
        ..IMAGE
    },
    Kind {
        plural: "imagestreams/secrets",
        kind: "SecretList",
        methods: &[(Verb::Get, Handler::ListPullSecrets)],
        ..IMAGE
    },
    Kind {
        plural: "imagestreams/status",
        kind: "ImageStream",
        methods: &[
            (Verb::Get, Handler::GetStream),
            (Verb::Patch, Handler::PatchStream),
            (Verb::Update, Handler::ReplaceStream),
        ],
        ..IMAGE
    },
    Kind {
        plural: "imagestreamtags",
        singular: "imagestreamtag",
        kind: "ImageStreamTag",
        short_names: &["istag"],
        methods: &[
            (Verb::Create, Handler::CreateTag),
            (Verb::Delete, Handler::DeleteTag),
            (Verb::Get, Handler::GetTag),
            (Verb::List, Handler::ListTags),
            (Verb::Patch, Handler::PatchTag),
            (Verb::Update, Handler::ReplaceTag),
        ],
        columns: Some(&columns::STREAM_TAGS),
        ..IMAGE
    },
    Kind {
        plural: "imagetags",
        singular: "imagetag",
        kind: "ImageTag",
        short_names: &["itag"],
        since: ApiVersion::V4_8,
        methods: &[
            (Verb::Create, Handler::CreateImageTag),
            (Verb::Delete, Handler::DeleteTag),
            (Verb::Get, Handler::GetImageTag),
            (Verb::List, Handler::ListImageTags),
            (Verb::Patch, Handler::PatchImageTag),
            (Verb::Update, Handler::ReplaceImageTag),
        ],
        columns: Some(&columns::IMAGE_TAGS),
        ..IMAGE
    },
    Kind {
        plural: "projectrequests",
        singular: "projectrequest",
        kind: "ProjectRequest",
        methods: &[(Verb::Create, Handler::RequestProject), (Verb::List, Handler::MayRequestProject)],
        ..PROJECT
    },
    Kind {
        plural: "projects",
        singular: "project",
        kind: "Project",
        methods: &[
            (Verb::Delete, Handler::DeleteProject),
            (Verb::Get, Handler::GetProject),
            (Verb::List, Handler::ListNamespaces),
            (Verb::Watch, Handler::Watch),
        ],
        stored: Some(storage::NAMESPACES),
        columns: Some(&columns::PROJECTS),
        ..PROJECT
    },
    Kind {
        group: "user.openshift.io",
        plural: "users",
        singular: "user",
        kind: "User",
        methods: &[(Verb::Get, Handler::GetUser)],
        ..NONE
    },
    Kind {
        group: CONFIG,
        plural: "clusterversions",
        singular: "clusterversion",
        kind: "ClusterVersion",
        since: ApiVersion::V4_2,
        stored: Some(storage::seed::CLUSTER_VERSION),
        ..CUSTOM
    },
    Kind {
        group: CONFIG,
        plural: "imagedigestmirrorsets",
        singular: "imagedigestmirrorset",
        kind: "ImageDigestMirrorSet",
        short_names: &["idms"],
        stored: Some("imagedigestmirrorsets"),
        ..CUSTOM
    },
    Kind {
        group: CONFIG,
        plural: "images",
        singular: "image",
        kind: "Image",
        stored: Some(storage::seed::IMAGE_CONFIG),
        ..CUSTOM
    },
    Kind {
        group: CONFIG,
        plural: "imagetagmirrorsets",
        singular: "imagetagmirrorset",
        kind: "ImageTagMirrorSet",
        short_names: &["itms"],
        stored: Some("imagetagmirrorsets"),
        ..CUSTOM
    },
    Kind {
        group: OPERATOR,
        version: "v1alpha1",
        plural: "imagecontentsourcepolicies",
        singular: "imagecontentsourcepolicy",
        kind: "ImageContentSourcePolicy",
        stored: Some("imagecontentsourcepolicies"),
        ..CUSTOM
    },
];

/// The resources that servers of `version` have.
pub(crate) fn served(version: ApiVersion) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().chain(WORKLOADS).filter(move |kind| kind.since <= version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_in_the_order_of_discovery_and_each_is_once() {
        for kind in KINDS {
            assert!(kind.verbs().is_sorted_by(|one, next| one < next), "{}", kind.plural);
        }
    }

    #[test]
    fn what_is_watched_or_deleted_as_a_collection_is_stored() {
        for kind in KINDS.iter().filter(|kind| kind.has(Verb::Watch) || kind.has(Verb::DeleteCollection)) {
            assert!(kind.stored.is_some() && kind.has(Verb::List), "{}", kind.plural);
        }
    }

    #[test]
    fn groups_stand_together() {
        let mut seen = Vec::new();
        for kind in KINDS {
            if seen.last() != Some(&kind.group) {
                assert!(!seen.contains(&kind.group), "{}", kind.group);
                seen.push(kind.group);
            }
        }
    }
}
