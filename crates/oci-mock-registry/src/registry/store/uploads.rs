//! Uploads under way.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::Writer;

/// How many uploads may be under way in one registry; beyond that the oldest is given up.
pub const UPLOAD_LIMIT: usize = 1_000;

/// An upload of a blob.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) repository: String,
    pub(crate) writer: Writer,
    /// How often its location has been given away.
    pub(crate) turn: u64,
    /// How long it was after its first chunk, in bytes.
    first_chunk: Option<u64>,
}

impl Upload {
    pub(crate) fn new(repository: &str) -> Self {
        let id = uuid::Uuid::new_v4().to_string();
        Self { id, repository: repository.to_owned(), writer: Writer::default(), turn: 0, first_chunk: None }
    }

    /// The path under which the upload goes on.
    pub(crate) fn location(&self) -> String {
        location(&self.repository, &self.id)
    }

    /// What has arrived, as a `Range` header: first and last byte.
    pub(crate) fn range(&self) -> String {
        range(self.writer.len())
    }

    /// What has arrived with the first chunk that was not empty.
    pub(crate) fn range_of_first_chunk(&mut self) -> String {
        let arrived = Some(self.writer.len()).filter(|length| *length > 0);
        self.first_chunk = self.first_chunk.or(arrived);
        range(self.first_chunk.unwrap_or_default())
    }
}

fn location(repository: &str, id: &str) -> String {
    format!("/v2/{repository}/blobs/uploads/{id}")
}

fn range(length: u64) -> String {
    format!("0-{}", length.saturating_sub(1))
}

/// The uploads of a registry. A request that writes to one takes it out, so that no other can at the same time.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    slots: HashMap<String, Slot>,
    oldest_first: VecDeque<String>,
}

#[derive(Debug)]
enum Slot {
    Idle(Box<Upload>),
    /// A request is writing to it.
    Busy(Arrived),
}

/// How far an upload was before a request began to write to it.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) id: String,
    repository: String,
    length: u64,
}

impl Arrived {
    pub(crate) fn location(&self) -> String {
        location(&self.repository, &self.id)
    }

    pub(crate) fn range(&self) -> String {
        range(self.length)
    }
}

/// The result of looking an upload up.
#[derive(Debug)]
pub(crate) enum Found<T> {
    /// It waits for more.
    Idle(T),
    /// Another request is writing to it.
    Busy(Arrived),
    /// There is none.
    Missing,
}

impl Uploads {
    /// Lets an upload wait for more.
    pub(crate) fn put(&self, upload: Upload) {
        let mut waiting = self.waiting();
        let id = upload.id.clone();
        if waiting.slots.insert(id.clone(), Slot::Idle(Box::new(upload))).is_none() {
            waiting.oldest_first.push_back(id);
        }
        while waiting.slots.len() > UPLOAD_LIMIT {
            let Some(oldest) = waiting.oldest_first.pop_front() else { break };
            waiting.slots.remove(&oldest);
        }
    }

    /// Takes an upload out to write to it, until it is [`put`](Self::put) back or [forgotten](Self::forget).
    pub(crate) fn take(&self, repository: &str, id: &str) -> Found<Upload> {
        let mut waiting = self.waiting();
        let Some(slot) = waiting.slots.get_mut(id) else { return Found::Missing };
        match slot {
            Slot::Busy(arrived) if arrived.repository == repository => Found::Busy(arrived.clone()),
            Slot::Idle(upload) if upload.repository == repository => {
                let (id, repository) = (upload.id.clone(), upload.repository.clone());
                let arrived = Arrived { id, repository, length: upload.writer.len() };
                match std::mem::replace(slot, Slot::Busy(arrived)) {
                    Slot::Idle(upload) => Found::Idle(*upload),
                    Slot::Busy(arrived) => Found::Busy(arrived),
                }
            }
            Slot::Busy(_) | Slot::Idle(_) => Found::Missing,
        }
    }

    /// Looks at an upload without taking it.
    pub(crate) fn look<T>(&self, repository: &str, id: &str, look: impl FnOnce(&mut Upload) -> T) -> Found<T> {
        match self.waiting().slots.get_mut(id) {
            Some(Slot::Idle(upload)) if upload.repository == repository => Found::Idle(look(upload)),
            Some(Slot::Busy(arrived)) if arrived.repository == repository => Found::Busy(arrived.clone()),
            _ => Found::Missing,
        }
    }

    /// Forgets all uploads.
    pub(crate) fn clear(&self) {
        *self.waiting() = Waiting::default();
    }

    /// Forgets an upload that is complete, or is not to go on.
    pub(crate) fn forget(&self, id: &str) {
        let mut waiting = self.waiting();
        if waiting.slots.remove(id).is_some() {
            waiting.oldest_first.retain(|other| other != id);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_upload_makes_room() {
        let uploads = Uploads::default();
        let ids: Vec<String> = std::iter::repeat_with(|| Upload::new("app"))
            .take(UPLOAD_LIMIT + 1)
            .map(|upload| {
                let id = upload.id.clone();
                uploads.put(upload);
                id
            })
            .collect();
        assert!(matches!(uploads.take("app", &ids[0]), Found::Missing));
        assert!(matches!(uploads.take("other", &ids[1]), Found::Missing));
        assert!(matches!(uploads.take("app", &ids[1]), Found::Idle(_)));
    }

    #[test]
    fn one_writes_and_the_others_see_how_far_it_is() {
        let uploads = Uploads::default();
        let mut upload = Upload::new("app");
        let id = upload.id.clone();
        upload.writer.write(b"12345").expect("it is in memory");
        uploads.put(upload);
        let Found::Idle(taken) = uploads.take("app", &id) else { panic!("it waits") };
        assert!(matches!(uploads.take("app", &id), Found::Busy(arrived) if arrived.range() == "0-4"));
        assert!(matches!(uploads.look("app", &id, |_| ()), Found::Busy(_)));
        uploads.put(taken);
        assert!(matches!(uploads.look("app", &id, |upload| upload.range()), Found::Idle(range) if range == "0-4"));
        uploads.forget(&id);
        assert!(matches!(uploads.look("app", &id, |_| ()), Found::Missing));
    }
}
