//! The same over HTTP: a server that gives recorded answers, with one change each, and the real runner.

use std::sync::{Arc, Mutex};

use isi_conformance::{
    golden::Answer,
    runner::{Session, run_case},
    suite::Case,
    variable::Bindings,
    verdict::Verdict,
    version::ApiVersion,
};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use super::{
    change::{self, Change, Kind},
    recorded::{self, RecordedCase},
};
use crate::drive::Drive;

/// Cases of one request that the registry is not asked for.
const CASES: [&str; 4] =
    ["invalid-several-errors", "invalid-no-images-no-repository", "invalid-name-uppercase", "method-get-list"];

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_notices_each_change_of_an_answer_over_http() {
    let server = Server::start().await;
    let drive = Drive::new();
    let session = drive.session(&server.mock.uri());
    let cases: Vec<&Case> =
        drive.folder.suites.iter().flat_map(|suite| &suite.cases).filter(|case| CASES.contains(&&*case.name)).collect();
    assert!(cases.len() >= 3, "only {} cases were found", cases.len());
    for case in cases {
        let recorded = recorded_in(&drive, &session, case);
        let status = status_of(case, &recorded);
        server.give(&recorded.exchanges[0].answer, status);
        assert_eq!(verdict(&session, case).await, Verdict::Pass, "{} as recorded", case.name);
        for change in change::of_case(&recorded, &mut |_| true) {
            if survives(&change) {
                continue;
            }
            server.give(&change.apply(&recorded.exchanges[0]), status);
            assert_eq!(verdict(&session, case).await, Verdict::Fail, "{}: {} {}", case.name, change.path, change.kind);
        }
        for other in [200, 201, 202, 400, 404, 409, 422, 500, 503].into_iter().filter(|other| *other != status) {
            server.give(&recorded.exchanges[0].answer, other);
            assert_eq!(verdict(&session, case).await, Verdict::Fail, "{}: status {other}", case.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_notices_bytes_that_are_no_json() {
    let server = Server::start().await;
    let drive = Drive::new();
    let session = drive.session(&server.mock.uri());
    let mut cases = drive.folder.suites.iter().flat_map(|suite| &suite.cases);
    let case = cases.find(|case| case.name == CASES[0]).unwrap();
    let recorded = recorded_in(&drive, &session, case);
    let answer = &recorded.exchanges[0].answer;
    let status = status_of(case, &recorded);
    let text = answer.body.to_string();
    let broken = [
        String::new(),
        text[..text.len() - 1].to_owned(),
        format!("{text}x"),
        format!("{text}{text}"),
        format!("[{text}]"),
    ];
    for bytes in broken {
        server.give_bytes(answer, status, bytes.clone().into_bytes());
        assert_eq!(verdict(&session, case).await, Verdict::Fail, "{bytes}");
    }
}

/// Those that the table of survivors explains, and those of what does not travel with the answer.
fn survives(change: &Change) -> bool {
    let pattern = change.pattern();
    matches!(change.kind, Kind::AnotherOfItsShape | Kind::ManagedFieldsAdded)
        || pattern.starts_with("$.headers")
        || pattern.starts_with("$.traffic")
}

fn status_of(case: &Case, recorded: &RecordedCase) -> u16 {
    let script = case.script(&recorded.bindings).unwrap();
    script.steps[0].expect.status.as_ref().and_then(|status| status.at(ApiVersion::NEWEST)).unwrap()
}

/// The recorded answers of a case, with the values it has in this run.
fn recorded_in(drive: &Drive, session: &Session, case: &Case) -> RecordedCase {
    let bindings = Bindings {
        registry: "no part of these answers".to_owned(),
        namespace: session.namespace.clone(),
        stream: session.run.stream(case),
        ..Bindings::default()
    };
    recorded::recorded(&drive.folder, case, ApiVersion::NEWEST, bindings).unwrap()
}

async fn verdict(session: &Session, case: &Case) -> Verdict {
    run_case(session, case, std::future::pending()).await.result.verdict
}

/// A server that gives one answer to every request but those that clean up.
struct Server {
    mock: MockServer,
    given: Arc<Mutex<ResponseTemplate>>,
}

struct Given(Arc<Mutex<ResponseTemplate>>);

impl Respond for Given {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        match request.method {
            http::Method::DELETE => ResponseTemplate::new(404),
            _ => self.0.lock().unwrap().clone(),
        }
    }
}

impl Server {
    async fn start() -> Self {
        let given = Arc::new(Mutex::new(ResponseTemplate::new(404)));
        let mock = MockServer::start().await;
        Mock::given(any()).respond_with(Given(given.clone())).mount(&mock).await;
        Self { mock, given }
    }

    fn give(&self, answer: &Answer, status: u16) {
        self.give_bytes(answer, status, answer.body.to_string().into_bytes());
    }

    fn give_bytes(&self, answer: &Answer, status: u16, bytes: Vec<u8>) {
        let mut response = ResponseTemplate::new(status).set_body_raw(bytes, "application/json");
        for (name, values) in answer.headers.iter().filter(|(name, _)| *name != "content-type") {
            for value in values {
                response = response.append_header(name.as_str(), value.as_str());
            }
        }
        *self.given.lock().unwrap() = response;
    }
}
