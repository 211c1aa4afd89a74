//! The manifests as JSON.

use std::{fs, path::Path};

use isi_conformance::document::{self, Source};
use serde_json::Value;

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents of a file in `deploy`.
pub(super) fn documents(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join("deploy").join(file)).unwrap();
    let read = |text: &str| {
        let source = Source::new(file, text);
        document::parse(&source).unwrap_or_else(|error| panic!("{error}")).to_json()
    };
    text.split("\n---\n").map(read).collect()
}

pub(super) fn of_kind<'a>(documents: &'a [Value], kind: &str) -> Vec<&'a Value> {
    documents.iter().filter(|document| document["kind"] == kind).collect()
}

/// The places in `written` that `read` does not have, or has otherwise.
pub(super) fn lost(written: &Value, read: &Value) -> Vec<String> {
    match (written, read) {
        (Value::Object(written), read) => written
            .iter()
            .flat_map(|(name, value)| {
                let inside = lost(value, &read[name]);
                inside.into_iter().map(move |path| format!(".{name}{path}"))
            })
            .collect(),
        (Value::Array(written), Value::Array(read)) if written.len() == read.len() => written
            .iter()
            .zip(read)
            .enumerate()
            .flat_map(|(index, (written, read))| {
                lost(written, read).into_iter().map(move |path| format!("[{index}]{path}"))
            })
            .collect(),
        (written, read) if written == read => Vec::new(),
        (written, read) => vec![format!(": {written} is {read}")],
    }
}

#[test]
fn a_field_that_is_not_read_is_found() {
    let written = serde_json::json!({"a": {"b": 1, "c": [{"d": 2}]}});
    assert_eq!(lost(&written, &written), [""; 0]);
    let read = serde_json::json!({"a": {"b": 1, "c": [{}]}});
    assert_eq!(lost(&written, &read), [".a.c[0].d: 2 is null"]);
}
