//! Addresses that cannot be listened on.

use std::net::SocketAddr;

/// What to do where `address` cannot be listened on.
#[must_use]
pub(super) fn hint(address: SocketAddr) -> String {
    match crate::registry::who_listens_on(address) {
        Some(process) => format!("the port is held by {process}; choose another with `--listen`"),
        None => "choose another address with `--listen`, or a free port with `--listen 127.0.0.1:0`".to_owned(),
    }
}
