//! A finding as a folder that `run` repeats anywhere.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Finding,
    scenario::{Written, suite_header},
};
use crate::{
    golden::{Store, StoreError},
    version::ApiVersion,
};

/// The suite of such a folder.
const SUITE: &str = "found";

/// Writes `finding` as the folder `number` in `folder`: a suite, the golden that the reference answers, and a note. Returns
/// the path.
///
/// # Errors
/// When something cannot be written.
pub fn write_bug_folder(
    folder: &Path,
    number: usize,
    finding: &Finding,
    version: ApiVersion,
) -> Result<PathBuf, StoreError> {
    let seed = finding.seed;
    let name = format!("seed-{seed}");
    let root = folder.join(format!("cause-{number:03}-{name}"));
    let failed = |source: io::Error| StoreError::Io { path: root.display().to_string(), source };
    let mut suite = suite_header(SUITE, "Found by a random scenario.");
    let written =
        Written { name: &name, about: &finding.says, until: Some(version), statuses: &finding.expected.statuses };
    // Writing to a string cannot fail.
    let _ = finding.scenario().write_case(written, &mut suite);
    fs::create_dir_all(root.join("suites")).map_err(failed)?;
    fs::write(root.join("suites").join(format!("{SUITE}.yaml")), suite).map_err(failed)?;
    let store = Store::folder(root.join("golden"));
    let proposals = store.propose(SUITE, &name, (version, version), &finding.expected.golden)?;
    Store::accept(&proposals)?;
    fs::write(root.join("README.md"), note(finding, version)).map_err(failed)?;
    Ok(root)
}

fn note(finding: &Finding, version: ApiVersion) -> String {
    let Finding { says, seed, scenarios, difference, .. } = finding;
    let difference = difference.as_ref().map(|text| format!("\n    {text}\n")).unwrap_or_default();
    format!(
        "# {says}\n{difference}\n\
        The golden is what the embedded reference answers for API version {version}. First seen with seed {seed}; \
        {scenarios} of the scenarios of that exploration showed it.\n\n    \
        isi-conformance run PATH-OF-THIS-FOLDER --target URL --api-version {version}\n    \
        isi-conformance explore --replay {seed} --target URL --api-version {version}\n"
    )
}
