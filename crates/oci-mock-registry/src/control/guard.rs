//! Who may use the control interface.

use std::{fmt, net::IpAddr};

use http::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, HOST, ORIGIN},
};
use sha2::{Digest as _, Sha256};

use super::error::ControlError;

/// What a request has to show.
pub(super) struct Guard {
    /// The hash of the token, so that comparing takes the same time whatever is shown.
    token: Option<[u8; 32]>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Guard").field("asks_for_token", &self.token.is_some()).finish()
    }
}

impl Guard {
    pub(super) fn new(token: Option<&str>) -> Self {
        Self { token: token.map(|token| Sha256::digest(token).into()) }
    }

    /// Whether the request may be answered. Without a token only programs on this machine may ask: web pages, which a
    /// browser on this machine shows, may not.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), ControlError> {
        match &self.token {
            Some(expected)
                if shown(headers).is_some_and(|token| <[u8; 32]>::from(Sha256::digest(token)) == *expected) =>
            {
                Ok(())
            }
            Some(_) => {
                let error = ControlError::new(StatusCode::UNAUTHORIZED, "the token is missing or wrong");
                Err(error.hint(
                    "send `Authorization: Bearer TOKEN`, with the token that was printed at the start".to_owned(),
                ))
            }
            None if headers.contains_key(ORIGIN) => {
                Err(ControlError::new(StatusCode::FORBIDDEN, "web pages may not ask without a token"))
            }
            None if !is_address(headers) => {
                let error = ControlError::new(StatusCode::FORBIDDEN, "unexpected Host");
                Err(error.allowed(["localhost", "an IP address"].map(str::to_owned)))
            }
            None => Ok(()),
        }
    }
}

fn shown(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the client has asked for an address, or for this machine by its usual name. Any other name may have been made to
/// lead here (DNS rebinding).
fn is_address(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return true };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) && (!name.contains(':') || name.ends_with(']')) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use http::HeaderValue;
    use rstest::rstest;

    use super::*;

    fn headers(name: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[rstest]
    #[case("127.0.0.1:5000", true)]
    #[case("localhost:5000", true)]
    #[case("[::1]:5000", true)]
    #[case("[::1]", true)]
    #[case("rebound.example:5000", false)]
    #[case("localhost.example", false)]
    fn without_a_token_only_addresses_are_asked(#[case] host: &str, #[case] expected: bool) {
        assert_eq!(Guard::new(None).check(&headers(HOST, host)).is_ok(), expected);
        assert!(Guard::new(None).check(&headers(ORIGIN, "http://localhost")).is_err());
    }

    #[rstest]
    #[case("Bearer secret", true)]
    #[case("bearer secret", true)]
    #[case("Bearer other", false)]
    #[case("Basic secret", false)]
    #[case("secret", false)]
    fn a_token_has_to_be_the_right_one(#[case] value: &str, #[case] expected: bool) {
        assert_eq!(Guard::new(Some("secret")).check(&headers(AUTHORIZATION, value)).is_ok(), expected);
        assert!(Guard::new(Some("secret")).check(&HeaderMap::new()).is_err());
    }
}
