//! Challenges: how a registry says which credentials it wants (RFC 9110, section 11.6.1, and the token specification of
//! Docker's registry).

use http::{header::AUTHORIZATION, request::Parts};

use super::{SERVICE, token::Scope};
use crate::{
    fixture::{
        Policies, Scheme,
        policy::{BasicForm, BasicOffer, ChallengeScope},
    },
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
    pub(super) policies: &'a Policies,
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

    fn basic(&self) -> String {
        match self.policies.challenge.basic_form.get() {
            Some(BasicForm::UpperCase) => format!("BASIC realm=\"{SERVICE}\""),
            Some(BasicForm::WithService) => {
                format!("Basic realm=\"{}/\",service=\"ecr.amazonaws.com\"", self.origin.url_for(self.request))
            }
            None => format!("Basic realm=\"{SERVICE}\""),
        }
    }

    /// The challenge of a registry that gives tokens and asks for something else in between.
    fn other_than_bearer(&self) -> Option<String> {
        match self.policies.challenge.basic_offer.get()? {
            BasicOffer::AfterCredentials => {
                let comes_with_credentials = self.request.headers.contains_key(AUTHORIZATION);
                (comes_with_credentials || *self.route == Route::Catalog).then(|| "Basic realm=\"harbor\"".to_owned())
            }
            BasicOffer::AfterToken => {
                let refused_token = matches!(self.problem, Problem::InvalidToken | Problem::InsufficientScope);
                refused_token.then(|| "Basic realm=origin,error=\"access denied\"".to_owned())
            }
            BasicOffer::InSameValue | BasicOffer::InOwnHeader => None,
        }
    }

    fn bearer(&self) -> String {
        let mut text = format!("Bearer realm=\"{}{}\"", self.realm_host(), self.token_path());
        if self.policies.challenge.bare {
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
        if let Some(error) = error.filter(|_| !self.policies.challenge.without_error) {
            text += &format!(",error=\"{error}\"");
        }
        if self.policies.challenge.basic_offer.is(BasicOffer::InSameValue) {
            text += &format!(",Basic realm=\"{SERVICE}\"");
        }
        text
    }

    fn scope(&self) -> Option<String> {
        let asks_push = self.policies.challenge.asks_push;
        let text = |scope: &Scope| if asks_push { scope.asking_push() } else { scope.clone() }.to_string();
        match (self.policies.challenge.scope.get(), self.needed) {
            (Some(ChallengeScope::Aws), _) => Some("aws".to_owned()),
            (Some(ChallengeScope::Absent), _) => None,
            (Some(ChallengeScope::Placeholder), []) => Some("repository:user/image:pull".to_owned()),
            (Some(ChallengeScope::Empty), []) => Some(String::new()),
            (_, []) => None,
            (_, scopes) => Some(scopes.iter().map(text).collect::<Vec<_>>().join(" ")),
        }
    }

    fn token_path(&self) -> String {
        self.policies.token.path().text(self.route.repository())
    }

    /// The base URL of the token endpoint.
    fn realm_host(&self) -> String {
        if self.policies.challenge.realm_on_other_host {
            self.origin.url_elsewhere(self.request)
        } else {
            self.origin.url_for(self.request)
        }
    }
}
