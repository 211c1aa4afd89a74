//! The order of things until 4.7: a repository is contacted before anything else, and what came of that holds for all
//! its tags and digests.

use super::{
    by_repository::{Fetch, Repository},
    failure::ImportFailure,
    fetch::Session,
    v1,
};

/// Lists the tags of a repository.
pub(crate) async fn list(session: &mut Session<'_>, repository: &mut Repository) -> Result<Vec<String>, ImportFailure> {
    let reference = repository.reference.clone();
    let open = match session.connect(&reference, repository.insecure) {
        Ok(connection) => connection.open().await.map_err(|error| error.to_string()),
        Err(error) => Err(format!("{}: {error}", reference.exact())),
    };
    match open {
        Ok(()) => {}
        Err(error) if error.ends_with("does not support v2 API") => {
            return v1::list(session, &reference, repository.insecure).await;
        }
        Err(error) => return Err(ImportFailure::Other(error)),
    }
    let connection = session.connect(&reference, repository.insecure).map_err(ImportFailure::Other)?;
    connection.tags().await.map_err(|error| super::failure::of_listing(&reference, &error))
}

/// Fetches everything that is wanted of a repository.
pub(crate) async fn fetch_all(session: &mut Session<'_>, repository: &mut Repository) {
    let reference = repository.reference.clone();
    let open = match session.connect(&reference, repository.insecure) {
        Ok(connection) => connection.open().await.map_err(|error| error.to_string()),
        Err(error) => Err(error),
    };
    if let Err(error) = open {
        let failure = if error.ends_with("does not support v2 API") {
            match v1::list(session, &reference, repository.insecure).await {
                Ok(_) => ImportFailure::other("the v1 registry has no such image"),
                Err(failure) => failure,
            }
        } else {
            ImportFailure::Other(error)
        };
        fail_all(&mut repository.digests, &failure);
        fail_all(&mut repository.tags, &failure);
        return;
    }
    for by_digest in [true, false] {
        let mut fetches = std::mem::take(if by_digest { &mut repository.digests } else { &mut repository.tags });
        for fetch in &mut fetches {
            let wanted = repository.wanted(fetch, by_digest);
            fetch.result = Some(session.import(&wanted).await);
        }
        *(if by_digest { &mut repository.digests } else { &mut repository.tags }) = fetches;
    }
}

fn fail_all(fetches: &mut [Fetch], failure: &ImportFailure) {
    for fetch in fetches {
        fetch.result = Some(Err(failure.clone()));
    }
}
