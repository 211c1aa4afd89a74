//! Signatures that are kept beside images: OpenShift's extension, and the lookaside folder.

use std::fs;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::StatusCode;
use oci_mock_registry::{
    fixture::{ImageSignature, RegistryFixture, WrongImageSignature},
    oci::Digest,
    registry::{LOOKASIDE_LIMIT, MANIFEST_LIMIT, RegistryState},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{ask, body, error_code, header, images, registry, send};

/// A registry with an image under three tags, and these other keys of a fixture.
fn with(keys: &str) -> RegistryState {
    registry(&format!("{{ repositories: {{ lib/app: {{ v2: s2-basic, v1: s2-basic }} }}, {keys} }}"))
}

fn digest(state: &RegistryState) -> Digest {
    header(&ask(state, "GET /v2/lib/app/manifests/v1"), "docker-content-digest").unwrap().parse().unwrap()
}

/// The signatures that the extension lists.
fn listed(state: &RegistryState, repository: &str) -> Vec<Value> {
    let answer = ask(state, &format!("GET /extensions/v2/{repository}/signatures/{}", digest(state)));
    let listed: Value = serde_json::from_slice(&body(&answer)).unwrap();
    listed["signatures"].as_array().unwrap().clone()
}

/// The signature that the lookaside folder has under a number.
fn aside(state: &RegistryState, repository: &str, number: usize) -> Option<Vec<u8>> {
    let path = format!("/lookaside/{repository}@sha256={}/signature-{number}", digest(state).hex());
    let answer = ask(state, &format!("GET {path}"));
    (answer.status != StatusCode::NOT_FOUND).then(|| body(&answer).to_vec())
}

fn content(signature: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(signature["content"].as_str().unwrap()).unwrap()
}

/// What a message says, whoever signed it: the packets hold the payload as it is.
fn says(message: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(message).contains(text)
}

#[test]
fn a_signature_is_found_through_the_extension_and_in_the_lookaside_folder() {
    let state = with("signatures: [{ signs: s2-basic, key: fixture }]");
    let signatures = listed(&state, "lib/app");
    let [signature] = signatures.as_slice() else { panic!("{signatures:?}") };
    let name = signature["name"].as_str().unwrap();
    assert!(name.starts_with(&format!("{}@", digest(&state))), "{name}");
    assert_eq!((&signature["schemaVersion"], &signature["type"]), (&json!(2), &json!("atomic")));
    assert_eq!(aside(&state, "lib/app", 1), Some(content(signature)));
    assert_eq!(aside(&state, "lib/app", 2), None);
    assert!(says(&content(signature), &format!("\"docker-manifest-digest\":\"{}\"", digest(&state))));
    assert!(says(&content(signature), "\"docker-reference\":\"registry.test:5000/lib/app:v1\""));
}

#[test]
fn the_same_fixture_has_the_same_signatures() {
    let fixture = "signatures: [{ signs: s2-basic, key: fixture }]";
    assert_eq!(listed(&with(fixture), "lib/app"), listed(&with(fixture), "lib/app"));
}

#[rstest]
#[case("[extension]", 1, None, Some("1"))]
#[case("[lookaside]", 0, Some(1), None)]
#[case("[lookaside, extension]", 1, Some(1), Some("1"))]
fn a_signature_is_found_only_in_the_ways_it_comes_through(
    #[case] through: &str,
    #[case] in_the_extension: usize,
    #[case] aside: Option<usize>,
    #[case] announced: Option<&str>,
) {
    let state = with(&format!("signatures: [{{ signs: s2-basic, key: fixture, through: {through} }}]"));
    assert_eq!(listed(&state, "lib/app").len(), in_the_extension);
    assert_eq!(self::aside(&state, "lib/app", 1).map(|_| 1), aside);
    assert_eq!(header(&ask(&state, "GET /v2/"), "x-registry-supports-signatures"), announced);
}

#[test]
fn every_repository_that_holds_the_image_has_the_signature_unless_one_is_named() {
    let fixture = |repository: &str| {
        registry(&format!(
            "repositories: {{ lib/app: {{ v1: s2-basic }}, other: {{}}, third: {{ v1: s2-second }} }}
untagged: {{ other: [s2-basic] }}
signatures: [{{ signs: s2-basic, key: fixture, {repository} }}]"
        ))
    };
    let state = fixture("");
    assert!(says(&aside(&state, "lib/app", 1).unwrap(), "\"registry.test:5000/lib/app:v1\""));
    assert!(says(&aside(&state, "other", 1).unwrap(), "\"registry.test:5000/other\""));
    assert_eq!(aside(&state, "third", 1), None);

    let state = fixture("repository: other");
    assert_eq!(aside(&state, "lib/app", 1), None);
    assert!(aside(&state, "other", 1).is_some());
}

#[test]
fn an_identity_may_use_variables() {
    let state = with(
        "signatures: [{ signs: s2-basic, key: fixture, identity: 'mirror.example/{{registry}}/{{digest s2-basic}}' }]",
    );
    let expected = format!("\"mirror.example/registry.test:5000/{}\"", digest(&state));
    assert!(says(&aside(&state, "lib/app", 1).unwrap(), &expected));
}

#[test]
fn a_running_registry_can_be_told_to_sign() {
    let state = with("");
    assert_eq!(header(&ask(&state, "GET /v2/"), "x-registry-supports-signatures"), None);
    let signature = ImageSignature::of("s2-basic", "fixture");
    state.sign(&signature).unwrap();
    state.sign(&signature.clone().wrong(WrongImageSignature::Garbage)).unwrap();
    state.sign(&signature).unwrap();
    assert_eq!(header(&ask(&state, "GET /v2/"), "x-registry-supports-signatures"), Some("1"));
    assert_eq!(listed(&state, "lib/app").len(), 2, "the same signature twice is one");
    assert_eq!(aside(&state, "lib/app", 2).as_deref(), Some(b"no signature".as_slice()));
}

#[rstest]
#[case("signs: oci-basic, key: fixture", "no repository holds image `oci-basic`, which is to be signed")]
#[case(
    "signs: s2-basic, key: fixture, repository: other",
    "repository `other` does not hold image `s2-basic`, which is to be signed there"
)]
fn what_is_not_held_cannot_be_signed(#[case] signature: &str, #[case] message: &str) {
    let text = format!("{{ repositories: {{ lib/app: {{ v1: s2-basic }} }}, signatures: [{{ {signature} }}] }}");
    let fixture: RegistryFixture = serde_saphyr::from_str(&text).unwrap();
    let error =
        RegistryState::new(&fixture, images(&fixture), "registry.test".to_owned(), false).unwrap_err().to_string();
    assert!(error.starts_with(message), "{error}");
}

