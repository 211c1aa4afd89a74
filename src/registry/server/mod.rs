//! The registry on a TCP port.

mod connection;
mod listener;
mod raw;

pub(crate) use listener::Server;
