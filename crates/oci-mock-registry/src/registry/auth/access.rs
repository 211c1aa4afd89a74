//! Whether a request may be answered.

use std::{collections::BTreeSet, sync::Arc};

use http::{HeaderValue, Method, StatusCode, header::WWW_AUTHENTICATE, request::Parts};

use super::{
    SERVICE,
    challenge::{Challenge, Problem},
    credentials::{Credentials, are_given, bearer_token},
    token::{Scope, Tokens},
};
use crate::{
    fixture::{
        Auth, Policies, Scheme,
        policy::{BasicOffer, RefusedToken, UnauthorizedWords},
    },
    registry::{
        answer::{Answer, Refusal},
        error::{ErrorCode, OciError, errors},
        origin::Origin,
        query,
        route::{Endpoint, Route},
    },
};

/// The rules of one registry.
#[derive(Debug)]
pub(crate) struct Access {
    auth: Option<Auth>,
    /// The rules of the token endpoint, if there is one.
    pub(super) service: Option<Auth>,
    pub(super) policies: Policies,
    pub(super) origin: Origin,
    pub(super) tokens: Arc<Tokens>,
}

impl Access {
    pub(crate) fn new(auth: Option<Auth>, policies: Policies, origin: Origin, tokens: Arc<Tokens>) -> Self {
        // A registry that says 401 to unknown repositories gives tokens to everyone, although it asks for them nowhere else.
        let service = auth.clone().unwrap_or_else(|| Auth::bearer().anonymous());
        let service = Some(service).filter(|service| {
            let says_unauthorized = policies.access.unknown_repository.get().is_some();
            service.scheme == Scheme::Bearer && (auth.is_some() || says_unauthorized)
        });
        Self { auth, service, policies, origin, tokens }
    }

    /// Whether the request may be answered; if not, the answer that says why.
    pub(crate) fn check(&self, request: &Parts, route: &Route<'_>) -> Result<(), Refusal> {
        let Some(auth) = &self.auth else { return Ok(()) };
        // The token endpoint asks for credentials itself, a storage URL carries its own, a lookaside folder is open to all.
        if matches!(route, Route::Token | Route::Storage(..) | Route::Lookaside(_)) {
            return Ok(());
        }
        let needed = self.needed(request, route);
        let name = route.repository();
        if name.is_some_and(|name| self.is_open(auth, request, name)) && needed.iter().all(Scope::is_read) {
            return Ok(());
        }
        self.allows(auth, request, &needed)
            .or_else(|problem| self.allows_in_full(auth, request, route).then_some(()).ok_or(problem))
            .map_err(|problem| self.refusal(request, route, &needed, problem))?;
        let Some(name) = name else { return Ok(()) };
        self.is_among(auth, request, name).map_err(|problem| self.refusal(request, route, &needed, problem))?;
        if auth.deny.contains(name) { Err(ErrorCode::Denied.answer().into()) } else { Ok(()) }
    }

    /// Whether the user may use a repository, whatever the scope of the token.
    fn is_among(&self, auth: &Auth, request: &Parts, repository: &str) -> Result<(), Problem> {
        let Some(users) = auth.only.get(repository) else { return Ok(()) };
        match self.user(auth, request) {
            Some(user) if users.contains(&user) => Ok(()),
            Some(_) if auth.scheme == Scheme::Basic => Err(Problem::NotAllowed),
            _ if are_given(&request.headers) => Err(Problem::InsufficientScope),
            _ => Err(Problem::NoCredentials),
        }
    }

    /// Whether the client may push; decides if a missing repository is reported as 404 instead of 401.
    pub(crate) fn may_push(&self, request: &Parts, repository: &str) -> bool {
        let push = [Scope::new(self.scoped(repository), &["push"])];
        self.auth.as_ref().is_some_and(|auth| self.allows(auth, request, &push).is_ok())
    }

    /// Whether the client may pull from another repository, too: content is mounted only from where it may read.
    pub(crate) fn may_pull(&self, request: &Parts, repository: &str) -> bool {
        let Some(auth) = &self.auth else { return true };
        let pull = Scope::new(self.scoped(repository), &["pull"]);
        let may = match self.user(auth, request) {
            Some(user) => self.may_use(auth, &user, &pull),
            None => auth.anonymous,
        };
        !auth.deny.contains(repository) && (may || auth.public.contains(repository))
    }

    /// Whether the request comes from a user whose credentials are accepted.
    pub(crate) fn is_user(&self, request: &Parts) -> bool {
        self.auth.as_ref().is_some_and(|auth| self.user(auth, request).is_some())
    }

    fn user(&self, auth: &Auth, request: &Parts) -> Option<String> {
        let by_password = Credentials::of(&request.headers).and_then(|credentials| credentials.user_of(auth));
        by_password.or_else(|| self.token_user(auth, request))
    }

