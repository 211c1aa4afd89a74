//! One request from its head to the answer: what the body is for, and who answers.

use std::{io, sync::Arc};

use bytes::{Bytes, BytesMut};
use http::{Method, StatusCode, header::ALLOW, request::Parts};
use serde_json::json;

use super::{
    answer::{Answer, Delivery, End, Manner},
    api::{catalog, delete, pull, push_blob, push_manifest, referrers, signatures, tags},
    capture::{Replay, Replayed},
    context::Context,
    error::{ErrorCode, error},
    fault::Armed,
    journal::Record,
    lookaside, quirks,
    route::{Endpoint, Route},
    settings::Settings,
    state::RegistryState,
    store::{Found, MANIFEST_LIMIT, Repository, Upload},
};
use oci_types::Digest;

/// A request under way. Its body comes piece by piece, so that it is never in memory as a whole.
#[derive(Debug)]
pub struct Exchange<'a> {
    context: Context<'a>,
    request: &'a Parts,
    route: Route<'a>,
    fault: Option<Arc<Armed>>,
    intake: Intake,
    finished: bool,
}

/// What becomes of the body.
#[derive(Debug)]
enum Intake {
    /// It is not looked at, because the answer does not depend on it.
    Ignored,
    /// The answer is known already, and the body is not wanted.
    Refused(Answer),
    /// It is kept in memory, up to [`MANIFEST_LIMIT`].
    Text(BytesMut),
    /// It is not looked at, and an upload begins.
    Begun(Box<Upload>),
    /// It belongs to a blob. With a digest the blob is complete behind it.
    Blob(Box<Upload>, Option<Digest>),
}

impl RegistryState {
    /// Whether a path is one that registries have, or that this one has beside them: where tokens are given, say.
    #[cfg(feature = "wiremock")]
    pub(super) fn has_path(&self, path: &str) -> bool {
        path == "/v2" || path.starts_with("/v2/") || self.settings().route(path) != Route::Unknown
    }

    /// Begins to answer a request: its body is handed to the [`Exchange`] piece by piece.
    pub fn begin<'a>(&'a self, request: &'a Parts) -> Exchange<'a> {
        Exchange::begin(self, request)
    }

    /// Answers a request whose body is at hand.
    pub fn respond(&self, request: &Parts, body: &[u8]) -> Delivery {
        let mut exchange = self.begin(request);
        exchange.receive(body);
        exchange.finish()
    }
}

impl<'a> Exchange<'a> {
    pub(super) fn begin(state: &'a RegistryState, request: &'a Parts) -> Self {
        let context = Context { state, settings: state.settings() };
        let route = context.settings.route(request.uri.path());
        let fault = state.faults.firing(request);
        let answers_itself = fault.as_ref().is_some_and(|fault| fault.answers_itself());
        let intake = if state.replay.get().is_some() {
            // The answers of a captured folder come from requests with credentials; they are not checked again.
            Intake::Ignored
        } else {
            match context.settings.access.check(request, &route) {
                Err(refusal) => Intake::Refused(*refusal),
                // A fault with an answer of its own changes nothing in the registry.
                Ok(()) if answers_itself => Intake::Ignored,
                Ok(()) => intake(&context, request, &route),
            }
        };
        Self { context, request, route, fault, intake, finished: false }
    }

    /// Whether the answer depends on the body, so that it is to be received.
    #[must_use]
    pub const fn wants_body(&self) -> bool {
        !matches!(self.intake, Intake::Refused(_))
    }

    /// Takes the next piece of the body. Returns whether more is wanted: if not, the rest need not be read.
    pub fn receive(&mut self, piece: &[u8]) -> bool {
        match &mut self.intake {
            Intake::Ignored | Intake::Begun(_) => true,
            Intake::Refused(_) => false,
            Intake::Text(text) if text.len() + piece.len() > MANIFEST_LIMIT => {
                self.intake = Intake::Refused(ErrorCode::SizeInvalid.detailed(json!({ "limit": MANIFEST_LIMIT })));
                false
            }
            Intake::Text(text) => {
                text.extend_from_slice(piece);
                true
            }
            Intake::Blob(upload, _) => match upload.writer.write(piece) {
                Ok(()) => true,
                Err(error) => {
                    self.context.state.uploads.forget(&upload.id);
                    self.intake = Intake::Refused(failure(&error));
                    false
                }
            },
        }
    }

