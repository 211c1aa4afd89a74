//! A case that panics.

use std::{path::Path, sync::Arc, time::Duration};

use isi_conformance::{
    redaction::Secrets,
    runner::{
        Baseline, CacheLag, Cleanup, ClusterConfiguration, ConfigurationAccess, ConfigurationLag, Credential, Identity,
        Planned, Ports, Proposals, RunId, Session, Target, Users, run,
    },
    suite::Folder,
    traits::Traits,
    verdict::Verdict,
    version::ApiVersion,
};
use test_support::loopback_client;
use tokio::sync::watch;

use super::{cluster::Cluster, command::FOLDER};

/// How long a request and a case may take.
const TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn what_a_panicking_case_made_is_taken_back() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let folder = Folder::open(Path::new(FOLDER), &[]).unwrap();
    let identity = |credential| Identity::new(loopback_client(), credential);
    let bearer = |token: &str| identity(Credential::Bearer(token.to_owned()));
    let users = Users::new(bearer("user-robot"), || Ok::<_, ()>(loopback_client())).unwrap();
    let restricted = identity(Credential::Source(Arc::new(|_| panic!("no credentials"))));
    let users = Users { admin: Some(bearer("admin-token")), restricted: Some(restricted), ..users };
    let target = Target::new(cluster.url().to_owned(), users, TIMEOUT);
    let id = RunId::random();
    let session = Arc::new(Session {
        configuration: Arc::new(ClusterConfiguration::new(target.clone(), id.clone(), ConfigurationAccess::Locked)),
        cleanup: Cleanup::default(),
        target,
        version: ApiVersion::NEWEST,
        namespace: "team".to_owned(),
        run: id,
        images: folder.images.clone(),
        goldens: folder.goldens.clone(),
        traits: Traits::default(),
        lag: ConfigurationLag::none(),
        reads: CacheLag::none(),
        ports: Ports::loopback(),
        authority: None,
        features: isi_conformance::runner::Features::default(),
        timeout: TIMEOUT,
        secrets: Secrets::default(),
        keep: false,
        proposals: Proposals::Omitted,
        baseline: Baseline::default(),
    });
    let cases = folder.suites.iter().flat_map(|suite| &suite.cases);
    let planned: Vec<Planned> = cases
        .filter(|case| case.name == "panics-after-a-change")
        .map(|case| Planned { case: case.clone(), session: session.clone(), skip: None })
        .collect();
    let (_stop, stopped) = watch::channel(false);
    let outcomes = run(planned, 1, stopped, |_| std::ops::ControlFlow::Continue(())).await;
    let [outcome] = outcomes.as_slice() else { panic!("{} outcomes", outcomes.len()) };
    assert_eq!(outcome.result.verdict, Verdict::Error);
    let said: Vec<_> = outcome.result.checks.iter().filter_map(|check| check.message.as_deref()).collect();
    assert!(said.contains(&"the harness panicked: no credentials"), "{said:?}");
    assert_eq!(outcome.left_behind, Vec::<String>::new());
    assert_eq!(session.end().await, Vec::<String>::new());
    cluster.assert_as(&before).await;
}
