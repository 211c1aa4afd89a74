//! The implementation under test: where it is, who asks, and one request at a time.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use futures_util::{StreamExt, future::BoxFuture};
use http::{HeaderName, HeaderValue, Method, header::AUTHORIZATION};

use crate::suite::{Body, Request, User};

/// An answer longer than this many bytes (16 MiB) is not read to its end.
pub const LARGEST_ANSWER: usize = 16 << 20;

/// How one of the users of a run proves who it is.
#[derive(Clone)]
pub enum Credential {
    /// Sends no credentials of its own: the client certificate of the connection says who it is, or nothing does.
    None,
    /// A bearer token.
    Bearer(String),
    /// A value of the `Authorization` header that is asked for before each request, because it can expire.
    Source(HeaderSource),
}

/// Gives a value for the `Authorization` header, or says why there is none.
pub type HeaderSource = Arc<dyn Fn() -> BoxFuture<'static, Result<HeaderValue, String>> + Send + Sync>;

impl Credential {
    async fn header(&self) -> Result<Option<HeaderValue>, NoAnswer> {
        let mut value = match self {
            Self::None => return Ok(None),
            Self::Bearer(token) => HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| NoAnswer::Request("the token cannot stand in a header".to_owned()))?,
            Self::Source(source) => source().await.map_err(NoAnswer::Request)?,
        };
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::Bearer(_) => "Bearer",
            Self::Source(_) => "Source",
        })
    }
}

/// The implementation under test.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its base URL, without a slash at the end.
    pub url: String,
    /// For requests of the users that have credentials.
    pub client: reqwest::Client,
    /// For requests without any: it shows no client certificate.
    pub anonymous: reqwest::Client,
    /// The user of the run.
    pub user: Credential,
    /// A cluster administrator, if there is one.
    pub admin: Option<Credential>,
    /// A user who may create imports and neither images nor image stream mappings, if there is one.
    pub restricted: Option<Credential>,
    /// How long an answer may take. Cases have a limit of their own; this one is for what the run asks around them.
    pub patience: Duration,
}

/// An answer of the implementation.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The HTTP status code.
    pub status: u16,
    /// Header fields in the order received.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// From sending to the last byte.
    pub duration: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The connection failed, before or within the answer.
    #[error("{0}")]
    Connection(String),
    /// The answer has no end in sight.
    #[error("the answer is longer than {} MiB", LARGEST_ANSWER >> 20)]
    TooLong,
    /// The request cannot be sent: a suite asks for something that is no HTTP.
    #[error("the request cannot be sent: {0}")]
    Request(String),
}

/// A request, ready to be sent: what reports show.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The HTTP method.
    pub method: Method,
    /// Path and query.
    pub uri: String,
    /// Header fields without credentials.
    pub headers: Vec<(HeaderName, String)>,
    /// The body; empty if there is none.
    pub body: String,
}

impl Prepared {
    /// What `request` means below `namespace`.
    ///
    /// # Errors
    /// When a header name is none.
    pub fn new(request: &Request, namespace: &str) -> Result<Self, NoAnswer> {
        let (body, content_type) = match &request.body {
            Body::Empty => (String::new(), None),
            Body::Json(value) => (value.to_string(), Some("application/json")),
            Body::Text(text) => (text.clone(), Some("application/json")),
        };
        let usual = [("accept", Some("application/json")), ("content-type", content_type)];
        let given = |name: &str| request.headers.keys().any(|given| given.eq_ignore_ascii_case(name));
        let headers = usual
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.to_owned())))
            .filter(|(name, _)| !given(name))
            .chain(request.headers.iter().map(|(name, value)| (name.as_str(), value.clone())))
            .map(|(name, value)| {
                let name = HeaderName::try_from(name).map_err(|error| NoAnswer::Request(error.to_string()))?;
                Ok((name, value))
            })
            .collect::<Result<_, NoAnswer>>()?;
        Ok(Self { method: request.method.clone(), uri: request.uri(namespace), headers, body })
    }
}

impl Target {
    /// [`send`](Self::send) for a request of the run itself, which no case's time limit ends.
    ///
    /// # Errors
    /// When there is no answer in time, or no end of it.
    pub async fn ask(&self, request: &Prepared, user: User) -> Result<Answered, NoAnswer> {
        tokio::time::timeout(self.patience, self.send(request, user))
            .await
            .unwrap_or_else(|_| Err(NoAnswer::Connection(format!("no answer within {:?}", self.patience))))
    }

    /// Sends a request as `user` and reads the whole answer.
    ///
    /// # Errors
    /// When there is no answer, or no end of it.
    pub async fn send(&self, request: &Prepared, user: User) -> Result<Answered, NoAnswer> {
        let (client, credential) = match user {
            User::User => (&self.client, &self.user),
            User::Admin => (&self.client, self.admin.as_ref().unwrap_or(&self.user)),
            User::Restricted => (&self.client, self.restricted.as_ref().unwrap_or(&self.user)),
            User::Anonymous => (&self.anonymous, &Credential::None),
            User::Unknown => (&self.anonymous, &Credential::Bearer("nobody-known".to_owned())),
        };
        let mut builder = client.request(request.method.clone(), format!("{}{}", self.url, request.uri));
        for (name, value) in &request.headers {
            let value = HeaderValue::try_from(value).map_err(|error| NoAnswer::Request(error.to_string()))?;
            builder = builder.header(name, value);
        }
        if let Some(value) = credential.header().await? {
            builder = builder.header(AUTHORIZATION, value);
        }
        if !request.body.is_empty() || request.method != Method::GET {
            builder = builder.body(request.body.clone());
        }
        let begun = Instant::now();
        let response = builder.send().await.map_err(|error| no_answer(&error))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = BytesMut::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk.map_err(|error| no_answer(&error))?);
            if body.len() > LARGEST_ANSWER {
                return Err(NoAnswer::TooLong);
            }
        }
        Ok(Answered { status, headers, body: body.into(), duration: begun.elapsed() })
    }
}

/// The innermost cause of an error says what happened; what stands around it repeats the URL.
fn no_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_builder() {
        return NoAnswer::Request(error.to_string());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    NoAnswer::Connection(cause.to_string())
}
