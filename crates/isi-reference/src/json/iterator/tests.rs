//! What openshift-apiserver 4.2 says of bodies that it cannot read.

use rstest::rstest;

use super::{
    super::{Document, Struct, parse},
    *,
};
use crate::{
    behaviour::{Behaviour, JsonDecoder},
    json::shapes::versioned::{IMPORT, MAPPING, STREAM, Versioned},
    version::ApiVersion,
};

fn structure(of: &Versioned) -> &'static Struct {
    of.structure(&Behaviour::of(ApiVersion::V4_2))
}

fn decode_as(text: &str, of: &Versioned, decoder: JsonDecoder) -> Result<Value, String> {
    let node = parse(text.as_bytes()).map_err(|error| error.to_string())?;
    let document = Document::sent(text.as_bytes(), node);
    document.decode(structure(of), decoder).map(|decoded| decoded.value).map_err(|error| error.to_string())
}

/// Recorded from openshift-apiserver 4.2.
#[rstest]
#[case::a_list(&IMPORT, r#"{"kind":"ImageStreamImport","spec":{"images":{},"import":true}}"#, r#"v1.ImageStreamImport.Spec: v1.ImageStreamImportSpec.Images: []v1.ImageImportSpec: decode slice: expect [ or n, but found {, error found in #10 byte of ...|"images":{},"import"|..., bigger context ...|{"kind":"ImageStreamImport","spec":{"images":{},"import":true}}|..."#)]
#[case::behind_it(&IMPORT, r#"{"metadata":{"name":7,"labels":{"a":"b"}},"spec":{"import":true,"images":[{"from":{"kind":"DockerImage"}}]}}"#, r#"v1.ImageStreamImport.ObjectMeta: v1.ObjectMeta.Labels: Name: ReadString: expects " or n, but found 7, error found in #10 byte of ...|:{"name":7,"labels":|..., bigger context ...|{"metadata":{"name":7,"labels":{"a":"b"}},"spec":{"import":true,"images|..."#)]
#[case::pointer(&IMPORT, r#"{"spec":{"repository":{"from":[]},"images":[]}}"#, r#"v1.ImageStreamImport.Spec: v1.ImageStreamImportSpec.Repository: v1.RepositoryImportSpec.From: readObjectStart: expect { or n, but found [, error found in #10 byte of ...|:{"from":[]},"images|..., bigger context ...|{"spec":{"repository":{"from":[]},"images":[]}}|..."#)]
#[case::many_fields(&STREAM, r#"{"metadata":{"uid":7,"resourceVersion":"1","deletionGracePeriodSeconds":4,"labels":{"a":"b"}}}"#, r#"v1.ImageStream.ObjectMeta: v1.ObjectMeta.DeletionGracePeriodSeconds: ResourceVersion: UID: ReadString: expects " or n, but found 7, error found in #10 byte of ...|":{"uid":7,"resource|..., bigger context ...|{"metadata":{"uid":7,"resourceVersion":"1","deletionGracePeriodSeconds|..."#)]
#[case::embedded(&STREAM, r#"{"kind":"ImageStream","metadata":{"ownerReferences":[{"kind":7,"name":"a","uid":"b"}]}}"#, r#"v1.ImageStream.ObjectMeta: v1.ObjectMeta.OwnerReferences: []v1.OwnerReference: v1.OwnerReference.UID: Name: Kind: ReadString: expects " or n, but found 7, error found in #10 byte of ...|[{"kind":7,"name":"a|..., bigger context ...|geStream","metadata":{"ownerReferences":[{"kind":7,"name":"a","uid":"b"}]}}|..."#)]
#[case::time(&STREAM, r#"{"metadata":{"creationTimestamp":7,"name":"a"}}"#, r#"v1.ImageStream.ObjectMeta: v1.ObjectMeta.Name: CreationTimestamp: unmarshalerDecoder: json: cannot unmarshal number into Go value of type string, error found in #10 byte of ...|mestamp":7,"name":"a|..., bigger context ...|{"metadata":{"creationTimestamp":7,"name":"a"}}|..."#)]
#[case::early_metadata(&STREAM, r#"{"metadata":{"name":"a","initializers":{"pending":[{"name":7}]},"clusterName":"c"}}"#, r#"v1.ImageStream.ObjectMeta: v1.ObjectMeta.ClusterName: Initializers: v1.Initializers.Pending: []v1.Initializer: v1.Initializer.Name: ReadString: expects " or n, but found 7, error found in #10 byte of ...|[{"name":7}]},"clust|..., bigger context ...|":{"name":"a","initializers":{"pending":[{"name":7}]},"clusterName":"c"}}|..."#)]
#[case::fields_of_owner(&STREAM, r#"{"metadata":{"managedFields":[{"fields":{"f:a":7},"manager":"m"}]}}"#, r#"v1.ImageStream.ObjectMeta: v1.ObjectMeta.ManagedFields: []v1.ManagedFieldsEntry: v1.ManagedFieldsEntry.Manager: Fields: unmarshalerDecoder: json: cannot unmarshal number into Go value of type map[string]v1.Fields, error found in #10 byte of ...|:{"f:a":7},"manager"|..., bigger context ...|{"metadata":{"managedFields":[{"fields":{"f:a":7},"manager":"m"}]}}|..."#)]
#[case::overflow(&STREAM, r#"{"spec":{"tags":[{"generation":9223372036854775808,"name":"a"}]}}"#, r#"v1.ImageStream.Spec: v1.ImageStreamSpec.Tags: []v1.TagReference: v1.TagReference.Name: Generation: ReadInt64: overflow: 9223372036854775808, error found in #10 byte of ...|6854775808,"name":"a|..., bigger context ...|{"spec":{"tags":[{"generation":9223372036854775808,"name":"a"}]}}|..."#)]
#[case::far_overflow(&STREAM, r#"{"spec":{"tags":[{"generation":99999999999999999999,"name":"a"}]}}"#, r#"v1.ImageStream.Spec: v1.ImageStreamSpec.Tags: []v1.TagReference: v1.TagReference.Generation: readUint64: overflow, error found in #10 byte of ...|":999999999999999999|..., bigger context ...|{"spec":{"tags":[{"generation":99999999999999999999,"name":"a"}]}}|..."#)]
#[case::fraction(&STREAM, r#"{"spec":{"tags":[{"generation":1.5,"name":"a"}]}}"#, r#"v1.ImageStream.Spec: v1.ImageStreamSpec.Tags: []v1.TagReference: v1.TagReference.Generation: assertInteger: can not decode float as int, error found in #10 byte of ...|eration":1.5,"name":|..., bigger context ...|{"spec":{"tags":[{"generation":1.5,"name":"a"}]}}|..."#)]
#[case::exponent(&STREAM, r#"{"metadata":{"generation":1e5,"name":"a"}}"#, r#"v1.ImageStream.ObjectMeta: struct Decode: expect }, but found e, error found in #10 byte of ...|ration":1e5,"name":"|..., bigger context ...|{"metadata":{"generation":1e5,"name":"a"}}|..."#)]
#[case::no_digit(&STREAM, r#"{"metadata":{"generation":"x","name":"a"}}"#, r#"v1.ImageStream.ObjectMeta: v1.ObjectMeta.Generation: readUint64: unexpected character: �, error found in #10 byte of ...|eration":"x","name":|..., bigger context ...|{"metadata":{"generation":"x","name":"a"}}|..."#)]
#[case::truth(&STREAM, r#"{"spec":{"lookupPolicy":{"local":1}}}"#, r#"v1.ImageStream.Spec: v1.ImageStreamSpec.LookupPolicy: v1.ImageLookupPolicy.Local: ReadBool: expect t or f, but found 1, error found in #10 byte of ...|{"local":1}}}|..., bigger context ...|{"spec":{"lookupPolicy":{"local":1}}}|..."#)]
#[case::map_value(&STREAM, r#"{"metadata":{"annotations":{"a":[],"b":"c"},"name":"a"}}"#, r#"v1.ImageStream.ObjectMeta: v1.ObjectMeta.Annotations: ReadString: expects " or n, but found [, error found in #10 byte of ...|ns":{"a":[],"b":"c"}|..., bigger context ...|{"metadata":{"annotations":{"a":[],"b":"c"},"name":"a"}}|..."#)]
#[case::unknown_number(&STREAM, r#"{"metadata":{"name":"a","x":1e40},"y":[1,{}]}"#, r#"v1.ImageStream.ObjectMeta: v1.ObjectMeta.strconv.ParseFloat: parsing "1e40": value out of range"#)]
#[case::escapes(&STREAM, r#"{"metadata":{"na\u006de":7,"labels":{"a":"\ud83d\ude00"}}}"#, r#"v1.ImageStream.ObjectMeta: v1.ObjectMeta.Labels: Name: ReadString: expects " or n, but found 7, error found in #10 byte of ...|\u006de":7,"labels":|..., bigger context ...|{"metadata":{"na\u006de":7,"labels":{"a":"\ud83d\ude00"}}}|..."#)]
#[case::bytes(&MAPPING, r#"{"metadata":{"name":"a"},"image":{"signatures":[{"content":"a$","type":"t"}]},"tag":"t"}"#, r#"v1.ImageStreamMapping.Tag: Image: v1.Image.Signatures: []v1.ImageSignature: v1.ImageSignature.Type: Content: decode base64: illegal base64 data at input byte 1, error found in #10 byte of ...|tent":"a$","type":"t|..., bigger context ...|"name":"a"},"image":{"signatures":[{"content":"a$","type":"t"}]},"tag":"t"}|..."#)]
#[case::byte_list(&MAPPING, r#"{"metadata":{"name":"a"},"image":{"signatures":[{"content":[300],"type":"t"}]},"tag":"t"}"#, r#"v1.ImageStreamMapping.Tag: Image: v1.Image.Signatures: []v1.ImageSignature: v1.ImageSignature.Type: Content: []uint8: ReadUint8: overflow: 300, error found in #10 byte of ...|tent":[300],"type":"|..., bigger context ...|"name":"a"},"image":{"signatures":[{"content":[300],"type":"t"}]},"tag":"t"}|..."#)]
#[case::docker_image(&MAPPING, r#"{"metadata":{"name":"a"},"image":{"dockerImageMetadata":{"Config":{"CpuShares":"x","ExposedPorts":{"80/tcp":7}}}},"tag":"t"}"#, r#"docker10.DockerImage.Config: docker10.DockerConfig.CPUShares: readUint64: unexpected character: �, error found in #10 byte of ...|uShares":"x","Expose|..., bigger context ...|{"Config":{"CpuShares":"x","ExposedPorts":{"80/tcp":7}}}|..."#)]
#[case::empty_type(&MAPPING, r#"{"metadata":{"name":"a"},"image":{"dockerImageMetadata":{"Config":{"ExposedPorts":{"80/tcp":7}}}},"tag":"t"}"#, r#"docker10.DockerImage.Config: docker10.DockerConfig.ExposedPorts: skipObjectDecoder: expect object or null, error found in #10 byte of ...|{"80/tcp":7}}}|..., bigger context ...|{"Config":{"ExposedPorts":{"80/tcp":7}}}|..."#)]
#[case::inlined(&MAPPING, r#"{"metadata":{"name":"a"},"image":{"signatures":[{"issuedBy":{"commonName":7}}]}}"#, r#"v1.ImageStreamMapping.Image: v1.Image.Signatures: []v1.ImageSignature: v1.ImageSignature.IssuedBy: v1.SignatureIssuer.SignatureGenericEntity: CommonName: ReadString: expects " or n, but found 7, error found in #10 byte of ...|monName":7}}]}}|..., bigger context ...|"image":{"signatures":[{"issuedBy":{"commonName":7}}]}}|..."#)]
#[case::layer(&MAPPING, r#"{"metadata":{"name":"a"},"image":{"dockerImageLayers":[{"size":"x"}]}}"#, r#"v1.ImageStreamMapping.Image: v1.Image.DockerImageLayers: []v1.ImageLayer: v1.ImageLayer.LayerSize: readUint64: unexpected character: �, error found in #10 byte of ...|[{"size":"x"}]}}|..., bigger context ...|name":"a"},"image":{"dockerImageLayers":[{"size":"x"}]}}|..."#)]
#[case::cut_character(&STREAM, r#"{"metadata":{"name":7,"annotations":{"a":"é日日日日日日日日日日日日日日日日"}},"spec":{"dockerImageRepository":"x"}}"#, r#"v1.ImageStream.ObjectMeta: v1.ObjectMeta.Annotations: Name: ReadString: expects " or n, but found 7, error found in #10 byte of ...|:{"name":7,"annotati|..., bigger context ...|{"metadata":{"name":7,"annotations":{"a":"é日日日日日日日日日|..."#)]
fn says_where_and_behind_what_a_value_is_wrong(#[case] of: &Versioned, #[case] text: &str, #[case] expected: &str) {
    assert_eq!(decode_as(text, of, JsonDecoder::EarlyIterator), Err(expected.to_owned()));
}

