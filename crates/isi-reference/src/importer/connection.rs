//! A conversation with one repository of a registry: the ping that starts it, the credentials, the requests.

use std::{collections::HashSet, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LINK},
};
use reqwest::Url;

use super::{
    challenge::{self, Challenge},
    codes::{Rejection, status_line},
    credentials::Credentials,
    failure::FetchError,
    manifest::{self, Manifest},
    token,
    transport::{Answer, Ask, Clients},
};
use crate::{behaviour::Behaviour, json};

/// How long the ping of a registry, and the fetch of a token, may take.
pub(crate) const PING_TIMEOUT: Duration = Duration::from_secs(15);
/// How often a registry that asks for patience is asked again.
const RETRIES: u32 = 2;
/// How many tags of a repository are read; a registry can send pages without end.
const TAG_LIMIT: usize = 1_000_000;

type Result<T> = std::result::Result<T, FetchError>;

/// What all conversations of a server have in common.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) clients: Clients,
    pub(crate) behaviour: Behaviour,
    /// How long to wait before asking again.
    pub(crate) retry_pause: Duration,
}

/// A conversation with one repository.
#[derive(Debug)]
pub(crate) struct Connection<'a> {
    surroundings: &'a Surroundings,
    host: String,
    path: String,
    insecure: bool,
    credentials: Option<Credentials>,
    ping: Option<Result<Endpoint>>,
    token: Option<String>,
    /// Whether the last request was answered, so that the next one goes over a connection that is known to work.
    has_answered: bool,
}

/// Where a registry answers, and how it wants to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// Scheme, host and port.
    base: String,
    challenges: Vec<Challenge>,
}

impl<'a> Connection<'a> {
    /// A conversation that has not begun.
    pub(crate) fn new(
        surroundings: &'a Surroundings,
        host: String,
        path: String,
        insecure: bool,
        credentials: Option<Credentials>,
    ) -> Self {
        Self { surroundings, host, path, insecure, credentials, ping: None, token: None, has_answered: false }
    }

    /// The same conversation, with what came of contacting the registry before.
    pub(crate) fn with_ping(self, ping: Option<Result<Endpoint>>) -> Self {
        Self { ping, ..self }
    }

    /// What came of contacting the registry, if that has happened.
    pub(crate) fn ping_result(&self) -> Option<Result<Endpoint>> {
        self.ping.clone()
    }

    /// Whether this is a conversation with a registry.
    pub(crate) fn is_to(&self, host: &str) -> bool {
        self.host == host
    }

