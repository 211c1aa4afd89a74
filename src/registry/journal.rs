//! The journal: what was asked of a registry, and what it answered.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use serde::{Serialize, Serializer};

/// One request and what became of it. Credentials are not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The request's number since the registry was started, from 0.
    pub number: u64,
    /// When it was answered.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// The method.
    #[serde(serialize_with = "as_text")]
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The status of the answer; absent where the client got no complete answer.
    #[serde(serialize_with = "status_number")]
    pub status: Option<StatusCode>,
    /// The media types that the client accepts.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub accept: BTreeSet<String>,
    /// `User-Agent`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The scheme of `Authorization` in lower case: `basic` or `bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
    /// The fault that fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// No endpoint of the registry has this path and method.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unexpected: bool,
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let timestamp = jiff::Timestamp::try_from(*time).map_err(serde::ser::Error::custom)?;
    serializer.collect_str(&timestamp)
}

fn as_text<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn status_number<S: Serializer>(status: &Option<StatusCode>, serializer: S) -> Result<S::Ok, S::Error> {
    status.map(|status| status.as_u16()).serialize(serializer)
}

impl Entry {
    pub(crate) fn new(request: &Parts, status: Option<StatusCode>, fault: Option<&str>, unexpected: bool) -> Self {
        Self {
            number: 0,
            time: SystemTime::now(),
            method: request.method.clone(),
            path: request.uri.path().to_owned(),
            query: request.uri.query().map(str::to_owned),
            status,
            accept: accept(&request.headers),
            user_agent: text(&request.headers, header::USER_AGENT).map(str::to_owned),
            authorization: text(&request.headers, header::AUTHORIZATION)
                .and_then(|value| value.split(' ').next())
                .map(str::to_ascii_lowercase),
            fault: fault.map(str::to_owned),
            unexpected,
        }
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn accept(headers: &HeaderMap) -> BTreeSet<String> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|value| value.trim().to_owned()).collect()
}

/// Whoever wants to know of every request as it is answered.
pub(crate) struct Listener(pub(crate) Box<dyn Fn(&Entry) + Send + Sync>);

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Listener")
    }
}

/// The newest entries, up to a limit.
#[derive(Debug)]
pub(crate) struct Journal {
    entries: Mutex<Entries>,
    limit: usize,
    listener: Option<Listener>,
}

#[derive(Debug, Default)]
struct Entries {
    kept: VecDeque<Entry>,
    written: u64,
}

impl Journal {
    pub(crate) fn new(limit: usize) -> Self {
        Self { entries: Mutex::default(), limit, listener: None }
    }

    /// Tells `listener` of every entry.
    pub(crate) fn listen(&mut self, listener: Listener) {
        self.listener = Some(listener);
    }

    pub(crate) fn write(&self, mut entry: Entry) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entry.number = entries.written;
        entries.written += 1;
        if let Some(listener) = &self.listener {
            (listener.0)(&entry);
        }
        if entries.kept.len() == self.limit {
            entries.kept.pop_front();
        }
        entries.kept.push_back(entry);
    }

    /// The entries that are kept, from number `first` on.
    pub(crate) fn since(&self, first: u64) -> Vec<Entry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = entries.written - entries.kept.len() as u64;
        let skip = usize::try_from(first.saturating_sub(oldest)).unwrap_or(usize::MAX);
        entries.kept.iter().skip(skip).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        let request = http::Request::get(path)
            .header("accept", "b, a")
            .header("accept", "c")
            .header("authorization", "Basic cm9ib3Q6c2VjcmV0");
        let (parts, ()) = request.body(()).expect("a valid request").into_parts();
        Entry::new(&parts, Some(StatusCode::OK), None, false)
    }

    #[test]
    fn an_entry_says_what_was_asked_and_no_credentials() {
        let entry = entry("/v2/?n=1");
        assert_eq!(entry.accept, ["a", "b", "c"].map(str::to_owned).into());
        let json = serde_json::to_string(&entry).expect("an entry is JSON");
        assert!(json.contains(r#""authorization":"basic""#) && !json.contains("cm9ib3Q6"), "{json}");
    }

    #[test]
    fn the_oldest_entries_make_room() {
        let journal = Journal::new(2);
        for path in ["/a", "/b", "/c"] {
            journal.write(entry(path));
        }
        let paths = |first| journal.since(first).into_iter().map(|entry| entry.path).collect::<Vec<_>>();
        assert_eq!(paths(0), ["/b", "/c"]);
        assert_eq!(paths(2), ["/c"]);
        assert_eq!(paths(3), [] as [&str; 0]);
    }
}
