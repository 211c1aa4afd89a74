//! Whether an implementation of the API is at a URL, found out before anything is made there.
//!
//! Discovery decides where a server has it. A server that is not finished may have nothing but the import call, so that an
//! empty import, which stores nothing, decides where discovery does not.

use http::{
    Method,
    header::{CONTENT_TYPE, LOCATION},
};
use serde_json::{Value, json};

use super::{tls::Authorities, transport::Transport};
use crate::{
    cli::exit::CommandError,
    runner::{Answered, NoAnswer, Prepared, Target, TlsFailure},
    suite::{Body, Request, User},
};

const GROUP: &str = "image.openshift.io";
const DISCOVERY: &str = "/apis/image.openshift.io/v1";
/// What kube-apiserver and its relatives say of a path that they do not serve.
const UNKNOWN_PATH: &str = "the server could not find the requested resource";

/// What an answer says about the server.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DiscoveryFinding {
    /// It serves the image API.
    Serves,
    /// It does not accept the credentials.
    Unauthorized,
    /// The user may not do this, whether or not the server serves it.
    Forbidden,
    /// It does not serve the image API, because of this.
    Refuses(String),
}

/// Makes sure that there is an implementation to talk to. `namespace` is one that is there, if it is known.
///
/// # Errors
/// When the target cannot be reached, does not accept the credentials, or serves something else.
pub(in crate::cli) async fn reach(target: &Target, namespace: Option<&str>) -> Result<(), CommandError> {
    match discovery(target).await {
        Ok(DiscoveryFinding::Serves) => return Ok(()),
        Ok(DiscoveryFinding::Unauthorized) => return Err(unauthorized(target, &format!("GET {DISCOVERY}"))),
        Ok(DiscoveryFinding::Forbidden | DiscoveryFinding::Refuses(_)) => {}
        Err(error) => return Err(unreachable(target, &error).await),
    }
    let request = empty_import(namespace.unwrap_or("default"));
    let tried = format!("POST {}", request.path);
    let why = match import(target, &request).await {
        Ok(DiscoveryFinding::Serves) => return Ok(()),
        Ok(DiscoveryFinding::Unauthorized) => return Err(unauthorized(target, &tried)),
        Ok(DiscoveryFinding::Forbidden) if !lacks_group(target).await => return Ok(()),
        Ok(DiscoveryFinding::Forbidden) => "answers 403".to_owned(),
        Ok(DiscoveryFinding::Refuses(why)) => why,
        Err(error) => return Err(unreachable(target, &error).await),
    };
    Err(refusal(target, &tried, &why).await)
}

async fn discovery(target: &Target) -> Result<DiscoveryFinding, NoAnswer> {
    let answered = ask(target, &Request::new(Method::GET, DISCOVERY)).await?;
    Ok(of_discovery(&answered))
}

async fn import(target: &Target, request: &Request) -> Result<DiscoveryFinding, NoAnswer> {
    let answered = ask(target, request).await?;
    Ok(of_import(&answered))
}

fn of_discovery(answered: &Answered) -> DiscoveryFinding {
    let body = body(answered);
    let group = body["groupVersion"].as_str().unwrap_or_default();
    match answered.status {
        200 if body["kind"] == "APIResourceList" && group.starts_with(GROUP) => DiscoveryFinding::Serves,
        401 => DiscoveryFinding::Unauthorized,
        403 => DiscoveryFinding::Forbidden,
        status => DiscoveryFinding::Refuses(format!("answers {status}")),
    }
}

/// Accepts any answer that is made for this call, errors included.
fn of_import(answered: &Answered) -> DiscoveryFinding {
    let status = answered.status;
    let body = body(answered);
    let is_status = body["kind"] == "Status";
    match status {
        401 => DiscoveryFinding::Unauthorized,
        300..=399 => DiscoveryFinding::Refuses(match answered.header(&LOCATION) {
            Some(place) => format!("answers {status}, a redirect to `{place}`"),
            None => format!("answers {status}, a redirect"),
        }),
        _ if is_markup(answered) => DiscoveryFinding::Refuses(format!("answers {status} with a web page")),
        403 => DiscoveryFinding::Forbidden,
        404 if is_status && body["message"] != UNKNOWN_PATH => DiscoveryFinding::Serves,
        404 | 405 | 501..=504 => DiscoveryFinding::Refuses(format!("answers {status}")),
        200..=299 if !(body.is_object() || status == 201 && answered.body.is_empty()) => {
            DiscoveryFinding::Refuses(format!("answers {status} with what is not a Kubernetes object"))
        }
        _ => DiscoveryFinding::Serves,
    }
}

