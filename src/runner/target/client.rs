//! Sends requests to the implementation under test.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use futures_util::StreamExt;
use http::{
    HeaderValue, Method,
    header::{HOST, HeaderName},
};

use super::{
    identity::{Need, Users},
    no_answer::NoAnswer,
    presence::Presence,
    request::Prepared,
    throttling::Throttling,
};
use crate::suite::User;

/// A response body longer than this many bytes (16 MiB) is not read to its end.
pub const LARGEST_ANSWER: usize = 16 << 20;

/// The implementation under test.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its base URL, without a slash at the end.
    pub url: String,
    /// The name that its certificate has, if that is not the host of the URL.
    pub alias: Option<ServerAlias>,
    /// Who asks.
    pub users: Users,
    /// How long a response may take. Cases have a limit of their own; this one is for what the run asks around them.
    pub patience: Duration,
    /// How often it has put requests off.
    pub throttling: Arc<Throttling>,
    /// Whether it still takes connections.
    pub presence: Arc<Presence>,
}

/// Another name of the server, which TLS uses in place of the host of the URL (`tls-server-name` of a kubeconfig).
#[derive(Debug, Clone)]
pub struct ServerAlias {
    /// The base URL with that name, which the HTTP clients resolve to the address of the server.
    pub url: String,
    /// The `Host` header, which stays that of the URL.
    pub host: HeaderValue,
}

/// A response of the implementation.
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

impl Answered {
    /// The first value of the header field `name`.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name.as_str()).map(|(_, value)| value.as_str())
    }
}

impl Target {
    /// A target at this base URL, asked by these users.
    #[must_use]
    pub fn new(url: String, users: Users, patience: Duration) -> Self {
        Self { url, alias: None, users, patience, throttling: Arc::default(), presence: Arc::default() }
    }

    /// [`send`](Self::send) for a request of the run itself, which no case's time limit ends.
    ///
    /// # Errors
    /// When there is no response in time, or no end of it.
    pub async fn ask(&self, request: &Prepared, user: User) -> Result<Answered, NoAnswer> {
        tokio::time::timeout(self.patience, self.send(request, user))
            .await
            .unwrap_or(Err(NoAnswer::Timeout(self.patience)))
    }

    /// Sends a request as `user` and reads the whole response. Sends it again after the pause that a server asks for which
    /// [limits requests](Throttling), and with new credentials if a plugin has some instead of those that are refused.
    ///
    /// # Errors
    /// When there is no response, or no end of it.
    pub async fn send(&self, request: &Prepared, user: User) -> Result<Answered, NoAnswer> {
        self.send_until(request, user, |_| false).await
    }

    /// [`send`](Self::send), but reads the response only until `is_enough` holds for what has come of its body: a watch goes
    /// on for as long as its client asked.
    ///
    /// # Errors
    /// When there is no response, or neither enough nor an end of it.
    pub async fn send_until(
        &self,
        request: &Prepared,
        user: User,
        is_enough: impl Fn(&[u8]) -> bool,
    ) -> Result<Answered, NoAnswer> {
        let (mut need, mut tries) = (Need::Current, 0);
        loop {
            tries += 1;
            let answered = self.send_once(request, user, need, &is_enough).await;
            self.presence.note(&answered);
            let answered = answered?;
            if let Some(pause) = self.throttling.pause(&answered, tries)? {
                tokio::time::sleep(pause).await;
            } else if answered.status == 401 && need == Need::Current && self.users.get(user).can_renew() {
                need = Need::Other;
            } else {
                return Ok(answered);
            }
        }
    }

    async fn send_once(
        &self,
        request: &Prepared,
        user: User,
        need: Need,
        is_enough: impl Fn(&[u8]) -> bool,
    ) -> Result<Answered, NoAnswer> {
        let identity = self.users.get(user);
        let base = self.alias.as_ref().map_or(&self.url, |alias| &alias.url);
        let mut builder = identity.client.request(request.method.clone(), format!("{base}{}", request.uri));
        if let Some(alias) = &self.alias {
            builder = builder.header(HOST, &alias.host);
        }
        for (name, value) in &request.headers {
            let value = HeaderValue::try_from(value).map_err(|error| NoAnswer::Request(error.to_string()))?;
            builder = builder.header(name, value);
        }
        for (name, value) in identity.headers(need).await? {
            builder = builder.header(name, value);
        }
        if !request.body.is_empty() || request.method != Method::GET {
            builder = builder.body(request.bytes());
        }
        receive(builder, is_enough).await
    }
}

async fn receive(request: reqwest::RequestBuilder, is_enough: impl Fn(&[u8]) -> bool) -> Result<Answered, NoAnswer> {
    let begun = Instant::now();
    let response = request.send().await.map_err(NoAnswer::from)?;
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let mut body = BytesMut::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.map_err(NoAnswer::from)?);
        if body.len() > LARGEST_ANSWER {
            return Err(NoAnswer::TooLong);
        }
        if is_enough(&body) {
            break;
        }
    }
    Ok(Answered { status, headers, body: body.into(), duration: begun.elapsed() })
}
