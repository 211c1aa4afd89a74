//! The registry on a TCP port.

mod body;
mod connection;
mod listener;
mod raw;
mod security;

pub(crate) use listener::Server;
pub(crate) use security::Security;
