//! The registry on a TCP port.

mod body;
mod connection;
mod early_bytes;
mod ending;
mod file_body;
#[cfg(feature = "http2")]
mod http2;
mod listener;
mod outcome;
mod pace;
mod port_owner;
mod raw;
mod security;

pub use connection::HEAD_LIMIT;
pub(crate) use listener::Server;
pub use port_owner::who_listens_on;
pub(crate) use security::Security;
