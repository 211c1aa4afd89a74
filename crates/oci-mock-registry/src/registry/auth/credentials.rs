//! Credentials as requests carry them.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};

use crate::fixture::Auth;

/// A user and a password.
#[derive(Debug)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: String,
}

impl Credentials {
    /// Those of Basic authentication (RFC 7617). Some clients write an empty user and password for none.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let decoded = BASE64_STANDARD.decode(authorization(headers, "basic")?).ok()?;
        let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        let is_nobody = user.is_empty() && password.is_empty();
        (!is_nobody).then(|| Self { user: user.to_owned(), password: password.to_owned() })
    }

    /// The user, if the password is right.
    pub(super) fn user_of(self, auth: &Auth) -> Option<String> {
        auth.users.get(&self.user).is_some_and(|expected| *expected == self.password).then_some(self.user)
    }
}

/// Whether the request says who makes it, by whatever scheme.
pub(super) fn are_given(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION)
        && (authorization(headers, "basic").is_none() || Credentials::of(headers).is_some())
}

/// The token of Bearer authentication (RFC 6750).
pub(super) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    authorization(headers, "bearer")
}

fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (found, credentials) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
}
