//! Messages of `project.openshift.io/v1`.

use super::super::descriptor::{Message, message, text};
use super::{core, meta};

/// The package, as OpenAPI names it.
const PACKAGE: &str = "com.github.openshift.api.project.v1";

pub(crate) static PROJECT: Message = Message::new(
    PACKAGE,
    "Project",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "spec", &PROJECT_SPEC),
        message(3, "status", &PROJECT_STATUS),
    ],
);

pub(crate) static PROJECT_LIST: Message = Message::new(
    PACKAGE,
    "ProjectList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &PROJECT).repeated()],
);

pub(crate) static PROJECT_REQUEST: Message = Message::new(
    PACKAGE,
    "ProjectRequest",
    &[message(1, "metadata", &meta::OBJECT_META), text(2, "displayName"), text(3, "description")],
);

pub(crate) static PROJECT_SPEC: Message = Message::new(PACKAGE, "ProjectSpec", &[text(1, "finalizers").repeated()]);

pub(crate) static PROJECT_STATUS: Message = Message::new(
    PACKAGE,
    "ProjectStatus",
    &[text(1, "phase"), message(2, "conditions", &core::NAMESPACE_CONDITION).repeated()],
);
