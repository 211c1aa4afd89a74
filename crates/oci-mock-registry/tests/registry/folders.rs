//! Folders that other tools write, served; and what the registry writes, served again.

use std::fs;

use http::StatusCode;
use oci_mock_registry::{
    oci::{Digest, media_type::OCI_MANIFEST},
    registry::RegistryState,
};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{ask, body, error_code, header, registry, send};

fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn served(folder: &TempDir) -> RegistryState {
    registry(&format!("folders: {{ lib/app: {} }}", folder.path().display()))
}

#[test]
fn what_is_saved_can_be_served_again_byte_by_byte() {
    let first = registry(
        "repositories: { lib/app: { v1: s2-basic, same: s2-basic, multi: index-multi }, other: { sig: referrer-sig } }",
    );
    send(
        &first,
        "POST /v2/pushed/blobs/uploads/?digest=sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        &[],
        b"{}",
    );
    let root = tempfile::tempdir().unwrap();
    first.save(root.path()).unwrap();
    let second = registry("{}");
    second.load(root.path()).unwrap();
    for request in [
        "GET /v2/_catalog",
        "GET /v2/lib/app/tags/list",
        "GET /v2/lib/app/manifests/v1",
        "GET /v2/lib/app/manifests/same",
        "GET /v2/lib/app/manifests/multi",
        "GET /v2/other/manifests/sig",
        "GET /v2/pushed/blobs/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    ] {
        let (expected, actual) = (ask(&first, request), ask(&second, request));
        assert_eq!((actual.status, body(&actual)), (StatusCode::OK, body(&expected)), "{request}");
        assert_eq!(header(&actual, "content-type"), header(&expected, "content-type"), "{request}");
    }
    let multi: Value = serde_json::from_slice(&body(&ask(&second, "GET /v2/lib/app/manifests/multi"))).unwrap();
    for child in multi["manifests"].as_array().unwrap() {
        let request = format!("GET /v2/lib/app/manifests/{}", child["digest"].as_str().unwrap());
        assert_eq!(ask(&second, &request).status, StatusCode::OK);
    }
}

#[test]
fn repositories_below_others_and_links_in_circles_are_no_trouble() {
    let first = registry(
        "repositories: { lib: { v1: s2-basic }, lib/app: { v1: oci-basic }, lib/app/blobs: { v1: s2-second } }",
    );
    let root = tempfile::tempdir().unwrap();
    first.save(root.path()).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.path(), root.path().join("circle")).unwrap();
    let again = registry("{}");
    again.load(root.path()).unwrap();
    for repository in ["lib", "lib/app"] {
        let request = format!("GET /v2/{repository}/manifests/v1");
        assert_eq!(body(&ask(&again, &request)), body(&ask(&first, &request)), "{repository}");
    }
}

#[test]
fn a_skopeo_dir_is_one_image_called_latest() {
    let config = b"{}".to_vec();
    let digest = Digest::sha256(&config);
    let manifest =
        json!({ "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": { "digest": digest }, "layers": [] });
    let folder = folder(&[
        ("version", b"Directory Transport Version: 1.1\n".to_vec()),
        ("manifest.json", manifest.to_string().into_bytes()),
        (digest.hex(), config),
    ]);
    let registry = served(&folder);
    assert_eq!(body(&ask(&registry, "GET /v2/lib/app/manifests/latest")), manifest.to_string());
    assert_eq!(body(&ask(&registry, &format!("GET /v2/lib/app/blobs/{digest}"))), "{}");
}

#[test]
fn a_docker_save_is_served_under_its_tags() {
    let list =
        json!([{ "Config": "config.json", "RepoTags": ["lib/app:v1"], "Layers": ["a/layer.tar", "a/layer.tar"] }]);
    let folder = folder(&[
        ("manifest.json", list.to_string().into_bytes()),
        ("config.json", b"{}".to_vec()),
        ("a/layer.tar", b"layer".to_vec()),
    ]);
    let registry = served(&folder);
    let manifest: Value = serde_json::from_slice(&body(&ask(&registry, "GET /v2/lib/app/manifests/v1"))).unwrap();
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 2);
    let digest = manifest["layers"][1]["digest"].as_str().unwrap();
    assert_eq!(body(&ask(&registry, &format!("GET /v2/lib/app/blobs/{digest}"))), "layer");
}

#[test]
fn a_folder_cannot_lead_out_of_itself() {
    let list = json!([{ "Config": "../../etc/passwd", "Layers": [] }]);
    let folder = folder(&[("manifest.json", list.to_string().into_bytes())]);
    let error = registry("{}").load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("`../../etc/passwd` leads out of the folder"), "{error}");
}

#[test]
fn a_folder_without_images_is_an_error_that_says_what_was_expected() {
    let folder = folder(&[("readme.txt", Vec::new())]);
    let error = registry("{}").load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("holds no images: expected an OCI layout"), "{error}");
}

#[test]
fn a_layout_may_lack_what_its_index_names() {
    let missing = Digest::sha256(b"missing");
    let index =
        json!({ "schemaVersion": 2, "manifests": [{ "mediaType": OCI_MANIFEST, "digest": missing, "size": 7 }] });
    let folder = folder(&[("oci-layout", b"{}".to_vec()), ("index.json", index.to_string().into_bytes())]);
    let registry = served(&folder);
    let answer = ask(&registry, &format!("GET /v2/lib/app/manifests/{missing}"));
    assert_eq!(error_code(&answer), "MANIFEST_UNKNOWN");
    let note = format!("{}: index.json names {missing}, which is not there", folder.path().display());
    assert_eq!(registry.notes(), [note]);
}

/// Clients can only ask for tags.
#[rstest]
#[case("a b", Some("`a b`, which is no tag"))]
#[case("team/app", Some("`team/app`, which is no tag"))]
#[case("team/app@sha256:0000000000000000000000000000000000000000000000000000000000000000", None)]
#[case("v1", None)]
fn a_name_without_a_tag_is_noted(#[case] name: &str, #[case] note: Option<&str>) {
    let manifest = r#"{"schemaVersion":2}"#;
    let digest = Digest::sha256(manifest.as_bytes());
    let annotations = json!({ "org.opencontainers.image.ref.name": name });
    let descriptor = json!({ "mediaType": OCI_MANIFEST, "digest": digest, "size": 19, "annotations": annotations });
    let folder = folder(&[
        ("oci-layout", b"{}".to_vec()),
        ("index.json", json!({ "schemaVersion": 2, "manifests": [descriptor] }).to_string().into_bytes()),
        (&format!("blobs/sha256/{}", digest.hex()), manifest.as_bytes().to_vec()),
    ]);
    let notes = served(&folder).notes();
    assert_eq!(notes.len(), usize::from(note.is_some()), "{notes:?}");
    assert!(note.is_none_or(|note| notes[0].contains(note)), "{notes:?}");
}
