//! Who may do what, as far as challenges and tokens show it. Names and passwords are not captured.

use super::super::log::CapturedExchange;
use crate::fixture::{Auth, Scheme};

/// The user of the fixture.
pub(super) const USER: &str = "user";
/// The user's password.
pub(super) const PASSWORD: &str = "password";

/// The credentials that the registry asks for; none if it has never asked.
pub(super) fn of(exchanges: &[CapturedExchange]) -> Option<Auth> {
    let challenge = exchanges.iter().find_map(|exchange| {
        let is_asked = exchange.request.authorization.is_none() && status(exchange) == Some(401);
        is_asked.then(|| header(exchange, "www-authenticate")).flatten()
    })?;
    let is_basic = scheme(challenge).eq_ignore_ascii_case("basic");
    let mut auth = if is_basic { Auth::basic() } else { Auth::bearer() }.user(USER, PASSWORD);
    let without_credentials = |exchange: &&CapturedExchange| {
        exchange.request.authorization.is_none() && exchange.request.method == "GET" && status(exchange) == Some(200)
    };
    let token_path = token_path(exchanges);
    for exchange in exchanges.iter().filter(without_credentials) {
        let path = exchange.request.path.as_str();
        if Some(path) == token_path && auth.scheme == Scheme::Bearer {
            auth.anonymous = true;
        }
        if let Some(repository) = repository(path) {
            auth.public.insert(repository.to_owned());
        }
    }
    Some(auth)
}

/// The path of the token endpoint that challenges name.
pub(super) fn token_path(exchanges: &[CapturedExchange]) -> Option<&str> {
    exchanges.iter().find_map(|exchange| {
        let challenge = header(exchange, "www-authenticate")?;
        let realm = parameter(challenge, "realm").filter(|_| scheme(challenge).eq_ignore_ascii_case("bearer"))?;
        let path = &realm[realm.find("}}").map_or(0, |end| end + 2)..];
        path.split('?').next().filter(|path| path.starts_with('/'))
    })
}

fn status(exchange: &CapturedExchange) -> Option<u16> {
    exchange.response.as_ref().map(|response| response.status)
}

fn header<'a>(exchange: &'a CapturedExchange, name: &str) -> Option<&'a str> {
    let headers = &exchange.response.as_ref()?.headers;
    headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// The repository whose manifests, blobs or tags a path names.
fn repository(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/v2/")?;
    ["/manifests/", "/blobs/", "/tags/list"].iter().find_map(|end| rest.rfind(end)).map(|end| &rest[..end])
}

/// The scheme of a challenge.
pub(super) fn scheme(challenge: &str) -> &str {
    challenge.split(' ').next().unwrap_or_default()
}

/// A parameter of a challenge.
pub(super) fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let quoted = challenge.split_once(&format!("{name}=\""))?.1;
    quoted.split('"').next()
}
