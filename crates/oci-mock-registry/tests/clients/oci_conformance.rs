//! The official conformance suite of the OCI distribution specification, with every API and every kind of data that it
//! knows. It is a program of its own: `ISI_OCI_CONFORMANCE` says where it is.

use std::{
    ffi::OsString,
    process::{Command, Output},
};

use libtest_mimic::{Failed, Trial};
use oci_mock_registry::{
    fixture::Auth,
    registry::{Registry, RegistryBuilder},
};
use test_support::DockerRegistry;

use crate::runtime;

/// The suite's program, if the environment says where it is.
pub(crate) fn program() -> Option<OsString> {
    std::env::var_os("ISI_OCI_CONFORMANCE")
}

/// Makes a registry ask for credentials.
type AskFor = fn(RegistryBuilder) -> RegistryBuilder;

pub(crate) fn trials() -> Vec<Trial> {
    let auths: [(&str, AskFor); 3] = [
        ("open", |builder| builder),
        ("basic", |builder| builder.auth(Auth::basic().user("robot", "secret"))),
        ("bearer", |builder| builder.auth(Auth::bearer().user("robot", "secret"))),
    ];
    let kinds = ["1.1", "dev"].into_iter().flat_map(|version| auths.map(|(name, auth)| (version, name, auth)));
    kinds
        .map(|(version, name, auth)| {
            Trial::test(format!("oci_conformance::{version}_{name}"), move || passes(version, auth))
        })
        .collect()
}

/// What is off unless it is asked for.
const ON: [&str; 5] = [
    "OCI_API_BLOBS_UPLOAD_CANCEL",
    "OCI_API_BLOBS_DIGEST_HEADER",
    "OCI_API_MANIFESTS_DIGEST_HEADER",
    "OCI_API_MANIFESTS_TAG_PARAM",
    "OCI_DATA_SPARSE",
];

/// What the suite says of a registry.
fn run(version: &str, host: &str) -> Result<Output, Failed> {
    let program = program().ok_or("ISI_OCI_CONFORMANCE does not say where the suite is")?;
    let folder = tempfile::tempdir()?;
    let output = Command::new(program)
        .current_dir(folder.path())
        .env("OCI_RESULTS_DIR", folder.path())
        .env("OCI_VERSION", version)
        .env("OCI_REGISTRY", host)
        .env("OCI_TLS", "disabled")
        .envs([("OCI_USERNAME", "robot"), ("OCI_PASSWORD", "secret")])
        .envs(ON.map(|name| (name, "true")))
        .output()?;
    Ok(output)
}

/// The profile of distribution 2.8 has the results of distribution 2.8, which fails much.
pub(crate) fn profile_scores_as_the_product() -> Trial {
    Trial::test("oci_conformance::profile_scores_as_the_product", || {
        let runtime = runtime();
        let product = DockerRegistry::start();
        let profile = runtime.block_on(Registry::builder().quirk("distribution-2")?.start())?;
        let (expected, actual) = (results(&run("1.1", product.host())?), results(&run("1.1", profile.host())?));
        assert!(expected.len() > 900, "the suite has said too little: {} results", expected.len());
        let different: Vec<String> = differences(&expected, &actual);
        if different.is_empty() { Ok(()) } else { Err(different.join("\n").into()) }
    })
}

/// The results of the suite, in an order that does not depend on that of its tests.
fn results(output: &Output) -> Vec<String> {
    let said = String::from_utf8_lossy(&output.stdout);
    let is_result = |line: &&str| [": Pass", ": FAIL", ": Skip", ": Error"].iter().any(|end| line.ends_with(end));
    let mut results: Vec<String> = said.lines().filter(is_result).map(|line| line.trim().to_owned()).collect();
    results.sort();
    results
}

/// The results that one of two has and the other has not.
fn differences(expected: &[String], actual: &[String]) -> Vec<String> {
    let without = |all: &[String], others: &[String], whose: &str| {
        let mut left: Vec<&String> = others.iter().collect();
        let mut only = Vec::new();
        for result in all {
            match left.iter().position(|other| *other == result) {
                Some(position) => drop(left.swap_remove(position)),
                None => only.push(format!("{whose}: {result}")),
            }
        }
        only
    };
    let mut different = without(expected, actual, "the product alone");
    different.extend(without(actual, expected, "the profile alone"));
    different
}

fn passes(version: &str, auth: AskFor) -> Result<(), Failed> {
    let runtime = runtime();
    let registry = runtime.block_on(auth(Registry::builder()).start())?;
    let output = run(version, registry.host())?;
    let said = String::from_utf8_lossy(&output.stdout);
    // The program says 0 where it could not even begin, so what it counted is what counts.
    let count = |name: &str| -> Option<u32> {
        let line = said.lines().find(|line| line.trim_start().starts_with(&format!("{name}..")))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    let counted = ["Skip", "FAIL", "Error"].map(count);
    let begun = count("Total").is_some_and(|total| total > 1_000);
    if counted == [Some(0); 3] && begun && output.status.success() {
        return Ok(());
    }
    let failed: Vec<&str> = said.lines().filter(|line| line.ends_with(": FAIL") || line.ends_with(": Error")).collect();
    Err(format!(
        "skipped, failed, in error: {counted:?}\n{}\n{}",
        failed.join("\n"),
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}
