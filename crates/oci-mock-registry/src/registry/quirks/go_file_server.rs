//! Blobs as Go's file server sends them (`http.ServeContent`): its conditions, and its reading of ranges, which is neither
//! the specification's nor RFC 9110's in every detail.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE,
        X_CONTENT_TYPE_OPTIONS,
    },
    request::Parts,
};

use crate::registry::{
    answer::{Answer, Delivery, End, Manner},
    store::{Content, SPILL_THRESHOLD, StoredBlob},
};

/// Why a range cannot be served, in Go's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum RangeError {
    /// The header cannot be read.
    #[error("invalid range")]
    Invalid,
    /// The blob has none of the bytes.
    #[error("invalid range: failed to overlap")]
    NoOverlap,
}

/// The answer to a GET or HEAD of a blob. A client that knows the blob already is told so by the entity tag among the
/// blob's headers.
pub(super) fn serve(blob: &StoredBlob, request: &Parts) -> Answer {
    let StoredBlob { content, headers } = blob;
    let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    // A header without a value sets no condition.
    let condition = |name: HeaderName| {
        request.headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty())
    };
    let without_body = |status: StatusCode, left_out: &[HeaderName]| {
        let mut answer = Answer { status, headers: headers.clone(), body: Bytes::new().into() };
        for name in left_out {
            answer.headers.remove(name);
        }
        answer
    };
    if condition(IF_MATCH).is_some_and(|tags| !names(tags, |named| !is_weak(named) && named == tag)) {
        // The length of the blob has been announced before.
        return without_body(StatusCode::PRECONDITION_FAILED, &[ACCEPT_RANGES]);
    }
    if condition(IF_NONE_MATCH).is_some_and(|tags| names(tags, |named| strong(named) == strong(tag))) {
        return without_body(StatusCode::NOT_MODIFIED, &[ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_TYPE]);
    }
    // A date is no condition that holds: blobs have none.
    let is_whole = condition(IF_RANGE).is_some_and(|of| first_tag(of).is_none_or(|(named, _)| named != tag));
    let ranges = ranges(condition(RANGE).filter(|_| !is_whole).unwrap_or_default(), content.len());
    let mut answer = Answer { status: StatusCode::OK, headers: headers.clone(), body: content.clone() };
    match ranges {
        Err(reason) => refused(headers, reason, content.len()),
        Ok(ranges) if sum(&ranges) > content.len() => answer,
        Ok(ranges) => match ranges.as_slice() {
            [] => answer,
            [part] => {
                answer.status = StatusCode::PARTIAL_CONTENT;
                answer.replace_body(content.slice(part.clone()));
                answer.header(CONTENT_RANGE, &content_range(part, content.len()));
                answer
            }
            parts => several(answer, parts),
        },
    }
}

/// Several parts of the blob in one answer, each with its place. They are put together in memory, so that more than
/// [`SPILL_THRESHOLD`] bytes are answered with the whole blob, as a server may.
fn several(mut answer: Answer, parts: &[Range<u64>]) -> Answer {
    const BOUNDARY: &str = "c06c7f5bb4ad6e9e8d0f1b5a4e3d2c1b0a99887766554433221100ffeedd";
    let length = answer.body.len();
    if sum(parts) > SPILL_THRESHOLD {
        return answer;
    }
    let content_type = answer.headers.get(CONTENT_TYPE).cloned();
    let content_type = content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut body = BytesMut::new();
    for (number, part) in parts.iter().enumerate() {
        let Ok(bytes) = answer.body.slice(part.clone()).bytes() else { return answer };
        let between = if number == 0 { "" } else { "\r\n" };
        let place = content_range(part, length);
        body.put(
            format!("{between}--{BOUNDARY}\r\nContent-Range: {place}\r\nContent-Type: {content_type}\r\n\r\n")
                .as_bytes(),
        );
        body.put(bytes);
    }
    body.put(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    answer.status = StatusCode::PARTIAL_CONTENT;
    answer.replace_body(body.freeze());
    answer.header(CONTENT_TYPE, &format!("multipart/byteranges; boundary={BOUNDARY}"));
    answer
}

/// The refusal of a range. Its `Content-Length` is that of the blob, which the server has announced before.
fn refused(headers: &HeaderMap, reason: RangeError, length: u64) -> Answer {
    let text = format!("{reason}\n");
    let mut answer = Answer {
        status: StatusCode::RANGE_NOT_SATISFIABLE,
        headers: headers.clone(),
        // Go refuses to write more than it has announced, and so writes nothing.
        body: if text.len() as u64 > length { Bytes::new().into() } else { Content::from(Bytes::from(text)) },
    };
    answer.headers.remove(ACCEPT_RANGES);
    if reason == RangeError::NoOverlap {
        answer.header(CONTENT_RANGE, &format!("bytes */{length}"));
    }
    answer.content_type("text/plain; charset=utf-8");
    answer.headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// An answer is delivered as far as it goes where it has announced more.
pub(super) fn deliver(answer: Answer) -> Delivery {
    let said = answer.body.len();
    let announced = answer.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|announced: u64| announced > said) {
        return Delivery {
            manner: Manner::Cut { length: said, bytes_per_second: None, end: End::Close },
            ..answer.into()
        };
    }
    answer.into()
}

fn content_range(part: &Range<u64>, length: u64) -> String {
    // The last byte of a part without bytes comes before its first.
    format!("bytes {}-{}/{length}", part.start, i128::from(part.end) - 1)
}

fn sum(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().map(|part| part.end - part.start).fold(0, u64::saturating_add)
}

/// The parts of content with `length` bytes that a header asks for; none where it is empty.
fn ranges(header: &str, length: u64) -> Result<Vec<Range<u64>>, RangeError> {
    if header.is_empty() {
        return Ok(Vec::new());
    }
    let list = header.strip_prefix("bytes=").ok_or(RangeError::Invalid)?;
    let mut is_beyond = false;
    let mut ranges = Vec::new();
    for range in list.split(',').map(str::trim).filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').ok_or(RangeError::Invalid)?;
        let range = match (first.trim(), last.trim()) {
            ("", "") => return Err(RangeError::Invalid),
            ("", suffix) if suffix.starts_with('-') => return Err(RangeError::Invalid),
            ("", suffix) => length - number(suffix)?.min(length)..length,
            (first, last) => {
                let first = number(first)?;
                if first >= length {
                    is_beyond = true;
                    continue;
                }
                match last {
                    "" => first..length,
                    last => match number(last)? {
                        last if last < first => return Err(RangeError::Invalid),
                        last => first..last.min(length - 1) + 1,
                    },
                }
            }
        };
        ranges.push(range);
    }
    if is_beyond && ranges.is_empty() { Err(RangeError::NoOverlap) } else { Ok(ranges) }
}

