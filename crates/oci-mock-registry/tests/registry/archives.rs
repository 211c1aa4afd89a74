//! Archives and folders as people have them: what other tools write, and what goes wrong with it.

use std::{fs, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};
use http::StatusCode;
use oci_mock_registry::{
    oci::{
        Digest,
        media_type::{OCI_INDEX, OCI_MANIFEST},
    },
    registry::RegistryState,
};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{ask, body, registry};

/// `zstd` of a `docker save` with the image `lib/app:v1`.
pub(crate) const ZSTD: &[u8] = include_bytes!("archives/save.tar.zst");

pub(super) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(super) fn saved(images: &Value) -> Vec<u8> {
    archive(&[("config.json", b"{}"), ("0/layer.tar", b"layer"), ("manifest.json", images.to_string().as_bytes())])
}

pub(super) fn one_image() -> Value {
    json!([{ "Config": "config.json", "RepoTags": ["lib/app:v1"], "Layers": ["0/layer.tar"] }])
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What a registry says of a file or a folder: its content, or what is wrong.
pub(super) fn loaded(path: &Path) -> Result<RegistryState, String> {
    let registry = registry("{}");
    registry.load(path).map_err(|error| error.to_string())?;
    Ok(registry)
}

pub(super) fn file(name: &str, content: &[u8]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    (folder, path)
}

/// A layout with these manifests, each with a name, or none, or another annotation.
fn layout(folder: &Path, images: &[(Value, Value)]) {
    let mut entries = Vec::new();
    for (manifest, annotations) in images {
        let text = manifest.to_string();
        let digest = write_blob(folder, text.as_bytes());
        entries.push(json!({ "mediaType": manifest["mediaType"], "digest": digest, "size": text.len(), "annotations": annotations }));
    }
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    fs::write(folder.join("index.json"), json!({ "schemaVersion": 2, "manifests": entries }).to_string()).unwrap();
}

fn write_blob(folder: &Path, bytes: &[u8]) -> Digest {
    let digest = Digest::sha256(bytes);
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(blobs.join(digest.hex()), bytes).unwrap();
    digest
}

fn image(word: &str) -> Value {
    json!({ "schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [], "annotations": { "word": word } })
}

fn named(name: &str) -> Value {
    json!({ "org.opencontainers.image.ref.name": name })
}

#[rstest]
#[case::plain("app.tar", saved(&one_image()))]
#[case::gzip("app.tar.gz", gzip(&saved(&one_image())))]
#[case::short("app.tgz", gzip(&saved(&one_image())))]
#[cfg_attr(feature = "zstd", case::zstd("app.tar.zst", ZSTD.to_vec()))]
fn an_archive_is_a_repository_of_its_name(#[case] name: &str, #[case] content: Vec<u8>) {
    let (folder, path) = file(name, &content);
    for from in [path.as_path(), folder.path()] {
        let registry = loaded(from).unwrap();
        let manifest: Value = serde_json::from_slice(&body(&ask(&registry, "GET /v2/app/manifests/v1"))).unwrap();
        let layer = format!("GET /v2/app/blobs/{}", manifest["layers"][0]["digest"].as_str().unwrap());
        assert_eq!(body(&ask(&registry, &layer)), "layer");
        // What was unpacked is kept for as long as it is needed.
        let copy = registry.snapshot();
        assert!(registry.remove_repository("app"));
        registry.reset(&copy);
        assert_eq!(body(&ask(&registry, &layer)), "layer");
    }
}

#[test]
fn an_oci_archive_is_a_layout() {
    let folder = tempfile::tempdir().unwrap();
    layout(folder.path(), &[(image("one"), named("quay.io/lib/app:v1"))]);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all(".", folder.path()).unwrap();
    let (_folder, path) = file("app.tar", &builder.into_inner().unwrap());
    let registry = loaded(&path).unwrap();
    assert_eq!(body(&ask(&registry, "GET /v2/app/manifests/v1")), image("one").to_string());
}

#[test]
fn links_in_an_archive_are_the_files_that_they_mean() {
    let list = json!([{ "Config": "config.json", "Layers": ["1/layer.tar", "2/layer.tar"] }]).to_string();
    let mut builder = tar::Builder::new(archive(&[
        ("config.json", b"{}"),
        ("0/layer.tar", b"layer"),
        ("manifest.json", list.as_bytes()),
    ]));
    // The end of an archive is two blocks of nothing.
    let length = builder.get_ref().len() - 1024;
    builder.get_mut().truncate(length);
    for (kind, name, target) in [
        (tar::EntryType::Symlink, "1/layer.tar", "../0/layer.tar"),
        (tar::EntryType::Link, "2/layer.tar", "0/layer.tar"),
    ] {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(0);
        builder.append_link(&mut header, name, target).unwrap();
    }
    let (_folder, path) = file("app.tar", &builder.into_inner().unwrap());
    let registry = loaded(&path).unwrap();
    let manifest: Value = serde_json::from_slice(&body(&ask(&registry, "GET /v2/app/manifests/latest"))).unwrap();
    assert_eq!(manifest["layers"][0], manifest["layers"][1]);
}

#[test]
fn an_archive_cannot_lead_out_of_itself() {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "manifest.json", "../../etc/passwd").unwrap();
    let (_folder, path) = file("app.tar", &builder.into_inner().unwrap());
    let error = loaded(&path).unwrap_err();
    assert!(error.contains("app.tar: `../../etc/passwd` leads out of the folder"), "{error}");
}

#[rstest]
#[case::cut_behind_the_last_image(|bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 10))]
#[case::changed(|bytes: &mut Vec<u8>| *bytes.iter_mut().nth_back(6).unwrap() ^= 1)]
fn the_check_sum_of_a_compressed_archive_is_checked(#[case] damage: impl Fn(&mut Vec<u8>)) {
    let mut bytes = gzip(&saved(&one_image()));
    damage(&mut bytes);
    let (_folder, path) = file("app.tar.gz", &bytes);
    let error = loaded(&path).unwrap_err();
    assert!(error.contains("app.tar.gz cannot be unpacked, it is cut or damaged: "), "{error}");
}

#[test]
fn a_cut_archive_is_an_error_with_its_name() {
    let whole = gzip(&saved(&one_image()));
    let (_folder, path) = file("app.tar.gz", &whole[..whole.len() / 2]);
    let error = loaded(&path).unwrap_err();
    assert!(error.contains("app.tar.gz cannot be unpacked, it is cut or damaged: "), "{error}");
}

#[rstest]
#[case::by_digest("team/app@sha256:0123", json!({ "name": "lib/app", "tags": [] }))]
#[case::short_by_digest("app@sha256:0123", json!({ "name": "lib/app", "tags": [] }))]
#[case::tag_and_digest("team/app:v1@sha256:0123", json!({ "name": "lib/app", "tags": ["v1"] }))]
#[case::port("localhost:5000/team/app", json!({ "name": "lib/app", "tags": [] }))]
fn a_name_in_a_layout_is_read_as_a_reference(#[case] name: &str, #[case] tags: Value) {
    let folder = tempfile::tempdir().unwrap();
    layout(folder.path(), &[(image("one"), named(name))]);
    let registry = registry(&format!("folders: {{ lib/app: {} }}", folder.path().display()));
    let listed: Value = serde_json::from_slice(&body(&ask(&registry, "GET /v2/lib/app/tags/list"))).unwrap();
    assert_eq!(listed, tags);
}

#[test]
fn two_images_under_one_tag_are_an_error_that_names_both() {
    let folder = tempfile::tempdir().unwrap();
    let docker = json!({ "org.opencontainers.image.ref.name": "latest", "io.containerd.image.name": "docker.io/library/two:latest" });
    layout(folder.path(), &[(image("one"), named("quay.io/a/one:latest")), (image("two"), docker)]);
    let error = loaded(folder.path()).unwrap_err();
    let [one, two] = ["one", "two"].map(|word| Digest::sha256(image(word).to_string().as_bytes()));
    let expected = format!(
        "two images would be `latest`: `quay.io/a/one:latest` ({one}) and `docker.io/library/two:latest` ({two})"
    );
    assert!(error.contains(&expected), "{error}");

    let list = json!([
        { "Config": "config.json", "RepoTags": ["a:latest"], "Layers": ["0/layer.tar"] },
        { "Config": "config.json", "RepoTags": ["b:latest"], "Layers": [] },
    ]);
    let (_folder, path) = file("both.tar", &saved(&list));
    let error = loaded(&path).unwrap_err();
    assert!(error.contains("`a:latest`") && error.contains("`b:latest`") && error.contains("both.tar"), "{error}");
    // The same image under one name twice is no trouble.
    layout(folder.path(), &[(image("one"), named("a:latest")), (image("one"), named("b:latest"))]);
    loaded(folder.path()).unwrap();
}

#[test]
fn null_is_as_empty() {
    let folder = tempfile::tempdir().unwrap();
    layout(folder.path(), &[]);
    fs::write(folder.path().join("index.json"), r#"{"schemaVersion":2,"manifests":null}"#).unwrap();
    fs::write(folder.path().join("config.json"), "{}").unwrap();
    let list = json!([{ "Config": "config.json", "RepoTags": null, "Layers": null }]);
    fs::write(folder.path().join("manifest.json"), list.to_string()).unwrap();
    let registry = registry(&format!("folders: {{ lib/app: {} }}", folder.path().display()));
    assert_eq!(ask(&registry, "GET /v2/lib/app/manifests/latest").status, StatusCode::OK);
}

#[test]
fn what_is_missing_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Digest::sha256(b"missing");
    let config = write_blob(folder.path(), b"{}");
    let layer =
        |digest: &Digest| json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": 7 });
    let mut manifest = image("one");
    manifest["config"] = layer(&config);
    manifest["layers"] = json!([layer(&missing)]);
    layout(folder.path(), &[(manifest, named("v1"))]);
    let root = tempfile::tempdir().unwrap();
    fs::rename(folder.path(), root.path().join("app")).unwrap();
    let notes = loaded(root.path()).unwrap().notes();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains(&format!("names {missing}, which is not there")), "{notes:?}");
}

#[test]
fn a_folder_of_a_name_that_nobody_can_ask_for_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("My/App");
    fs::create_dir_all(&folder).unwrap();
    layout(&folder, &[(image("one"), named("v1"))]);
    let error = loaded(root.path()).unwrap_err();
    assert!(error.contains("cannot be served as the repository `My/App`"), "{error}");
    assert!(error.contains("folders: { REPOSITORY: PATH }"), "{error}");
}

