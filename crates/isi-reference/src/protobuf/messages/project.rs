//! Messages of `project.openshift.io/v1`.

use super::super::descriptor::{Message, message, text};
use super::{core, meta};

pub(crate) static PROJECT: Message = Message::new(
    "Project",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        message(2, "spec", &PROJECT_SPEC),
        message(3, "status", &PROJECT_STATUS),
    ],
);

pub(crate) static PROJECT_LIST: Message =
    Message::new("ProjectList", &[message(1, "metadata", &meta::LIST_META), message(2, "items", &PROJECT).repeated()]);

pub(crate) static PROJECT_REQUEST: Message = Message::new(
    "ProjectRequest",
    &[message(1, "metadata", &meta::OBJECT_META), text(2, "displayName"), text(3, "description")],
);

pub(crate) static PROJECT_SPEC: Message = Message::new("ProjectSpec", &[text(1, "finalizers").repeated()]);

pub(crate) static PROJECT_STATUS: Message =
    Message::new("ProjectStatus", &[text(1, "phase"), message(2, "conditions", &core::NAMESPACE_CONDITION).repeated()]);
