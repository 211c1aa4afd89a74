//! In which order a repository is asked for what is wanted of it.

/// The order of requests to a repository, which changed with 4.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FetchStrategy {
    /// Each image is fetched by itself: a failed ping fails one image, and the next one pings again only if it is in another
    /// repository. Pull secrets are read first, so that broken ones fail everything (since 4.3).
    PerImage,
    /// The repository is contacted before anything else, and a failure holds for all its tags and digests. A ping serves all
    /// repositories of a host, whether they are read insecurely or not. Pull secrets are read only when a registry asks for
    /// credentials, and a registry without API version 2 is asked by version 1 (until 4.2).
    RepositoryFirst,
}
