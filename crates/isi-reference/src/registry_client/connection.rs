//! A connection to one repository of a registry: the ping that starts it, its credentials, and requests with retries.

use std::fmt;

use http::{HeaderMap, HeaderValue, Method, header::AUTHORIZATION};

use super::{
    ClientContext, FetchError, TransportSecurity,
    challenge::Scheme,
    credentials::{CredentialSource, Credentials},
    error_response::{ErrorResponse, Retry},
    http_client::{Authorization, RegistryRequest, RegistryResponse, is_same_origin},
    ping::{Endpoint, PING_TIMEOUT, ping},
    token,
    transport_error::GoVerb,
};

/// How often a request is repeated that a registry answers with 429.
const RETRIES: u32 = 2;

type Result<T> = std::result::Result<T, FetchError>;

/// A connection to one repository.
#[derive(Debug)]
pub(crate) struct RepositoryConnection<'a> {
    pub(super) context: &'a ClientContext,
    host: String,
    /// The repository within the registry.
    pub(super) path: String,
    security: TransportSecurity,
    credentials: CredentialSource,
    ping: Option<Result<Endpoint>>,
    token: Option<String>,
    last: LastRequest,
}

/// What became of the last request of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastRequest {
    /// There was none, it failed, or the registry closed the connection behind its answer.
    Failed,
    /// It was answered, so that the next one goes over a TCP connection that is known to work. A request for a token counts, where
    /// the registry gives it out itself.
    Answered,
}

impl LastRequest {
    fn of(response: &RegistryResponse) -> Self {
        if response.closes_connection() { Self::Failed } else { Self::Answered }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RequestTarget {
    /// A path below `/v2/<repository>/`.
    Path(String),
    /// A whole URL, as the next page of a list has it.
    Url(String),
}

impl fmt::Display for RequestTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(text) | Self::Url(text) => formatter.write_str(text),
        }
    }
}

impl<'a> RepositoryConnection<'a> {
    /// A connection that has sent nothing yet.
    pub(super) fn new(
        context: &'a ClientContext,
        host: String,
        path: String,
        security: TransportSecurity,
        credentials: CredentialSource,
    ) -> Self {
        Self { context, host, path, security, credentials, ping: None, token: None, last: LastRequest::Failed }
    }

    /// The same connection, with the result of an earlier ping.
    pub(super) fn with_ping(self, ping: Option<Result<Endpoint>>) -> Self {
        Self { ping, ..self }
    }

    /// The result of the ping, if there was one.
    pub(super) fn ping_result(&self) -> Option<Result<Endpoint>> {
        self.ping.clone()
    }

    /// Whether this is a connection to the registry at `host`.
    pub(super) fn is_to(&self, host: &str) -> bool {
        self.host == host
    }

    /// Makes sure that the registry was pinged; the result holds from then on.
    pub(crate) async fn open(&mut self) -> Result<()> {
        self.endpoint().await.map(drop)
    }

    async fn endpoint(&mut self) -> Result<Endpoint> {
        if let Some(known) = &self.ping {
            return known.clone();
        }
        let result = ping(self.context, &self.host, self.security).await;
        self.ping.insert(result).clone()
    }

    fn request(&self, method: Method, url: String) -> RegistryRequest<'static> {
        RegistryRequest {
            method,
            url,
            headers: HeaderMap::new(),
            security: self.security,
            timeout: Some(PING_TIMEOUT),
            authorization: None,
        }
    }

    /// Sends a request, with credentials where the registry asked for them.
    pub(super) async fn send(
        &mut self,
        method: Method,
        target: &RequestTarget,
        headers: HeaderMap,
    ) -> Result<RegistryResponse> {
        let endpoint = self.endpoint().await?;
        let url = self.url(target).await?;
        let authorization = self.authorization(&endpoint, &url).await.map_err(|error| FetchError::Authorization {
            verb: GoVerb::from(&method),
            url: url.clone(),
            source: Box::new(error),
        })?;
        let request = || RegistryRequest {
            headers: headers.clone(),
            timeout: None,
            authorization: authorization.as_deref().map(|value| Authorization { base: &endpoint.base, value }),
            ..self.request(method.clone(), url.clone())
        };
        let mut response = self.context.clients.send(request()).await;
        // Go's client repeats a request once if the connection had answered before and then ended without a byte.
        let is_eof = response.as_ref().is_err_and(|error| error.is_eof());
        if self.last == LastRequest::Answered && is_eof {
            response = self.context.clients.send(request()).await;
        }
        let response = response.inspect_err(|_| self.last = LastRequest::Failed)?;
        self.last = LastRequest::of(&response);
        Ok(response)
    }

    /// The URL of a target.
    pub(super) async fn url(&mut self, target: &RequestTarget) -> Result<String> {
        Ok(match target {
            RequestTarget::Path(rest) => format!("{}/v2/{}/{rest}", self.endpoint().await?.base, self.path),
            RequestTarget::Url(url) => url.clone(),
        })
    }

    /// The `Authorization` header that the challenges call for at `url`: a token first, user and password over it.
    async fn authorization(&mut self, endpoint: &Endpoint, url: &str) -> Result<Option<String>> {
        let mut header = None;
        for challenge in endpoint.challenges.iter().filter(|challenge| challenge.scheme == Scheme::Bearer) {
            if self.token.is_none() {
                let wanted = token::request(challenge, &self.path, &self.credentials)?;
                let mut request = self.request(Method::GET, wanted.url);
                if let Some(basic) = wanted.basic.and_then(|value| HeaderValue::from_str(&value).ok()) {
                    request.headers.insert(AUTHORIZATION, basic);
                }
                let is_same_host = is_same_origin(&request.url, &endpoint.base);
                let response = self.context.clients.send(request).await?;
                self.token = Some(token::read(&response)?);
                if is_same_host {
                    self.last = LastRequest::of(&response);
                }
            }
            header = self.token.as_ref().map(|token| format!("Bearer {token}"));
        }
        if endpoint.challenges.iter().any(|challenge| challenge.scheme == Scheme::Basic) {
            let basic = self.credentials.for_url(url).and_then(Credentials::basic);
            header = Some(basic.ok_or(FetchError::NoCredentials)?);
        }
        Ok(header)
    }

    /// As [`send`](Self::send), again as long as the registry answers 429; an error response is an error.
    pub(super) async fn send_with_retries(
        &mut self,
        method: Method,
        target: &RequestTarget,
        headers: HeaderMap,
    ) -> Result<RegistryResponse> {
        let mut attempt = 0;
        loop {
            let response = self.send(method.clone(), target, headers.clone()).await?;
            if response.is_success() {
                return Ok(response);
            }
            let refusal = ErrorResponse::of(&response);
            if refusal.retry == Retry::Never || attempt == RETRIES {
                return Err(refusal.error);
            }
            attempt += 1;
            tokio::time::sleep(self.context.retry_delay).await;
        }
    }
}
