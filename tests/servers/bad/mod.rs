//! A server that answers every request wrongly, and echoes the credentials that it was sent: what is written about it stays
//! small, says what is wrong, and holds no secret.

mod server;

use std::{fs, path::Path};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use test_support::command;

use self::server::Server;

const TOKEN: &str = "sha256~Zq3Xh9TtV0bLmN7wKc2RsYd5PpQ";

/// What a run left behind.
struct Finished {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
    json: String,
    html: String,
    junit: String,
    deviations: String,
}

impl Finished {
    /// Everything that was written, by name.
    fn written(&self) -> [(&str, &str); 6] {
        let Self { stdout, stderr, json, html, junit, deviations, .. } = self;
        [
            ("stdout", stdout),
            ("stderr", stderr),
            ("json", json),
            ("html", html),
            ("junit", junit),
            ("deviations", deviations),
        ]
    }
}

fn run(url: &str, arguments: &[&str]) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join("reports").join(name);
    let mut command = command(env!("CARGO_BIN_EXE_isi-conformance"));
    command.args(["run", "--target", url, "--namespace", "demo", "--token", TOKEN]).args(arguments);
    for (format, name) in [("json", "r.json"), ("html", "r.html"), ("junit", "r.xml")] {
        command.arg("--report").arg(format!("{format}={}", at(name).display()));
    }
    command.arg("--write-deviations").arg(at("deviations.yaml"));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    Finished {
        exit: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        json: read(&at("r.json")),
        html: read(&at("r.html")),
        junit: read(&at("r.xml")),
        deviations: read(&at("deviations.yaml")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worst_run_fits_on_a_few_screens_and_holds_no_secret() {
    let server = Server::start().await;
    let url = server.url.clone();
    let finished = tokio::task::spawn_blocking(move || run(&url, &["--jobs", "64"])).await.unwrap();
    assert_eq!(finished.exit, Some(1), "{}", finished.stderr);

    let report: serde_json::Value = serde_json::from_str(&finished.json).unwrap();
    let failed = report["summary"]["cases"]["fail"].as_u64().unwrap();
    assert!(failed > 200, "only {failed} cases failed");

    let lines = |text: &str| text.lines().count();
    assert!(lines(&finished.stdout) <= 150, "{} lines:\n{}", lines(&finished.stdout), finished.stdout);
    assert!(lines(&finished.stderr) <= 40, "{} lines:\n{}", lines(&finished.stderr), finished.stderr);
    let longest = finished.stdout.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(longest <= 1000, "a line of {longest} characters");
    assert!(finished.json.len() < 1_000_000, "{} bytes of JSON", finished.json.len());
    assert!(finished.html.len() < 2_000_000, "{} bytes of HTML", finished.html.len());
    assert!(finished.junit.len() < 1_000_000, "{} bytes of JUnit", finished.junit.len());

    let forms = [
        TOKEN.to_owned(),
        TOKEN.to_uppercase(),
        STANDARD.encode(TOKEN),
        STANDARD.encode(format!("Bearer {TOKEN}")),
        URL_SAFE_NO_PAD.encode(format!("x{TOKEN}")),
        server::hex(TOKEN),
        TOKEN.replace('~', "%7E"),
    ];
    for (name, text) in finished.written() {
        assert!(!text.is_empty(), "nothing in {name}");
        for form in &forms {
            // The first and the last characters depend on what stands beside them.
            let inside = &form[4..form.len() - 4];
            assert!(!text.contains(inside), "{name} has {inside}");
        }
        assert!(!text.contains("Zq3Xh9TtV0bL") && !text.contains("mN7wKc2RsYd5"), "{name} has a part of the token");
    }
    assert!(finished.json.contains("[redacted]"), "the server echoes the token");
}

#[tokio::test(flavor = "multi_thread")]
async fn few_failures_are_shown_whole() {
    let server = Server::start().await;
    let url = server.url.clone();
    let arguments = ["--run", "single-image::nomanifest-s2-basic"];
    let finished = tokio::task::spawn_blocking(move || run(&url, &arguments)).await.unwrap();
    for expected in [
        "FAIL",
        "exchange of step 1 (POST imagestreamimports)",
        "the request was",
        "isi-conformance serve ",
        "characters)",
    ] {
        assert!(finished.stdout.contains(expected), "{expected}: {}", finished.stdout);
    }
    assert!(!finished.stdout.contains("causes"), "{}", finished.stdout);
}
