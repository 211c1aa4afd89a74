//! The body of a watch: what happened, as the client reads it, until its time is over.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tokio::{
    sync::watch::Receiver,
    time::{Instant, sleep_until},
};

use super::{
    event::{Encoder, EventType},
    options::{Start, WatchOptions},
};
use crate::{
    error::{ApiError, Result},
    http::answer::WatchBody,
    metrics::CountedWatch,
    resources::selection::Selection,
    storage::history::{Change, Stored},
};

/// How often a client that understands bookmarks gets one.
const BOOKMARK_INTERVAL: Duration = Duration::from_secs(60);
/// How long before the end of a watch the last bookmark comes.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);
/// How many events are put into one frame of the body, so that none grows with the number of objects.
const BATCH: usize = 100;

/// A watch that is under way.
#[derive(Debug)]
pub(super) struct Watcher {
    encoder: Encoder,
    selection: Selection,
    /// Objects that are still to be sent, the last one first.
    objects: Vec<Stored>,
    /// Whether a bookmark follows them.
    marks_initial_end: bool,
    /// Every change up to this version was sent.
    version: u64,
    /// The version that the watch began with.
    begun: u64,
    /// When the next bookmark comes; `None` if none does.
    next_bookmark: Option<Instant>,
    /// Wakes the watch when the store changes.
    changes: Receiver<u64>,
    deadline: Instant,
    /// What ends the watch at once.
    failure: Option<ApiError>,
    is_over: bool,
    _counted: CountedWatch,
}

impl Watcher {
    /// A watch that starts where `options` say.
    pub(super) fn begin(encoder: Encoder, selection: Selection, options: &WatchOptions) -> Result<Self> {
        let state = encoder.api.store.lock();
        let newest = state.version_number();
        let mut failure = None;
        let (objects, version) = match options.start {
            Start::Now => (Vec::new(), newest),
            Start::After(version) => (Vec::new(), version),
            Start::Objects { not_older } if not_older > newest => {
                failure = Some(ApiError::too_large_version(not_older, newest, Some(1)));
                (Vec::new(), newest)
            }
            Start::Objects { .. } => {
                let mut objects = state.stored(encoder.resource(), &encoder.target.namespace);
                objects.retain(|object| selects(&selection, &encoder, object));
                objects.reverse();
                (objects, newest)
            }
        };
        let changes = state.changes();
        drop(state);
        let deadline = Instant::now() + options.timeout;
        // Projects have none: they are watched without a cache of the server.
        let has_bookmarks = options.bookmarks && encoder.target.kind.kind != "Project";
        Ok(Self {
            _counted: CountedWatch::begin(&encoder.api, &encoder.target),
            encoder,
            selection,
            objects,
            marks_initial_end: options.marks_initial_end,
            version,
            begun: version,
            next_bookmark: has_bookmarks.then(|| bookmark_time(deadline)).flatten(),
            changes,
            deadline,
            failure,
            is_over: false,
        })
    }

    /// The watch as the body of an answer.
    pub(super) fn into_body(self) -> WatchBody {
        let frames = stream::unfold(self, |mut watcher| async move {
            let frame = watcher.next().await?;
            Some((Ok(Frame::data(frame)), watcher))
        });
        WatchBody(StreamBody::new(frames).boxed_unsync())
    }

