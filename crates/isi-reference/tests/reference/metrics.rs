//! `/metrics`, and resources without objects.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{NAMESPACE, Reference, read, watch::Events};

async fn page(reference: &Reference) -> String {
    let url = format!("{}/metrics", reference.running.url());
    let response = reference.client.get(url).bearer_auth("admin-token").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    response.text().await.unwrap()
}

#[tokio::test]
async fn requests_watches_and_objects_are_counted() {
    let reference = Reference::start().await;
    let streams = format!("{NAMESPACE}/imagestreams");
    reference.post(&streams, &json!({ "metadata": { "name": "app" } })).await;
    reference.send(Method::POST, &format!("{streams}?dryRun=All"), &json!({ "metadata": { "name": "b" } })).await;
    let watch = Events::of(&reference, &format!("{streams}?watch=true")).await;
    let labels = |scope: &str| {
        let of = "group=\"image.openshift.io\",resource=\"imagestreams\"";
        format!("component=\"apiserver\",{of},scope=\"{scope}\",subresource=\"\",version=\"v1\"")
    };
    let watches = format!("apiserver_longrunning_requests{{{},verb=\"WATCH\"}}", labels("namespace"));
    let found = page(&reference).await;
    for expected in [
        format!("apiserver_request_total{{code=\"201\",{},dry_run=\"\",verb=\"POST\"}} 1\n", labels("resource")),
        format!("apiserver_request_total{{code=\"201\",{},dry_run=\"All\",verb=\"POST\"}} 1\n", labels("resource")),
        format!("{watches} 1\n"),
        "apiserver_storage_objects{resource=\"imagestreams.image.openshift.io\"} 1\n".to_owned(),
    ] {
        assert!(found.contains(&expected), "{expected}{found}");
    }
    drop(watch);
    for _ in 0..100 {
        if page(&reference).await.contains(&format!("{watches} 0\n")) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the watch is still counted");
}

#[tokio::test]
async fn metrics_are_for_administrators() {
    let reference = Reference::start().await;
    let refusal = read(reference.request(Method::GET, "metrics").send().await.unwrap(), 403).await;
    assert_eq!(refusal["message"], "forbidden: User \"alice\" cannot get path \"/metrics\"");
}

/// What `oc describe project`, `kubectl describe` and `oc adm prune images` ask for.
#[rstest]
#[case("api/v1/namespaces/team/resourcequotas", "ResourceQuotaList")]
#[case("api/v1/namespaces/team/events?fieldSelector=metadata.name%3Dx", "EventList")]
#[case("api/v1/pods", "PodList")]
#[case("apis/apps/v1/deployments", "DeploymentList")]
#[case("apis/build.openshift.io/v1/builds", "BuildList")]
#[tokio::test]
async fn there_are_no_workloads(#[case] path: &str, #[case] kind: &str) {
    let reference = Reference::start().await;
    let list = reference.get(path).await;
    assert_eq!((&list["kind"], &list["items"]), (&json!(kind), &json!([])));
    let path = path.split('?').next().unwrap();
    read(reference.send(Method::POST, path, &json!({ "metadata": { "name": "x" } })).await, 405).await;
}