    /// Answers, and writes the request into the journal.
    #[must_use]
    pub fn finish(mut self) -> Delivery {
        self.finished = true;
        let fault = self.fault.take();
        if let Some(replay) = self.context.state.replay.get() {
            return self.replay(replay, fault);
        }
        let intake = std::mem::replace(&mut self.intake, Intake::Ignored);
        let usual = || match intake {
            Intake::Refused(answer) => answer,
            Intake::Ignored => self.answer(),
            Intake::Begun(upload) => self.continue_upload(*upload, None),
            Intake::Text(text) => self.accept(&text.freeze()),
            Intake::Blob(upload, digest) => self.continue_upload(*upload, digest.as_ref()),
        };
        let usual = || {
            let mut answer = usual();
            quirks::change(&self.context, self.request, &self.route, &mut answer);
            answer
        };
        let mut delivery = match &fault {
            Some(fault) => fault.apply(usual),
            None => quirks::deliver(&self.context, self.request, &self.route, usual()),
        };
        if self.context.state.announces_signatures(self.settings()) {
            let (name, value) = signatures::SUPPORTED;
            delivery.answer.headers.insert(name, value);
        }
        let unexpected =
            !self.route.takes(&self.request.method) && !fault.as_ref().is_some_and(|it| it.answers_itself());
        self.journalled(delivery, fault, unexpected)
    }

    /// Answers as a captured folder does.
    fn replay(&self, replay: &Replay, fault: Option<Arc<Armed>>) -> Delivery {
        let state = self.context.state;
        let (usual, is_missing) = match replay.answer(&state.store(), &state.origin, self.request) {
            Replayed::Captured(delivery) => (delivery, false),
            Replayed::Missing(answer) => (answer.into(), true),
        };
        let is_unexpected = is_missing && !fault.as_ref().is_some_and(|it| it.answers_itself());
        let delivery = match &fault {
            Some(fault) => fault.apply(|| usual.answer),
            None => usual,
        };
        self.journalled(delivery, fault, is_unexpected)
    }

    /// Writes the request and its answer into the journal.
    fn journalled(&self, mut delivery: Delivery, fault: Option<Arc<Armed>>, unexpected: bool) -> Delivery {
        // What is written by hand has no body for HEAD either.
        if self.request.method == Method::HEAD && delivery.manner != Manner::Whole {
            delivery.answer.body = Bytes::new().into();
        }
        self.context.state.journal.write(Record::new(self.request, &self.route, &delivery, fault, unexpected));
        delivery
    }

    fn settings(&self) -> &Settings {
        &self.context.settings
    }

