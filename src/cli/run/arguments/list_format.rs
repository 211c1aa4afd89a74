//! The format of `--list`.

/// How cases are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ListFormat {
    /// A line a case.
    #[default]
    Text,
    /// One JSON object.
    Json,
}
