//! `isi-conformance key`: the public keys of fixtures, for the clients that verify their signatures.

use std::io::{self, Write};

use clap::Args;

use super::exit::{CommandError, Exit, printed};
use crate::fixture::{Key, OpenPgpKey};

/// Print the public key by which clients verify what fixtures sign.
///
/// Keys follow from their names, the secret ones too: they protect nothing, and must not be trusted outside of a test.
#[derive(Debug, Args)]
pub(super) struct KeyArguments {
    /// The name of the key in the fixture, such as `fixture`.
    #[arg(value_name = "NAME")]
    name: String,
    /// Print the OpenPGP key of `signatures`, in ASCII armour, instead of the key of cosign's signatures and attestations
    /// and of schema 1, which is P-256 in PEM.
    #[arg(long)]
    openpgp: bool,
}

/// Writes the key to standard output.
///
/// # Errors
/// When standard output is closed.
pub(super) fn run(arguments: &KeyArguments) -> Result<Exit, CommandError> {
    let name = &arguments.name;
    let key = if arguments.openpgp { OpenPgpKey::named(name).public_armoured() } else { Key::named(name).public_pem() };
    printed(io::stdout().lock().write_all(key.as_bytes()))?;
    Ok(Exit::Success)
}
