//! Who asks and what that user may do: reviews, impersonation, `users/~`.
//!
//! Texts as Kubernetes' documentation and source have them.

use isi_reference::{Options, version::ApiVersion};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

const ACCESS: &str = "apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const RULES: &str = "apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
const WHO: &str = "apis/authentication.k8s.io/v1/selfsubjectreviews";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

async fn denying(rules: &[&str]) -> Reference {
    let deny = rules.iter().map(|rule| rule.parse().unwrap()).collect();
    Reference::start_with(Options { deny, ..Options::default() }, Vec::new()).await
}

fn about(verb: &str, group: &str, resource: &str) -> Value {
    let attributes = json!({ "namespace": "team", "verb": verb, "group": group, "resource": resource });
    json!({
        "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
        "spec": { "resourceAttributes": attributes },
    })
}

#[rstest]
#[case::of_everything("create", "imagestreamimports", true)]
#[case::that_a_rule_denies("create", "images", false)]
#[case::of_all_verbs_of_which_one_is_denied("*", "images", false)]
#[case::of_administrators("impersonate", "users", false)]
#[tokio::test]
async fn a_review_says_what_a_request_would_come_to(
    #[case] verb: &str,
    #[case] resource: &str,
    #[case] expected: bool,
) {
    let reference = denying(&["alice:create:image.openshift.io:images"]).await;
    let review = reference.post(ACCESS, &about(verb, "image.openshift.io", resource)).await;
    assert_eq!(review["status"], json!({ "allowed": expected }));
    assert_eq!(review["spec"]["resourceAttributes"]["resource"], resource);
}

#[tokio::test]
async fn a_review_and_the_request_itself_agree_for_every_resource_and_user() {
    let reference = denying(&["alice:list:*:secrets", "alice:get:image.openshift.io:*", "bob:*:*:imagestreams"]).await;
    for user in ["user-alice", "user-bob", "admin-token"] {
        for resource in ["imagestreams", "imagestreamtags", "imagestreams/layers"] {
            for verb in ["get", "list"] {
                let (plural, part) = resource.split_once('/').unwrap_or((resource, ""));
                let mut review = about(verb, "image.openshift.io", plural);
                review["spec"]["resourceAttributes"]["subresource"] = part.into();
                let url = format!("{}/{ACCESS}", reference.running.url());
                let asked = reference.client.post(url).bearer_auth(user).body(review.to_string()).send().await.unwrap();
                let allowed = read(asked, 201).await["status"]["allowed"] == true;
                let name = if verb == "get" {
                    format!("/x{}", if part.is_empty() { "" } else { "/layers" })
                } else {
                    String::new()
                };
                if verb == "list" && !part.is_empty() {
                    continue;
                }
                let url = format!("{}/{NAMESPACE}/{plural}{name}", reference.running.url());
                let status = reference.client.get(url).bearer_auth(user).send().await.unwrap().status();
                assert_eq!(status != 403, allowed, "{user} {verb} {resource}: {status}");
            }
        }
    }
}

#[rstest]
#[case::nothing(json!({}), "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified")]
#[case::both(
    json!({ "resourceAttributes": { "verb": "get" }, "nonResourceAttributes": { "path": "/version", "verb": "get" } }),
    "spec.nonResourceAttributes: Invalid value: {\"Path\":\"/version\",\"Verb\":\"get\"}: cannot be specified in combination with resourceAttributes"
)]
#[tokio::test]
async fn a_review_is_about_one_thing(#[case] spec: Value, #[case] why: &str) {
    let reference = Reference::start().await;
    let refusal = read(reference.send(Method::POST, ACCESS, &json!({ "spec": spec })).await, 422).await;
    let message = format!("SelfSubjectAccessReview.authorization.k8s.io \"\" is invalid: {why}");
    assert_eq!(refusal["message"], message);
}

