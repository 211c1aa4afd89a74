//! Environment variables of options.

use std::env;

use clap::{Command, builder::Resettable};

/// Takes the variables away that are set to nothing: CI systems set variables that have no value, and such a one is as if
/// absent.
#[must_use]
pub fn without_empty_variables(command: Command) -> Command {
    command
        .mut_args(|argument| {
            let is_blank = |name| env::var_os(name).is_some_and(|value| value.to_string_lossy().trim().is_empty());
            if argument.get_env().is_some_and(is_blank) { argument.env(Resettable::Reset) } else { argument }
        })
        .mut_subcommands(without_empty_variables)
}
