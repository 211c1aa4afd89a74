//! Why a fixture, or a change of a running registry, is refused.

use super::folder::FolderError;
use crate::fixture::{BuildError, ContradictoryQuirks, NoOpenPgp, ParsePatternError};

/// A fixture names something that is not there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FixtureError {
    /// An image is named that has not been built.
    #[error("there is no image `{0}` among those of this registry")]
    Image(String),
    /// An image cannot be built.
    #[error(transparent)]
    Recipe(#[from] BuildError),
    /// A repository has a name that no client can ask for.
    #[error(
        "`{0}` cannot be the name of a repository: expected lower-case letters, digits and single separators (`.`, `_`, \
         `__`, `-`) between them, in parts that `/` separates, such as `lib/app`"
    )]
    RepositoryName(String),
    /// A tag has a name that no client can ask for.
    #[error(
        "`{0}` cannot be a tag: expected at most 128 letters, digits, `_`, `.` and `-`, and no `.` or `-` at the start, \
         such as `v1.0`"
    )]
    TagName(String),
    /// A text asks for a content that the image does not have.
    #[error("`{{{{{0}}}}}` names nothing that image has")]
    Content(String),
    /// Two quirks contradict each other.
    #[error(transparent)]
    Quirks(#[from] ContradictoryQuirks),
    /// A folder cannot be served.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A signature is to sign an image that no repository holds.
    #[error("no repository holds image `{0}`, which is to be signed (hint: put it into `repositories` or `untagged`)")]
    HeldNowhere(String),
    /// A signature is to sign an image that its repository does not hold.
    #[error("repository `{repository}` does not hold image `{image}`, which is to be signed there")]
    NotHeld {
        /// The image.
        image: String,
        /// The repository.
        repository: String,
    },
    /// A captured folder says all there is to be answered, and the fixture says more.
    #[error(
        "a captured folder answers every request, so that only `faults`, `tls`, `http2` and `behindProxy` have a meaning beside \
         `capture`"
    )]
    BesideCapture,
    /// A signature takes OpenPGP.
    #[error(transparent)]
    OpenPgp(#[from] NoOpenPgp),
    /// A fault has a number that none can have.
    #[error("fault `{fault}`: {reason}")]
    Number {
        /// The fault's name.
        fault: String,
        /// Which one, and what was expected.
        reason: String,
    },
    /// A fault sets a header that HTTP cannot carry.
    #[error("fault `{fault}` cannot set the header `{name}` to {value:?}: HTTP cannot carry it")]
    Header {
        /// The fault's name.
        fault: String,
        /// The name of the header.
        name: String,
        /// Its value, variables filled in.
        value: String,
    },
    /// A pattern is invalid once its variables have values.
    #[error(transparent)]
    Pattern(#[from] ParsePatternError),
}
