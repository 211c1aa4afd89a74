//! Messages of reviews: `authorization.k8s.io/v1` and `authentication.k8s.io/v1`.

use super::super::descriptor::{Message, flag, message, text, texts};
use super::meta;

/// The package, as OpenAPI names it.
const PACKAGE: &str = "io.k8s.api.authorization.v1";
const AUTHENTICATION: &str = "io.k8s.api.authentication.v1";
const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

pub(crate) static FIELD_SELECTOR_ATTRIBUTES: Message = Message::new(
    PACKAGE,
    "FieldSelectorAttributes",
    &[text(1, "rawSelector"), message(2, "requirements", &FIELD_SELECTOR_REQUIREMENT).repeated()],
);

pub(crate) static LABEL_SELECTOR_ATTRIBUTES: Message = Message::new(
    PACKAGE,
    "LabelSelectorAttributes",
    &[text(1, "rawSelector"), message(2, "requirements", &LABEL_SELECTOR_REQUIREMENT).repeated()],
);

pub(crate) static LOCAL_SUBJECT_ACCESS_REVIEW: Message = Message::new(
    PACKAGE,
    "LocalSubjectAccessReview",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "spec", &SUBJECT_ACCESS_REVIEW_SPEC),
        message(3, "status", &SUBJECT_ACCESS_REVIEW_STATUS),
    ],
);

pub(crate) static NON_RESOURCE_ATTRIBUTES: Message =
    Message::new(PACKAGE, "NonResourceAttributes", &[text(1, "path"), text(2, "verb")]);

pub(crate) static NON_RESOURCE_RULE: Message =
    Message::new(PACKAGE, "NonResourceRule", &[text(1, "verbs").repeated(), text(2, "nonResourceURLs").repeated()]);

pub(crate) static RESOURCE_ATTRIBUTES: Message = Message::new(
    PACKAGE,
    "ResourceAttributes",
    &[
        text(1, "namespace"),
        text(2, "verb"),
        text(3, "group"),
        text(4, "version"),
        text(5, "resource"),
        text(6, "subresource"),
        text(7, "name"),
        message(8, "fieldSelector", &FIELD_SELECTOR_ATTRIBUTES).optional(),
        message(9, "labelSelector", &LABEL_SELECTOR_ATTRIBUTES).optional(),
    ],
);

pub(crate) static RESOURCE_RULE: Message = Message::new(
    PACKAGE,
    "ResourceRule",
    &[
        text(1, "verbs").repeated(),
        text(2, "apiGroups").repeated(),
        text(3, "resources").repeated(),
        text(4, "resourceNames").repeated(),
    ],
);

pub(crate) static SELF_SUBJECT_ACCESS_REVIEW: Message = Message::new(
    PACKAGE,
    "SelfSubjectAccessReview",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "spec", &SELF_SUBJECT_ACCESS_REVIEW_SPEC),
        message(3, "status", &SUBJECT_ACCESS_REVIEW_STATUS),
    ],
);

pub(crate) static SELF_SUBJECT_ACCESS_REVIEW_SPEC: Message = Message::new(
    PACKAGE,
    "SelfSubjectAccessReviewSpec",
    &[
        message(1, "resourceAttributes", &RESOURCE_ATTRIBUTES).optional(),
        message(2, "nonResourceAttributes", &NON_RESOURCE_ATTRIBUTES).optional(),
    ],
);

pub(crate) static SELF_SUBJECT_RULES_REVIEW: Message = Message::new(
    PACKAGE,
    "SelfSubjectRulesReview",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "spec", &SELF_SUBJECT_RULES_REVIEW_SPEC),
        message(3, "status", &SUBJECT_RULES_REVIEW_STATUS),
    ],
);

pub(crate) static SELF_SUBJECT_RULES_REVIEW_SPEC: Message =
    Message::new(PACKAGE, "SelfSubjectRulesReviewSpec", &[text(1, "namespace")]);

pub(crate) static SUBJECT_ACCESS_REVIEW: Message = Message::new(
    PACKAGE,
    "SubjectAccessReview",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "spec", &SUBJECT_ACCESS_REVIEW_SPEC),
        message(3, "status", &SUBJECT_ACCESS_REVIEW_STATUS),
    ],
);

pub(crate) static SUBJECT_ACCESS_REVIEW_SPEC: Message = Message::new(
    PACKAGE,
    "SubjectAccessReviewSpec",
    &[
        message(1, "resourceAttributes", &RESOURCE_ATTRIBUTES).optional(),
        message(2, "nonResourceAttributes", &NON_RESOURCE_ATTRIBUTES).optional(),
        text(3, "user"),
        text(4, "groups").repeated(),
        texts(5, "extra").map(),
        text(6, "uid"),
    ],
);

pub(crate) static SUBJECT_ACCESS_REVIEW_STATUS: Message = Message::new(
    PACKAGE,
    "SubjectAccessReviewStatus",
    &[flag(1, "allowed"), text(2, "reason"), text(3, "evaluationError"), flag(4, "denied")],
);

pub(crate) static SUBJECT_RULES_REVIEW_STATUS: Message = Message::new(
    PACKAGE,
    "SubjectRulesReviewStatus",
    &[
        message(1, "resourceRules", &RESOURCE_RULE).repeated(),
        message(2, "nonResourceRules", &NON_RESOURCE_RULE).repeated(),
        flag(3, "incomplete"),
        text(4, "evaluationError"),
    ],
);

pub(crate) static FIELD_SELECTOR_REQUIREMENT: Message = Message::new(
    META,
    "FieldSelectorRequirement",
    &[text(1, "key"), text(2, "operator"), text(3, "values").repeated()],
);

pub(crate) static LABEL_SELECTOR_REQUIREMENT: Message = Message::new(
    META,
    "LabelSelectorRequirement",
    &[text(1, "key"), text(2, "operator"), text(3, "values").repeated()],
);

pub(crate) static SELF_SUBJECT_REVIEW: Message = Message::new(
    AUTHENTICATION,
    "SelfSubjectReview",
    &[message(1, "metadata", &meta::OBJECT_META), message(2, "status", &SELF_SUBJECT_REVIEW_STATUS)],
);

pub(crate) static SELF_SUBJECT_REVIEW_STATUS: Message =
    Message::new(AUTHENTICATION, "SelfSubjectReviewStatus", &[message(1, "userInfo", &USER_INFO)]);

pub(crate) static USER_INFO: Message = Message::new(
    AUTHENTICATION,
    "UserInfo",
    &[text(1, "username"), text(2, "uid"), text(3, "groups").repeated(), texts(4, "extra").map()],
);
