//! Messages of `user.openshift.io/v1`.

use super::super::descriptor::{Message, message, text, texts};
use super::meta;

/// The package, as OpenAPI names it.
const PACKAGE: &str = "com.github.openshift.api.user.v1";

pub(crate) static GROUP: Message =
    Message::new(PACKAGE, "Group", &[message(1, "metadata", &meta::OBJECT_META), texts(2, "users").optional()]);

pub(crate) static GROUP_LIST: Message = Message::new(
    PACKAGE,
    "GroupList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &GROUP).repeated()],
);

pub(crate) static USER: Message = Message::new(
    PACKAGE,
    "User",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        text(2, "fullName"),
        text(3, "identities").repeated(),
        text(4, "groups").repeated(),
    ],
);

pub(crate) static USER_LIST: Message = Message::new(
    PACKAGE,
    "UserList",
    &[message(1, "metadata", &meta::LIST_META), message(2, "items", &USER).repeated()],
);
