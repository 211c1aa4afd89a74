//! The registry on a TCP port.

mod body;
mod connection;
mod holder;
mod listener;
mod muted;
mod raw;
mod security;

pub use connection::HEAD_LIMIT;
pub use holder::who_listens_on;
pub(crate) use listener::Server;
pub(crate) use security::Security;