#[rstest]
#[case::public("/version", true)]
#[case::below_a_public_one("/apis/image.openshift.io", true)]
#[case::for_administrators("/metrics", false)]
#[tokio::test]
async fn paths_that_are_no_resources_are_reviewed_too(#[case] path: &str, #[case] expected: bool) {
    let reference = Reference::start().await;
    let review = json!({ "spec": { "nonResourceAttributes": { "path": path, "verb": "get" } } });
    assert_eq!(reference.post(ACCESS, &review).await["status"]["allowed"], expected);
}

#[tokio::test]
async fn the_rules_of_a_user_leave_out_what_is_denied() {
    let reference = denying(&["alice:*:image.openshift.io:images", "bob:*:*:*"]).await;
    let review = json!({ "kind": "SelfSubjectRulesReview", "spec": { "namespace": "team" } });
    let status = reference.post(RULES, &review).await["status"].clone();
    let rules = status["resourceRules"].as_array().unwrap();
    let of = |resource: &str| {
        rules
            .iter()
            .find(|rule| rule["resources"] == json!([resource]) && rule["apiGroups"] == json!(["image.openshift.io"]))
    };
    assert_eq!(of("images"), None);
    assert_eq!(of("imagestreamimports").unwrap()["verbs"], json!(["create"]));
    assert_eq!(status["incomplete"], true);

    let without = read(reference.send(Method::POST, RULES, &json!({ "spec": {} })).await, 400).await;
    assert_eq!(without["message"], "no namespace on request");
}

#[tokio::test]
async fn a_user_whom_no_rule_concerns_may_do_everything_but_act_as_others() {
    let reference = denying(&["bob:*:*:*"]).await;
    let review = json!({ "spec": { "namespace": "team" } });
    let status = reference.post(RULES, &review).await["status"].clone();
    let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    assert_eq!(status["resourceRules"], json!([{ "verbs": verbs, "apiGroups": ["*"], "resources": ["*"] }]));
    assert_eq!(status["incomplete"], false);
}

#[tokio::test]
async fn the_user_who_asks_is_told_who_that_is() {
    let reference = Reference::start().await;
    let review = reference.post(WHO, &json!({})).await;
    assert_eq!(review["status"]["userInfo"], json!({ "username": "alice", "groups": ["system:authenticated"] }));
    let user = reference.get("apis/user.openshift.io/v1/users/~").await;
    assert_eq!((&user["kind"], &user["metadata"]["name"]), (&json!("User"), &json!("alice")));
    assert_eq!(user["groups"], json!(["system:authenticated"]));
}

#[tokio::test]
async fn anonymous_clients_may_not_ask_who_they_are() {
    let reference = Reference::start().await;
    let response = reference.client.post(format!("{}/{WHO}", reference.running.url())).body("{}").send().await.unwrap();
    let message = "selfsubjectreviews.authentication.k8s.io is forbidden: User \"system:anonymous\" cannot create resource \
                   \"selfsubjectreviews\" in API group \"authentication.k8s.io\" at the cluster scope";
    assert_eq!(read(response, 403).await["message"], message);
}

#[tokio::test]
async fn reviews_are_read_and_written_as_protobuf() {
    let reference = Reference::start().await;
    // What kubectl 1.32 sends: kind and version, then spec.resourceAttributes with verb `get`.
    let body: &[u8] = b"k8s\0\x0a\x32\x0a\x17authorization.k8s.io/v1\x12\x17SelfSubjectAccessReview\x12\x09\x12\x07\x0a\x05\x12\x03get";
    let request = reference.request(Method::POST, ACCESS).header("content-type", PROTOBUF).header("accept", PROTOBUF);
    let response = request.body(body).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (201, &PROTOBUF.parse().unwrap()));
    let bytes = response.bytes().await.unwrap();
    // status { allowed: true, reason: "", evaluationError: "", denied: false }
    assert!(bytes.windows(10).any(|part| part == b"\x1a\x08\x08\x01\x12\0\x1a\0\x20\0"), "{bytes:?}");
}

