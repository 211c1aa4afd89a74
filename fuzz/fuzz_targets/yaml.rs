//! A file in YAML: what cannot be read has an error that can be shown.
#![no_main]

use spanned_yaml::{Source, decode, parse_documents};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let source = Source::new("fuzz.yaml", text);
    match parse_documents(&source) {
        Ok(nodes) => {
            for node in nodes {
                if let Err(error) = decode::<serde_json::Value>(&source, &node) {
                    assert!(!error.to_string().is_empty());
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