#[test]
fn what_is_put_through_the_extension_is_listed_and_in_the_lookaside_folder() {
    let state = with("quirks: [signature-extension]");
    let path = format!("/extensions/v2/lib/app/signatures/{}", digest(&state));
    let signature = json!({
        "schemaVersion": 2,
        "name": format!("{}@one", digest(&state)),
        "type": "atomic",
        "content": "c2lnbmF0dXJl",
    });
    let put =
        |signature: &Value| send(&state, &format!("PUT {path}"), &[], signature.to_string().as_bytes()).status.as_u16();
    let changed = |field: &str, value: Value| {
        let mut changed = signature.clone();
        changed[field] = value;
        changed
    };
    assert_eq!(put(&signature), 201);
    assert_eq!(put(&signature), 201, "the same again changes nothing");
    assert_eq!(put(&changed("content", json!("b3RoZXI="))), 409);
    assert_eq!(put(&json!({})), 400);
    assert_eq!(put(&changed("content", json!("no base64!"))), 400);
    assert_eq!(put(&changed("schemaVersion", json!(1))), 400);
    assert_eq!(put(&changed("name", json!("sha256:other@one"))), 400);
    let answer = ask(&state, &format!("GET {path}"));
    assert_eq!(header(&answer, "x-registry-supports-signatures"), Some("1"));
    assert_eq!(listed(&state, "lib/app"), [signature]);
    assert_eq!(aside(&state, "lib/app", 1).as_deref(), Some(b"signature".as_slice()));
    assert_eq!(aside(&state, "lib/app", 2), None);
}

#[rstest]
#[case::unknown_digest("lib/app", &Digest::sha256(b"unknown").to_string())]
#[case::tag("lib/app", "v1")]
fn an_image_that_is_not_there_has_no_signatures_and_gets_none(#[case] repository: &str, #[case] digest: &str) {
    let state = with("quirks: [signature-extension]");
    let path = format!("/extensions/v2/{repository}/signatures/{digest}");
    let signature =
        json!({ "schemaVersion": 2, "name": format!("{digest}@one"), "type": "atomic", "content": "c2lnbmF0dXJl" });
    let put = send(&state, &format!("PUT {path}"), &[], signature.to_string().as_bytes());
    assert_eq!((put.status, body(&put).len()), (StatusCode::NOT_FOUND, 0));
    let get = ask(&state, &format!("GET {path}"));
    assert_eq!((get.status, body(&get).len()), (StatusCode::NOT_FOUND, 0));
}

