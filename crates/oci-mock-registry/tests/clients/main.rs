//! Real clients against the mock registry: skopeo, the oci-client crate, and the conformance suite of the OCI distribution
//! specification. And a real registry beside the profile that is named after it.
//!
//! Where a program is not installed its tests are shown as ignored, and a line says so; with `CI` set they fail instead. The
//! conformance suite is always optional.

#![allow(clippy::unwrap_used)]

mod distribution;
mod distribution_tokens;
mod oci_client;
mod oci_conformance;
#[cfg(feature = "openpgp")]
mod signatures;
mod skopeo;
mod transcript;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use test_support::{DockerRegistry, needs_program};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed yet");
    let with_skopeo = needs_program("skopeo");
    let mut trials: Vec<Trial> =
        skopeo::trials().into_iter().map(|trial| trial.with_ignored_flag(!with_skopeo)).collect();
    #[cfg(feature = "openpgp")]
    trials.extend(signatures::trials(with_skopeo));
    trials.extend(oci_client::trials());
    let with_product = needs_program(DockerRegistry::PROGRAM);
    let beside = distribution::trials().into_iter().chain(distribution_tokens::trials());
    trials.extend(beside.map(|trial| trial.with_ignored_flag(!with_product)));
    let with_suite = oci_conformance::program().is_some();
    if !with_suite {
        eprintln!("skipped: ISI_OCI_CONFORMANCE does not say where the OCI conformance suite is");
    }
    trials.extend(oci_conformance::trials().into_iter().map(|trial| trial.with_ignored_flag(!with_suite)));
    let scores = oci_conformance::profile_scores_as_the_product();
    trials.push(scores.with_ignored_flag(!(with_suite && with_product)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A runtime for one registry, beside which the test blocks.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
