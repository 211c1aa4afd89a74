//! Who answers a request, once its body has arrived.

use std::io;

use bytes::Bytes;
use http::{Method, StatusCode, header::ALLOW};
use serde_json::json;

use super::Exchange;
use crate::registry::{
    answer::Answer,
    api::{catalog, delete, pull, push_blob, push_manifest, referrers, signatures, tags},
    error::{ErrorCode, error},
    lookaside, quirks,
    route::{Endpoint, Route},
    store::{Found, Repository, Upload},
};
use oci_types::Digest;

impl Exchange<'_> {
    /// The answer to a request without a body, or with one that does not matter.
    pub(super) fn answer(&self) -> Answer {
        let query = self.request.uri.query();
        let method = if self.request.method == Method::HEAD { &Method::GET } else { &self.request.method };
        match (method, &self.route) {
            (&Method::GET, Route::Token) => self.settings().access.token(self.request, &[]),
            (&Method::GET, Route::Ping) => Answer::ping(),
            (&Method::GET, Route::Catalog) => {
                catalog::list(&self.context.state.store(), query, &self.settings().policies)
            }
            (&Method::GET, Route::Repository(name, Endpoint::Referrers(digest))) => {
                referrers::list(self.context.state.store().repository(name), digest, query)
            }
            (&Method::GET, Route::Lookaside(path)) => lookaside::serve(&self.context.state.store().signatures, path),
            (&Method::GET, Route::Repository(name, Endpoint::Upload(id))) => self.upload_state(name, id),
            (&Method::DELETE, Route::Repository(name, Endpoint::Upload(id))) => {
                match self.context.state.uploads.take(name, id) {
                    Found::Idle(_) => {
                        self.context.state.uploads.forget(id);
                        push_blob::cancelled(id)
                    }
                    Found::Busy(_) => push_blob::busy(),
                    Found::Missing => ErrorCode::BlobUploadUnknown.answer(),
                }
            }
            (&Method::GET, Route::Repository(_, Endpoint::Uploads)) => self.not_allowed(),
            (&Method::GET, Route::Repository(name, endpoint)) => {
                let store = self.context.state.store();
                let Some(repository) = store.repository(name) else { return unknown(name) };
                let policies = &self.settings().policies;
                match endpoint {
                    Endpoint::Manifest(reference) => pull::manifest(repository, reference, self.request, policies),
                    Endpoint::Blob(digest) => pull::blob(repository, digest, self.request, policies),
                    Endpoint::Tags => self.tags(name, repository),
                    Endpoint::Signatures(digest) => signatures::list(&store, name, digest),
                    Endpoint::Uploads | Endpoint::Upload(_) | Endpoint::Referrers(_) => ErrorCode::Unsupported.answer(),
                }
            }
            (&Method::DELETE, Route::Repository(name, Endpoint::Manifest(_) | Endpoint::Blob(_)))
                if self.context.state.store().repository(name).is_none() =>
            {
                unknown(name)
            }
            (&Method::DELETE, Route::Repository(name, Endpoint::Manifest(reference))) => delete::manifest(
                self.context.state.store_mut().repository_mut(name),
                reference,
                &self.settings().policies,
            ),
            (&Method::DELETE, Route::Repository(name, Endpoint::Blob(digest))) => {
                delete::blob(self.context.state.store_mut().repository_mut(name), digest)
            }
            (_, Route::InvalidName(name)) => ErrorCode::NameInvalid.detailed(json!({ "name": name })),
            (_, Route::Unknown | Route::Storage(..)) => error(
                StatusCode::NOT_FOUND,
                ErrorCode::Unsupported.name(),
                "no endpoint of the distribution specification has this path",
            ),
            _ => self.not_allowed(),
        }
    }

    /// The answer to a request whose body was kept.
    pub(super) fn accept(&self, body: &Bytes) -> Answer {
        if self.route == Route::Token {
            return self.settings().access.token(self.request, body);
        }
        let (state, policies) = (self.context.state, &self.settings().policies);
        match &self.route {
            Route::Repository(name, Endpoint::Manifest(reference)) => {
                // The body is read before the store is locked for writing.
                let manifest = match push_manifest::read(self.request, body, policies) {
                    Ok(manifest) => manifest,
                    Err(refusal) => return *refusal,
                };
                let mut store = state.store_mut();
                quirks::judge(policies, store.repository(name), &manifest.value).unwrap_or_else(|| {
                    push_manifest::put(name, &mut store, reference, self.request, (body, &manifest), policies)
                })
            }
            Route::Repository(name, Endpoint::Signatures(digest)) => {
                signatures::put(&mut state.store_mut(), name, digest, body)
            }
            _ => ErrorCode::Unsupported.answer(),
        }
    }

    /// The endpoint does other things than this.
    fn not_allowed(&self) -> Answer {
        let mut answer = ErrorCode::Unsupported.answer();
        let methods: Vec<&str> = self.route.methods().iter().map(Method::as_str).collect();
        answer.header(ALLOW, &methods.join(", "));
        answer
    }

    fn tags(&self, name: &str, repository: &Repository) -> Answer {
        if repository.tags.is_empty() && self.settings().policies.tags.none_is_unknown {
            return unknown(name);
        }
        tags::list(
            name,
            repository,
            &self.settings().behaviour.tags,
            &self.settings().policies,
            self.request.uri.query(),
        )
    }

    fn upload_state(&self, name: &str, id: &str) -> Answer {
        let state = |upload: &mut Upload| push_blob::state(StatusCode::NO_CONTENT, upload, &self.settings().policies);
        match self.context.state.uploads.look(name, id, state) {
            Found::Idle(answer) => answer,
            Found::Busy(arrived) => push_blob::state_of_busy(&arrived),
            Found::Missing => ErrorCode::BlobUploadUnknown.answer(),
        }
    }

    pub(super) fn continue_upload(&self, mut upload: Upload, digest: Option<&Digest>) -> Answer {
        let Some(digest) = digest else {
            let answer = push_blob::state(StatusCode::ACCEPTED, &mut upload, &self.settings().policies);
            self.context.state.uploads.put(upload);
            return answer;
        };
        self.context.state.uploads.forget(&upload.id);
        // The content is hashed before the store is locked for writing.
        match push_blob::finish(upload, digest) {
            Ok(Some(content)) => {
                let Route::Repository(name, _) = &self.route else { return ErrorCode::Unsupported.answer() };
                self.context.state.store_mut().repository_mut(name).add_blob(digest.to_string(), content);
                push_blob::created(name, &digest.to_string())
            }
            Ok(None) => ErrorCode::DigestInvalid.detailed(json!({ "digest": digest })),
            Err(error) => failure(&error),
        }
    }
}

fn unknown(name: &str) -> Answer {
    ErrorCode::NameUnknown.detailed(json!({ "name": name }))
}

/// The registry itself cannot do its work: its disk is full, say.
pub(super) fn failure(error: &io::Error) -> Answer {
    tracing::warn!(%error, "cannot keep uploaded content");
    ErrorCode::Unknown.detailed(json!(error.to_string()))
}
