//! Runs that end before their time.

use rstest::rstest;

use super::{
    cluster::Cluster,
    command::{FOLDER, finish, shown, start},
};

const SLOW: [&str; 6] = ["run", FOLDER, "--run", "slow-under-a-change", "--allow", "cluster-configuration"];

#[rstest]
#[case::terminal_gone("HUP")]
#[case::control_c("INT")]
#[case::asked_to_end("TERM")]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_run_in_order(#[case] signal: &str) {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let run = start(cluster.url(), &SLOW);
    cluster.until_changed().await;
    run.signal(signal);
    let run = run.finished().await;
    assert_eq!(run.exit, Some(3), "{}", run.stderr);
    assert!(!run.stderr.contains("left behind"), "{}", run.stderr);
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_run_left_is_cleaned_up() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let run = start(cluster.url(), &SLOW);
    cluster.until_importing().await;
    run.signal("KILL");
    run.finished().await;
    let configuration = "/apis/config.openshift.io/v1/images/cluster";
    let killed = cluster.get(configuration).await;

    let preview = finish(cluster.url(), &["clean", "--dry-run"]).await;
    insta::assert_snapshot!("preview", shown(&preview, cluster.url()));
    assert_eq!(cluster.get(configuration).await, killed);
    assert_ne!(cluster.state().await, before);
    let cleaned = finish(cluster.url(), &["clean"]).await;
    insta::assert_snapshot!("cleaned", shown(&cleaned, cluster.url()));
    cluster.assert_as(&before).await;
    let again = finish(cluster.url(), &["clean"]).await;
    insta::assert_snapshot!("nothing-to-clean", shown(&again, cluster.url()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_changed_meanwhile_stays() {
    let cluster = Cluster::start().await;
    let run = start(cluster.url(), &SLOW);
    cluster.until_changed().await;
    let path = "/apis/config.openshift.io/v1/images/cluster";
    let mut images = cluster.get(path).await.unwrap();
    images["spec"]["externalRegistryHostnames"] = serde_json::json!(["registry.example.test"]);
    cluster.put(path, images).await;
    run.signal("TERM");
    run.finished().await;
    let spec = cluster.get(path).await.unwrap()["spec"].take();
    let expected = serde_json::json!({
        "additionalTrustedCA": { "name": "company-ca" },
        "externalRegistryHostnames": ["registry.example.test"],
        "registrySources": { "insecureRegistries": ["insecure.example.test"] },
    });
    assert_eq!(spec, expected);
}