/// Asks as an administrator for the streams of a namespace.
async fn as_administrator(reference: &Reference, token: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let url = format!("{}/{WHO}", reference.running.url());
    let request = reference.client.post(url).bearer_auth(token).body("{}");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

#[rstest]
#[case::a_user(&[("Impersonate-User", "bob")], json!({ "username": "bob", "groups": ["system:authenticated"] }))]
#[case::groups_uid_and_extra(
    &[("Impersonate-User", "bob"), ("Impersonate-Group", "one"), ("Impersonate-Group", "two"), ("Impersonate-Uid", "u-7"),
      ("Impersonate-Extra-acme.com%2Fproject", "a"), ("Impersonate-Extra-acme.com%2Fproject", "b")],
    json!({ "username": "bob", "uid": "u-7", "groups": ["one", "two", "system:authenticated"],
            "extra": { "acme.com/project": ["a", "b"] } })
)]
#[case::a_service_account(
    &[("Impersonate-User", "system:serviceaccount:team:builder")],
    json!({ "username": "system:serviceaccount:team:builder",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:team", "system:authenticated"] })
)]
#[tokio::test]
async fn an_administrator_acts_as_whom_the_headers_name(#[case] headers: &[(&str, &str)], #[case] expected: Value) {
    let reference = Reference::start().await;
    let review = read(as_administrator(&reference, "admin-token", headers).await, 201).await;
    assert_eq!(review["status"]["userInfo"], expected);
}

#[rstest]
#[case::a_user(
    &[("Impersonate-User", "bob")],
    "users \"bob\" is forbidden: User \"alice\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope"
)]
#[case::a_service_account(
    &[("Impersonate-User", "system:serviceaccount:team:builder")],
    "serviceaccounts \"builder\" is forbidden: User \"alice\" cannot impersonate resource \"serviceaccounts\" in API group \
     \"\" in the namespace \"team\""
)]
#[tokio::test]
async fn others_need_the_right_to_impersonate(#[case] headers: &[(&str, &str)], #[case] message: &str) {
    let reference = Reference::start().await;
    let refusal = read(as_administrator(&reference, "user-alice", headers).await, 403).await;
    assert_eq!(refusal["message"], message);
}

#[tokio::test]
async fn rules_hold_for_the_impersonated_user() {
    let reference = denying(&["bob:create:*:namespaces"]).await;
    let url = format!("{}/api/v1/namespaces", reference.running.url());
    let request = reference.client.post(url).bearer_auth("admin-token").header("Impersonate-User", "bob");
    let refusal = read(request.body(r#"{"metadata":{"name":"made"}}"#).send().await.unwrap(), 403).await;
    let message = "namespaces is forbidden: User \"bob\" cannot create resource \"namespaces\" in API group \"\" at the \
                   cluster scope";
    assert_eq!(refusal["message"], message);
}

#[tokio::test]
async fn a_group_alone_is_nobody_to_act_as() {
    let reference = Reference::start().await;
    let response = as_administrator(&reference, "admin-token", &[("Impersonate-Group", "one")]).await;
    assert_eq!(response.status(), 500);
    let text = response.text().await.unwrap();
    let expected =
        format!("Internal Server Error: \"/{WHO}\": requested [{{Group  one    }}] without impersonating a user\n");
    assert_eq!(text, expected);
}

#[rstest]
#[case::before_1_22(ApiVersion::V4_8, None)]
#[case::since(ApiVersion::V4_10, Some("u-7"))]
#[tokio::test]
async fn a_uid_is_impersonated_since_kubernetes_1_22(#[case] api_version: ApiVersion, #[case] expected: Option<&str>) {
    let reference = Reference::start_with(Options { api_version, ..Options::default() }, Vec::new()).await;
    let headers = [("Impersonate-User", "bob"), ("Impersonate-Uid", "u-7")];
    let review = read(as_administrator(&reference, "admin-token", &headers).await, 201).await;
    assert_eq!(review["status"]["userInfo"]["uid"].as_str(), expected);
}
