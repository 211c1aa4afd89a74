//! Distribution 2.8 where it asks for tokens (Debian's `docker-registry`), beside the profile that is named after it: what a
//! request without a token, or with an invalid one, is challenged for.

use libtest_mimic::{Failed, Trial};
use oci_mock_registry::{
    fixture::Auth,
    registry::{Authority, Registry},
};
use reqwest::{Client, Method};
use serde_json::Value;
use test_support::DockerRegistry;

use crate::runtime;

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("distribution::profile_challenges_as_the_product", profile_challenges_as_the_product)]
}

const REQUESTS: [(&str, &str); 14] = [
    ("GET", "/v2/"),
    ("GET", "/v2/_catalog"),
    ("GET", "/v2/_catalog?n=1"),
    ("HEAD", "/v2/_catalog"),
    ("GET", "/v2/lib/app/tags/list"),
    ("HEAD", "/v2/lib/app/manifests/v1"),
    ("PUT", "/v2/lib/app/manifests/v1"),
    ("DELETE", "/v2/lib/app/manifests/v1"),
    ("GET", "/v2/lib/app/blobs/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
    ("POST", "/v2/lib/app/blobs/uploads/"),
    (
        "POST",
        "/v2/lib/app/blobs/uploads/?mount=sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a&from=lib/other",
    ),
    ("PATCH", "/v2/lib/app/blobs/uploads/1"),
    ("GET", "/v2/lib/app/unknown/x"),
    ("GET", "/v2/Bad/tags/list"),
];

fn profile_challenges_as_the_product() -> Result<(), Failed> {
    let runtime = runtime();
    let auth = Auth::bearer().user("robot", "secret");
    let profile = runtime.block_on(Registry::builder().auth(auth).quirk("distribution-2")?.start())?;
    let realm = format!("http://{}/token", profile.host());
    let product = DockerRegistry::start_with_tokens(&realm, Authority::generate()?.pem());
    let ask = |host: &str| runtime.block_on(challenges(host));
    let (actual, expected) = (ask(profile.host())?, ask(product.host())?);
    let different = expected.iter().zip(&actual).filter(|(expected, actual)| expected != actual);
    let different: Vec<String> =
        different.map(|(expected, actual)| format!("the product: {expected}\nthe profile: {actual}")).collect();
    if different.is_empty() { Ok(()) } else { Err(different.join("\n").into()) }
}

/// Status, challenge and the scopes in the detail of each answer.
async fn challenges(host: &str) -> Result<Vec<String>, Failed> {
    let client = Client::new();
    let mut answers = Vec::new();
    for authorization in [None, Some("Bearer invalid"), Some("Basic cm9ib3Q6c2VjcmV0")] {
        for (method, path) in REQUESTS {
            let request = client.request(Method::from_bytes(method.as_bytes())?, format!("http://{host}{path}"));
            let request =
                authorization.into_iter().fold(request, |request, value| request.header("authorization", value));
            let answer = request.send().await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let challenge = headers.get("www-authenticate").map(|value| value.to_str()).transpose()?;
            let challenge = in_order(challenge.unwrap_or_default());
            let body: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
            let error = &body["errors"][0];
            answers.push(format!("{method} {path}: {status} {challenge} {} {}", error["code"], error["detail"]));
        }
    }
    Ok(answers)
}

/// A challenge whose scopes and actions are sorted: the product writes them in another order each time.
fn in_order(challenge: &str) -> String {
    let Some((start, rest)) = challenge.split_once("scope=\"") else { return challenge.to_owned() };
    let (scopes, end) = rest.split_once('"').unwrap_or((rest, ""));
    let sorted = |text: &str, separator: &str| {
        let mut parts: Vec<&str> = text.split(separator).collect();
        parts.sort_unstable();
        parts.join(separator)
    };
    let scopes = scopes.split(' ').map(|scope| match scope.rsplit_once(':') {
        Some((resource, actions)) => format!("{resource}:{}", sorted(actions, ",")),
        None => scope.to_owned(),
    });
    format!("{start}scope=\"{}\"{end}", sorted(&scopes.collect::<Vec<_>>().join(" "), " "))
}