    /// The next events; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        let stop = self.encoder.api.stop.clone();
        loop {
            if self.is_over || stop.is_cancelled() || self.deadline <= Instant::now() {
                return None;
            }
            if let Some(bookmark) = self.due_bookmark() {
                return Some(bookmark);
            }
            // What changes from here on wakes the watch, also if it is not among what is read now.
            self.changes.borrow_and_update();
            let events = self.ready();
            if !events.is_empty() {
                return Some(events.freeze());
            }
            tokio::select! {
                changed = self.changes.changed() => if changed.is_err() { return None },
                () = stop.cancelled() => return None,
                // What is due then is seen to in the next round.
                () = sleep_until(self.next_bookmark.unwrap_or(self.deadline)) => {}
            }
        }
    }

    /// The bookmark that is due, unless objects are still to be sent or nothing has changed since the watch began.
    fn due_bookmark(&mut self) -> Option<Bytes> {
        self.next_bookmark.filter(|time| *time <= Instant::now())?;
        self.next_bookmark = bookmark_time(self.deadline);
        if !self.objects.is_empty() || self.version <= self.begun {
            return None;
        }
        let mut out = BytesMut::new();
        self.encoder.bookmark(self.version, false, &mut out);
        Some(out.freeze())
    }

    /// The events that can be sent now.
    fn ready(&mut self) -> BytesMut {
        let mut out = BytesMut::new();
        if let Some(error) = self.failure.take() {
            self.encoder.error(&error, &mut out);
            self.is_over = true;
            return out;
        }
        let rest = self.objects.len().saturating_sub(BATCH);
        for object in self.objects.drain(rest..).rev() {
            self.encoder.object(EventType::Added, object, &mut out);
        }
        if self.objects.is_empty() && std::mem::take(&mut self.marks_initial_end) {
            self.encoder.bookmark(self.version, true, &mut out);
        }
        if out.is_empty() {
            self.read_changes(&mut out);
        }
        out
    }

    /// Reads on in the history, up to its end or the first events.
    fn read_changes(&mut self, out: &mut BytesMut) {
        while out.is_empty() && !self.is_over && !self.read_batch(out) {}
    }

    /// Reads some changes. Whether that was the end of the history.
    fn read_batch(&mut self, out: &mut BytesMut) -> bool {
        let resource = self.encoder.resource();
        let state = self.encoder.api.store.lock();
        let newest = state.version_number();
        let changes = state.history().since(self.version).map(|changes| {
            let of_resource = changes.filter(|change| change.resource == resource);
            of_resource.take(BATCH).cloned().collect::<Vec<Change>>()
        });
        drop(state);
        let changes = match changes {
            Ok(changes) => changes,
            Err(too_old) => {
                self.encoder.error(&ApiError::expired(self.version, too_old.oldest), out);
                self.is_over = true;
                return true;
            }
        };
        let is_all = changes.len() < BATCH;
        for change in changes {
            self.version = self.version.max(change.version);
            if let Some((event, object)) = self.seen(&change) {
                self.encoder.object(event, object, out);
            }
        }
        if is_all {
            // A watch from a version to come waits for it.
            self.version = self.version.max(newest);
        }
        is_all
    }

    /// A change as it looks to who sees the selected objects only: what comes into the selection is added, and what leaves it is
    /// deleted, as it was before.
    fn seen(&self, change: &Change) -> Option<(EventType, Stored)> {
        let selected = |object: &&Stored| selects(&self.selection, &self.encoder, object);
        let before = change.before.as_ref().filter(selected);
        let after = change.after.as_ref().filter(selected);
        match (before, after) {
            (None, None) => None,
            (None, Some(after)) => Some((EventType::Added, after.clone())),
            (Some(_), Some(after)) => Some((EventType::Modified, after.clone())),
            (Some(before), None) => Some((EventType::Deleted, before.clone().at(change.version))),
        }
    }
}

/// When the next bookmark of a watch comes that ends at `deadline`: each minute, and shortly before the end.
fn bookmark_time(deadline: Instant) -> Option<Instant> {
    let now = Instant::now();
    let time = (now + BOOKMARK_INTERVAL).min(deadline.checked_sub(LAST_BOOKMARK)?);
    (time > now).then_some(time)
}

fn selects(selection: &Selection, encoder: &Encoder, object: &Stored) -> bool {
    let target = &encoder.target;
    (target.namespace.is_empty() || object.namespace() == target.namespace)
        && target.name.as_ref().is_none_or(|name| object.name() == name)
        && selection.matches_stored(object)
}