#[test]
fn content_that_was_cut_or_changed_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let digest = write_blob(folder.path(), b"content");
    layout(folder.path(), &[(image("one"), named("v1"))]);
    fs::write(folder.path().join("blobs/sha256").join(digest.hex()), b"cont").unwrap();
    let error = loaded(folder.path()).unwrap_err();
    assert!(error.contains(digest.hex()) && error.contains("it was cut or changed"), "{error}");

    fs::remove_file(folder.path().join("blobs/sha256").join(digest.hex())).unwrap();
    let manifest = Digest::sha256(image("one").to_string().as_bytes());
    fs::write(folder.path().join("blobs/sha256").join(manifest.hex()), image("two").to_string()).unwrap();
    let error = loaded(folder.path()).unwrap_err();
    assert!(error.contains(manifest.hex()) && error.contains("it was cut or changed"), "{error}");
}

#[test]
fn a_chain_of_indexes_without_end_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut last = image("one");
    for _ in 0..1_000 {
        let text = last.to_string();
        let digest = write_blob(folder.path(), text.as_bytes());
        let child = json!({ "mediaType": last["mediaType"], "digest": digest, "size": text.len() });
        last = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child] });
    }
    layout(folder.path(), &[(last, named("v1"))]);
    let error = loaded(folder.path()).unwrap_err();
    assert!(error.contains("blobs/sha256/") && error.contains("indexes name one another more than 16 deep"), "{error}");
}