    /// Makes sure that the registry has been contacted; what came of it holds from then on.
    pub(crate) async fn open(&mut self) -> Result<()> {
        if self.ping.is_none() {
            self.ping = Some(self.ping().await);
        }
        match &self.ping {
            Some(Err(error)) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    async fn ping(&self) -> Result<Endpoint> {
        match self.ping_by("https").await {
            Ok(found) => found,
            Err(_) if self.insecure => self.ping_by("http").await.unwrap_or_else(|error| Err(FetchError::Text(error))),
            Err(error) => Err(FetchError::Text(error)),
        }
    }

    /// The outer error is one of the transport: another scheme may do better.
    async fn ping_by(&self, scheme: &str) -> std::result::Result<Result<Endpoint>, String> {
        let base = format!("{scheme}://{}", self.host);
        let answer = self.surroundings.clients.send(self.ask(Method::GET, format!("{base}/v2/"))).await?;
        let has_version = answer.headers.contains_key("docker-distribution-api-version");
        let speaks_v2 = has_version || answer.status.is_success() || matches!(answer.status.as_u16(), 401 | 403);
        if !speaks_v2 {
            let got = status_line(answer.status);
            let with_status = self.surroundings.behaviour.registry_sources;
            let suffix = if with_status { format!(" (got {got})") } else { String::new() };
            return Ok(Err(FetchError::Text(format!("endpoint {base:?} does not support v2 API{suffix}"))));
        }
        let challenged = answer.status == StatusCode::UNAUTHORIZED;
        let challenges = if challenged { challenge::read(&answer.headers) } else { Vec::new() };
        Ok(Ok(Endpoint { base, challenges }))
    }

    fn ask(&self, method: Method, url: String) -> Ask<'static> {
        Ask {
            method,
            url,
            headers: HeaderMap::new(),
            insecure: self.insecure,
            timeout: Some(PING_TIMEOUT),
            authorization: None,
        }
    }

    /// Sends a request below `/v2/<path>/`, with credentials where the registry asked for them.
    async fn send(&mut self, method: Method, rest: &str, headers: HeaderMap) -> Result<Answer> {
        self.open().await?;
        let Some(Ok(endpoint)) = self.ping.clone() else {
            return Err(FetchError::text("the registry was not contacted"));
        };
        let url = self.url(&endpoint, rest);
        let authorization = self
            .authorization(&endpoint)
            .await
            .map_err(|error| FetchError::Text(format!("{} \"{url}\": {error}", verb(&method))))?;
        let ask = || Ask {
            headers: headers.clone(),
            timeout: None,
            authorization: authorization.as_deref().map(|value| (self.host.as_str(), value)),
            ..self.ask(method.clone(), url.clone())
        };
        let mut answered = self.surroundings.clients.send(ask()).await;
        // Go's client repeats a request once if the connection had answered before and then ended without a byte.
        if self.has_answered && answered.as_ref().is_err_and(|error| error.ends_with(": EOF")) {
            answered = self.surroundings.clients.send(ask()).await;
        }
        self.has_answered = answered.is_ok();
        answered.map_err(FetchError::Text)
    }

    /// A URL of the repository; the next page of a list is a whole URL already.
    fn url(&self, endpoint: &Endpoint, rest: &str) -> String {
        if rest.contains("://") { rest.to_owned() } else { format!("{}/v2/{}/{rest}", endpoint.base, self.path) }
    }

    /// The `Authorization` header that the challenges call for: a token first, user and password over it.
    async fn authorization(&mut self, endpoint: &Endpoint) -> Result<Option<String>> {
        let mut header = None;
        for challenge in endpoint.challenges.iter().filter(|challenge| challenge.scheme == "bearer") {
            if self.token.is_none() {
                let request = token::request(challenge, &self.path, self.credentials.as_ref())?;
                let mut ask = self.ask(Method::GET, request.url);
                if let Some(basic) = request.basic.and_then(|value| HeaderValue::from_str(&value).ok()) {
                    ask.headers.insert(AUTHORIZATION, basic);
                }
                let answer = self.surroundings.clients.send(ask).await.map_err(FetchError::Text)?;
                self.token = Some(token::read(&answer)?);
            }
            header = self.token.as_ref().map(|token| format!("Bearer {token}"));
        }
        if endpoint.challenges.iter().any(|challenge| challenge.scheme == "basic") {
            let basic = self.credentials.as_ref().and_then(Credentials::basic);
            header = Some(basic.ok_or_else(|| FetchError::text("no basic auth credentials"))?);
        }
        Ok(header)
    }

    /// As [`send`](Self::send), asking again as long as the registry asks for patience; an error answer is an error.
    async fn send_patiently(&mut self, method: Method, rest: &str, headers: HeaderMap) -> Result<Answer> {
        for attempt in 0.. {
            let answer = self.send(method.clone(), rest, headers.clone()).await?;
            if answer.status.is_success() || answer.status.is_redirection() {
                return Ok(answer);
            }
            let body = answer.body.map_err(FetchError::Text)?;
            let rejection = Rejection::read(answer.status, &answer.headers, &body);
            if !rejection.try_later || attempt == RETRIES {
                return Err(rejection.error);
            }
            tokio::time::sleep(self.surroundings.retry_pause).await;
        }
        Err(FetchError::text("the registry was asked too often"))
    }

    /// Fetches a manifest by tag or digest. One that was asked for by digest is checked against it.
    pub(crate) async fn manifest(&mut self, tag_or_digest: &str) -> Result<Manifest> {
        if tag_or_digest.contains(':') && !is_digest(tag_or_digest) {
            return Err(FetchError::text("invalid digest format"));
        }
        let behaviour = self.surroundings.behaviour;
        let mut headers = HeaderMap::new();
        for media_type in manifest::accepted(&behaviour) {
            headers.append(ACCEPT, HeaderValue::from_static(media_type));
        }
        let answer = self.send_patiently(Method::GET, &format!("manifests/{tag_or_digest}"), headers).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Err(FetchError::text("manifest not modified"));
        }
        let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let body = answer.body.map_err(FetchError::Text)?;
        let found = Manifest::parse(content_type, &body, &behaviour).map_err(FetchError::Text)?;
        if tag_or_digest.contains(':') {
            found.verify(tag_or_digest).map_err(FetchError::Text)?;
        }
        Ok(found)
    }

