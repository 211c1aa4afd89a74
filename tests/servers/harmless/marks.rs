//! `clean` touches nothing without the mark of a run.

use serde_json::json;

use super::{
    cluster::Cluster,
    command::{finish, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_mark_is_never_touched() {
    let cluster = Cluster::start().await;
    let others = json!({
        "metadata": { "name": "of-another-run", "labels": { "isi-conformance/run": "0badcafe" } }, "spec": {},
    });
    cluster.post("/apis/config.openshift.io/v1/imagetagmirrorsets", others).await;
    let before = cluster.state().await;
    for arguments in
        [vec!["clean"], vec!["clean", "--run", "1a2b3c4d"], vec!["clean", "--run", "ffffffff", "--namespace", "team"]]
    {
        let cleaned = finish(cluster.url(), &arguments).await;
        assert_eq!(cleaned.exit, Some(0), "{}", cleaned.stderr);
        assert_eq!(cleaned.stdout, format!("nothing to clean up on {}\n", cluster.url()));
        cluster.assert_as(&before).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_a_namespace_of_others_is_found_by_its_id() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let kept = ["run", super::command::FOLDER, "--run", "quick", "--namespace", "team", "--keep"];
    assert_eq!(finish(cluster.url(), &kept).await.exit, Some(0));
    let streams = cluster.get("/apis/image.openshift.io/v1/namespaces/team/imagestreams").await.unwrap();
    let names = streams["items"].as_array().unwrap().iter().filter_map(|stream| stream["metadata"]["name"].as_str());
    let run = names.filter_map(|name| name.strip_prefix("quick-")).next().unwrap().to_owned();

    let cleaned = finish(cluster.url(), &["clean", "--run", &run, "--namespace", "team"]).await;
    insta::assert_snapshot!("by-its-id", shown(&cleaned, cluster.url()));
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_and_an_id_are_needed() {
    let no_target = std::process::Command::new(env!("CARGO_BIN_EXE_isi-conformance")).arg("clean").output().unwrap();
    assert_eq!(no_target.status.code(), Some(2));
    insta::assert_snapshot!("no-target", String::from_utf8(no_target.stderr).unwrap());
    let no_id = finish("http://127.0.0.1:1", &["clean", "--run", "a"]).await;
    assert_eq!(no_id.exit, Some(2));
    insta::assert_snapshot!("no-id", no_id.stderr);
}
