//! Challenges: how a registry says which credentials it wants (RFC 9110, section 11.6.1, and the token specification of
//! Docker's registry).

use http::{header::AUTHORIZATION, request::Parts};

use super::{SERVICE, service::TokenPath, token::Scope};
use crate::{
    fixture::{Quirk, Quirks, Scheme},
    registry::{origin::Origin, route::Route},
};

/// What is wrong with a request's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// There are none.
    NoCredentials,
    /// User and password do not belong together.
    WrongPassword,
    /// The user may not do this.
    NotAllowed,
    /// The token was issued by another registry, or has expired.
    InvalidToken,
    /// The token opens something else.
    InsufficientScope,
}

/// What a challenge depends on.
pub(super) struct Challenge<'a> {
    pub(super) quirks: &'a Quirks,
    pub(super) origin: &'a Origin,
    pub(super) request: &'a Parts,
    pub(super) route: &'a Route<'a>,
    pub(super) needed: &'a [Scope],
    pub(super) problem: Problem,
}

impl Challenge<'_> {
    /// The value of `WWW-Authenticate`.
    pub(super) fn text(&self, scheme: Scheme) -> String {
        match scheme {
            Scheme::Basic => self.basic(),
            Scheme::Bearer => self.other_than_bearer().unwrap_or_else(|| self.bearer()),
        }
    }

    fn has(&self, quirk: Quirk) -> bool {
        self.quirks.has(quirk)
    }

    fn basic(&self) -> String {
        if self.has(Quirk::UpperCaseBasic) {
            format!("BASIC realm=\"{SERVICE}\"")
        } else if self.has(Quirk::BasicWithService) {
            format!("Basic realm=\"{}/\",service=\"ecr.amazonaws.com\"", self.origin.url_for(self.request))
        } else {
            format!("Basic realm=\"{SERVICE}\"")
        }
    }

    /// The challenge of a registry that gives tokens and asks for something else in between.
    fn other_than_bearer(&self) -> Option<String> {
        let comes_with_credentials = self.request.headers.contains_key(AUTHORIZATION);
        if self.has(Quirk::BasicAfterCredentials) && (comes_with_credentials || *self.route == Route::Catalog) {
            return Some("Basic realm=\"harbor\"".to_owned());
        }
        let refused_token = matches!(self.problem, Problem::InvalidToken | Problem::InsufficientScope);
        (self.has(Quirk::BasicAfterToken) && refused_token)
            .then(|| "Basic realm=origin,error=\"access denied\"".to_owned())
    }

    fn bearer(&self) -> String {
        let mut text = format!("Bearer realm=\"{}{}\"", self.realm_host(), self.token_path());
        if self.has(Quirk::BareChallenge) {
            return text;
        }
        text += &format!(",service=\"{SERVICE}\"");
        if let Some(scope) = self.scope() {
            text += &format!(",scope=\"{scope}\"");
        }
        let error = match self.problem {
            Problem::InvalidToken => Some("invalid_token"),
            Problem::InsufficientScope => Some("insufficient_scope"),
            Problem::NoCredentials | Problem::WrongPassword | Problem::NotAllowed => None,
        };
        if let Some(error) = error.filter(|_| !self.has(Quirk::NoErrorInChallenge)) {
            text += &format!(",error=\"{error}\"");
        }
        if self.has(Quirk::TwoChallenges) {
            text += &format!(",Basic realm=\"{SERVICE}\"");
        }
        text
    }

    fn scope(&self) -> Option<String> {
        if self.has(Quirk::AwsScope) {
            return Some("aws".to_owned());
        }
        let asks_push = self.has(Quirk::ChallengeAsksPush);
        let text = |scope: &Scope| if asks_push { scope.asking_push() } else { scope.clone() }.to_string();
        match self.needed {
            _ if self.has(Quirk::NoScope) => None,
            [] if self.has(Quirk::PlaceholderScope) => Some("repository:user/image:pull".to_owned()),
            [] if self.has(Quirk::EmptyScope) => Some(String::new()),
            [] => None,
            scopes => Some(scopes.iter().map(text).collect::<Vec<_>>().join(" ")),
        }
    }

    fn token_path(&self) -> String {
        TokenPath::of(self.quirks).text(self.route.repository())
    }

    /// The base URL of the token endpoint.
    fn realm_host(&self) -> String {
        if self.has(Quirk::RealmOnOtherHost) {
            self.origin.url_elsewhere(self.request)
        } else {
            self.origin.url_for(self.request)
        }
    }
}