    /// Fetches a blob and checks it against its digest. Never asks twice.
    pub(crate) async fn blob(&mut self, digest: &str) -> Result<Bytes> {
        if !digest.contains(':') {
            return Err(FetchError::text("invalid digest format"));
        }
        let mut headers = HeaderMap::new();
        let encodings = if self.surroundings.behaviour.checks_manifest_shape { "gzip, deflate" } else { "identity" };
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encodings));
        let answer = self.send(Method::GET, &format!("blobs/{digest}"), headers).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(FetchError::text("unknown blob"));
        }
        let body = answer.body.map_err(FetchError::Text)?;
        if !answer.status.is_success() {
            return Err(Rejection::read(answer.status, &answer.headers, &body).error);
        }
        let content = super::encoding::decode(&answer.headers, body).map_err(FetchError::Text)?;
        manifest::verify_blob(digest, &content).map_err(FetchError::Text)?;
        Ok(content)
    }

    /// Asks for the size of a blob.
    pub(crate) async fn blob_size(&mut self, digest: &str) -> Result<i64> {
        let answer = self.send(Method::HEAD, &format!("blobs/{digest}"), HeaderMap::new()).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(FetchError::text("unknown blob"));
        }
        if !answer.status.is_success() {
            return Err(Rejection::read(answer.status, &answer.headers, b"").error);
        }
        let length = answer.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        length.and_then(|length| length.parse().ok()).ok_or_else(|| {
            let url = format!("/v2/{}/blobs/{digest}", self.path);
            FetchError::Text(format!("missing content-length header for request: {url}"))
        })
    }

    /// Lists the tags of the repository, page after page.
    pub(crate) async fn tags(&mut self) -> Result<Vec<String>> {
        let mut tags = Vec::new();
        let mut pages = HashSet::new();
        let mut next = "tags/list".to_owned();
        loop {
            if !pages.insert(next.clone()) || tags.len() > TAG_LIMIT || pages.len() > TAG_LIMIT / 100 {
                return Err(FetchError::Text(format!(
                    "the registry's list of tags does not end: {next} was reached after {} tags",
                    tags.len()
                )));
            }
            let answer = self.send_patiently(Method::GET, &next, HeaderMap::new()).await?;
            let body = answer.body.map_err(FetchError::Text)?;
            tags.extend(read_tags(&body)?);
            let Some(link) = answer.headers.get(LINK).and_then(|value| value.to_str().ok()) else { return Ok(tags) };
            next = self.resolve(&next, link)?;
        }
    }

    /// Where a `Link` header leads: its first link, relative to the page that has it.
    fn resolve(&self, page: &str, link: &str) -> Result<String> {
        let Some(Ok(endpoint)) = &self.ping else { return Err(FetchError::text("the registry was not contacted")) };
        let target = link.split(';').next().unwrap_or_default().trim().trim_matches(['<', '>']);
        let page = self.url(endpoint, page);
        let base = Url::parse(&page).map_err(|error| FetchError::Text(error.to_string()))?;
        let next = base.join(target).map_err(|error| FetchError::Text(error.to_string()))?;
        Ok(next.into())
    }
}

fn read_tags(body: &[u8]) -> Result<Vec<String>> {
    let node = json::parse(body).map_err(|error| FetchError::Text(error.to_string()))?;
    match node.get("tags") {
        None | Some(json::Node::Null) => Ok(Vec::new()),
        Some(json::Node::Array(tags)) => Ok(tags.iter().filter_map(json::Node::as_text).map(str::to_owned).collect()),
        Some(_) => {
            Err(FetchError::text("json: cannot unmarshal into Go struct field tagsResponse.tags of type []string"))
        }
    }
}

/// Whether a text has the form that references allow for digests: words, a colon, and 32 hexadecimal digits or more.
pub(crate) fn is_digest(text: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        algorithm.split(['-', '_', '+', '.']).all(is_word)
            && hex.len() >= 32
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn verb(method: &Method) -> &'static str {
    if *method == Method::HEAD { "Head" } else { "Get" }
}
