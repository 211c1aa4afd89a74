//! A server whose answers are all wrong.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, Response, StatusCode, header},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// The server, for as long as the test runs.
pub(crate) struct Server {
    pub(crate) url: String,
}

/// How many fields that no golden and no schema has are in each answer.
const FIELDS: usize = 30;
/// How long the longest text in it is, in characters: reports show far less of it.
const LONG: usize = 6_000;

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url }
    }
}

async fn answer(State(()): State<()>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let credentials = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = credentials.unwrap_or_default().trim_start_matches("Bearer ").to_owned();
    let (status, body) = match path.as_str() {
        "/apis/image.openshift.io/v1" => (StatusCode::OK, discovery()),
        _ if request.method() == Method::POST => (StatusCode::CREATED, wrong(&path, &token)),
        _ => (StatusCode::OK, wrong(&path, &token)),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    response
}

fn discovery() -> Value {
    let resource = |name: &str, kind: &str| json!({ "name": name, "singularName": "", "namespaced": true, "kind": kind, "verbs": ["create", "get", "list"] });
    let resources = [
        ("imagestreamimports", "ImageStreamImport"),
        ("imagestreams", "ImageStream"),
        ("imagestreamtags", "ImageStreamTag"),
        ("imagestreamimages", "ImageStreamImage"),
        ("images", "Image"),
    ];
    let resources: Vec<Value> = resources.iter().map(|(name, kind)| resource(name, kind)).collect();
    json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "image.openshift.io/v1", "resources": resources })
}

/// An object of the right kind that has nothing else right, other values each time, and the token in every form.
fn wrong(path: &str, token: &str) -> Value {
    let kind = if path.contains("imagestreamimports") { "ImageStreamImport" } else { "ImageStream" };
    let id = uuid::Uuid::new_v4().to_string();
    let echoes = [
        token.to_owned(),
        token.to_uppercase(),
        STANDARD.encode(token),
        STANDARD.encode(format!("Bearer {token}")),
        URL_SAFE_NO_PAD.encode(format!("x{token}")),
        hex(token),
        token.replace('~', "%7E"),
        format!("{} … {}", &token[..token.len() / 2], &token[token.len() / 2..]),
        format!("{}\n{}", &token[..token.len() / 2], &token[token.len() / 2..]),
    ];
    let mut object = Map::new();
    object.insert("kind".to_owned(), kind.into());
    object.insert("apiVersion".to_owned(), "image.openshift.io/v1".into());
    object.insert("metadata".to_owned(), json!({ "name": id, "annotations": { "echo": echoes.join(" | ") } }));
    object.insert("spec".to_owned(), json!({ "images": [id, 5, null], "import": "yes" }));
    object
        .insert("status".to_owned(), json!({ "images": { "message": echoes }, "import": id.repeat(LONG / id.len()) }));
    for number in 0..FIELDS {
        object.insert(format!("field-{number}-{id}"), id.repeat(10).into());
    }
    object.into()
}

pub(crate) fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
