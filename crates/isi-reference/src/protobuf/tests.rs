#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::{descriptor::Message, *};

#[test]
fn a_list_is_written_as_a_server_wrote_it() {
    // What a server of 4.22 answered to `GET …/imagestreams` with `Accept: application/vnd.kubernetes.protobuf`.
    let recorded =
        b"k8s\0\n(\n\x15image.openshift.io/v1\x12\x0fImageStreamList\x12\r\n\x0b\n\0\x12\x0512012\x1a\0\x1a\0\"\0";
    let list = json!({
        "kind": "ImageStreamList", "apiVersion": "image.openshift.io/v1",
        "metadata": { "resourceVersion": "12012" }, "items": [],
    });
    assert_eq!(encode(&list).unwrap(), recorded);
}

#[test]
fn objects_come_back_without_their_zero_values() {
    let stream = json!({
        "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
        "metadata": {
            "name": "app", "creationTimestamp": "2026-11-26T12:00:00Z", "labels": { "b": "2", "a": "1" },
            "managedFields": [{ "manager": "m", "time": "2026-11-26T12:00:00Z", "fieldsV1": { "f:spec": {} } }],
        },
        "spec": { "tags": [{ "name": "v1", "from": { "kind": "DockerImage", "name": "x" }, "generation": 0 }] },
        "status": { "tags": [{ "tag": "v1", "items": [{ "created": "1999-12-31T23:59:59Z", "generation": -1 }] }] },
    });
    let bytes = encode(&stream).unwrap();
    let envelope = Envelope::open(&bytes).unwrap();
    assert_eq!((envelope.api_version.as_str(), envelope.kind.as_str()), ("image.openshift.io/v1", "ImageStream"));
    assert_eq!(envelope.object().unwrap().unwrap(), stream);
}

#[test]
fn fields_that_json_inlines_are_a_message_of_their_own() {
    let signature = json!({
        "kind": "ImageSignature", "apiVersion": "image.openshift.io/v1", "content": "AQID",
        "issuedTo": { "organization": "o", "publicKeyID": "k" },
    });
    let bytes = encode(&signature).unwrap();
    assert_eq!(Envelope::open(&bytes).unwrap().object().unwrap().unwrap(), signature);
    assert!(bytes.windows(5).any(|window| window == b"\n\x05\n\x01o"));
}

#[rstest]
#[case::nothing(b"", DecodeError::Empty)]
#[case::json(b"{}", DecodeError::NoMagic)]
#[case::half_a_tag(b"k8s\0\x80", DecodeError::UnexpectedEnd)]
#[case::half_a_field(b"k8s\0\x12\x05ab", DecodeError::UnexpectedEnd)]
#[case::tag_zero(b"k8s\0\0\0", DecodeError::IllegalTag { message: "Unknown", number: 0, wire_type: 0 })]
#[case::group(b"k8s\0\x0b", DecodeError::IllegalWireType(3))]
#[case::endless_number(b"k8s\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", DecodeError::Overflow)]
#[case::a_number_for_a_message(b"k8s\0\x08\x01", DecodeError::WireType { found: 0, field: "TypeMeta".to_owned() })]
fn an_envelope_that_is_none_says_why(#[case] bytes: &[u8], #[case] error: DecodeError) {
    assert_eq!(Envelope::open(bytes), Err(error));
}

#[test]
fn a_field_of_another_type_is_named() {
    let bytes = b"k8s\0\n\x0c\n\x02v1\x12\x06Secret\x12\x02\x18\x01";
    let error = Envelope::open(bytes).unwrap().object().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "proto: wrong wireType = 0 for field Type");
}

#[test]
fn field_numbers_ascend_and_are_given_once() {
    let mut seen = Vec::new();
    let mut left: Vec<&Message> = vec![messages::find("image.openshift.io/v1", "ImageStreamImport").unwrap()];
    while let Some(message) = left.pop() {
        assert!(message.fields.windows(2).all(|pair| pair[0].number < pair[1].number), "{}", message.name);
        seen.push(message.name);
        let nested = message.fields.iter().filter_map(|field| match field.kind {
            descriptor::FieldType::Message(message) if !seen.contains(&message.name) => Some(message),
            _ => None,
        });
        left.extend(nested);
    }
    assert!(seen.contains(&"TagEventCondition"));
}

proptest! {
    #[test]
    fn no_bytes_bring_the_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [b"k8s\0\n\x28\n\x15image.openshift.io/v1\x12\x0fImageStreamList\x12", &bytes[..]].concat();
        if let Ok(envelope) = Envelope::open(&bytes) {
            let _ = envelope.object();
        }
    }
}
