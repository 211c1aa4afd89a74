//! A body in protobuf of a client.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| isi_reference::untrusted::protobuf(bytes));
