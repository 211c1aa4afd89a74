//! The journal: what was asked of a registry, and what it answered.

mod entry;
mod filter;
mod record;
mod wait;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

pub use entry::Entry;
pub use filter::JournalFilter;
pub(crate) use record::Record;
use tokio::sync::Notify;
pub use wait::WaitError;

/// How many bytes of a path, a query or a header the journal keeps; the rest is cut.
pub const JOURNAL_TEXT_LIMIT: usize = 2_048;

/// How many unexpected requests are kept when the journal drops them.
const UNEXPECTED_LIMIT: usize = 100;

/// A function that is called for every request as it is answered.
pub(crate) struct Listener(pub(crate) Box<dyn Fn(&Entry) + Send + Sync>);

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Listener")
    }
}

/// The newest entries, up to a limit, and the first unexpected ones.
#[derive(Debug)]
pub(crate) struct Journal {
    kept: Mutex<KeptRecords>,
    limit: usize,
    listener: Option<Listener>,
    /// Told of every entry, for those who wait for one.
    written: Notify,
}

#[derive(Debug, Default)]
struct KeptRecords {
    records: VecDeque<Record>,
    written: u64,
    unexpected: Vec<Entry>,
}

impl Journal {
    pub(crate) fn new(limit: usize) -> Self {
        Self { kept: Mutex::default(), limit, listener: None, written: Notify::new() }
    }

    /// Tells `listener` of every entry.
    pub(crate) fn listen(&mut self, listener: Listener) {
        self.listener = Some(listener);
    }

    pub(crate) fn write(&self, record: Record) {
        let mut kept = self.kept();
        let number = kept.written;
        kept.written += 1;
        if let Some(listener) = &self.listener {
            (listener.0)(&record.entry(number));
        }
        if record.unexpected && kept.unexpected.len() < UNEXPECTED_LIMIT {
            kept.unexpected.push(record.entry(number));
        }
        let oldest = if kept.records.len() == self.limit { kept.records.pop_front() } else { None };
        kept.records.push_back(record);
        drop(kept);
        drop(oldest);
        self.written.notify_waiters();
    }

    /// The number that the next entry will have.
    pub(crate) fn next(&self) -> u64 {
        self.kept().written
    }

    /// Forgets all entries; the numbers go on.
    pub(crate) fn clear(&self) {
        let mut kept = self.kept();
        kept.records.clear();
        kept.unexpected.clear();
    }

    /// The entries that are kept and meant.
    pub(crate) fn matching(&self, filter: &JournalFilter) -> Vec<Entry> {
        self.since(filter.first()).into_iter().filter(|entry| filter.matches(entry)).collect()
    }

    fn kept(&self) -> MutexGuard<'_, KeptRecords> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entries that are kept, from number `first` on.
    pub(crate) fn since(&self, first: u64) -> Vec<Entry> {
        let kept = self.kept();
        let oldest = kept.written - kept.records.len() as u64;
        let skip = usize::try_from(first.saturating_sub(oldest)).unwrap_or(usize::MAX);
        let numbered = (oldest..).zip(&kept.records).skip(skip);
        numbered.map(|(number, record)| record.entry(number)).collect()
    }

    /// The first unexpected requests.
    pub(crate) fn unexpected(&self) -> Vec<Entry> {
        self.kept().unexpected.clone()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use http::{Request, StatusCode};

    use super::*;
    use crate::{
        fixture::policy::TokenPath,
        registry::{answer::Answer, route::Route},
    };

    fn record(path: &str, unexpected: bool) -> Record {
        let (parts, ()) = Request::get(path).body(()).unwrap().into_parts();
        let route = Route::of(path, TokenPath::At("/token"));
        Record::new(&parts, &route, &Answer::empty(StatusCode::OK).into(), None, unexpected)
    }

    #[test]
    fn the_oldest_entries_make_room() {
        let journal = Journal::new(2);
        for path in ["/a", "/b", "/c"] {
            journal.write(record(path, false));
        }
        let paths = |first| journal.since(first).into_iter().map(|entry| entry.path).collect::<Vec<_>>();
        assert_eq!(paths(0), ["/b", "/c"]);
        assert_eq!(paths(2), ["/c"]);
        assert_eq!(paths(3), [] as [&str; 0]);
        assert_eq!(journal.since(0)[0].number, 1);
    }

    #[test]
    fn numbers_go_on_behind_what_was_cleared() {
        let journal = Journal::new(10);
        journal.write(record("/odd", true));
        journal.clear();
        assert_eq!((journal.since(0), journal.unexpected()), (Vec::new(), Vec::new()));
        journal.write(record("/v2/", false));
        assert_eq!(journal.since(0)[0].number, 1);
    }

    #[test]
    fn requests_that_nobody_expected_are_remembered_beyond_that() {
        let journal = Journal::new(1);
        journal.write(record("/odd", true));
        journal.write(record("/v2/", false));
        assert_eq!(journal.unexpected().into_iter().map(|entry| entry.path).collect::<Vec<_>>(), ["/odd"]);
    }
}
