//! One request from its head to the answer.

mod answering;
mod intake;

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode, request::Parts};
use serde_json::json;

use self::{answering::failure, intake::Intake};
use super::{
    answer::{Answer, Delivery, End, Manner},
    api::signatures,
    capture::{Replay, Replayed},
    context::Context,
    error::ErrorCode,
    fault::Armed,
    journal::Record,
    quirks,
    route::Route,
    settings::Settings,
    state::RegistryState,
    store::MANIFEST_LIMIT,
};

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
                Ok(()) => Intake::of(&context, request, &route),
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
            None => quirks::deliver(&self.context, &self.route, usual()),
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
