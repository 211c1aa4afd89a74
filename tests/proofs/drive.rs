//! The real runner, aimed at a URL.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use isi_conformance::{
    redaction::Secrets,
    runner::{
        self, Baseline, CacheLag, CasePattern, Cleanup, ClusterConfiguration, ConfigurationAccess, ConfigurationLag,
        Credential, Features, Identity, Planned, Ports, Proposals, RunId, Session, Target, Users,
    },
    suite::{Case, Folder},
    traits::Traits,
    verdict::{CaseResult, Verdict},
    version::ApiVersion,
};
use test_support::loopback_client;
use tokio::sync::watch;

/// How long a case may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How many cases run at a time.
const JOBS: usize = 4;

/// The built-in suites, ready to be run.
pub(crate) struct Drive {
    pub(crate) folder: Folder,
}

impl Drive {
    /// Loads the built-in suites.
    pub(crate) fn new() -> Self {
        Self { folder: Folder::builtin(&[]).unwrap() }
    }

    /// Runs the cases that fall under the patterns against an implementation.
    pub(crate) async fn run(&self, url: &str, patterns: &[&str]) -> Vec<CaseResult> {
        let session = self.session(url);
        let planned: Vec<Planned> = self
            .selected(patterns)
            .map(|case| Planned { case: case.clone(), session: session.clone(), skip: None })
            .collect();
        assert!(!planned.is_empty(), "no case falls under {patterns:?}");
        let (_stop, stopped) = watch::channel(false);
        let outcomes = runner::run(planned, JOBS, stopped, |_| ControlFlow::Continue(())).await;
        outcomes.into_iter().map(|outcome| outcome.result).collect()
    }

    /// What the cases of a run against an implementation share.
    pub(crate) fn session(&self, url: &str) -> Arc<Session> {
        let (target, run) = (target(url), RunId::random());
        Arc::new(Session {
            configuration: Arc::new(ClusterConfiguration::new(
                target.clone(),
                run.clone(),
                ConfigurationAccess::Exclusive,
            )),
            cleanup: Cleanup::default(),
            target,
            version: ApiVersion::NEWEST,
            namespace: "wrong-implementations".to_owned(),
            run,
            images: self.folder.images.clone(),
            goldens: self.folder.goldens.clone(),
            traits: Traits::default(),
            lag: ConfigurationLag::none(),
            reads: CacheLag::none(),
            ports: Ports::loopback(),
            authority: None,
            features: Features::default(),
            timeout: TIMEOUT,
            secrets: Secrets::default(),
            keep: false,
            proposals: Proposals::Omitted,
            baseline: Baseline::default(),
        })
    }

    /// The cases under the patterns that hold for the newest version and need nothing special.
    fn selected<'a>(&'a self, patterns: &[&str]) -> impl Iterator<Item = &'a Case> {
        let patterns: Vec<CasePattern> = patterns.iter().map(|pattern| pattern.parse().unwrap()).collect();
        let cases = self.folder.suites.iter().flat_map(|suite| &suite.cases);
        cases
            .filter(|case| case.holds_for(ApiVersion::NEWEST))
            .filter(move |case| patterns.iter().any(|pattern| pattern.matches(&case.suite, &case.name)))
    }
}

fn target(url: &str) -> Target {
    let identity = |token: &str| Identity::new(loopback_client(), Credential::Bearer(token.to_owned()));
    let users = Users::new(identity("user-robot"), || Ok::<_, ()>(loopback_client())).unwrap();
    let users = Users { admin: Some(identity("admin-token")), ..users };
    Target::new(url.to_owned(), users, TIMEOUT)
}

/// The case, and the first of its checks that is not as expected.
pub(crate) fn first_failure(result: &CaseResult) -> String {
    let check = result.checks.iter().find(|check| check.verdict != Verdict::Pass);
    let Some(check) = check else { return format!("{}: {}", result.name(), result.verdict) };
    let step = check.step.as_ref().map(|step| format!(", step {}", step.number)).unwrap_or_default();
    let what = match check.differences.first() {
        Some(difference) => difference.path.to_string(),
        // The values after a path are those of this run.
        None => check.message.as_deref().unwrap_or_default().split(": expected").next().unwrap_or_default().to_owned(),
    };
    format!("{}{step}: {} ({}): {what}", result.name(), check.kind, check.level)
}
