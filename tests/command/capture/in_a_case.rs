//! A captured folder as the registry of a case.

use std::fs;

use test_support::loopback_client;

use super::{Served, ask, fixture, folder, text};

/// A bug folder with the registry's half and the implementation's half.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_has_what_was_captured_as_its_registry() {
    let bug = tempfile::tempdir().unwrap();
    let upstream = fixture(bug.path(), "quirks: [quay]");
    let captured = bug.path().join("captured");
    let proxy = Served::capturing(&upstream.host, &captured, &[]);
    let suite = |registry: &str| {
        format!(
            "suite: bug\nabout: What was reported.\ncases:\n  - name: captured\n    about: The image is imported.\n    registry: {registry}\n    steps:\n      - import: lib/app:v1 -> v1\n        expect: {{ golden: false, values: {{ \"status.images[0].status.status\": Success }} }}\n"
        )
    };
    // What an import asks is captured by an import, through the proxy.
    for (method, target) in [("GET", "/v2/"), ("GET", "/v2/lib/app/manifests/v1")] {
        let accept = "application/vnd.docker.distribution.manifest.v2+json";
        let answer = ask(&proxy.host, method, target, &[("accept", accept)]).await;
        if let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(&answer.body)
            && let Some(config) = manifest["config"]["digest"].as_str()
        {
            // Blobs are redirected.
            let url = format!("http://{}/v2/lib/app/blobs/{config}", proxy.host);
            let redirect = loopback_client().get(url).send().await.unwrap();
            let location = redirect.headers()["location"].to_str().unwrap();
            assert_eq!(loopback_client().get(location).send().await.unwrap().status().as_u16(), 200);
        }
    }
    proxy.terminate();
    upstream.terminate();
    fs::remove_file(bug.path().join("fixture.yaml")).unwrap();
    folder::write(bug.path(), "suites/bug.yaml", &suite("{ capture: captured }"));
    let output = folder::run(bug.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));

    // What has no effect beside it is refused, and so is a folder that is none.
    folder::write(bug.path(), "suites/bug.yaml", &suite("{ capture: captured, quirks: [quay] }"));
    let said = text(&folder::run(bug.path(), &[]).stdout);
    assert!(said.contains("only `faults`, `tls`, `http2` and `behindProxy` have a meaning beside `capture`"), "{said}");
}
