//! Parsers of bytes that clients and registries send, for the fuzz targets in `fuzz/`: any bytes are read or refused, and none
//! makes a parser panic.

use http::{HeaderMap, HeaderValue, header::WWW_AUTHENTICATE};

use crate::{
    behaviour::Behaviour,
    image_reference::ImageReference,
    protobuf::{Envelope, encode},
    registry_client::{read_challenges, read_manifest},
    version::ApiVersion,
};

/// A manifest, as each content type that an importer accepts and without one.
pub fn manifest(bytes: &[u8]) {
    for version in [ApiVersion::V3_11, ApiVersion::NEWEST] {
        read_manifest(bytes, &Behaviour::of(version));
    }
}

/// A `WWW-Authenticate` header.
pub fn challenge(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    read_challenges(&HeaderMap::from_iter([(WWW_AUTHENTICATE, value)]));
}

/// An object in Kubernetes' protobuf; what is read can be written, and read again.
///
/// # Panics
/// When what was written reads differently.
pub fn protobuf(bytes: &[u8]) {
    let Ok(envelope) = Envelope::open(bytes) else { return };
    let Some(Ok(object)) = envelope.object() else { return };
    if let Some(written) = encode(&object) {
        let again = Envelope::open(&written).map(|envelope| envelope.object());
        assert_eq!(again, Ok(Some(Ok(object))));
    }
}

/// The name of an image, and its other forms.
pub fn image_reference(text: &str) {
    if let Ok(reference) = text.parse::<ImageReference>() {
        let _ = (reference.normalized(), reference.repository_path(), reference.registry_host_and_port(false));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            manifest(&bytes);
            challenge(&bytes);
            protobuf(&bytes);
            protobuf(&[b"k8s\0\n(\n\x15image.openshift.io/v1\x12\x0fImageStreamList\x12", bytes.as_slice()].concat());
        }

        #[test]
        fn any_json_is_a_manifest_or_refused(
            text in r#"\{("(mediaType|schemaVersion|config|layers|manifests|signatures)":("[a-z]{0,3}"|\[\]|\{\}|-?[0-9]{1,20}|null),?){0,4}\}"#
        ) {
            manifest(text.as_bytes());
        }

        #[test]
        fn any_text_is_a_reference_or_refused(text in "[a-zA-Z0-9.:/@_-]{0,40}") {
            image_reference(&text);
        }

        #[test]
        fn any_challenge_is_read_or_refused(text in r#"(Bearer|basic)? ?([a-z]{0,3}=?"?\\?,?){0,6}"#) {
            challenge(text.as_bytes());
        }
    }
}