/// A number of 63 bits, which may have a sign.
fn number(text: &str) -> Result<u64, RangeError> {
    text.parse::<i64>().ok().and_then(|number| u64::try_from(number).ok()).ok_or(RangeError::Invalid)
}

/// Whether a list of entity tags has one that `is_meant`, or the asterisk for any. What comes behind a mistake is not read.
fn names(mut tags: &str, is_meant: impl Fn(&str) -> bool) -> bool {
    loop {
        tags = tags.trim();
        if let Some(rest) = tags.strip_prefix(',') {
            tags = rest;
        } else if tags.starts_with('*') {
            return true;
        } else {
            match first_tag(tags) {
                None => return false,
                Some((tag, _)) if is_meant(tag) => return true,
                Some((_, rest)) => tags = rest,
            }
        }
    }
}

/// The entity tag at the beginning of a text, and the rest.
fn first_tag(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let start = if is_weak(text) { 2 } else { 0 };
    let inside = text.get(start..)?.strip_prefix('"')?;
    let end = inside.find(|character: char| character == '"' || character <= ' ' || character == '\u{7f}')?;
    inside[end..].starts_with('"').then(|| text.split_at(start + 1 + end + 1))
}

fn is_weak(tag: &str) -> bool {
    tag.starts_with("W/")
}

fn strong(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// What Debian's build of distribution 2.8.2 serves of a blob of 23 bytes.
    #[rstest]
    #[case("bytes=0-4", &[(0, 5)])]
    #[case("bytes=5-", &[(5, 23)])]
    #[case("bytes=0-100", &[(0, 23)])]
    #[case("bytes=-5", &[(18, 23)])]
    #[case("bytes=-0", &[(23, 23)])]
    #[case("bytes=-100", &[(0, 23)])]
    #[case("bytes=+1-2", &[(1, 3)])]
    #[case("bytes=0-1, 4-6,-2", &[(0, 2), (4, 7), (21, 23)])]
    #[case("bytes=0-1,30-40", &[(0, 2)])]
    #[case("bytes=,0-1,", &[(0, 2)])]
    #[case("bytes=", &[])]
    fn reads_ranges_of_23_bytes_as_go_does(#[case] header: &str, #[case] expected: &[(u64, u64)]) {
        let expected = expected.iter().map(|(start, end)| *start..*end).collect();
        assert_eq!(ranges(header, 23), Ok(expected));
    }

    #[rstest]
    #[case("bytes=23-", RangeError::NoOverlap)]
    #[case("bytes=30-40,50-60", RangeError::NoOverlap)]
    #[case("bytes=4-2", RangeError::Invalid)]
    #[case("bytes=a-b", RangeError::Invalid)]
    #[case("bytes=-", RangeError::Invalid)]
    #[case("bytes=0-99999999999999999999", RangeError::Invalid)]
    #[case("bytes = 0-1", RangeError::Invalid)]
    #[case("Bytes=0-1", RangeError::Invalid)]
    #[case("items=0-1", RangeError::Invalid)]
    fn refuses_ranges_of_23_bytes_as_go_does(#[case] header: &str, #[case] expected: RangeError) {
        assert_eq!(ranges(header, 23), Err(expected));
    }

    #[rstest]
    #[case("\"a\"", true)]
    #[case("*", true)]
    #[case("\"b\", \"a\"", true)]
    #[case("\"b\" W/\"a\"", true)]
    #[case("a", false)]
    #[case("b, \"a\"", false)]
    #[case("", false)]
    fn a_list_of_entity_tags_is_read_up_to_its_first_mistake(#[case] list: &str, #[case] expected: bool) {
        assert_eq!(names(list, |tag| strong(tag) == "\"a\""), expected);
    }
}
