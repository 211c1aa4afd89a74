//! Messages that every API uses: metadata, statuses, options, discovery.

use super::super::descriptor::{Message, flag, int, json, message, text, texts, time};

/// The package, as OpenAPI names it.
const PACKAGE: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

pub(crate) static API_GROUP: Message = Message::new(
    PACKAGE,
    "APIGroup",
    &[
        text(1, "name"),
        message(2, "versions", &GROUP_VERSION_FOR_DISCOVERY).repeated(),
        message(3, "preferredVersion", &GROUP_VERSION_FOR_DISCOVERY),
        message(4, "serverAddressByClientCIDRs", &SERVER_ADDRESS_BY_CLIENT_CIDR).repeated(),
    ],
);

pub(crate) static API_GROUP_LIST: Message =
    Message::new(PACKAGE, "APIGroupList", &[message(1, "groups", &API_GROUP).repeated()]);

pub(crate) static API_RESOURCE: Message = Message::new(
    PACKAGE,
    "APIResource",
    &[
        text(1, "name"),
        flag(2, "namespaced"),
        text(3, "kind"),
        texts(4, "verbs").optional(),
        text(5, "shortNames").repeated(),
        text(6, "singularName"),
        text(7, "categories").repeated(),
        text(8, "group"),
        text(9, "version"),
        text(10, "storageVersionHash"),
    ],
);

pub(crate) static API_RESOURCE_LIST: Message = Message::new(
    PACKAGE,
    "APIResourceList",
    &[text(1, "groupVersion"), message(2, "resources", &API_RESOURCE).repeated()],
);

pub(crate) static API_VERSIONS: Message = Message::new(
    PACKAGE,
    "APIVersions",
    &[
        text(1, "versions").repeated(),
        message(2, "serverAddressByClientCIDRs", &SERVER_ADDRESS_BY_CLIENT_CIDR).repeated(),
    ],
);

pub(crate) static DELETE_OPTIONS: Message = Message::new(
    PACKAGE,
    "DeleteOptions",
    &[
        int(1, "gracePeriodSeconds").optional(),
        message(2, "preconditions", &PRECONDITIONS).optional(),
        flag(3, "orphanDependents").optional(),
        text(4, "propagationPolicy").optional(),
        text(5, "dryRun").repeated(),
        flag(6, "ignoreStoreReadErrorWithClusterBreakingPotential").optional(),
    ],
);

pub(crate) static GROUP_VERSION_FOR_DISCOVERY: Message =
    Message::new(PACKAGE, "GroupVersionForDiscovery", &[text(1, "groupVersion"), text(2, "version")]);

pub(crate) static LIST_META: Message = Message::new(
    PACKAGE,
    "ListMeta",
    &[text(1, "selfLink"), text(2, "resourceVersion"), text(3, "continue"), int(4, "remainingItemCount").optional()],
);

pub(crate) static MANAGED_FIELDS_ENTRY: Message = Message::new(
    PACKAGE,
    "ManagedFieldsEntry",
    &[
        text(1, "manager"),
        text(2, "operation"),
        text(3, "apiVersion"),
        time(4, "time").optional(),
        text(6, "fieldsType"),
        json(7, "fieldsV1").optional(),
        text(8, "subresource"),
    ],
);

pub(crate) static OBJECT_META: Message = Message::new(
    PACKAGE,
    "ObjectMeta",
    &[
        text(1, "name"),
        text(2, "generateName"),
        text(3, "namespace"),
        text(4, "selfLink"),
        text(5, "uid"),
        text(6, "resourceVersion"),
        int(7, "generation"),
        time(8, "creationTimestamp"),
        time(9, "deletionTimestamp").optional(),
        int(10, "deletionGracePeriodSeconds").optional(),
        text(11, "labels").map(),
        text(12, "annotations").map(),
        message(13, "ownerReferences", &OWNER_REFERENCE).repeated(),
        text(14, "finalizers").repeated(),
        message(17, "managedFields", &MANAGED_FIELDS_ENTRY).repeated(),
    ],
);

pub(crate) static OWNER_REFERENCE: Message = Message::new(
    PACKAGE,
    "OwnerReference",
    &[
        text(1, "kind"),
        text(3, "name"),
        text(4, "uid"),
        text(5, "apiVersion"),
        flag(6, "controller").optional(),
        flag(7, "blockOwnerDeletion").optional(),
    ],
);

pub(crate) static PARTIAL_OBJECT_METADATA: Message =
    Message::new(PACKAGE, "PartialObjectMetadata", &[message(1, "metadata", &OBJECT_META)]);

pub(crate) static PARTIAL_OBJECT_METADATA_LIST: Message = Message::new(
    PACKAGE,
    "PartialObjectMetadataList",
    &[message(1, "metadata", &LIST_META), message(2, "items", &PARTIAL_OBJECT_METADATA).repeated()],
);

pub(crate) static PRECONDITIONS: Message =
    Message::new(PACKAGE, "Preconditions", &[text(1, "uid").optional(), text(2, "resourceVersion").optional()]);

pub(crate) static SERVER_ADDRESS_BY_CLIENT_CIDR: Message =
    Message::new(PACKAGE, "ServerAddressByClientCIDR", &[text(1, "clientCIDR"), text(2, "serverAddress")]);

pub(crate) static STATUS: Message = Message::new(
    PACKAGE,
    "Status",
    &[
        message(1, "metadata", &LIST_META),
        text(2, "status"),
        text(3, "message"),
        text(4, "reason"),
        message(5, "details", &STATUS_DETAILS).optional(),
        int(6, "code"),
    ],
);

pub(crate) static STATUS_CAUSE: Message =
    Message::new(PACKAGE, "StatusCause", &[text(1, "reason"), text(2, "message"), text(3, "field")]);

pub(crate) static STATUS_DETAILS: Message = Message::new(
    PACKAGE,
    "StatusDetails",
    &[
        text(1, "name"),
        text(2, "group"),
        text(3, "kind"),
        message(4, "causes", &STATUS_CAUSE).repeated(),
        int(5, "retryAfterSeconds"),
        text(6, "uid"),
    ],
);
