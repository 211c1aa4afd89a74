//! Requests to a registry, and what it answers to them as texts that can be compared with those of another registry.

use libtest_mimic::Failed;
use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

/// What a registry answers to the script, by the name of the request.
pub(crate) type Transcript = Vec<(String, String)>;

pub(crate) struct Session {
    host: String,
    client: reqwest::Client,
    pub(crate) transcript: Transcript,
}

/// The headers that are compared.
const HEADERS: [&str; 17] = [
    "accept-ranges",
    "allow",
    "cache-control",
    "content-length",
    "content-range",
    "content-type",
    "docker-content-digest",
    "docker-distribution-api-version",
    "docker-upload-uuid",
    "etag",
    "link",
    "location",
    "oci-subject",
    "oci-tag",
    "range",
    "www-authenticate",
    "x-content-type-options",
];

impl Session {
    /// Redirects are answers like any other.
    pub(crate) fn new(host: &str) -> Result<Self, Failed> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { host: host.to_owned(), client, transcript: Vec::new() })
    }

    /// Asks, writes down what is answered, and returns where an upload goes on.
    pub(crate) async fn ask(
        &mut self,
        name: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<String, Failed> {
        let mut request =
            self.client.request(method.clone(), format!("http://{}{path}", self.host)).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let (mut received, mut ending) = (Vec::new(), "");
        loop {
            match response.chunk().await {
                Ok(Some(piece)) => received.extend_from_slice(&piece),
                Ok(None) => break,
                Err(_) => {
                    ending = " (cut)";
                    break;
                }
            }
        }
        let mut headers_shown = headers.clone();
        if headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
            && !status.is_success()
        {
            // Errors are compared by their codes.
            headers_shown.remove("content-length");
        }
        let said = format!("{}{}{ending}", shown_headers(&headers_shown, &self.host), shown_body(&received));
        self.transcript.push((name.to_owned(), format!("{} {said}", status.as_u16())));
        let location = headers.get("location").and_then(|location| location.to_str().ok()).unwrap_or_default();
        Ok(location.strip_prefix(&format!("http://{}", self.host)).unwrap_or(location).to_owned())
    }

    pub(crate) async fn read(&mut self, name: &str, path: &str, headers: &[(&str, &str)]) -> Result<(), Failed> {
        self.ask(name, Method::GET, path, headers, b"").await.map(drop)
    }

    /// Begins an upload, without a word in the transcript.
    pub(crate) async fn begin(&mut self) -> Result<String, Failed> {
        let location = self.ask("", Method::POST, "/v2/lib/app/blobs/uploads/", &[], b"").await?;
        self.transcript.pop();
        Ok(location)
    }

    /// Pushes a blob in one piece.
    pub(crate) async fn push(&mut self, name: &str, digest: &str, content: &[u8]) -> Result<(), Failed> {
        let location = self.begin().await?;
        let path = with_digest(&location, digest);
        self.ask(name, Method::PUT, &path, &[("content-type", "application/octet-stream")], content).await.map(drop)
    }

    pub(crate) async fn push_manifest(
        &mut self,
        name: &str,
        reference: &str,
        kind: &str,
        body: &[u8],
    ) -> Result<(), Failed> {
        let path = format!("/v2/lib/app/manifests/{reference}");
        let content_type = [("content-type", kind)];
        let headers = if kind.is_empty() { &[][..] } else { &content_type };
        self.ask(name, Method::PUT, &path, headers, body).await.map(drop)
    }
}

pub(crate) fn with_digest(location: &str, digest: &str) -> String {
    format!("{location}{}digest={digest}", if location.contains('?') { '&' } else { '?' })
}

/// The headers without what differs from run to run: host, identifiers and signed states of uploads.
fn shown_headers(headers: &HeaderMap, host: &str) -> String {
    let shown = HEADERS.iter().filter_map(|name| -> Option<String> {
        let value = headers.get(*name)?.to_str().unwrap_or("not text").replace(host, "HOST");
        let value = match value.split_once("/uploads/") {
            Some((before, rest)) => {
                format!("{before}/uploads/ID{}", if rest.contains("_state=") { "?_state=…" } else { "" })
            }
            None if *name == "docker-upload-uuid" => "ID".to_owned(),
            None => value,
        };
        let value = value.split_once("boundary=").map_or(value.as_str(), |(before, _)| before);
        format!("{name}: {value}; ").into()
    });
    shown.collect()
}

/// The codes of errors; of anything else how long it is.
fn shown_body(body: &[u8]) -> String {
    let errors = serde_json::from_slice::<Value>(body).ok().and_then(|mut body| match body["errors"].take() {
        Value::Array(errors) => Some(errors),
        _ => None,
    });
    match errors {
        Some(errors) => errors.first().map(|error| error["code"].to_string()).unwrap_or_default(),
        None if body.starts_with(b"{\"") && !body.starts_with(b"{\"schemaVersion") => {
            let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
            if let Some(tags) = body["tags"].as_array_mut() {
                tags.sort_by_key(ToString::to_string);
            }
            body.to_string()
        }
        None => match std::str::from_utf8(body) {
            Ok(text) if text.len() < 100 => format!("{text:?}"),
            _ => format!("{} bytes", body.len()),
        },
    }
}
