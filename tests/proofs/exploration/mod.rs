//! Random scenarios: the reference agrees with itself, and wrong implementations are found without any suite.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use isi_conformance::{
    explore::{Amount, Compared, Comparison, Course, Exploration, Explored, Generator, Scenario, write_bug_folder},
    redaction::Secrets,
    reference,
    runner::{ConfigurationLag, Proposals, RunId, Session},
    suite::Folder,
    verdict::Verdict,
    version::ApiVersion,
};
use serde_json::json;
use tokio::sync::watch;

use super::{
    drive::Drive,
    wrong_implementations::{
        bug::{Bug, put},
        bugs, wrapper,
    },
};

mod planted;
mod secrets;

/// How many scenarios the reference has to agree with itself in.
const OF_THE_REFERENCE: u64 = 200;

/// The sessions of the reference and of a target in one run.
fn sessions(drive: &Drive, reference: &str, target: &str) -> (Arc<Session>, Arc<Session>) {
    let (run, secrets) = (RunId::random(), Secrets::default());
    let session = |url: &str, proposals: Proposals| {
        let session = Arc::into_inner(drive.session(url)).unwrap();
        Arc::new(Session { run: run.clone(), secrets: secrets.clone(), proposals, ..session })
    };
    (session(reference, Proposals::Made), session(target, Proposals::Omitted))
}

/// Explores an implementation against the reference from the first seed on.
async fn explore(drive: &Drive, (reference, target): (&str, &str), generator: &Generator, course: &Course) -> Explored {
    let (oracle, target) = sessions(drive, reference, target);
    let comparison = Arc::new(Comparison::new(oracle, target, Arc::new(|_| {})));
    let (_stop, stopped) = watch::channel(false);
    Exploration::new(comparison, generator, stopped).run(course, |_, _| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_agrees_with_itself() {
    let oracle = reference::start(reference::Options::default()).await.unwrap();
    let target = reference::start(reference::Options::default()).await.unwrap();
    let amount = Amount::Scenarios(OF_THE_REFERENCE);
    let course = Course { first_seed: 0, amount, jobs: 4, first_difference: false };
    let explored = explore(&Drive::new(), (oracle.url(), target.url()), &Generator::default(), &course).await;
    let causes: Vec<String> =
        explored.findings.sorted().iter().map(|finding| format!("seed {}: {}", finding.seed, finding.says)).collect();
    assert_eq!(causes, Vec::<String>::new());
    assert_eq!(explored.unstable_examples, []);
    assert_eq!(explored.failures, []);
    assert_eq!(explored.coverage.scenarios as u64, OF_THE_REFERENCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exploration_leaves_nothing_behind() {
    let oracle = reference::start(reference::Options::default()).await.unwrap();
    let target = reference::start(reference::Options::default()).await.unwrap();
    let (first, second) = sessions(&Drive::new(), oracle.url(), target.url());
    let comparison = Arc::new(Comparison::new(first.clone(), second.clone(), Arc::new(|_| {})));
    let generator = Generator::default();
    let (_stop, stopped) = watch::channel(false);
    let course = Course { first_seed: 1_000_000, amount: Amount::Scenarios(60), jobs: 4, first_difference: false };
    let explored = Exploration::new(comparison, &generator, stopped).run(&course, |_, _| {}).await;
    assert_eq!(explored.coverage.scenarios, 60);
    let client = test_support::loopback_client();
    for (session, url) in [(first, oracle.url()), (second, target.url())] {
        assert_eq!(session.end().await, Vec::<String>::new());
        for path in [
            "apis/image.openshift.io/v1/imagestreams",
            "apis/image.openshift.io/v1/images",
            "api/v1/namespaces/wrong-implementations/secrets",
        ] {
            let answer = client.get(format!("{url}/{path}")).bearer_auth("admin-token").send().await.unwrap();
            let body = answer.text().await.unwrap();
            let list: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(list["items"].as_array().map(Vec::len), Some(0), "{path}: {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bug_folder_passes_on_the_reference_and_fails_where_the_difference_was_found() {
    let oracle = reference::start(reference::Options::default()).await.unwrap();
    let target = reference::start(reference::Options::default()).await.unwrap();
    let bug = bugs::all().into_iter().find(|bug| bug.name == "reports NotFound as InternalError").unwrap();
    let url = wrapper::start(bug, target.url()).await;
    let course = Course { first_seed: 0, amount: Amount::Scenarios(12), jobs: 2, first_difference: false };
    let explored = explore(&Drive::new(), (oracle.url(), &url), &Generator::default(), &course).await;
    let folder = tempfile::tempdir().unwrap();
    let found = explored.findings.sorted();
    assert!(!found.is_empty());
    for (index, finding) in found.into_iter().enumerate() {
        assert!(finding.steps.len() <= 2, "seed {} is not made small: {:?}", finding.seed, finding.steps);
        let path = write_bug_folder(folder.path(), index + 1, finding, ApiVersion::NEWEST).unwrap();
        let drive = Drive { folder: Folder::open(&path, &[]).unwrap() };
        for (target, expected) in [(oracle.url(), Verdict::Pass), (url.as_str(), Verdict::Fail)] {
            let results = drive.run(target, &["*"]).await;
            let verdicts: Vec<Verdict> = results.iter().map(|result| result.verdict).collect();
            assert_eq!(verdicts, [expected], "{} {results:#?}", finding.says);
        }
    }
}

/// How many imports the target below was asked for.
static IMPORTS: AtomicUsize = AtomicUsize::new(0);

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_is_attempted_once_where_cases_of_a_suite_are_repeated() {
    let oracle = reference::start(reference::Options::default()).await.unwrap();
    let target = reference::start(reference::Options::default()).await.unwrap();
    let bug = Bug::none().answer(|request, answer| {
        if request.is_import() {
            IMPORTS.fetch_add(1, Ordering::Relaxed);
            put(&mut answer.body, "/kind", Some("Other".into()));
        }
    });
    let url = wrapper::start(bug, target.url()).await;
    let (first, second) = sessions(&Drive::new(), oracle.url(), &url);
    // Configuration takes effect later, so that a case that runs alone would be repeated.
    let second = Arc::new(Session { lag: ConfigurationLag::default(), ..Arc::into_inner(second).unwrap() });
    let comparison = Comparison::new(first, second, Arc::new(|_| {}));
    let steps =
        vec![json!({ "secret": { "username": "robot", "password": "secret" } }), json!({ "import": "lib/app:v1" })];
    let scenario =
        Scenario { registry: json!({ "repositories": { "lib/app": { "v1": "s2-basic" } } }), steps, words: [].into() };
    let (_stop, stopped) = watch::channel(false);
    let compared = comparison.compare("once", &scenario, stopped).await;
    assert!(matches!(compared, Compared::Different(_)), "{compared:?}");
    assert_eq!(IMPORTS.load(Ordering::Relaxed), 1);
}
