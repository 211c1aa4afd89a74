//! `isi-conformance completions` and `isi-conformance man`: what a shell completes, and manual pages.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{
    Cli,
    exit::{CommandError, Exit, printed},
};

/// Print the completions of a shell.
///
/// `source <(isi-conformance completions bash)` completes commands and options in the running shell; each shell documents where
/// such a file is kept.
#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell.
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// Print the manual page of `isi-conformance`, or write those of all commands into a folder.
///
/// `isi-conformance man > isi-conformance.1 && man ./isi-conformance.1` shows it.
#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// The folder for one page a command, such as `isi-conformance-run.1`; it is made if it is absent.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Writes completions to standard output.
///
/// # Errors
/// When standard output takes no more.
pub(super) fn completions(arguments: &CompletionsArguments) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "isi-conformance", &mut script);
    let mut script = String::from_utf8(script).map_err(CommandError::harness)?;
    if arguments.shell == Shell::Bash {
        // clap_complete 4.6.11 takes the hyphen of the program's name for the beginning of a subcommand in one of two places,
        // so that no option of a subcommand is completed.
        script = script.replace("isi__subcmd__conformance", "isi__conformance");
    }
    printed(io::stdout().lock().write_all(script.as_bytes()))?;
    Ok(Exit::Success)
}

/// Writes one manual page to standard output, or all into a folder.
///
/// # Errors
/// When standard output or the folder takes no more.
pub(super) fn man(arguments: &ManArguments) -> Result<Exit, CommandError> {
    // Pages must not depend on the environment of the process.
    let command = Cli::command().mut_args(|argument| argument.hide_env_values(true));
    let Some(folder) = &arguments.folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).map_err(CommandError::harness)?;
        printed(io::stdout().lock().write_all(&page))?;
        return Ok(Exit::Success);
    };
    let failed = |error: io::Error| CommandError::harness(format!("cannot write {}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(command, folder).map_err(failed)?;
    let count = pages_in(folder).map_err(failed)?;
    printed(writeln!(io::stdout().lock(), "{count} pages in {}", folder.display()))?;
    Ok(Exit::Success)
}

fn pages_in(folder: &Path) -> io::Result<usize> {
    let is_page = |entry: &io::Result<fs::DirEntry>| {
        entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|extension| extension == "1"))
    };
    Ok(fs::read_dir(folder)?.filter(is_page).count())
}
