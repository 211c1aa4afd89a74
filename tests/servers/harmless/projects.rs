//! Users who may not make namespaces.

use isi_conformance::reference::Options;

use super::{
    cluster::Cluster,
    command::{FOLDER, finish, shown},
};

async fn cluster(denied: &[&str]) -> Cluster {
    let deny = denied.iter().map(|rule| rule.parse().unwrap()).collect();
    Cluster::start_with(Options { deny, ..Options::default() }).await
}

fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["run", FOLDER, "--run", "quick"], more].concat()
}

/// `finish`, without an administrator.
async fn as_alice(url: &str, arguments: &[&str]) -> test_support::Finished {
    finish(url, &[arguments, &["--admin-token", "user-alice"]].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_not_make_namespaces_gets_a_project() {
    let cluster = cluster(&["alice:create:*:namespaces"]).await;
    let before = cluster.state().await;
    let run = as_alice(cluster.url(), &arguments(&[])).await;
    assert_eq!(run.exit, Some(0), "{}{}", run.stdout, run.stderr);
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_a_killed_run_left_is_cleaned_up() {
    let cluster = cluster(&["alice:create:*:namespaces", "alice:list:*:namespaces", "alice:get:*:secrets"]).await;
    let before = cluster.state().await;
    let kept = as_alice(cluster.url(), &arguments(&["--keep"])).await;
    assert_eq!(kept.exit, Some(0), "{}{}", kept.stdout, kept.stderr);
    assert_ne!(cluster.state().await, before);
    let cleaned = as_alice(cluster.url(), &["clean"]).await;
    insta::assert_snapshot!("project-cleaned", shown(&cleaned, cluster.url()));
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_gets_neither_is_told_what_to_ask_for() {
    let cluster = cluster(&["alice:create:*:namespaces", "alice:create:*:projectrequests"]).await;
    let refused = as_alice(cluster.url(), &arguments(&[])).await;
    insta::assert_snapshot!("no-project", shown(&refused, cluster.url()));

    let kubeconfig = tempfile::NamedTempFile::new().unwrap();
    let content = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{ "name": "c", "cluster": { "server": cluster.url() } }],
        "users": [{ "name": "u", "user": { "token": "user-alice" } }],
        "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u", "namespace": "team" } }],
    });
    std::fs::write(kubeconfig.path(), content.to_string()).unwrap();
    let with_context = arguments(&["--kubeconfig", kubeconfig.path().to_str().unwrap()]);
    let refused = as_alice(cluster.url(), &with_context).await;
    assert!(refused.stderr.contains("`--namespace team`"), "{}", refused.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_a_namespace_of_others_needs_no_right_to_make_one() {
    let cluster = cluster(&["alice:create:*:namespaces", "alice:create:*:projectrequests"]).await;
    let before = cluster.state().await;
    let run = as_alice(cluster.url(), &arguments(&["--namespace", "team"])).await;
    assert_eq!(run.exit, Some(0), "{}{}", run.stdout, run.stderr);
    cluster.assert_as(&before).await;
}
