//! The command as a person uses it: help, exit codes, folders of one's own, goldens proposed for review.
#![allow(clippy::unwrap_used)]

mod again;
mod capture;
mod clients;
mod completions;
mod deploy;
mod documentation;
mod examples;
mod explore;
mod folder;
mod key;
mod kubeconfig;
mod oc;
mod one_case;
mod page;
mod readme;
mod record;
mod reference;
mod registry;
mod registry_control;
mod reports;
mod servers;
mod steps;
mod target;
mod usage;
mod versions;
mod whole_run;

use std::process::Output;

/// Runs the command outside of any project, with nothing said by the environment.
fn isi_conformance(arguments: &[&str]) -> Output {
    let mut command = test_support::command(env!("CARGO_BIN_EXE_isi-conformance"));
    command.args(arguments).current_dir(std::env::temp_dir()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
