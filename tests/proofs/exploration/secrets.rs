//! The pull secrets of scenarios: forgotten with their scenario, and written nowhere.

use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::STANDARD};
use isi_conformance::{
    explore::{Amount, Comparison, Course, Exploration, ExplorationReport, Generator, write_bug_folder, write_page},
    reference,
    version::ApiVersion,
};
use serde_json::json;
use tokio::sync::watch;

use super::sessions;
use crate::{
    drive::Drive,
    wrong_implementations::{
        bug::{Answer, Bug, Request, put},
        wrapper,
    },
};

/// The token of a user, which the target repeats as well.
const TOKEN: &str = "sha256~a-token-that-the-target-repeats";

/// The pull secrets that the target was given.
static GIVEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Repeats the pull secret for the registry of an import, or else the token of the user as the name of a field.
fn repeat_secrets(request: &Request, answer: &mut Answer) {
    let mut given = GIVEN.lock().unwrap();
    if request.path.ends_with("/secrets") {
        let data = request.body["data"].as_object().into_iter().flat_map(|data| data.values());
        given.extend(data.filter_map(|text| text.as_str().map(str::to_owned)));
    }
    let Some(registry) = request.registry().filter(|_| request.is_import()) else { return };
    match given.iter().find(|secret| decoded(secret).contains(registry)) {
        Some(secret) => {
            put(
                &mut answer.body,
                "/message",
                Some(format!("no use for {secret}, which is {}", decoded(secret)).into()),
            );
        }
        None => put(&mut answer.body, &format!("/{TOKEN}"), Some(json!(1))),
    }
}

fn decoded(secret: &str) -> String {
    String::from_utf8(STANDARD.decode(secret).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_scenarios_are_written_nowhere_and_forgotten_with_them() {
    let (oracle, target) = (reference::Options::default(), reference::Options::default());
    let (oracle, target) = (reference::start(oracle).await.unwrap(), reference::start(target).await.unwrap());
    let url = wrapper::start(Bug::none().answer(repeat_secrets), target.url()).await;
    let (first, second) = sessions(&Drive::new(), oracle.url(), &url);
    let secrets = second.secrets.clone();
    secrets.add(TOKEN);
    let comparison = Arc::new(Comparison::new(first, second, Arc::new(|_| {})));
    let generator = Generator::default();
    let (_stop, stopped) = watch::channel(false);
    let course = Course { first_seed: 0, amount: Amount::Scenarios(60), jobs: 4, first_difference: false };
    let explored = Exploration::new(comparison, &generator, stopped).run(&course, |_, _| {}).await;
    let version = ApiVersion::NEWEST;
    let report = ExplorationReport { target: "a target", api_version: version, first_seed: 0, explored: &explored };
    let mut written = report.to_json().to_string().into_bytes();
    report.write(&mut written).unwrap();
    write_page(&report, &mut written).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (index, finding) in explored.findings.sorted().into_iter().enumerate() {
        let root = write_bug_folder(folder.path(), index + 1, finding, version).unwrap();
        let golden = format!("golden/found/seed-{}.snap", finding.seed);
        for file in ["README.md", "suites/found.yaml", &golden] {
            written.extend(std::fs::read(root.join(file)).unwrap());
        }
    }
    let text = String::from_utf8(written).unwrap();
    assert!(
        text.contains("no use for [redacted], which is [redacted]") && text.contains("$[\"[redacted]\"]"),
        "{text}"
    );
    assert!(!text.contains(TOKEN), "{text}");
    let given = GIVEN.lock().unwrap();
    for secret in given.iter() {
        let inner = decoded(secret);
        for form in [secret, &inner, &inner.replace('"', "\\\"")] {
            assert!(form.len() < 8 || !text.contains(form), "{form} in {text}");
        }
    }
    assert!(given.len() > 3, "{given:?}");
    // The token is all that is known now.
    let known = isi_conformance::redaction::Secrets::default();
    known.add(TOKEN);
    assert_eq!(secrets.count(), known.count());
}
