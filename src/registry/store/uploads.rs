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
        format!("/v2/{}/blobs/uploads/{}", self.repository, self.id)
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

fn range(length: u64) -> String {
    format!("0-{}", length.saturating_sub(1))
}

/// The uploads of a registry. Whoever works on one takes it out, so nobody else can at the same time.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    uploads: HashMap<String, Upload>,
    oldest_first: VecDeque<String>,
}

impl Uploads {
    pub(crate) fn put(&self, upload: Upload) {
        let mut waiting = self.waiting();
        waiting.oldest_first.push_back(upload.id.clone());
        waiting.uploads.insert(upload.id.clone(), upload);
        while waiting.uploads.len() > UPLOAD_LIMIT {
            let Some(oldest) = waiting.oldest_first.pop_front() else { break };
            waiting.uploads.remove(&oldest);
        }
    }

    pub(crate) fn take(&self, repository: &str, id: &str) -> Option<Upload> {
        let mut waiting = self.waiting();
        if waiting.uploads.get(id)?.repository != repository {
            return None;
        }
        waiting.oldest_first.retain(|other| other != id);
        waiting.uploads.remove(id)
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
        assert!(uploads.take("app", &ids[0]).is_none());
        assert!(uploads.take("other", &ids[1]).is_none());
        assert!(uploads.take("app", &ids[1]).is_some());
        assert!(uploads.take("app", &ids[1]).is_none());
    }
}