fn is_markup(answered: &Answered) -> bool {
    let content_type = answered.header(&CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    content_type.contains("html") || content_type.contains("xml") || answered.body.trim_ascii_start().starts_with(b"<")
}

/// An import of nothing: a server that knows the call refuses it, or answers with an empty status.
fn empty_import(namespace: &str) -> Request {
    let body = json!({
        "apiVersion": "image.openshift.io/v1",
        "kind": "ImageStreamImport",
        "metadata": { "name": "isi-conformance-probe", "namespace": namespace },
        "spec": { "import": false, "images": [] },
    });
    let path = format!("{DISCOVERY}/namespaces/{namespace}/imagestreamimports");
    Request { body: Body::Json(body), ..Request::new(Method::POST, path) }
}

/// Whether the server lists its API groups and the image API is not among them.
async fn lacks_group(target: &Target) -> bool {
    let Ok(answered) = ask(target, &Request::new(Method::GET, "/apis")).await else { return false };
    let body = body(&answered);
    let groups = body["groups"].as_array();
    groups.is_some_and(|groups| !groups.iter().any(|group| group["name"] == GROUP))
}

async fn ask(target: &Target, request: &Request) -> Result<Answered, NoAnswer> {
    target.ask(&Prepared::new(request, "")?, User::User).await
}

fn body(answered: &Answered) -> Value {
    serde_json::from_slice(&answered.body).unwrap_or_default()
}

fn unauthorized(target: &Target, tried: &str) -> CommandError {
    let message = format!("{} does not accept the credentials: {tried} answers 401", target.url);
    CommandError::harness(message).hint("`--token` or `--kubeconfig` says who asks")
}

/// Says what is at the URL instead, as far as a few more requests tell.
async fn refusal(target: &Target, tried: &str, why: &str) -> CommandError {
    let url = &target.url;
    let nothing = format!("nothing at {url} serves {GROUP}/v1: {tried} {why}");
    if let Some(base) = nearer_base(target).await {
        return CommandError::harness(nothing).hint(format!("the API is at `{base}`"));
    }
    if is_registry(target).await {
        return CommandError::harness(format!("{url} is a container registry, not an implementation of {GROUP}/v1"))
            .hint("`--target` takes the URL of an API server; a run starts the registries that it needs itself");
    }
    if lacks_group(target).await {
        return CommandError::harness(format!("{url} serves the Kubernetes API without {GROUP}/v1"))
            .hint("the image API is part of OpenShift: `kubectl api-versions` lists what a server has");
    }
    if let Some(secure) = speaks_tls(target).await {
        return CommandError::harness(nothing).hint(format!("the port speaks TLS: did you mean `{secure}`?"));
    }
    CommandError::harness(nothing).hint(match api_of_route(url) {
        Some(api) => format!("this looks like a route of a cluster: its API is at `{api}`"),
        None => "expected the URL that `/apis/image.openshift.io/v1` is below, as `oc whoami --show-server` prints it"
            .to_owned(),
    })
}

/// A shorter path at which the API is served.
async fn nearer_base(target: &Target) -> Option<String> {
    let (scheme, rest) = target.url.split_once("://")?;
    let slashes: Vec<usize> = rest.match_indices('/').map(|(index, _)| index).collect();
    for end in slashes.into_iter().rev() {
        let url = format!("{scheme}://{}", &rest[..end]);
        let nearer = Target { url: url.clone(), alias: None, ..target.clone() };
        let found = match discovery(&nearer).await {
            Ok(DiscoveryFinding::Serves | DiscoveryFinding::Unauthorized) => true,
            Ok(_) => {
                import(&nearer, &empty_import("default")).await.is_ok_and(|found| found == DiscoveryFinding::Serves)
            }
            Err(_) => false,
        };
        if found {
            return Some(url);
        }
    }
    None
}

/// A registry answers below `/v2/`, and says so in a header or asks for its own credentials there.
async fn is_registry(target: &Target) -> bool {
    let Ok(answered) = ask(target, &Request::new(Method::GET, "/v2/")).await else { return false };
    let says_so = answered.headers.iter().any(|(name, _)| name == "docker-distribution-api-version");
    let is_empty = answered.body.is_empty() || body(&answered) == json!({});
    says_so || (answered.status == 200 && is_empty) || (answered.status == 401 && body(&answered)["errors"].is_array())
}

/// The `https` URL of a target that was given as `http`, if the port speaks TLS. No credentials are sent.
async fn speaks_tls(target: &Target) -> Option<String> {
    let secure = format!("https://{}", target.url.strip_prefix("http://")?);
    let client = Transport::new(&secure, &Authorities::Any).ok()?.client(None).ok()?;
    let answered = tokio::time::timeout(target.patience, client.get(&secure).send()).await;
    answered.is_ok_and(|sent| sent.is_ok()).then_some(secure)
}

/// The API server of the cluster that the URL is a route of: `https://console-openshift-console.apps.NAME`.
fn api_of_route(url: &str) -> Option<String> {
    let host = url.split_once("://")?.1.split(['/', ':']).next()?;
    let (_, cluster) = host.split_once(".apps.")?;
    Some(format!("https://api.{cluster}:6443"))
}

async fn unreachable(target: &Target, error: &NoAnswer) -> CommandError {
    let message = match error {
        // These say by themselves what was tried.
        NoAnswer::Credentials(problem) => return CommandError::harness(problem),
        error => format!("cannot reach {}: tried GET {DISCOVERY}: {error}", target.url),
    };
    match hint(target, error).await {
        Some(hint) => CommandError::harness(message).hint(hint),
        None => CommandError::harness(message),
    }
}

async fn hint(target: &Target, error: &NoAnswer) -> Option<String> {
    const ANY: &str = "`--insecure-skip-tls-verify` trusts any certificate";
    match error {
        NoAnswer::Tls(TlsFailure::NotTls) => {
            Some(format!("did you mean `http://{}`?", target.url.strip_prefix("https://")?))
        }
        NoAnswer::Tls(TlsFailure::UntrustedAuthority) => {
            Some(format!("`--certificate-authority PEM` names the authority to trust, {ANY}"))
        }
        NoAnswer::Tls(TlsFailure::AuthorityAsServer) => {
            Some(format!("`--certificate-authority PEM` with this very certificate trusts it, {ANY}"))
        }
        NoAnswer::Tls(TlsFailure::WrongName { .. }) => {
            Some(format!("use a URL with one of its names, or `tls-server-name` in a kubeconfig; {ANY}"))
        }
        NoAnswer::Tls(
            TlsFailure::Expired { .. } | TlsFailure::NotValidYet { .. } | TlsFailure::InvalidCertificate(_),
        ) => Some(ANY.to_owned()),
        NoAnswer::Timeout(_) => Some("`--timeout SECONDS` says how long to wait for an answer".to_owned()),
        NoAnswer::Descriptors => Some("`ulimit -n 1024` raises the limit".to_owned()),
        NoAnswer::InvalidHttp(_) | NoAnswer::Closed(_) | NoAnswer::Reset => {
            speaks_tls(target).await.map(|secure| format!("the port speaks TLS: did you mean `{secure}`?"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::*;

    fn answered(status: u16, content_type: &str, body: &str) -> Answered {
        Answered {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.as_bytes().to_vec(),
            duration: Duration::ZERO,
        }
    }

    const JSON: &str = "application/json";

    #[rstest]
    #[case::created(201, JSON, r#"{"kind":"ImageStreamImport","apiVersion":"image.openshift.io/v1"}"#)]
    #[case::without_kind(200, JSON, r#"{"status":{}}"#)]
    #[case::created_nothing(201, JSON, "")]
    #[case::invalid(422, JSON, r#"{"kind":"Status","code":422}"#)]
    #[case::invalid_in_words(400, "text/plain", "spec.images: required")]
    #[case::unsupported_body(415, "text/plain", "unsupported media type")]
    #[case::broken(500, "text/plain", "panic: nil map")]
    #[case::no_namespace(404, JSON, r#"{"kind":"Status","code":404,"message":"namespaces \"default\" not found"}"#)]
    fn a_server_that_has_the_call_alone_is_accepted(
        #[case] status: u16,
        #[case] content_type: &str,
        #[case] body: &str,
    ) {
        assert_eq!(of_import(&answered(status, content_type, body)), DiscoveryFinding::Serves);
    }

    #[rstest]
    #[case::not_found(404, "text/plain", "404 page not found\n")]
    #[case::not_found_in_json(404, JSON, r#"{"error":"not found"}"#)]
    #[case::unknown_path(
        404,
        JSON,
        r#"{"kind":"Status","message":"the server could not find the requested resource"}"#
    )]
    #[case::page(200, "text/html; charset=utf-8", "<!doctype html>")]
    #[case::page_without_type(200, "", "\n<html>")]
    #[case::page_of_an_error(500, "text/html", "<h1>Oops</h1>")]
    #[case::page_of_a_firewall(403, "text/html", "<h1>Forbidden</h1>")]
    #[case::object_store(403, "application/xml", "<Error><Code>AccessDenied</Code></Error>")]
    #[case::wrong_method(405, "text/plain", "method not allowed")]
    #[case::gateway(503, "text/plain", "no healthy upstream")]
    #[case::health(200, "text/plain", "ok")]
    #[case::list(200, JSON, "[]")]
    #[case::redirect(302, "text/plain", "")]
    fn a_server_of_something_else_is_not(#[case] status: u16, #[case] content_type: &str, #[case] body: &str) {
        assert!(matches!(of_import(&answered(status, content_type, body)), DiscoveryFinding::Refuses(_)));
    }

    #[rstest]
    #[case::console("https://console-openshift-console.apps.one.example", Some("https://api.one.example:6443"))]
    #[case::path("https://oauth-openshift.apps.one.example/oauth/token", Some("https://api.one.example:6443"))]
    #[case::other("https://api.one.example:6443", None)]
    fn a_route_names_its_cluster(#[case] url: &str, #[case] expected: Option<&str>) {
        assert_eq!(api_of_route(url).as_deref(), expected);
    }
}
