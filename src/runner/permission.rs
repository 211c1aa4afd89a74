//! What a run may change beyond what it makes itself.

use clap::ValueEnum;

/// What a run may change beyond what it makes itself; nothing without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Permission {
    /// Change the cluster's configuration for the length of a case: `config.openshift.io`, `operator.openshift.io`, limit
    /// ranges, and everything else that a `cluster` step names.
    ClusterConfiguration,
}

/// What a run does to the configuration of its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigurationAccess {
    /// Nothing: the permission is missing.
    Denied,
    /// Changes it under the lock of the cluster, and puts everything back.
    Locked,
    /// Changes it freely: the target lives and dies with the run.
    Exclusive,
}