#[test]
fn what_cannot_be_read_to_its_end_is_not_held_in_part() {
    let registry = registry("{}");
    let broken = archive(&[
        ("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
        ("index.json", br#"{"schemaVersion":2,"manifests":[{"digest":5}]}"#),
    ]);
    let (folder, _) = file("b.tar", &broken);
    fs::write(folder.path().join("a.tar"), saved(&one_image())).unwrap();
    registry.load(folder.path()).unwrap_err();
    assert_eq!(registry.repositories(), []);
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_else_and_pipes_are_not_opened() {
    let elsewhere = tempfile::tempdir().unwrap();
    let outside = write_blob(elsewhere.path(), b"a secret");
    let folder = tempfile::tempdir().unwrap();
    layout(folder.path(), &[(image("one"), named("v1"))]);
    let link = folder.path().join("blobs/sha256").join(outside.hex());
    std::os::unix::fs::symlink(elsewhere.path().join("blobs/sha256").join(outside.hex()), &link).unwrap();
    let error = loaded(folder.path()).unwrap_err();
    assert!(error.contains("leads out of the folder"), "{error}");
    // Within the folder links are no trouble.
    fs::remove_file(&link).unwrap();
    fs::write(folder.path().join("kept"), b"a secret").unwrap();
    std::os::unix::fs::symlink("../../kept", &link).unwrap();
    loaded(folder.path()).unwrap();

    for name in ["index.json", "blobs/sha256/0000000000000000000000000000000000000000000000000000000000000000"] {
        let pipe = folder.path().join(name);
        let _ = fs::remove_file(&pipe);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let error = loaded(folder.path()).unwrap_err();
        assert!(error.ends_with("is no regular file"), "{error}");
        fs::remove_file(&pipe).unwrap();
        layout(folder.path(), &[(image("one"), named("v1"))]);
    }
}

#[test]
fn repositories_named_like_parts_of_a_layout_are_saved_beside_it() {
    let first = registry(
        "repositories: { exchanges.jsonl: { v1: s2-basic }, c: { v1: s2-basic }, c/index.json: { v1: oci-basic }, \
         c/blobs: { v1: s2-second }, c/blobs/sha256: { v1: s2-basic }, c/oci-layout/x: { v1: oci-basic } }",
    );
    let root = tempfile::tempdir().unwrap();
    first.save(root.path()).unwrap();
    // What is there already is left as it is.
    first.save(root.path()).unwrap();
    let again = loaded(root.path()).unwrap();
    assert_eq!(again.repositories(), first.repositories());
}

#[test]
fn what_a_killed_save_leaves_behind_is_no_blob() {
    let first = registry("repositories: { app: { v1: s2-basic } }");
    let root = tempfile::tempdir().unwrap();
    first.save(root.path()).unwrap();
    fs::write(root.path().join("app/blobs/sha256/.partial-x1"), b"half").unwrap();
    fs::write(root.path().join("app/.partial-x2"), b"{").unwrap();
    let again = loaded(root.path()).unwrap();
    assert_eq!(again.repositories(), first.repositories());
    // A folder whose index was never written is no layout yet.
    fs::remove_file(root.path().join("app/oci-layout")).unwrap();
    assert!(loaded(root.path()).unwrap_err().contains("holds no images"));
}

#[test]
fn the_next_save_removes_what_a_killed_one_has_left_behind_and_nothing_that_is_being_written() {
    let first = registry("repositories: { app: { v1: s2-basic } }");
    let root = tempfile::tempdir().unwrap();
    first.save(root.path()).unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    let left = ["app/.partial-x1", "app/blobs/sha256/.partial-x2"].map(|name| root.path().join(name));
    for path in &left {
        fs::File::create(path).unwrap().set_modified(long_ago).unwrap();
    }
    let being_written = root.path().join("app/.partial-x3");
    fs::write(&being_written, b"half").unwrap();
    first.save(root.path()).unwrap();
    assert_eq!(left.map(|path| path.exists()), [false; 2]);
    assert!(being_written.exists());
}
