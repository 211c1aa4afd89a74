//! Kubeconfig files and how the implementation is reached, through the command itself.

mod certificates;
mod command;
mod context;
mod plugin;
mod server;
mod trust;
mod users;
