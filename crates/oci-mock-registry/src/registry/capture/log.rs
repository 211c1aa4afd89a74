//! The log of a captured folder.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::header_text::HeaderText;
use crate::{fixture::Time, registry::folder::FolderError};
use oci_types::Digest;

/// The name of the log in a captured folder.
pub(super) const LOG: &str = "exchanges.jsonl";

/// The version of the format; it rises with every change that an older version would misread.
const FORMAT: u32 = 1;

/// How many bytes a line has at most: the headers of an exchange, and a body that is no content, such as a list of tags.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// The first line of a log.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LogHead {
    format: u32,
}

impl Default for LogHead {
    fn default() -> Self {
        Self { format: FORMAT }
    }
}

/// A request, and what the upstream registry answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CapturedExchange {
    /// Requests are numbered as they begin; the lines of a log are in the order in which they end.
    pub(super) number: u64,
    /// The request.
    pub(super) request: CapturedRequest,
    /// How long it took until the answer began.
    pub(super) delay: Time,
    /// The answer; absent if the connection ended before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<CapturedResponse>,
    /// How the exchange ended.
    #[serde(default, skip_serializing_if = "CapturedEnd::is_complete")]
    pub(super) end: CapturedEnd,
}

/// A request, as far as the answer may depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CapturedRequest {
    /// The method.
    pub(super) method: String,
    /// The path.
    pub(super) path: String,
    /// The query, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) query: Option<String>,
    /// The media types that the client accepts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) accept: BTreeSet<String>,
    /// The scheme of `Authorization` in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) authorization: Option<String>,
    /// `Range`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) range: Option<String>,
    /// `If-None-Match`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) if_none_match: Option<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CapturedResponse {
    /// The status.
    pub(super) status: u16,
    /// The headers, without those of the connection, `Date` and credentials.
    pub(super) headers: Vec<(String, HeaderText)>,
    /// The body; absent if there was none.
    #[serde(default, skip_serializing_if = "CapturedBody::is_empty")]
    pub(super) body: CapturedBody,
}

/// The body of an answer, as far as it arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum CapturedBody {
    /// There was none.
    #[default]
    Empty,
    /// A text.
    Text(String),
    /// What is no text, in base64.
    Base64(String),
    /// A manifest or a blob in the layout of a repository.
    Content {
        /// The repository.
        repository: String,
        /// The digest of the content.
        digest: Digest,
    },
    /// So many bytes, which were not kept.
    Omitted(u64),
}

impl CapturedBody {
    const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CapturedEnd {
    /// The answer arrived.
    #[default]
    Complete,
    /// The connection was closed before all of the answer had arrived.
    Closed,
    /// The connection was reset, or could not be opened.
    Reset,
    /// Nothing more came, for as long as the registry waited.
    Stalled,
}

impl CapturedEnd {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
    const fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}

/// Whether a folder was captured: the answers of another registry are in it.
#[must_use]
pub fn is_captured(folder: &Path) -> bool {
    // A repository may have the name of the log.
    folder.join(LOG).symlink_metadata().is_ok_and(|log| !log.is_dir())
}

/// Reads the log of a captured folder, in the order of the requests. A last line that a killed process has not finished is
/// left out.
pub(super) fn read(folder: &Path) -> Result<Vec<CapturedExchange>, FolderError> {
    let path = folder.join(LOG);
    let failed = |source| FolderError::File { path: path.clone(), source };
    if !path.symlink_metadata().map_err(failed)?.is_file() {
        return Err(FolderError::NoFile(path));
    }
    let mut file = BufReader::new(File::open(&path).map_err(failed)?);
    let (mut exchanges, mut line, mut number) = (Vec::new(), String::new(), 0);
    loop {
        line.clear();
        if (&mut file).take(LONGEST_LINE + 1).read_line(&mut line).map_err(failed)? == 0 {
            break;
        }
        number += 1;
        if line.len() as u64 > LONGEST_LINE {
            let reason = format!("line {number} has more than {LONGEST_LINE} bytes");
            return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, reason)));
        }
        let wrong = |source| FolderError::Log { path: path.clone(), line: number, source };
        if number == 1 {
            let head: LogHead = serde_json::from_str(&line).map_err(wrong)?;
            if head.format != FORMAT {
                return Err(FolderError::LogFormat { path, format: head.format, expected: FORMAT });
            }
            continue;
        }
        match serde_json::from_str(&line) {
            Ok(exchange) => exchanges.push(exchange),
            Err(_) if !line.ends_with('\n') => {}
            Err(error) => return Err(wrong(error)),
        }
    }
    exchanges.sort_by_key(|exchange: &CapturedExchange| exchange.number);
    Ok(exchanges)
}