#[test]
fn later_versions_skip_numbers_of_any_size() {
    let text = r#"{"metadata":{"name":"a","x":1e40}}"#;
    let expected = serde_json::json!({ "metadata": { "name": "a" } });
    assert_eq!(decode_as(text, &STREAM, JsonDecoder::Iterator), Ok(expected));
}

#[rstest]
#[case::objects(
    r#"{"spec":{"dockerImageRepository":"a"},"spec":{"lookupPolicy":{"local":true}}}"#,
    r#"{"spec":{"dockerImageRepository":"a","lookupPolicy":{"local":true}}}"#
)]
#[case::lists(
    r#"{"spec":{"tags":[{"name":"a"},{"name":"b"}],"tags":[{"reference":true}]}}"#,
    r#"{"spec":{"tags":[{"name":"a","reference":true}]}}"#
)]
#[case::maps(r#"{"metadata":{"labels":{"a":"b"},"labels":{"c":"d"}}}"#, r#"{"metadata":{"labels":{"a":"b","c":"d"}}}"#)]
#[case::null(
    r#"{"metadata":{"labels":{"a":"b"},"labels":null,"name":"a","name":null}}"#,
    r#"{"metadata":{"name":""}}"#
)]
#[case::null_objects(
    r#"{"spec":{"dockerImageRepository":"a"},"spec":null}"#,
    r#"{"spec":{"dockerImageRepository":"a"}}"#
)]
#[case::case(r#"{"Metadata":{"name":"a"}}"#, "{}")]
fn what_is_there_twice_is_merged(#[case] text: &str, #[case] expected: &str) {
    let expected: Value = expected.parse().unwrap();
    assert_eq!(decode_as(text, &STREAM, JsonDecoder::EarlyIterator), Ok(expected));
}
