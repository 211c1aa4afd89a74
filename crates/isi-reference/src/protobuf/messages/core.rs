//! Messages of the core API, `v1`.

use super::super::descriptor::{Message, bytes, flag, message, quantity, text, time};
use super::meta;

/// The package, as OpenAPI names it.
const PACKAGE: &str = "io.k8s.api.core.v1";

pub(crate) static LIMIT_RANGE: Message = Message::new(
    PACKAGE,
    "LimitRange",
    &[message(1, "metadata", &meta::OBJECT_META), message(2, "spec", &LIMIT_RANGE_SPEC)],
);

pub(crate) static LIMIT_RANGE_ITEM: Message = Message::new(
    PACKAGE,
    "LimitRangeItem",
    &[
        text(1, "type"),
        quantity(2, "max").map(),
        quantity(3, "min").map(),
        quantity(4, "default").map(),
        quantity(5, "defaultRequest").map(),
        quantity(6, "maxLimitRequestRatio").map(),
    ],
);

pub(crate) static LIMIT_RANGE_LIST: Message = Message::new(
    PACKAGE,
    "LimitRangeList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &LIMIT_RANGE).repeated()],
);

pub(crate) static LIMIT_RANGE_SPEC: Message =
    Message::new(PACKAGE, "LimitRangeSpec", &[message(1, "limits", &LIMIT_RANGE_ITEM).repeated()]);

pub(crate) static LOCAL_OBJECT_REFERENCE: Message = Message::new(PACKAGE, "LocalObjectReference", &[text(1, "name")]);

pub(crate) static NAMESPACE: Message = Message::new(
    PACKAGE,
    "Namespace",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "spec", &NAMESPACE_SPEC),
        message(3, "status", &NAMESPACE_STATUS),
    ],
);

pub(crate) static NAMESPACE_CONDITION: Message = Message::new(
    PACKAGE,
    "NamespaceCondition",
    &[text(1, "type"), text(2, "status"), time(4, "lastTransitionTime"), text(5, "reason"), text(6, "message")],
);

pub(crate) static NAMESPACE_LIST: Message = Message::new(
    PACKAGE,
    "NamespaceList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &NAMESPACE).repeated()],
);

pub(crate) static NAMESPACE_SPEC: Message = Message::new(PACKAGE, "NamespaceSpec", &[text(1, "finalizers").repeated()]);

pub(crate) static NAMESPACE_STATUS: Message = Message::new(
    PACKAGE,
    "NamespaceStatus",
    &[text(1, "phase"), message(2, "conditions", &NAMESPACE_CONDITION).repeated()],
);

pub(crate) static OBJECT_REFERENCE: Message = Message::new(
    PACKAGE,
    "ObjectReference",
    &[
        text(1, "kind"),
        text(2, "namespace"),
        text(3, "name"),
        text(4, "uid"),
        text(5, "apiVersion"),
        text(6, "resourceVersion"),
        text(7, "fieldPath"),
    ],
);

pub(crate) static SECRET: Message = Message::new(
    PACKAGE,
    "Secret",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        bytes(2, "data").map(),
        text(3, "type"),
        text(4, "stringData").map(),
        flag(5, "immutable").optional(),
    ],
);

pub(crate) static SECRET_LIST: Message = Message::new(
    PACKAGE,
    "SecretList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &SECRET).repeated()],
);
