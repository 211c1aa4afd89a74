//! Tokens: what a Bearer challenge sends the client to fetch.

use super::{
    FetchError,
    challenge::Challenge,
    credentials::{CredentialSource, Credentials},
    error_response::ErrorResponse,
    http_client::RegistryResponse,
};
use crate::{
    json::{self, Node},
    query_escape::query_escape,
};

/// A request for a token.
#[derive(Debug)]
pub(crate) struct TokenRequest {
    pub(crate) url: String,
    /// The `Authorization` header, if there are credentials.
    pub(crate) basic: Option<String>,
}

/// The request that `challenge` calls for, to pull from the repository at `path`.
pub(crate) fn request(
    challenge: &Challenge,
    path: &str,
    credentials: &CredentialSource,
) -> Result<TokenRequest, FetchError> {
    let realm = challenge.parameter("realm").filter(|realm| !realm.is_empty()).ok_or(FetchError::NoRealm)?;
    let credentials = credentials.for_url(realm);
    let basic = credentials.and_then(Credentials::basic);
    let account = credentials.filter(|_| basic.is_some()).map(|credentials| credentials.username.clone());
    let parameters = [
        ("account", account),
        ("scope", Some(format!("repository:{path}:pull"))),
        ("service", challenge.parameter("service").map(str::to_owned)),
    ];
    let (endpoint, given) = realm.split_once('?').unwrap_or((realm, ""));
    let given = given.split('&').filter(|parameter| !parameter.is_empty()).map(str::to_owned);
    let mut query: Vec<String> = parameters
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", query_escape(&value?))))
        .chain(given)
        .collect();
    // Go writes the parameters of a query sorted by name, those of the realm among them.
    query.sort_by(|one, other| one.split('=').next().cmp(&other.split('=').next()));
    Ok(TokenRequest { url: format!("{endpoint}?{}", query.join("&")), basic })
}

/// The token that a response holds.
pub(crate) fn read(response: &RegistryResponse) -> Result<String, FetchError> {
    if !response.is_success() {
        return Err(ErrorResponse::of(response).error);
    }
    let body = response.body.as_ref().map_err(|error| FetchError::Body(error.clone()))?;
    let node = json::parse(body).map_err(FetchError::TokenResponse)?;
    ["access_token", "token"]
        .into_iter()
        .find_map(|key| node.get(key).and_then(Node::as_text).filter(|token| !token.is_empty()))
        .map(str::to_owned)
        .ok_or(FetchError::NoToken)
}
