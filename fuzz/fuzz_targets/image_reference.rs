//! The name of an image in a request.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| isi_reference::untrusted::image_reference(text));
