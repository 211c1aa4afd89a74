//! Messages of `user.openshift.io/v1`.

use super::super::descriptor::{Message, message, text, texts};
use super::meta;

pub(crate) static GROUP: Message =
    Message::new("Group", &[message(1, "metadata", &meta::OBJECT_META), texts(2, "users").optional()]);

pub(crate) static GROUP_LIST: Message =
    Message::new("GroupList", &[message(1, "metadata", &meta::LIST_META), message(2, "items", &GROUP).repeated()]);

pub(crate) static USER: Message = Message::new(
    "User",
    &[
        message(1, "metadata", &meta::OBJECT_META),
        text(2, "fullName"),
        text(3, "identities").repeated(),
        text(4, "groups").repeated(),
    ],
);

pub(crate) static USER_LIST: Message =
    Message::new("UserList", &[message(1, "metadata", &meta::LIST_META), message(2, "items", &USER).repeated()]);
