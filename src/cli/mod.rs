//! The command line, one file a command.

mod case_name;
mod clean;
mod completions;
pub mod coverage;
mod environment;
mod exit;
mod explore;
mod export;
mod host;
mod key;
mod listen;
mod open_files;
mod record;
mod reference;
mod registry;
mod report;
mod run;
pub mod schema;
mod serve;
mod show;
mod signals;
mod state;
mod target;
mod up;

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, parser::ValueSource};
use tokio::runtime::Runtime;

use self::signals::interrupted;
use crate::report::ColorChoice;

pub use self::{
    environment::without_empty_variables,
    exit::{CommandError, Exit},
    run::{Plan, RunArguments},
};

/// Conformance for OpenShift's ImageStreamImport API.
#[derive(Debug, Parser)]
#[command(name = "isi-conformance", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 all as expected; 1 an implementation failed a check; 2 wrong usage, or an invalid suite, \
                        fixture or golden; 3 the harness could not do its work."
)]
pub struct Cli {
    /// When to use colours: `auto`, `always` or `never`.
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value_t, hide_possible_values = true)]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(Box<RunArguments>),
    Record(Box<record::RecordArguments>),
    #[command(subcommand)]
    Report(report::ReportCommand),
    Explore(Box<explore::ExploreArguments>),
    Show(show::ShowArguments),
    Serve(Box<serve::ServeArguments>),
    Export(export::ExportArguments),
    Clean(Box<clean::CleanArguments>),
    Reference(Box<reference::ReferenceArguments>),
    Registry(Box<registry::RegistryArguments>),
    Key(key::KeyArguments),
    Up(up::UpArguments),
    Coverage(coverage::CoverageArguments),
    #[command(subcommand)]
    Schema(schema::SchemaCommand),
    Completions(completions::CompletionsArguments),
    Man(completions::ManArguments),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let matches = without_empty_variables(Cli::command()).get_matches();
    let Cli { color, command } = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match command {
        Command::Run(arguments) => run::run(*arguments, &given(&matches), color),
        Command::Record(arguments) => record::run(*arguments),
        Command::Report(command) => exit::finish(report::run(&command, color)),
        Command::Explore(arguments) => explore::run(*arguments),
        Command::Show(arguments) => exit::finish(show::run(&arguments)),
        Command::Serve(arguments) => exit::finish(serve::run(&arguments)),
        Command::Export(arguments) => exit::finish(export::run(&arguments)),
        Command::Clean(arguments) => exit::finish(clean::run(*arguments)),
        Command::Reference(arguments) => exit::finish(reference::run(*arguments)),
        Command::Registry(arguments) => exit::finish(registry::run(*arguments)),
        Command::Key(arguments) => exit::finish(key::run(&arguments)),
        Command::Up(arguments) => exit::finish(up::run(arguments)),
        Command::Coverage(arguments) => exit::finish(coverage::run(&arguments)),
        Command::Schema(command) => exit::finish(schema::run(&command)),
        Command::Completions(arguments) => exit::finish(completions::completions(&arguments)),
        Command::Man(arguments) => exit::finish(completions::man(&arguments)),
    }
}

/// The options that stand on the command line itself, by name.
fn given(matches: &ArgMatches) -> Vec<String> {
    let Some((_, matches)) = matches.subcommand() else { return Vec::new() };
    let is_typed = |name: &&str| matches.value_source(name) == Some(ValueSource::CommandLine);
    matches.ids().map(clap::Id::as_str).filter(is_typed).map(str::to_owned).collect()
}

/// The runtime of the commands that use the network.
fn runtime() -> Result<Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CommandError::harness)
}
