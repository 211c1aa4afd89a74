//! An answer on its way to the client, and into the captured folder.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE},
    request::Parts,
};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::{sync::mpsc, time::timeout};

use super::{
    collect::{Collected, CollectedBytes, Collection},
    header_text::HeaderText,
    log::{CapturedBody, CapturedEnd, CapturedExchange, CapturedRequest, CapturedResponse},
    placeholder::{LENGTH, REDACTED},
    proxy::{Proxy, WITH_URLS, journal},
    recorder::Purpose,
    rewrite::without_signature,
    upstream::{UpstreamBody, UpstreamFailure},
};
use crate::{
    fixture::Time,
    registry::{
        answer::{Answer, Delivery, End, Manner},
        state::RegistryState,
        store::{Content, MANIFEST_LIMIT},
    },
};
use oci_types::{Algorithm, Digest};

/// How long an upstream may say nothing in the middle of a body.
const PATIENCE_IN_BODY: Duration = Duration::from_secs(60);

/// The body of an answer on its way.
#[derive(Debug)]
pub(crate) struct PassedBody(pub(super) Option<mpsc::Receiver<io::Result<Bytes>>>);

impl Body for PassedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.get_mut().0 {
            Some(pieces) => pieces.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}
/// What is known of an exchange before its answer comes.
pub(super) struct PendingExchange {
    pub(super) number: u64,
    pub(super) captured: CapturedRequest,
    pub(super) delay: Time,
}

/// An answer on its way to the client.
pub(super) struct Passing {
    pub(super) proxy: Arc<Proxy>,
    pub(super) state: Arc<RegistryState>,
    pub(super) request: Parts,
    pub(super) host: String,
    pub(super) begun: PendingExchange,
    pub(super) status: StatusCode,
    pub(super) live: HeaderMap,
    pub(super) templates: Vec<(HeaderName, HeaderText)>,
    pub(super) purpose: Purpose,
}

impl Passing {
    /// Passes the body on, then captures the exchange.
    pub(super) async fn run(self, body: Option<UpstreamBody>, client: mpsc::Sender<io::Result<Bytes>>) {
        let expected = match &self.purpose {
            Purpose::Manifest { reference: digest, .. } | Purpose::Blob { digest, .. } => digest.parse::<Digest>().ok(),
            Purpose::Message => None,
        };
        let limit = match self.purpose {
            Purpose::Blob { .. } => self.proxy.blobs,
            Purpose::Manifest { .. } | Purpose::Message => MANIFEST_LIMIT as u64,
        };
        let algorithm = expected.as_ref().map_or(Algorithm::Sha256, Digest::algorithm);
        let mut collected = Collected::new(limit, algorithm);
        let end = match body {
            Some(body) => self.copy(body, &client, &mut collected).await,
            None => Some(CapturedEnd::Complete),
        };
        let manner = if end == Some(CapturedEnd::Complete) { Manner::Whole } else { Manner::Nothing(End::Close) };
        let answer = Answer { status: self.status, headers: self.live.clone(), body: Content::Memory(Bytes::new()) };
        journal(&self.state, &self.request, &Delivery { manner, ..answer.into() }, collected.len(), false);
        drop(client);
        let collection = collected.finish().await;
        if let Some(error) = &collection.error {
            self.proxy.recorder.problem(format!("content cannot be kept: {error}"));
        }
        let _ = tokio::task::spawn_blocking(move || self.capture(collection, end)).await;
    }

