//! The users of a run, and how each proves who it is.

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};

use super::no_answer::NoAnswer;
use crate::{redaction::Secrets, suite::User};

/// The token of [`User::Unknown`], which no server knows.
pub(in crate::runner) const UNKNOWN_TOKEN: &str = "nobody-known";

/// One of the users of a run.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The user's own HTTP client: no other user's requests travel over its connections.
    pub client: reqwest::Client,
    /// How the user proves who it is.
    pub credential: Credential,
    /// The header fields that ask the server to act as another user (`Impersonate-User` and its companions).
    pub impersonation: Vec<(HeaderName, HeaderValue)>,
}

/// How a user proves who it is.
#[derive(Clone)]
pub enum Credential {
    /// Anonymous: sends no credentials.
    None,
    /// The client certificate that the user's HTTP client presents.
    ClientCertificate,
    /// A bearer token.
    Bearer(String),
    /// A name and a password, for HTTP Basic authentication.
    Basic {
        /// The name of the user.
        username: String,
        /// Its password.
        password: String,
    },
    /// A value of the `Authorization` header that is fetched before each request, because it can expire.
    Source(HeaderSource),
}

/// Gives a value for the `Authorization` header, or the reason why there is none.
pub type HeaderSource = Arc<dyn Fn(Need) -> BoxFuture<'static, Result<HeaderValue, String>> + Send + Sync>;

/// Which value of the `Authorization` header is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The one that holds, as far as its source knows.
    Current,
    /// Another one, because the server refused the last one.
    Other,
}

/// Every user of a run.
#[derive(Debug, Clone)]
pub struct Users {
    /// The user of the run.
    pub user: Identity,
    /// A cluster administrator, if there is one.
    pub admin: Option<Identity>,
    /// A user who may create imports and neither images nor image stream mappings, if there is one.
    pub restricted: Option<Identity>,
    /// A user whose token no server knows.
    pub unknown: Identity,
    /// A user without credentials.
    pub anonymous: Identity,
}

impl Identity {
    /// A user that sends what `credential` says over `client`.
    #[must_use]
    pub const fn new(client: reqwest::Client, credential: Credential) -> Self {
        Self { client, credential, impersonation: Vec::new() }
    }

    /// Whether the user proves who it is.
    #[must_use]
    pub const fn has_credentials(&self) -> bool {
        !matches!(self.credential, Credential::None)
    }

    /// Whether there may be other credentials once these are refused.
    pub(super) const fn can_renew(&self) -> bool {
        matches!(self.credential, Credential::Source(_))
    }

    /// The header fields that say who asks.
    pub(super) async fn headers(&self, need: Need) -> Result<Vec<(HeaderName, HeaderValue)>, NoAnswer> {
        let authorization = self.credential.header(need).await?.map(|value| (AUTHORIZATION, value));
        Ok(authorization.into_iter().chain(self.impersonation.iter().cloned()).collect())
    }
}

impl Users {
    /// The identity of `user`; the user of the run stands in for an administrator or a restricted user that is not given.
    #[must_use]
    pub const fn get(&self, user: User) -> &Identity {
        match (user, &self.admin, &self.restricted) {
            (User::Admin, Some(identity), _) | (User::Restricted, _, Some(identity)) => identity,
            (User::User | User::Admin | User::Restricted, ..) => &self.user,
            (User::Unknown, ..) => &self.unknown,
            (User::Anonymous, ..) => &self.anonymous,
        }
    }

    /// A user of the run alone, with a client for each of the others.
    ///
    /// # Errors
    /// When `client` fails.
    pub fn new<E>(user: Identity, client: impl Fn() -> Result<reqwest::Client, E>) -> Result<Self, E> {
        Ok(Self {
            user,
            admin: None,
            restricted: None,
            unknown: Identity::new(client()?, Credential::Bearer(UNKNOWN_TOKEN.to_owned())),
            anonymous: Identity::new(client()?, Credential::None),
        })
    }
}

impl Credential {
    async fn header(&self, need: Need) -> Result<Option<HeaderValue>, NoAnswer> {
        let text = match self {
            Self::None | Self::ClientCertificate => return Ok(None),
            Self::Bearer(token) => format!("Bearer {token}"),
            Self::Basic { username, password } => {
                format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
            }
            Self::Source(source) => {
                let value = source(need).await.map_err(NoAnswer::Credentials)?;
                keep_secret(&value);
                return Ok(Some(value));
            }
        };
        let mut value = HeaderValue::try_from(text)
            .map_err(|_| NoAnswer::Credentials("the token has characters that a header cannot have".to_owned()))?;
        keep_secret(&value);
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// Makes known what no report may show.
fn keep_secret(value: &HeaderValue) {
    if let Ok(text) = value.to_str() {
        Secrets::of_this_process().add_header(AUTHORIZATION.as_str(), text);
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::ClientCertificate => "ClientCertificate",
            Self::Bearer(_) => "Bearer",
            Self::Basic { .. } => "Basic",
            Self::Source(_) => "Source",
        })
    }
}
