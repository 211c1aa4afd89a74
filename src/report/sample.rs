//! A run with one case of every verdict, for the tests of the reports.

use std::time::Duration;

use serde_json::json;

use crate::{
    json_path::JsonPath,
    traits::{IntegratedRegistry, Traits},
    verdict::{
        CaseResult, CheckKind, CheckResult, Declared, Difference, Exchange, Level, Request, Response, RunResult, Side,
        StepName, Verdict,
    },
    version::ApiVersion,
};

/// One case of every verdict, in two suites, with a token and a pull secret that no report may show.
pub(crate) fn run() -> RunResult {
    RunResult {
        target: "https://alice:hunter2@api.example:6443".to_owned(),
        api_version: ApiVersion::V4_18,
        level: Level::Compatible,
        absent_features: Vec::new(),
        profiles: Vec::new(),
        traits: Traits {
            integrated_registry: IntegratedRegistry::Internal { host: "registry.svc:5000".to_owned() },
            ..Traits::default()
        },
        started: "2026-01-02T03:04:05Z".parse().expect("a time"),
        duration: Duration::from_millis(3215),
        interrupted: true,
        not_run: 2,
        shard: None,
        against: None,
        cases: vec![
            passing(),
            failing(),
            error(),
            skipped("token-wrong"),
            skipped("token-none"),
            known(),
            stale(),
            late(),
        ],
    }
}

/// The same run, had everything gone well.
pub(crate) fn passing_run() -> RunResult {
    RunResult { interrupted: false, cases: vec![passing()], ..run() }
}

/// A server without `GET imagestreams`, and with one thing more that is wrong.
pub(crate) fn many_failures() -> RunResult {
    let read = || StepName { number: 2, name: "GET imagestreams/[stream]".to_owned() };
    let missing = |name: &str| {
        let kind = Difference {
            path: JsonPath::root().key("kind"),
            expected: Side::Value("ImageStream".into()),
            actual: Side::Value("Status".into()),
            level: Level::Required,
        };
        let checks = vec![
            CheckResult::pass(CheckKind::Status, Level::Required).at(step()),
            CheckResult::fail_status(Level::Required, 200, 404).at(read()),
            CheckResult::of_differences(CheckKind::Golden, Level::Required, vec![kind]).at(read()),
        ];
        CaseResult {
            location: Some(format!("suites/read-back.yaml:{}", 10 + name.len())),
            exchanges: vec![exchange()],
            ..CaseResult::of_checks("read-back", name, checks)
        }
    };
    let mut cases: Vec<CaseResult> = ["one", "three", "fifteen", "seventy", "hundred"].map(missing).into();
    cases.extend([failing(), error(), skipped("token-wrong")]);
    RunResult { interrupted: false, cases, ..run() }
}

fn step() -> StepName {
    StepName { number: 1, name: "POST imagestreamimports".to_owned() }
}

fn passing() -> CaseResult {
    let mut schema = CheckResult::pass(CheckKind::Schema, Level::Required).at(step());
    schema.schema_deviations.push("tag-items-null".to_owned());
    let status = CheckResult::pass(CheckKind::Status, Level::Required).at(step());
    CaseResult {
        about: "a schema 2 image with its manifest".to_owned(),
        requirements: vec!["isi.spec.images.from".to_owned()],
        exchanges: vec![exchange()],
        duration: Duration::from_millis(12),
        ..CaseResult::of_checks("single-image", "content-s2-basic", vec![status, schema])
    }
}

fn failing() -> CaseResult {
    let path = JsonPath::root().key("status").key("images").index(0);
    let manifest = "{ \"schemaVersion\": 2 }".repeat(12);
    let differences = vec![
        Difference {
            path: path.key("image").key("dockerImageLayers"),
            expected: Side::Value(json!([])),
            actual: Side::Absent,
            level: Level::Required,
        },
        Difference {
            path: path.key("image").key("dockerImageManifest"),
            expected: Side::Value(manifest.as_str().into()),
            actual: Side::Value(manifest.replacen('2', "1", 9).replacen('1', "2", 8).into()),
            level: Level::Required,
        },
        Difference {
            path: path.key("status").key("message"),
            expected: Side::Value("you may not have access".into()),
            actual: Side::Value("access denied".into()),
            level: Level::Compatible,
        },
    ];
    let mut checks = vec![CheckResult::fail_status(Level::Required, 201, 200)];
    checks.extend(CheckResult::by_level(CheckKind::Golden, Level::Required, differences));
    let checks = checks.into_iter().map(|check| check.at(step())).collect();
    CaseResult {
        about: "an OCI image without layers".to_owned(),
        location: Some("suites/single-image.yaml:31".to_owned()),
        requirements: vec!["isi.spec.images.from".to_owned(), "image.docker-image-layers".to_owned()],
        exchanges: vec![exchange()],
        duration: Duration::from_millis(4),
        ..CaseResult::of_checks("single-image", "content-oci-nolayers", checks)
    }
}

fn exchange() -> Exchange {
    Exchange {
        step: step(),
        request: Request {
            method: "POST".to_owned(),
            path: "/apis/image.openshift.io/v1/namespaces/conformance/imagestreamimports".to_owned(),
            headers: vec![("authorization".to_owned(), "Bearer hunter2".to_owned())],
            body: "{\"kind\":\"ImageStreamImport\"}".to_owned(),
        },
        response: Some(Response {
            status: 200,
            headers: vec![],
            body: "{\"kind\":\"ImageStreamImport\"}\n".to_owned(),
        }),
        curl: "curl -H 'authorization: Bearer hunter2' https://api.example:6443/apis".to_owned(),
        registry: vec!["GET /v2/ 200".to_owned(), "GET /v2/lib/app/manifests/v1 200".to_owned()],
        duration: Duration::from_millis(3),
    }
}

fn error() -> CaseResult {
    let check = CheckResult::error(CheckKind::Status, Level::Required, "no answer within 30 s").at(step());
    CaseResult {
        duration: Duration::from_secs(30),
        ..CaseResult::of_checks("single-image", "content-text-html", vec![check])
    }
}

fn skipped(case: &str) -> CaseResult {
    CaseResult::skip("auth", case, "needs pull secrets, which the target does not offer")
}

fn declared() -> Declared {
    Declared { reason: "no signatures yet".to_owned(), link: Some("https://tracker.example/7".to_owned()) }
}

fn known() -> CaseResult {
    let check = CheckResult {
        verdict: Verdict::Known,
        declared: Some(declared()),
        ..CheckResult::fail(CheckKind::Golden, Level::Required, "differs")
    };
    CaseResult::of_checks("auth", "basic-good", vec![check])
}

fn stale() -> CaseResult {
    CaseResult {
        verdict: Verdict::Stale,
        declared: Some(declared()),
        ..CaseResult::of_checks("auth", "bearer-good", vec![CheckResult::pass(CheckKind::Status, Level::Required)])
    }
}

fn late() -> CaseResult {
    let check = CheckResult::fail(CheckKind::Status, Level::Required, "expected 201, found 404").at(step());
    CaseResult {
        not_scored: Some("added after 4.18 was frozen".to_owned()),
        ..CaseResult::of_checks("auth", "bearer-refreshed", vec![check])
    }
}