    /// Copies a body to the client, and to what is kept. Returns how it ended; nothing if it was given up, because the client
    /// has gone and the content is not kept.
    async fn copy(
        &self,
        mut body: UpstreamBody,
        client: &mpsc::Sender<io::Result<Bytes>>,
        collected: &mut Collected,
    ) -> Option<CapturedEnd> {
        loop {
            let end = match timeout(PATIENCE_IN_BODY, body.frame()).await {
                Ok(None) => return Some(CapturedEnd::Complete),
                Ok(Some(Ok(frame))) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    collected.push(&piece, self.proxy.recorder.folder()).await;
                    if client.send(Ok(piece)).await.is_err() && !collected.is_kept() {
                        return None;
                    }
                    continue;
                }
                Ok(Some(Err(error))) => match error.failure() {
                    UpstreamFailure::Reset => CapturedEnd::Reset,
                    _ => CapturedEnd::Closed,
                },
                Err(_) => CapturedEnd::Stalled,
            };
            let _ = client.send(Err(io::ErrorKind::UnexpectedEof.into())).await;
            return Some(end);
        }
    }

    /// Writes the exchange into the folder.
    fn capture(self, collection: Collection, end: Option<CapturedEnd>) {
        let Collection { kept, digest: found, length, .. } = collection;
        let Self {
            proxy,
            host,
            begun: PendingExchange { number, captured, delay },
            status,
            live,
            templates,
            purpose,
            ..
        } = self;
        let end = end.unwrap_or_default();
        let whole = end == CapturedEnd::Complete;
        let media_type = live.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let mut changed = false;
        let body = match (&purpose, kept) {
            (_, CollectedBytes::Memory(bytes)) if bytes.is_empty() => CapturedBody::Empty,
            (Purpose::Message, CollectedBytes::Memory(_)) if live.contains_key(CONTENT_ENCODING) => {
                proxy.recorder.problem(left_out(&captured, "is compressed, although nothing compressed was asked for"));
                CapturedBody::Omitted(length)
            }
            (Purpose::Message | Purpose::Manifest { .. }, CollectedBytes::Dropped) => {
                let reason = format!("has {length} bytes, more than the {MANIFEST_LIMIT} that are kept");
                proxy.recorder.problem(left_out(&captured, &reason));
                CapturedBody::Omitted(length)
            }
            (Purpose::Message, CollectedBytes::Memory(bytes)) => match std::str::from_utf8(&bytes) {
                Ok(text) => {
                    let kept = proxy.message(text, status);
                    changed = kept != text;
                    CapturedBody::Text(kept)
                }
                Err(_) => CapturedBody::Base64(STANDARD.encode(&bytes)),
            },
            (_, kept) => match proxy.recorder.keep(&purpose, media_type, kept, found, length, whole) {
                Ok(body) => body,
                Err(error) => {
                    proxy.recorder.problem(error.to_string());
                    CapturedBody::Omitted(length)
                }
            },
        };
        let secrets = proxy.recorder.secrets();
        let header = |(name, template): (HeaderName, HeaderText)| {
            let text = template.as_str();
            let kept = match &name {
                name if *name == SET_COOKIE => cookie_name(text),
                name if *name == CONTENT_LENGTH && changed => LENGTH.to_owned(),
                name if WITH_URLS.contains(name) => secrets.redacted(&without_signature(text, &host)),
                _ => secrets.redacted(text),
            };
            (name.as_str().to_owned(), template.with(kept))
        };
        let headers = templates.into_iter().map(header).collect();
        drop(secrets);
        let response = Some(CapturedResponse { status: status.as_u16(), headers, body });
        proxy.recorder.write(&CapturedExchange { number, request: captured, delay, response, end });
    }
}
impl Proxy {
    /// A text as it is kept: without tokens, passwords and the host of the upstream registry.
    fn message(&self, text: &str, status: StatusCode) -> String {
        let mut secrets = self.recorder.secrets();
        if let Some(text) = secrets.take_tokens(text) {
            return secrets.redacted_words(&self.hosts.in_text(&text));
        }
        let text = self.hosts.in_text(text);
        if status.is_client_error() || status.is_server_error() {
            secrets.redacted_words(&text)
        } else {
            secrets.redacted(&text)
        }
    }
}

/// What to say of an answer that is not in the folder, although it is no blob.
fn left_out(request: &CapturedRequest, reason: &str) -> String {
    format!("the answer to {} {} is left out of the folder: it {reason}", request.method, request.path)
}

/// A cookie without its value and where it is sent to.
fn cookie_name(value: &str) -> String {
    format!("{}={REDACTED}", value.split('=').next().unwrap_or_default().trim())
}
