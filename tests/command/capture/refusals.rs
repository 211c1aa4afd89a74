//! What cannot be captured.

use rstest::rstest;
use tempfile::TempDir;

use super::{Served, ask, folder, isi_conformance, text};

#[rstest]
#[case::url("127.0.0.1:1", "new", 2, "did you mean `https://127.0.0.1:1`?")]
#[case::path("http://127.0.0.1:1/v2/", "new", 2, "did you mean `http://127.0.0.1:1`?")]
#[case::credentials("http://robot:secret@127.0.0.1:1", "new", 2, "`127.0.0.1:1`")]
#[case::unreachable("http://127.0.0.1:1", "new", 3, "cannot be reached: Connection refused")]
fn what_cannot_be_captured_is_told(#[case] url: &str, #[case] name: &str, #[case] exit: i32, #[case] message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let captured = folder.path().join(name);
    let output = isi_conformance(&[
        "registry",
        "--upstream",
        url,
        "--capture",
        &captured.to_string_lossy(),
        "--listen",
        "127.0.0.1:0",
    ]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{error}");
    assert!(error.contains(message) && !error.contains("secret"), "{error}");
    assert!(!captured.exists(), "the folder was made for nothing");
}

#[rstest]
#[case::not_empty("full", "is not empty")]
#[case::not_writable("file/below", "cannot write into")]
fn a_folder_that_cannot_be_written_is_told(#[case] name: &str, #[case] message: &str) {
    let folder: TempDir = tempfile::tempdir().unwrap();
    folder::write(folder.path(), "full/something", "");
    folder::write(folder.path(), "file", "");
    let upstream = Served::start(&[]);
    let (url, captured) = (format!("http://{}", upstream.host), folder.path().join(name));
    let output = isi_conformance(&[
        "registry",
        "--upstream",
        &url,
        "--capture",
        &captured.to_string_lossy(),
        "--listen",
        "127.0.0.1:0",
    ]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(message), "{error}");
    upstream.terminate();
}

/// An upstream registry with a certificate of its own is trusted if it is said so.
#[rstest]
#[case::not_trusted(&[], false)]
#[case::authority(&["--upstream-certificate-authority", "PEM"], true)]
#[case::any(&["--upstream-insecure-skip-tls-verify"], true)]
#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_the_upstream_registry_are_checked(#[case] trust: &[&str], #[case] trusted: bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let upstream = Served::start(&["--tls", "trusted", "--authority", &path("authority")]);
    let (url, captured, pem) = (format!("https://{}", upstream.host), path("captured"), path("authority/ca.pem"));
    let trust = trust.iter().map(|word| if *word == "PEM" { pem.as_str() } else { word });
    let arguments: Vec<&str> = ["--upstream", &url, "--capture", &captured].into_iter().chain(trust).collect();
    if trusted {
        let proxy = Served::start(&arguments);
        assert_eq!(ask(&proxy.host, "GET", "/v2/", &[]).await.status, 200);
        proxy.terminate();
    } else {
        let output = isi_conformance(&[&["registry", "--listen", "127.0.0.1:0"], arguments.as_slice()].concat());
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{error}");
        assert!(error.contains("certificate") && error.contains("hint: "), "{error}");
    }
    upstream.terminate();
}

/// Something answers that is no registry, or speaks TLS.
#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_does_not_answer_as_registries_do_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    folder::write(folder.path(), "down.yaml", "faults: [{ when: GET /v2/, status: 502 }]");
    let upstream = Served::start(&[&folder.path().join("down.yaml").to_string_lossy()]);
    let proxy = Served::capturing(&upstream.host, &folder.path().join("captured"), &[]);
    let said = proxy.terminate();
    assert!(said.contains("is answered with 502 Bad Gateway, and by a registry with 200 or 401"), "{said}");
    upstream.terminate();
}