#[test]
fn a_repository_that_is_not_there_does_not_come_to_be_by_a_signature() {
    let state = with("quirks: [signature-extension]");
    let path = format!("/extensions/v2/none/signatures/{}", digest(&state));
    let signature =
        json!({ "schemaVersion": 2, "name": format!("{}@one", digest(&state)), "type": "atomic", "content": "" });
    assert_eq!(send(&state, &format!("PUT {path}"), &[], signature.to_string().as_bytes()).status, 404);
    assert_eq!(error_code(&ask(&state, &format!("GET {path}"))), "NAME_UNKNOWN");
    assert_eq!(body(&ask(&state, "GET /v2/_catalog")), r#"{"repositories":["lib/app"]}"#);
}

#[test]
fn a_lookaside_folder_asks_nobody_for_credentials_and_cannot_be_written() {
    let state =
        with("signatures: [{ signs: s2-basic, key: fixture }], auth: { scheme: basic, users: { robot: secret } }");
    let digest =
        images(&serde_saphyr::from_str("untagged: { a: [s2-basic] }").unwrap()).get("s2-basic").unwrap().digest.clone();
    let path = format!("/lookaside/lib/app@sha256={}/signature-1", digest.hex());
    assert_eq!(ask(&state, &format!("GET {path}")).status, StatusCode::OK);
    assert_eq!(ask(&state, &format!("HEAD {path}")).status, StatusCode::OK);
    assert_eq!(send(&state, &format!("PUT {path}"), &[], b"other").status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(
        ask(&state, &format!("GET /extensions/v2/lib/app/signatures/{digest}")).status,
        StatusCode::UNAUTHORIZED
    );
}

#[rstest]
#[case("GET /lookaside/")]
#[case("GET /lookaside/lib/app@sha256=abc/signature-1")]
#[case("GET /lookaside/../../etc/passwd")]
#[case("GET /lookaside/%2e%2e/%2e%2e/etc/passwd")]
fn a_lookaside_folder_has_nothing_but_signatures(#[case] request: &str) {
    assert_eq!(ask(&with("signatures: [{ signs: s2-basic, key: fixture }]"), request).status, StatusCode::NOT_FOUND);
}

mod on_disk {
    use tempfile::TempDir;

    use super::*;

    /// The digest of no image of the registry: a lookaside folder needs no images.
    fn digest() -> Digest {
        Digest::sha256(b"an image elsewhere")
    }

    /// A folder with these signatures of one image, each with its own name as its content.
    fn folder(names: &[&str]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(format!("lib/app@sha256={}", digest().hex()));
        fs::create_dir_all(&folder).unwrap();
        for name in names {
            fs::write(folder.join(name), name).unwrap();
        }
        root
    }

    fn served(root: &TempDir) -> Result<RegistryState, String> {
        let fixture = RegistryFixture { lookaside: Some(root.path().to_owned()), ..RegistryFixture::default() };
        RegistryState::new(&fixture, images(&fixture), "registry.test".to_owned(), false)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_other_tools_wrote_is_served_up_to_the_first_number_that_is_missing() {
        let state = served(&folder(&["signature-1", "signature-2", "signature-4", "notes.txt"])).unwrap();
        let found: Vec<bool> = (1..=4)
            .map(|number| {
                let path = format!("/lookaside/lib/app@sha256={}/signature-{number}", digest().hex());
                body(&ask(&state, &format!("GET {path}"))) == format!("signature-{number}")
            })
            .collect();
        assert_eq!(found, [true, true, false, false]);
        assert_eq!(body(&ask(&state, "GET /v2/_catalog")), r#"{"repositories":[]}"#);
    }

    #[test]
    fn it_is_read_once() {
        let root = folder(&["signature-1"]);
        let state = served(&root).unwrap();
        let path = format!("GET /lookaside/lib/app@sha256={}/signature-1", digest().hex());
        drop(root);
        assert_eq!(body(&ask(&state, &path)), "signature-1");
    }

    #[test]
    fn images_that_the_registry_holds_have_its_signatures_through_the_extension_too() {
        let root = tempfile::tempdir().unwrap();
        let state = with("signatures: [{ signs: s2-basic, key: fixture, through: [lookaside] }]");
        state.save(root.path()).unwrap();
        let again = with(&format!("lookaside: {}", root.path().display()));
        assert_eq!(
            listed(&again, "lib/app").iter().map(content).collect::<Vec<_>>(),
            [aside(&state, "lib/app", 1).unwrap()]
        );
        assert_eq!(header(&ask(&again, "GET /v2/"), "x-registry-supports-signatures"), Some("1"));
    }

    #[test]
    fn a_folder_without_signatures_is_an_error_that_says_what_was_expected() {
        let error = served(&folder(&["notes.txt"])).unwrap_err();
        assert!(
            error.contains("holds no signatures: expected files `REPOSITORY@ALGORITHM=HEX/signature-N`"),
            "{error}"
        );
    }

    #[test]
    fn what_is_too_large_for_a_signature_is_refused() {
        let root = folder(&[]);
        let path = root.path().join(format!("lib/app@sha256={}/signature-1", digest().hex()));
        fs::write(path, vec![0; MANIFEST_LIMIT + 1]).unwrap();
        let error = served(&root).unwrap_err();
        assert!(error.ends_with("is too large for a signature, which has at most 4194304 bytes"), "{error}");
    }

    #[test]
    fn too_many_signatures_are_refused() {
        let names: Vec<String> = (1..=LOOKASIDE_LIMIT + 1).map(|number| format!("signature-{number}")).collect();
        let root = folder(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let error = served(&root).unwrap_err();
        assert!(error.ends_with("holds more than 10000 signatures"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_cannot_lead_out_of_itself() {
        let outside = folder(&["signature-1"]);
        let root = folder(&[]);
        let of_image = |root: &TempDir| root.path().join(format!("lib/app@sha256={}", digest().hex()));
        std::os::unix::fs::symlink(of_image(&outside).join("signature-1"), of_image(&root).join("signature-1"))
            .unwrap();
        let error = served(&root).unwrap_err();
        assert!(error.ends_with("`signature-1` leads out of the folder"), "{error}");

        fs::remove_dir_all(of_image(&root)).unwrap();
        std::os::unix::fs::symlink(of_image(&outside), of_image(&root)).unwrap();
        let error = served(&root).unwrap_err();
        assert!(error.ends_with("`signature-1` leads out of the folder"), "{error}");
    }

    #[test]
    fn what_is_saved_is_layouts_and_a_lookaside_folder_and_can_be_served_again() {
        let state = with("signatures: [{ signs: s2-basic, key: fixture }, { signs: s2-basic, key: other }]");
        let root = tempfile::tempdir().unwrap();
        state.save(root.path()).unwrap();
        let folder = root.path().join(format!("lib/app@sha256={}", super::digest(&state).hex()));
        assert_eq!(fs::read(folder.join("signature-2")).ok(), aside(&state, "lib/app", 2));

        let again = registry("{}");
        again.load(root.path()).unwrap();
        assert_eq!(listed(&again, "lib/app"), listed(&state, "lib/app"));
        assert_eq!(aside(&again, "lib/app", 2), aside(&state, "lib/app", 2));
        assert_eq!(body(&ask(&again, "GET /v2/_catalog")), r#"{"repositories":["lib/app"]}"#);
        assert_eq!(header(&ask(&again, "GET /v2/"), "x-registry-supports-signatures"), Some("1"));
    }

    #[test]
    fn a_folder_with_signatures_is_no_image_whatever_else_is_in_it() {
        let root = tempfile::tempdir().unwrap();
        with("signatures: [{ signs: s2-basic, key: fixture }]").save(root.path()).unwrap();
        let image = fs::read_dir(root.path().join("lib")).unwrap().map(|entry| entry.unwrap().path());
        let folder = image.into_iter().find(|path| path.join("signature-1").exists()).unwrap();
        fs::write(folder.join("manifest.json"), "{}").unwrap();
        let again = registry("{}");
        again.load(root.path()).unwrap();
        assert_eq!(body(&ask(&again, "GET /v2/_catalog")), r#"{"repositories":["lib/app"]}"#);
    }

    #[test]
    fn a_later_save_leaves_no_signature_of_an_earlier_one() {
        let root = tempfile::tempdir().unwrap();
        with("signatures: [{ signs: s2-basic, key: fixture }, { signs: s2-basic, key: other }]")
            .save(root.path())
            .unwrap();
        let state = with("signatures: [{ signs: s2-basic, key: third }]");
        state.save(root.path()).unwrap();
        let folder = root.path().join(format!("lib/app@sha256={}", super::digest(&state).hex()));
        assert_eq!(fs::read(folder.join("signature-1")).ok(), aside(&state, "lib/app", 1));
        assert!(!folder.join("signature-2").exists());
    }
}
