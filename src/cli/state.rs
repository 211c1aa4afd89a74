//! The user's state folder, where a run leaves what the next one may ask for.

use std::path::PathBuf;

/// `$XDG_STATE_HOME/isi-conformance`, or `~/.local/state/isi-conformance`; nothing where there is no home folder.
#[must_use]
pub(super) fn folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = variable("XDG_STATE_HOME").filter(|path| path.is_absolute());
    Some(state.or_else(|| Some(variable("HOME")?.join(".local/state")))?.join("isi-conformance"))
}
