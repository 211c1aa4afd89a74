//! The official conformance suite of the OCI distribution specification, with every API and every kind of data that it
//! knows. It is a program of its own: `ISI_OCI_CONFORMANCE` says where it is.

use std::{ffi::OsString, process::Command};

use libtest_mimic::{Failed, Trial};
use oci_mock_registry::{
    fixture::Auth,
    registry::{Registry, RegistryBuilder},
};

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

fn passes(version: &str, auth: AskFor) -> Result<(), Failed> {
    let program = program().ok_or("ISI_OCI_CONFORMANCE does not say where the suite is")?;
    let runtime = runtime();
    let registry = runtime.block_on(auth(Registry::builder()).start())?;
    let folder = tempfile::tempdir()?;
    let output = Command::new(program)
        .current_dir(folder.path())
        .env("OCI_RESULTS_DIR", folder.path())
        .env("OCI_VERSION", version)
        .env("OCI_REGISTRY", registry.host())
        .env("OCI_TLS", "disabled")
        .envs([("OCI_USERNAME", "robot"), ("OCI_PASSWORD", "secret")])
        .envs(ON.map(|name| (name, "true")))
        .output()?;
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
