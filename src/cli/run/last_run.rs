//! `--rerun-failed`: what failed in the last run against a target.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    cli::{
        exit::{CommandError, notice},
        state,
    },
    redaction::without_userinfo,
    report::{Destination, Report},
    verdict::{CaseResult, RunResult},
};

/// What a run leaves for the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastRun {
    /// The target, as reports call it.
    target: String,
    /// The folders and files of suites that were run, absolute.
    folders: Vec<PathBuf>,
    /// The cases that did not come out as expected.
    pub(super) failed: BTreeSet<String>,
}

impl LastRun {
    /// The last run against `target`: that of `report`, or the one that is remembered.
    ///
    /// # Errors
    /// When the report cannot be read, or none is remembered.
    pub(super) fn read(report: Option<&Path>, target: &str) -> Result<Self, CommandError> {
        if let Some(path) = report {
            let report = Report::read(path).map_err(CommandError::usage)?;
            let failed = report.cases.iter().filter(|case| case.is_failure()).map(|case| case.name()).collect();
            return Ok(Self { target: report.target, folders: Vec::new(), failed });
        }
        let nothing = || {
            CommandError::usage(format!("no run against {target} is remembered"))
                .hint("`--rerun-failed REPORT` takes what failed from the JSON report of a run")
        };
        let text = fs::read_to_string(path_of(target).ok_or_else(nothing)?).map_err(|_| nothing())?;
        serde_json::from_str(&text).map_err(|_| nothing())
    }

    /// Which folders and suites have the cases that failed.
    pub(super) fn what(&self) -> Vec<String> {
        let folders = self.folders.iter().map(|folder| folder.display().to_string());
        let suites: BTreeSet<&str> =
            self.failed.iter().filter_map(|case| case.split_once("::")).map(|(suite, _)| suite).collect();
        folders.chain(suites.into_iter().map(str::to_owned)).collect()
    }

    /// Remembers `run` for the next one. What failed in `before` and was not run again still counts as failed.
    pub(super) fn remember(run: &RunResult, folders: Vec<PathBuf>, before: Option<&Self>) {
        let target = without_userinfo(&run.target);
        let ran: BTreeSet<String> = run.cases.iter().map(CaseResult::name).collect();
        let still = before.into_iter().flat_map(|before| before.failed.difference(&ran)).cloned();
        let failed = run.cases.iter().filter(|case| case.is_failure()).map(CaseResult::name).chain(still).collect();
        let last = Self { folders, failed, target };
        let Some(path) = path_of(&last.target) else { return };
        if let Err(error) = last.write(&path) {
            notice(format_args!("note: the run is not remembered for `--rerun-failed`: {}: {error}", path.display()));
        }
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Destination::Path(path.to_owned()).write(|out| {
            serde_json::to_writer_pretty(&mut *out, self)?;
            writeln!(out)
        })
    }
}

/// Where the last run against `target` is remembered; nowhere if there is no home folder.
fn path_of(target: &str) -> Option<PathBuf> {
    let name: String = Sha256::digest(target).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Some(state::folder()?.join("last-run").join(format!("{name}.json")))
}
