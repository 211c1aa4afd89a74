//! Which cases a command takes.

use clap::Args;

use crate::runner::CasePattern;

/// Which cases a command takes.
#[derive(Debug, Default, Args)]
pub struct CaseArguments {
    /// Suites by name, and folders or files with suites of one's own; every built-in suite if absent.
    #[arg(value_name = "SUITE|FOLDER|FILE")]
    pub what: Vec<String>,

    /// Take only cases that match this pattern, `*oci*` or `single-image::*` for example; can be given again.
    #[arg(help_heading = "Selection", long = "run", value_name = "PATTERN")]
    pub selected: Vec<CasePattern>,
    /// Take no case that matches this pattern; can be given again.
    #[arg(help_heading = "Selection", long, value_name = "PATTERN")]
    pub skip: Vec<CasePattern>,
}
