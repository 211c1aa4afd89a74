//! The permission to change the configuration of a cluster, and the lock on it.

use super::{
    cluster::Cluster,
    command::{FOLDER, finish, shown, start},
};

const ALLOW: [&str; 2] = ["--allow", "cluster-configuration"];

#[tokio::test(flavor = "multi_thread")]
async fn without_permission_the_configuration_is_left_alone_and_the_reason_is_said() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let list = finish(cluster.url(), &["run", "policy", "--list"]).await;
    let reason = "(skip: changes the configuration of the cluster, which `--allow cluster-configuration` permits)";
    let changing = list.stdout.lines().filter(|line| line.ends_with(reason)).count();
    assert!(changing > 20, "{}", list.stdout);
    let run = finish(cluster.url(), &["run", "policy"]).await;
    assert_eq!(run.exit, Some(0), "{}{}", run.stdout, run.stderr);
    let said = format!("SKIP {changing} cases: changes the configuration of the cluster");
    assert!(run.stdout.contains(&said), "{}", run.stdout);
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_can_give_the_permission() {
    let cluster = Cluster::start().await;
    let mut command = super::command::command(cluster.url(), &["run", "policy", "--list"]);
    let output = command.env("ISI_ALLOW", "cluster-configuration").output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    assert!(!listed.contains("--allow"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_permission_a_cluster_conforms_to_every_profile_and_everything_is_as_before_afterwards() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let run = finish(cluster.url(), &["run", "--namespace", "team", ALLOW[0], ALLOW[1]]).await;
    assert_eq!(run.exit, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("conforms to `full` of API version 4.22"), "{}", run.stdout);
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_a_time_end_with_the_original_state() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let arguments = ["run", "policy", "auth", ALLOW[0], ALLOW[1]];
    let (one, other) = tokio::join!(finish(cluster.url(), &arguments), finish(cluster.url(), &arguments));
    assert_eq!(
        [one.exit, other.exit],
        [Some(0), Some(0)],
        "{}{}{}{}",
        one.stdout,
        one.stderr,
        other.stdout,
        other.stderr
    );
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_says_who_changes_the_configuration() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let arguments = ["run", FOLDER, "--run", "slow-under-a-change", ALLOW[0], ALLOW[1]];
    let first = start(cluster.url(), &arguments);
    cluster.until_changed().await;

    let only_that = finish(cluster.url(), &arguments).await;
    assert_eq!(only_that.exit, Some(3));
    insta::assert_snapshot!("held", shown(&only_that, cluster.url()));
    let among_others =
        finish(cluster.url(), &["run", FOLDER, "--run", "slow-*", "--run", "quick", "--list", ALLOW[0], ALLOW[1]])
            .await;
    insta::assert_snapshot!("held-among-others", shown(&among_others, cluster.url()));
    let spared = finish(cluster.url(), &["clean"]).await;
    insta::assert_snapshot!("still-going-on", shown(&spared, cluster.url()));

    first.signal("INT");
    let first = first.finished().await;
    assert_eq!(first.exit, Some(3), "{}", first.stderr);
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_runs_own_is_never_deleted_and_what_is_changed_is_put_back() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let run = finish(cluster.url(), &["run", FOLDER, "--run", "*-what-is-not-its-own", ALLOW[0], ALLOW[1]]).await;
    insta::assert_snapshot!("not-its-own", shown(&run, cluster.url()));
    cluster.assert_as(&before).await;
}
