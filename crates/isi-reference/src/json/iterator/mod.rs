//! JSON as json-iterator reads it, the decoder of servers until Kubernetes 1.21.
//!
//! Its errors show where they were found, and behind what: when something is wrong it goes on, and every field, list and object
//! that it believes to read from then on puts its name before the error. So what a client is told depends on each step of the
//! decoder, and all of them are taken here: which byte is looked at, and which one is put back. A byte is put back only as long
//! as nothing is wrong.

mod go_type;
mod scalar;
mod skip;
mod typed;

use serde_json::{Map, Value};

use super::{Struct, TypeError};

/// How many bytes around an error are shown.
const NEAR: usize = 10;
/// How many bytes around an error are shown as its context.
const CONTEXT: usize = 50;

/// How the numbers of unknown fields are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SkippedNumbers {
    /// As 32 bits: what is too large for them is an error.
    Narrow,
    /// In any size.
    Wide,
}

/// Reads `text`, which is JSON, as an object of the type `target`.
///
/// # Errors
/// The first mistake, and everything that was read behind it.
pub(crate) fn decode(text: &[u8], target: &'static Struct, skipped: SkippedNumbers) -> Result<Value, TypeError> {
    let mut cursor = Cursor { text, head: 0, stop: None, names: Vec::new(), skipped, conversion: None };
    let value = cursor.structure(target, None).unwrap_or_else(|| Value::Object(Map::new()));
    if cursor.next_token() != 0 {
        cursor.report("Unmarshal", "there are bytes left after unmarshal");
    }
    match (cursor.stop, cursor.conversion) {
        (Some(Stop::Mistake(text)), _) => {
            let names: String = cursor.names.iter().rev().map(String::as_str).collect();
            Err(TypeError(names + &as_text(&text)))
        }
        (_, Some(error)) => Err(error),
        _ => Ok(value),
    }
}

/// Why a cursor does not put bytes back any more.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stop {
    /// The text is over.
    End,
    /// What is wrong, as bytes: the text may be cut inside a character.
    Mistake(Vec<u8>),
}

/// A place in a text.
#[derive(Debug)]
struct Cursor<'a> {
    text: &'a [u8],
    /// Where the next byte is.
    head: usize,
    stop: Option<Stop>,
    /// The names that stand before the mistake, the last one first: a body may have as many as fields.
    names: Vec<String>,
    skipped: SkippedNumbers,
    /// What is wrong with the metadata of the first image whose metadata cannot be read: it is read when everything else was.
    conversion: Option<TypeError>,
}

impl Cursor<'_> {
    /// Whether something was wrong.
    fn is_wrong(&self) -> bool {
        matches!(self.stop, Some(Stop::Mistake(_)))
    }

    /// The next byte that is no white space, or 0 at the end.
    fn next_token(&mut self) -> u8 {
        let rest = &self.text[self.head..];
        match rest.iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\t' | b'\r')) {
            Some(at) => {
                self.head += at + 1;
                rest[at]
            }
            None => self.end(),
        }
    }

    /// The next byte, or 0 at the end.
    fn next_byte(&mut self) -> u8 {
        match self.text.get(self.head) {
            Some(byte) => {
                self.head += 1;
                *byte
            }
            None => self.end(),
        }
    }

    fn end(&mut self) -> u8 {
        if self.stop.is_none() {
            self.head = self.text.len();
            self.stop = Some(Stop::End);
        }
        0
    }

    /// Puts the last byte back, if nothing was wrong.
    fn put_back(&mut self) {
        if self.stop.is_none() {
            self.head -= 1;
        }
    }

    /// The next byte that is no white space, which stays if nothing was wrong.
    fn peek_token(&mut self) -> u8 {
        let byte = self.next_token();
        self.put_back();
        byte
    }

    /// Notes a mistake, if it is the first one.
    fn report(&mut self, operation: &str, what: impl AsRef<[u8]>) {
        if self.is_wrong() {
            return;
        }
        let around = |distance: usize| {
            let start = self.head.saturating_sub(distance);
            (start, &self.text[start..(self.head + distance).min(self.text.len())])
        };
        let ((start, near), (_, context)) = (around(NEAR), around(CONTEXT));
        let mut text = [operation.as_bytes(), b": ", what.as_ref()].concat();
        text.extend_from_slice(format!(", error found in #{} byte of ...|", self.head - start).as_bytes());
        text.extend_from_slice(near);
        text.extend_from_slice(b"|..., bigger context ...|");
        text.extend_from_slice(context);
        text.extend_from_slice(b"|...");
        self.stop = Some(Stop::Mistake(text));
    }

    /// Notes that another byte than `what` says was found.
    fn report_byte(&mut self, operation: &str, what: &str, found: u8) {
        self.report(operation, [what.as_bytes(), &[found]].concat());
    }

    /// Notes the first mistake, in words that show no place.
    fn fail(&mut self, what: String) {
        self.stop = Some(Stop::Mistake(what.into_bytes()));
    }

    /// Puts a name before the mistake, if there is one.
    fn name_mistake(&mut self, name: impl FnOnce() -> String) {
        if self.is_wrong() {
            self.names.push(name());
        }
    }
}

/// Bytes as Go writes them in JSON: every one that is no UTF-8 is a replacement character.
fn as_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
