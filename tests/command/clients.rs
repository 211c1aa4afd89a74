//! Clients in other languages, as `docs/clients.md` shows them, against the reference and a registry.

use std::{path::Path, process::Command};

use super::{reference::Serving, text};

/// The Python that has the package `kubernetes`.
const PYTHON: &str = "ISI_PYTHON";

#[test]
fn a_python_client_imports_an_image_and_follows_its_stream() {
    let Some(python) = std::env::var_os(PYTHON).filter(|path| !path.is_empty()) else {
        eprintln!("skipped: {PYTHON} does not say which Python has the package `kubernetes`");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("try");
    let mut up = Serving::start(&["up", "--folder", kept.to_str().unwrap()]);
    up.line();
    let registry = up.line();
    let host = registry.rsplit("//").next().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clients/follow_stream.py");
    let output = Command::new(python)
        .arg(script)
        .arg(kept.join("kubeconfig"))
        .arg(format!("{host}/lib/app:v1"))
        .output()
        .unwrap();
    up.terminate();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    for line in ["import: Success", "ADDED app", "the same image: True"] {
        assert!(printed.lines().any(|printed| printed == line), "no `{line}` in {printed}");
    }
}