    /// The refusal of registries that do not say whether a repository is there.
    pub(crate) fn insufficient(&self, request: &Parts, route: &Route<'_>) -> Answer {
        let needed = self.needed(request, route);
        let given = are_given(&request.headers);
        let problem = if given { Problem::InsufficientScope } else { Problem::NoCredentials };
        self.refusal(request, route, &needed, problem)
    }

    /// `WWW-Authenticate` value attached to a successful response (quirk `challenge-on-success`).
    pub(crate) fn challenge_on_success(&self, request: &Parts, route: &Route<'_>) -> Option<HeaderValue> {
        let auth = self.auth.as_ref()?;
        let text = self.challenge(auth.scheme, request, route, &[], Problem::NoCredentials);
        let text = if self.policies.challenge.lower_case_on_success {
            let (scheme, rest) = text.split_once(' ')?;
            let realm = rest.split(',').next()?.replace('"', "");
            format!("{} {realm}", scheme.to_ascii_lowercase())
        } else {
            text
        };
        HeaderValue::from_str(&text).ok()
    }

    /// Whether the request is allowed under the whole name of the repository, where challenges leave out its first part:
    /// some clients write scopes of their own.
    fn allows_in_full(&self, auth: &Auth, request: &Parts, route: &Route<'_>) -> bool {
        let full = route.repository().filter(|_| self.policies.challenge.scope_without_first_part);
        full.is_some_and(|name| {
            let needed: Vec<Scope> =
                self.needed(request, route).into_iter().map(|needed| needed.renamed(name)).collect();
            self.allows(auth, request, &needed).is_ok()
        })
    }

    /// What the request needs to be allowed to do. To mount a blob from another repository, a token has to open that one, too
    /// (Docker's registry, `registry/handlers/app.go`). Where there are no tokens, the blob of a repository that the user may not
    /// read is not mounted.
    fn needed(&self, request: &Parts, route: &Route<'_>) -> Vec<Scope> {
        let (name, endpoint) = match route {
            Route::Repository(name, endpoint) => (name, endpoint),
            Route::Catalog if !self.policies.access.catalog_needs_no_scope => return vec![Scope::catalog()],
            _ => return Vec::new(),
        };
        let actions: &[&str] = match (&request.method, endpoint) {
            (_, Endpoint::Tags) if self.policies.access.tags_need_metadata_read => &["metadata_read"],
            (&Method::GET | &Method::HEAD, _) => &["pull"],
            // Where no scope names deleting, clients that may push may delete.
            (&Method::DELETE, _) if !self.policies.token.delete_scope_refused => &["delete"],
            _ => &["pull", "push"],
        };
        let mounted_from = (*endpoint == Endpoint::Uploads && request.method == Method::POST)
            .then(|| query::value(request.uri.query(), "from"))
            .flatten()
            .filter(|from| self.asks_for_source() || self.may_pull(request, from));
        let from = mounted_from.map(|from| Scope::new(self.scoped(&from), &["pull"]));
        std::iter::once(Scope::new(self.scoped(name), actions)).chain(from).collect()
    }

    /// Whether a token has to name the repository that a blob is mounted from, whatever its user may do.
    fn asks_for_source(&self) -> bool {
        let has_scopes = self.auth.as_ref().is_some_and(|auth| auth.scheme == Scheme::Bearer);
        has_scopes && !self.policies.token.is_password && !self.policies.upload.source_without_scope
    }

