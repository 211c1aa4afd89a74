//! A gate before the reference that authorizes by the rules of roles, as an API server does.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Method, Response, StatusCode, Uri, header},
};
use serde_json::{Value, json};
use test_support::loopback_client;
use tokio::net::TcpListener;

use super::manifests::of_kind;

/// What a request wants to do: `create image.openshift.io/imagestreams`, with ` in the cluster` outside of namespaces.
type Right = String;

/// What is allowed.
#[derive(Debug)]
pub(super) struct Access(BTreeSet<Right>);

impl Access {
    /// What the rules of these roles allow.
    pub(super) fn of(documents: &[Value]) -> Self {
        let mut rights = BTreeSet::new();
        for (kind, place) in [("Role", ""), ("ClusterRole", " in the cluster")] {
            let roles = of_kind(documents, kind);
            for rule in roles.iter().flat_map(|role| role["rules"].as_array().unwrap()) {
                let list = |field: &str| -> Vec<String> { serde_json::from_value(rule[field].clone()).unwrap() };
                for group in list("apiGroups") {
                    for resource in list("resources") {
                        let right = |verb| format!("{verb} {group}/{resource}{place}");
                        rights.extend(list("verbs").into_iter().map(right));
                    }
                }
            }
        }
        Self(rights)
    }
}

/// The right that a request needs; discovery needs none.
fn right(method: &Method, uri: &Uri) -> Option<Right> {
    let segments: Vec<&str> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let (group, rest) = match segments.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return None,
    };
    // Paths of old begin with what is done.
    let (in_watch_path, rest) = match rest {
        ["watch", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (place, rest) = match rest {
        ["namespaces", _, rest @ ..] if !rest.is_empty() => ("", rest),
        rest => (" in the cluster", rest),
    };
    let (resource, name, subresource) = match rest {
        [] => return None,
        [resource] => (*resource, None, None),
        [resource, name] => (*resource, Some(*name), None),
        [resource, name, rest @ ..] => (*resource, Some(*name), rest.first()),
    };
    let watches = uri.query().is_some_and(|query| query.contains("watch=true") || query.contains("watch=1"));
    let verb = match (method.as_str(), name) {
        ("GET", _) if in_watch_path => "watch",
        ("GET" | "HEAD", Some(_)) => "get",
        ("GET" | "HEAD", None) if watches => "watch",
        ("GET" | "HEAD", None) => "list",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", Some(_)) => "delete",
        ("DELETE", None) => "deletecollection",
        _ => return None,
    };
    let subresource = subresource.map(|name| format!("/{name}")).unwrap_or_default();
    Some(format!("{verb} {group}/{resource}{subresource}{place}"))
}

/// A server before another one that refuses what is not allowed.
pub(super) struct Gate {
    pub(super) url: String,
    state: Arc<GateState>,
}

struct GateState {
    target: String,
    client: reqwest::Client,
    access: Access,
    used: Mutex<BTreeSet<Right>>,
    refused: Mutex<BTreeSet<Right>>,
}

impl Gate {
    pub(super) async fn start(target: &str, access: Access) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(GateState {
            target: target.to_owned(),
            client: loopback_client(),
            access,
            used: Mutex::default(),
            refused: Mutex::default(),
        });
        let router = Router::new().fallback(pass_on).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    /// What was refused.
    pub(super) fn refused(&self) -> BTreeSet<Right> {
        self.state.refused.lock().unwrap().clone()
    }

    /// What is allowed and was not asked for.
    pub(super) fn unused(&self) -> Vec<Right> {
        let used = self.state.used.lock().unwrap();
        self.state.access.0.difference(&used).cloned().collect()
    }
}

async fn pass_on(State(state): State<Arc<GateState>>, received: Request) -> Response<Body> {
    let (parts, body) = received.into_parts();
    let is_account = parts.headers.get(header::AUTHORIZATION).is_some_and(|value| value == "Bearer user-alice");
    // Who is somebody else, or nobody, is refused by the server itself.
    if let Some(right) = right(&parts.method, &parts.uri).filter(|_| is_account) {
        if !state.access.0.contains(&right) {
            state.refused.lock().unwrap().insert(right.clone());
            return forbidden(&right);
        }
        state.used.lock().unwrap().insert(right);
    }
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let url = format!("{}{}", state.target, parts.uri);
    let answered = state.client.request(parts.method, url).headers(headers).body(body).send().await.unwrap();
    let (status, mut headers) = (answered.status(), answered.headers().clone());
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
        headers.remove(name);
    }
    let mut response = Response::new(Body::from_stream(answered.bytes_stream()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn forbidden(right: &str) -> Response<Body> {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": format!("User \"system:serviceaccount:isi-conformance:isi-conformance\" cannot {right}"),
        "reason": "Forbidden", "code": 403
    });
    let mut response = Response::new(Body::from(status.to_string()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}
