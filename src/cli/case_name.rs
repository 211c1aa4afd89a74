//! Finding one case by its name.

use std::path::PathBuf;

use clap::Args;

use super::{exit::CommandError, run::read_folders};
use crate::{
    document::nearest,
    suite::{Case, Folder},
};

/// Which case a command is about.
#[derive(Debug, Args)]
pub(super) struct CaseName {
    /// The case: `SUITE::CASE`, or its name alone where no other suite has one of that name.
    #[arg(value_name = "CASE")]
    name: String,
    /// Look in this folder or file with suites of one's own instead of the built-in suites; can be given again.
    #[arg(long, value_name = "FOLDER|FILE")]
    folder: Vec<PathBuf>,
}

impl CaseName {
    /// The folder that the case is in, and the case.
    ///
    /// # Errors
    /// When suites are malformed, or not exactly one case has the name.
    pub(super) fn find(&self) -> Result<(Folder, Case), CommandError> {
        let folder = match self.builtin_suite()? {
            Some(folder) => folder,
            None => read_folders(&self.folder, &[])?,
        };
        let cases = || folder.suites.iter().flat_map(|suite| &suite.cases);
        let found: Vec<&Case> =
            cases().filter(|case| case.full_name() == self.name || case.name == self.name).collect();
        match found.as_slice() {
            [case] => {
                let case = (*case).clone();
                Ok((folder, case))
            }
            [] => {
                let is_full = self.name.contains("::");
                let names: Vec<String> =
                    cases().map(|case| if is_full { case.full_name() } else { case.name.clone() }).collect();
                let near = nearest(&self.name, names.iter().map(String::as_str));
                let list = "`isi-conformance run --list` names all cases";
                Err(CommandError::usage(format!("there is no case `{}`", self.name)).hint(match near {
                    Some(near) => format!("did you mean `{near}`? {list}"),
                    None => list.to_owned(),
                }))
            }
            several => {
                let names: Vec<String> = several.iter().map(|case| format!("`{}`", case.full_name())).collect();
                Err(CommandError::usage(format!("several cases are called `{}`", self.name))
                    .hint(format!("one of {} is meant", names.join(", "))))
            }
        }
    }

    /// The built-in suite that the name begins with, if it has a case of this name.
    fn builtin_suite(&self) -> Result<Option<Folder>, CommandError> {
        let Some((suite, case)) = self.name.split_once("::").filter(|_| self.folder.is_empty()) else {
            return Ok(None);
        };
        let folder = Folder::builtin_part(&[suite], &|_, name| name == case, &[]).map_err(CommandError::usage)?;
        Ok(folder.filter(|folder| folder.suites.iter().any(|suite| !suite.cases.is_empty())))
    }
}
