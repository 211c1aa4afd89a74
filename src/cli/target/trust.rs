//! Which certificates of the implementation are trusted.

use std::path::Path;

use super::tls::Authorities;
use crate::cli::exit::CommandError;

/// What the command line says about trust.
pub(super) struct Trust {
    /// PEM, and the path that it was read from.
    authority: Option<(Vec<u8>, String)>,
    any: bool,
}

impl Trust {
    /// Reads the `authority`, in PEM; `any` trusts every certificate.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn read(authority: Option<&Path>, any: bool) -> Result<Self, CommandError> {
        let read = |path: &Path| {
            let shown = path.display().to_string();
            let pem = std::fs::read(path).map_err(|error| CommandError::usage(format!("{shown}: {error}")))?;
            Ok((pem, shown))
        };
        Ok(Self { authority: authority.map(read).transpose()?, any })
    }

    /// Trusts what the command line names besides `authorities`, or anything if it says so.
    ///
    /// # Errors
    /// When its file holds no certificate.
    pub(super) fn with(self, mut authorities: Authorities) -> Result<Authorities, CommandError> {
        if self.any {
            return Ok(Authorities::Any);
        }
        if let Some((pem, path)) = self.authority {
            authorities.add_pem(&pem).map_err(|error| CommandError::usage(format!("{path}: {error}")))?;
        }
        Ok(authorities)
    }
}