    /// A repository's name as scopes write it.
    pub(super) fn scoped<'a>(&self, repository: &'a str) -> &'a str {
        let stripped = repository.split_once('/').filter(|_| self.policies.challenge.scope_without_first_part);
        stripped.map_or(repository, |(_, rest)| rest)
    }

    /// Whether a scope is about one of these repositories, by the name that challenges or that clients give it.
    pub(super) fn names(&self, repositories: &BTreeSet<String>, scope: &Scope) -> bool {
        repositories.iter().any(|repository| scope.is_for(self.scoped(repository)) || scope.is_for(repository))
    }

    /// Whether this user may do what the scope says.
    pub(super) fn may_use(&self, auth: &Auth, user: &str, scope: &Scope) -> bool {
        let only = auth.only.iter().filter(|(repository, _)| scope.is_for(self.scoped(repository)));
        only.into_iter().all(|(_, users)| users.contains(user))
    }

    /// Whether the repository can be pulled from without credentials.
    fn is_open(&self, auth: &Auth, request: &Parts, repository: &str) -> bool {
        auth.public.contains(repository) && !are_given(&request.headers) && !self.policies.access.public_needs_token
    }

    fn allows(&self, auth: &Auth, request: &Parts, needed: &[Scope]) -> Result<(), Problem> {
        match auth.scheme {
            Scheme::Basic => self.allows_basic(auth, request, needed),
            Scheme::Bearer => self.allows_bearer(auth, request, needed),
        }
    }

    fn allows_basic(&self, auth: &Auth, request: &Parts, needed: &[Scope]) -> Result<(), Problem> {
        match Credentials::of(&request.headers).map(|credentials| credentials.user_of(auth)) {
            Some(Some(user)) if needed.iter().all(|scope| self.may_use(auth, &user, scope)) => Ok(()),
            Some(Some(_)) => Err(Problem::NotAllowed),
            Some(None) => Err(Problem::WrongPassword),
            None if auth.anonymous && needed.iter().all(Scope::is_read) => Ok(()),
            None => Err(Problem::NoCredentials),
        }
    }

    fn allows_bearer(&self, auth: &Auth, request: &Parts, needed: &[Scope]) -> Result<(), Problem> {
        let Some(token) = bearer_token(&request.headers) else {
            // Registries that ask for Basic in between take it, too.
            return match Credentials::of(&request.headers) {
                Some(_) if self.policies.challenge.basic_offer.get().is_some() => {
                    self.allows_basic(auth, request, needed)
                }
                _ => Err(Problem::NoCredentials),
            };
        };
        if self.policies.token.is_password {
            return match self.token_user(auth, request) {
                Some(user) if needed.iter().all(|scope| self.may_use(auth, &user, scope)) => Ok(()),
                Some(_) => Err(Problem::InsufficientScope),
                None if token == Self::ANONYMOUS
                    && needed
                        .iter()
                        .all(|scope| scope.is_read() && (auth.anonymous || self.names(&auth.public, scope))) =>
                {
                    Ok(())
                }
                None => Err(Problem::InvalidToken),
            };
        }
        let grant = self.tokens.read(token).filter(|grant| grant.is_for(SERVICE)).ok_or(Problem::InvalidToken)?;
        let allowed = needed.iter().all(|needed| grant.allows(needed));
        if allowed { Ok(()) } else { Err(Problem::InsufficientScope) }
    }

    /// The user that a token was given to.
    fn token_user(&self, auth: &Auth, request: &Parts) -> Option<String> {
        let token = bearer_token(&request.headers)?;
        if self.policies.token.is_password {
            return auth.users.iter().find(|(_, password)| *password == token).map(|(user, _)| user.clone());
        }
        self.tokens.read(token).filter(|grant| grant.is_for(SERVICE)).and_then(|grant| grant.user().map(str::to_owned))
    }

    /// The token of the anonymous user, where tokens are passwords.
    pub(super) const ANONYMOUS: &'static str = "anonymous";

    /// The answer to a request that is not allowed.
    fn refusal(&self, request: &Parts, route: &Route<'_>, needed: &[Scope], problem: Problem) -> Answer {
        let policies = &self.policies;
        let scheme = self.auth.as_ref().map_or(Scheme::Bearer, |auth| auth.scheme);
        match problem {
            Problem::NotAllowed => return ErrorCode::Denied.answer(),
            Problem::WrongPassword | Problem::InvalidToken
                if policies.access.refused_token.is(RefusedToken::Expired) =>
            {
                return ErrorCode::Denied.saying("Your authorization token has expired. Reauthenticate and try again.");
            }
            Problem::InvalidToken if policies.access.refused_token.is(RefusedToken::Invalid) => {
                return Answer::empty(StatusCode::BAD_REQUEST);
            }
            Problem::NoCredentials => {}
            _ if policies.access.forbidden_without_challenge => return ErrorCode::Denied.answer(),
            _ => {}
        }
        let mut answer = self.unauthorized(needed);
        if !policies.challenge.on_ping_only || *route == Route::Ping {
            answer.header(WWW_AUTHENTICATE, &self.challenge(scheme, request, route, needed, problem));
            if policies.challenge.basic_offer.is(BasicOffer::InOwnHeader) && scheme == Scheme::Bearer {
                let basic = self.challenge(Scheme::Basic, request, route, needed, problem);
                answer.headers.extend(HeaderValue::from_str(&basic).map(|basic| (WWW_AUTHENTICATE, basic)));
            }
        }
        answer
    }

    fn challenge(
        &self,
        scheme: Scheme,
        request: &Parts,
        route: &Route<'_>,
        needed: &[Scope],
        problem: Problem,
    ) -> String {
        Challenge { policies: &self.policies, origin: &self.origin, request, route, needed, problem }.text(scheme)
    }

    /// 401 in the registry's own words.
    fn unauthorized(&self, needed: &[Scope]) -> Answer {
        let has_detail = self.policies.access.scope_in_detail && !needed.is_empty();
        let detail = has_detail.then(|| needed.iter().flat_map(Scope::detail).collect());
        let (code, message) = match self.policies.access.unauthorized_words.get() {
            Some(UnauthorizedWords::Denied) => (ErrorCode::Denied, "Not Authorized"),
            Some(UnauthorizedWords::NotAuthorized) => {
                (ErrorCode::Unauthorized, "access to the requested resource is not authorized")
            }
            None => (ErrorCode::Unauthorized, ErrorCode::Unauthorized.message()),
        };
        let code = code.name();
        errors(StatusCode::UNAUTHORIZED, &[OciError { code, message, detail }])
    }
}
