//! `importMode` of import policies.

use serde::{Deserialize, Serialize};

use crate::options::ImportMode;

/// An import mode as a client writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub(crate) enum WrittenImportMode {
    /// The empty text.
    #[default]
    Absent,
    Known(ImportMode),
    /// Anything else. Validation refuses it, and servers without import modes do not look at it.
    Unknown(String),
}

impl WrittenImportMode {
    /// The mode in which to import.
    pub(crate) fn mode(&self) -> ImportMode {
        match self {
            Self::Known(mode) => *mode,
            Self::Absent | Self::Unknown(_) => ImportMode::Legacy,
        }
    }

    /// Sets the mode if it is absent.
    pub(crate) fn set_default(&mut self, mode: ImportMode) {
        if *self == Self::Absent {
            *self = Self::Known(mode);
        }
    }
}

impl From<String> for WrittenImportMode {
    fn from(text: String) -> Self {
        let known = [ImportMode::Legacy, ImportMode::PreserveOriginal].into_iter().find(|mode| mode.as_str() == text);
        match known {
            Some(mode) => Self::Known(mode),
            None if text.is_empty() => Self::Absent,
            None => Self::Unknown(text),
        }
    }
}

impl From<WrittenImportMode> for String {
    fn from(mode: WrittenImportMode) -> Self {
        match mode {
            WrittenImportMode::Absent => Self::new(),
            WrittenImportMode::Known(mode) => mode.as_str().to_owned(),
            WrittenImportMode::Unknown(text) => text,
        }
    }
}