    /// The answer to a request without a body, or with one that does not matter.
    fn answer(&self) -> Answer {
        let query = self.request.uri.query();
        let method = if self.request.method == Method::HEAD { &Method::GET } else { &self.request.method };
        match (method, &self.route) {
            (&Method::GET, Route::Token) => self.settings().access.token(self.request, &[]),
            (&Method::GET, Route::Ping) => {
                let mut answer = Answer::with_body(StatusCode::OK, "{}");
                answer.content_type("application/json");
                answer
            }
            (&Method::GET, Route::Catalog) => catalog::list(&self.context.state.store(), query),
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
    fn accept(&self, body: &Bytes) -> Answer {
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

    fn continue_upload(&self, mut upload: Upload, digest: Option<&Digest>) -> Answer {
        let Some(digest) = digest else {
            let answer = push_blob::state(StatusCode::ACCEPTED, &mut upload, &self.settings().policies);
            self.context.state.uploads.put(upload);
            return answer;
        };
        self.context.state.uploads.forget(&upload.id);
        // The content is hashed before the store is locked for writing.
        match push_blob::finish(upload, digest) {
            Ok(Some(content)) => {
                let Route::Repository(name, _) = self.route else { return ErrorCode::Unsupported.answer() };
                self.context.state.store_mut().repository_mut(name).add_blob(digest.to_string(), content);
                push_blob::created(name, &digest.to_string())
            }
            Ok(None) => ErrorCode::DigestInvalid.detailed(json!({ "digest": digest })),
            Err(error) => failure(&error),
        }
    }
}

/// A client that goes away in the middle has made a request all the same; and its upload can go on from where it is.
impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        if !self.finished {
            let unexpected = !self.route.takes(&self.request.method);
            let nothing = Delivery { manner: Manner::Nothing(End::Close), ..Answer::empty(StatusCode::OK).into() };
            self.context.state.journal.write(Record::new(
                self.request,
                &self.route,
                &nothing,
                self.fault.take(),
                unexpected,
            ));
        }
        if let Intake::Blob(upload, _) = std::mem::replace(&mut self.intake, Intake::Ignored) {
            self.context.state.uploads.put(*upload);
        }
    }
}

/// What the body of a request is for.
fn intake(context: &Context<'_>, request: &Parts, route: &Route<'_>) -> Intake {
    let state = context.state;
    let writes = matches!(request.method, Method::PUT | Method::POST | Method::PATCH | Method::DELETE);
    if context.settings.behaviour.read_only && writes && *route != Route::Token {
        return Intake::Refused(ErrorCode::Unsupported.answer());
    }
    if let Some(answer) = quirks::instead(context, request, route) {
        return Intake::Refused(answer);
    }
    if *route == Route::Token && request.method == Method::POST {
        return Intake::Text(BytesMut::new());
    }
    let Route::Repository(name, endpoint) = route else { return Intake::Ignored };
    match (&request.method, endpoint) {
        (&Method::PUT, Endpoint::Manifest(_) | Endpoint::Signatures(_)) => Intake::Text(BytesMut::new()),
        (&Method::POST, Endpoint::Uploads) => {
            let readable = |from: &str| context.settings.access.may_pull(request, from);
            match push_blob::mount(name, &mut state.store_mut(), request, &context.settings.policies, readable) {
                Some(mounted) => Intake::Refused(mounted),
                None if context.settings.policies.upload.single_post_ignored => {
                    Intake::Begun(Box::new(Upload::new(name)))
                }
                None => blob_intake(state, Upload::new(name), request),
            }
        }
        (&Method::PATCH | &Method::PUT, Endpoint::Upload(id)) => match state.uploads.take(name, id) {
            Found::Missing => Intake::Refused(ErrorCode::BlobUploadUnknown.answer()),
            Found::Busy(_) => Intake::Refused(push_blob::busy()),
            Found::Idle(upload) => {
                let policies = &context.settings.policies;
                let is_next = policies.upload.unordered_chunks || push_blob::comes_next(&upload, request);
                let out_of_order = || (!is_next).then(|| push_blob::out_of_order(&upload));
                match push_blob::stale(&upload, request, policies).or_else(out_of_order) {
                    Some(refusal) => {
                        state.uploads.put(upload);
                        Intake::Refused(refusal)
                    }
                    None => blob_intake(state, upload, request),
                }
            }
        },
        _ => Intake::Ignored,
    }
}

/// The body is content of this upload. A PUT has to say what the digest of all of it is, a POST may.
fn blob_intake(state: &RegistryState, upload: Upload, request: &Parts) -> Intake {
    let refusal = match push_blob::digest(request) {
        Ok(None) if request.method == Method::PUT => ErrorCode::DigestInvalid.detailed(json!("the digest is missing")),
        Ok(digest) => return Intake::Blob(Box::new(upload), digest),
        Err(refusal) => *refusal,
    };
    state.uploads.put(upload);
    Intake::Refused(refusal)
}

fn unknown(name: &str) -> Answer {
    ErrorCode::NameUnknown.detailed(json!({ "name": name }))
}

/// The registry itself cannot do its work: its disk is full, say.
fn failure(error: &io::Error) -> Answer {
    tracing::warn!(%error, "cannot keep uploaded content");
    ErrorCode::Unknown.detailed(json!(error.to_string()))
}
