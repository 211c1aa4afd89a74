//! What refers to an image: listed by the registry, and in the index that clients push where a registry lists nothing.

use oci_mock_registry::{
    fixture::{RegistryFixture, Salt, builtin},
    registry::RegistryState,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{ask, body, header, images, registry};

/// The registry of `fixtures/registries/signed.yaml`.
fn signed() -> RegistryState {
    registry(include_str!("../../fixtures/registries/signed.yaml"))
}

/// What `text` names, `{{digest oci-basic}}` filled in.
fn json_at(state: &RegistryState, path: &str) -> Value {
    let digest = header(&ask(state, "GET /v2/lib/cosign/manifests/v1"), "docker-content-digest").unwrap().to_owned();
    let path = path.replace("DIGEST", &digest).replace("TAG", &digest.replace(':', "-"));
    serde_json::from_slice(&body(&ask(state, &format!("GET {path}")))).unwrap()
}

fn sorted(index: &Value) -> Vec<Value> {
    let mut descriptors = index["manifests"].as_array().unwrap().clone();
    descriptors.sort_by_key(|descriptor| descriptor["digest"].to_string());
    descriptors
}

#[test]
fn the_fallback_index_has_the_descriptors_that_the_registry_lists() {
    let state = signed();
    let listed = json_at(&state, "/v2/lib/cosign/referrers/DIGEST");
    let fallback = json_at(&state, "/v2/lib/cosign/manifests/TAG");
    assert_eq!(listed["manifests"].as_array().unwrap().len(), 3);
    assert_eq!(sorted(&fallback), sorted(&listed));
    for key in ["schemaVersion", "mediaType"] {
        assert_eq!(fallback[key], listed[key]);
    }
}

#[rstest]
#[case("application/vnd.dev.cosign.artifact.sig.v1%2Bjson", json!(null))]
#[case("application/vnd.dev.cosign.artifact.att.v1%2Bjson", json!(null))]
#[case("text/spdx%2Bjson", json!({ "org.opencontainers.image.title": "sbom.spdx.json" }))]
fn referrers_of_one_type_are_listed_alone(#[case] artifact_type: &str, #[case] annotations: Value) {
    let listed = json_at(&signed(), &format!("/v2/lib/cosign/referrers/DIGEST?artifactType={artifact_type}"));
    let [referrer] = listed["manifests"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!(referrer["artifactType"], artifact_type.replace("%2B", "+"));
    assert_eq!(referrer["annotations"], annotations);
}

#[rstest]
#[case("sig", "application/vnd.dev.cosign.simplesigning.v1+json")]
#[case("att", "application/vnd.dsse.envelope.v1+json")]
#[case("sbom", "text/spdx+json")]
fn cosign_finds_what_belongs_to_an_image_by_its_tag(#[case] suffix: &str, #[case] media_type: &str) {
    let manifest = json_at(&signed(), &format!("/v2/lib/cosign/manifests/TAG.{suffix}"));
    assert_eq!(manifest["layers"][0]["mediaType"], media_type);
}

#[rstest]
#[case::nothing("oci-basic", "cosign-signature")]
#[case::another_image("oci-second", "cosign-referrer")]
fn an_index_of_referrers_lists_only_what_refers_to_the_image(#[case] image: &str, #[case] other: &str) {
    let file = format!("images: {{ index: {{ about: a, referrersOf: {{ image: {image}, images: [{other}] }} }} }}");
    let mut catalogue = builtin().clone();
    catalogue.extend(serde_saphyr::from_str(&file).unwrap());
    let error = catalogue.build(["index"], &Salt::default()).unwrap_err().to_string();
    let expected = format!("image `index` lists what refers to `{image}`, and `{other}` does not");
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn every_registry_that_comes_with_the_project_can_be_served() {
    for text in [
        include_str!("../../fixtures/registries/signed.yaml"),
        include_str!("../../fixtures/registries/quay.yaml"),
        include_str!("../../fixtures/registries/flaky.yaml"),
    ] {
        let fixture: RegistryFixture = serde_saphyr::from_str(text).unwrap();
        RegistryState::new(&fixture, images(&fixture), "registry.test".to_owned(), false).unwrap();
    }
}
