//! The table of resources.

use super::{CONFIG, Handler, Kind, OPERATOR, Verb, columns, workloads::WORKLOADS};
use crate::{
    resources::{
        deletion, image_tags, image_writes, images, layers, mappings, namespaces, objects, projects, reviews,
        signatures, stream_images, stream_writes, streams, tag_writes, tags, users,
    },
    storage,
    version::ApiVersion,
};

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
const AUTHORIZATION: Kind =
    Kind { group: "authorization.k8s.io", methods: &[(Verb::Create, Handler::Store(reviews::create))], ..NONE };
const CUSTOM: Kind = Kind { methods: OBJECTS, columns: Some(&columns::CUSTOM), ..NONE };
const PROJECT: Kind = Kind { group: "project.openshift.io", ..NONE };

/// The methods of objects that the server only keeps.
const OBJECTS: &[(Verb, Handler)] = &[
    (Verb::Create, Handler::Store(objects::create)),
    (Verb::Delete, Handler::Store(deletion::delete)),
    (Verb::DeleteCollection, Handler::Store(deletion::delete_collection)),
    (Verb::Get, Handler::Store(objects::get)),
    (Verb::List, Handler::Store(objects::list)),
    (Verb::Patch, Handler::Store(objects::patch)),
    (Verb::Update, Handler::Store(objects::replace)),
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
            (Verb::Create, Handler::Store(namespaces::create)),
            (Verb::Delete, Handler::Store(namespaces::delete)),
            (Verb::Get, Handler::Store(namespaces::get)),
            (Verb::List, Handler::Store(namespaces::list)),
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
        methods: &[(Verb::Create, Handler::Store(reviews::create))],
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
            (Verb::Create, Handler::Store(image_writes::create)),
            (Verb::Delete, Handler::Store(deletion::delete)),
            (Verb::DeleteCollection, Handler::Store(deletion::delete_collection)),
            (Verb::Get, Handler::Store(images::get)),
            (Verb::List, Handler::Store(images::list)),
            (Verb::Patch, Handler::Store(image_writes::patch)),
            (Verb::Update, Handler::Store(image_writes::replace)),
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
        methods: &[
            (Verb::Create, Handler::Store(signatures::create)),
            (Verb::Delete, Handler::Store(signatures::delete)),
        ],
        ..IMAGE
    },
    Kind {
        plural: "imagestreamimages",
        singular: "imagestreamimage",
        kind: "ImageStreamImage",
        short_names: &["isimage"],
        methods: &[(Verb::Get, Handler::Store(stream_images::get))],
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
        methods: &[(Verb::Create, Handler::Store(mappings::create))],
        ..IMAGE
    },
    Kind {
        plural: "imagestreams",
        singular: "imagestream",
        kind: "ImageStream",
        short_names: &["is"],
        categories: &["all"],
        methods: &[
            (Verb::Create, Handler::Store(stream_writes::create)),
            (Verb::Delete, Handler::Store(deletion::delete)),
            (Verb::DeleteCollection, Handler::Store(deletion::delete_collection)),
            (Verb::Get, Handler::Store(streams::get)),
            (Verb::List, Handler::Store(streams::list)),
            (Verb::Patch, Handler::Store(stream_writes::patch)),
            (Verb::Update, Handler::Store(stream_writes::replace)),
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
        methods: &[(Verb::Get, Handler::Store(layers::get))],
        ..IMAGE
    },
    Kind {
        plural: "imagestreams/secrets",
        kind: "SecretList",
        methods: &[(Verb::Get, Handler::Store(objects::pull_secrets))],
        ..IMAGE
    },
    Kind {
        plural: "imagestreams/status",
        kind: "ImageStream",
        methods: &[
            (Verb::Get, Handler::Store(streams::get)),
            (Verb::Patch, Handler::Store(stream_writes::patch)),
            (Verb::Update, Handler::Store(stream_writes::replace)),
        ],
        ..IMAGE
    },
    Kind {
        plural: "imagestreamtags",
        singular: "imagestreamtag",
        kind: "ImageStreamTag",
        short_names: &["istag"],
        methods: &[
            (Verb::Create, Handler::Store(tag_writes::create)),
            (Verb::Delete, Handler::Store(tags::delete)),
            (Verb::Get, Handler::Store(tags::get)),
            (Verb::List, Handler::Store(tags::list)),
            (Verb::Patch, Handler::Store(tag_writes::patch)),
            (Verb::Update, Handler::Store(tag_writes::replace)),
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
            (Verb::Create, Handler::Store(image_tags::create)),
            (Verb::Delete, Handler::Store(tags::delete)),
            (Verb::Get, Handler::Store(image_tags::get)),
            (Verb::List, Handler::Store(image_tags::list)),
            (Verb::Patch, Handler::Store(image_tags::patch)),
            (Verb::Update, Handler::Store(image_tags::replace)),
        ],
        columns: Some(&columns::IMAGE_TAGS),
        ..IMAGE
    },
    Kind {
        plural: "projectrequests",
        singular: "projectrequest",
        kind: "ProjectRequest",
        methods: &[
            (Verb::Create, Handler::Store(projects::request)),
            (Verb::List, Handler::Store(projects::may_request)),
        ],
        ..PROJECT
    },
    Kind {
        plural: "projects",
        singular: "project",
        kind: "Project",
        methods: &[
            (Verb::Delete, Handler::Store(projects::delete)),
            (Verb::Get, Handler::Store(projects::get)),
            (Verb::List, Handler::Store(namespaces::list)),
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
        methods: &[(Verb::Get, Handler::Store(users::get))],
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
