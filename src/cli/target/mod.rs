//! The implementation under test on the command line: where it is, who asks, what is trusted, and whether it is there.

mod arguments;
mod connect;
mod kubeconfig;
mod reach;
mod tls;
mod transport;
mod trust;

pub(super) use self::{
    arguments::{EMBEDDED, TargetArguments},
    connect::connect,
    reach::reach,
    tls::Authorities,
    transport::Transport,
};
