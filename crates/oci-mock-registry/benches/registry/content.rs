//! What registries are asked for.

use oci_mock_registry::oci::{Digest, media_type::OCI_MANIFEST};

/// How long the large blob is.
pub(crate) const LARGE: usize = 100 * 1024 * 1024;

/// An image of a few hundred bytes.
pub(crate) struct SmallImage {
    pub(crate) config: Vec<u8>,
    pub(crate) layer: Vec<u8>,
    pub(crate) manifest: Vec<u8>,
}

impl SmallImage {
    /// One whose content differs from that of every other number.
    pub(crate) fn new(number: u32) -> Self {
        let config = format!(r#"{{"architecture":"amd64","os":"linux","number":{number}}}"#).into_bytes();
        let layer = format!("layer {number:0>200}").into_bytes();
        let descriptor = |kind: &str, bytes: &[u8]| {
            let (digest, size) = (Digest::sha256(bytes), bytes.len());
            format!(r#"{{"mediaType":"application/vnd.oci.image.{kind}","digest":"{digest}","size":{size}}}"#)
        };
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{},"layers":[{}]}}"#,
            descriptor("config.v1+json", &config),
            descriptor("layer.v1.tar", &layer),
        );
        Self { config, layer, manifest: manifest.into_bytes() }
    }
}

/// A blob of 1 KiB.
pub(crate) fn small_blob() -> Vec<u8> {
    vec![0x42; 1024]
}

/// A blob of 100 MiB that cannot be compressed to nothing.
pub(crate) fn large_blob() -> Vec<u8> {
    (0..LARGE).map(|position| (position.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}
