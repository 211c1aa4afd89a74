//! Who may do what: credentials, challenges and tokens.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE},
    request::Parts,
};
use serde_json::json;

use super::{
    answer::Answer,
    error::ErrorCode,
    query,
    route::Route,
    token::{Grant, Scope, Tokens},
};
use crate::fixture::{Auth, Quirk, Quirks, Scheme};

/// The name by which challenges and tokens call the registry (`service`, and the realm of Basic).
const SERVICE: &str = "fixture";

/// The rules of one registry.
#[derive(Debug)]
pub(crate) struct Access {
    auth: Option<Auth>,
    quirks: Quirks,
    secure: bool,
    tokens: Tokens,
}

impl Access {
    pub(crate) fn new(auth: Option<Auth>, quirks: Quirks, secure: bool) -> Self {
        Self { auth, quirks, secure, tokens: Tokens::default() }
    }

    /// Whether the request may be answered; if not, the answer that says why.
    #[expect(clippy::result_large_err, reason = "the refusal is the answer to send, made once a request")]
    pub(crate) fn check(&self, request: &Parts, route: &Route<'_>) -> Result<(), Answer> {
        let Some(auth) = &self.auth else { return Ok(()) };
        // The token endpoint asks for credentials itself; a storage URL carries its own.
        if matches!(route, Route::Token | Route::Storage(..)) {
            return Ok(());
        }
        let repository = match route {
            Route::Repository(name, _) => Some(*name),
            _ => None,
        };
        let needed = repository.map(|name| Scope::new(name, actions(&request.method)));
        let is_public = repository.is_some_and(|name| auth.public.contains(name));
        if is_public && needed.as_ref().is_some_and(Scope::is_pull) && !request.headers.contains_key(AUTHORIZATION) {
            return Ok(());
        }
        match auth.scheme {
            Scheme::Basic => self.check_basic(auth, request, needed.as_ref())?,
            Scheme::Bearer => self.check_bearer(request, needed.as_ref())?,
        }
        match repository {
            Some(name) if auth.deny.contains(name) => Err(ErrorCode::Denied.answer()),
            _ => Ok(()),
        }
    }

    #[expect(clippy::result_large_err, reason = "as for `check`")]
    fn check_basic(&self, auth: &Auth, request: &Parts, needed: Option<&Scope>) -> Result<(), Answer> {
        let pull = needed.is_none_or(Scope::is_pull);
        match basic_credentials(&request.headers) {
            Some((user, password)) if is_user(auth, &user, &password) => match needed {
                Some(scope) if !may_use(auth, &user, scope) => Err(ErrorCode::Denied.answer()),
                _ => Ok(()),
            },
            None if auth.anonymous && pull => Ok(()),
            Some(_) if self.quirks.has(Quirk::ForbiddenWithoutChallenge) => Err(ErrorCode::Denied.answer()),
            _ if self.quirks.has(Quirk::UpperCaseBasic) => Err(challenge(&format!("BASIC realm=\"{SERVICE}\""))),
            _ => Err(challenge(&format!("Basic realm=\"{SERVICE}\""))),
        }
    }

    #[expect(clippy::result_large_err, reason = "as for `check`")]
    fn check_bearer(&self, request: &Parts, needed: Option<&Scope>) -> Result<(), Answer> {
        let read = |token| self.tokens.read(token).filter(|grant| grant.is_for(SERVICE));
        let grant = bearer_token(&request.headers).map(read);
        let problem = match (grant, needed) {
            (None, _) => None,
            (Some(None), _) => Some("invalid_token"),
            (Some(Some(grant)), Some(needed)) if !grant.allows(needed) => Some("insufficient_scope"),
            (Some(Some(_)), _) => return Ok(()),
        };
        if problem.is_some() && self.quirks.has(Quirk::ForbiddenWithoutChallenge) {
            return Err(ErrorCode::Denied.answer());
        }
        Err(challenge(&self.bearer(request, needed, problem)))
    }

    fn bearer(&self, request: &Parts, needed: Option<&Scope>, problem: Option<&str>) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let host = request.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let mut text = format!("Bearer realm=\"{scheme}://{host}/token\"");
        if self.quirks.has(Quirk::BareChallenge) {
            return text;
        }
        text += &format!(",service=\"{SERVICE}\"");
        match needed {
            Some(scope) => text += &format!(",scope=\"{scope}\""),
            None if self.quirks.has(Quirk::PlaceholderScope) => text += ",scope=\"repository:user/image:pull\"",
            None => {}
        }
        if let Some(problem) = problem {
            text += &format!(",error=\"{problem}\"");
        }
        text
    }

    /// The refusal of registries that do not say whether a repository is there.
    pub(crate) fn insufficient(&self, repository: &str) -> Answer {
        let scope = Scope::new(repository, &["pull"]);
        challenge(&format!(
            "Bearer realm=\"/token\",service=\"{SERVICE}\",scope=\"{scope}\",error=\"insufficient_scope\""
        ))
    }

    /// The token endpoint: a token for the user that the request names, or for nobody in particular where the fixture
    /// lets anyone pull. A GET names the user by Basic authentication, a POST in its form (RFC 6749).
    pub(crate) fn token(&self, request: &Parts, form: &[u8]) -> Answer {
        let Some(auth) = self.auth.as_ref().filter(|auth| auth.scheme == Scheme::Bearer) else {
            return Answer::empty(StatusCode::NOT_FOUND);
        };
        let form = String::from_utf8_lossy(form);
        let parameters = if request.method == Method::POST { &form } else { request.uri.query().unwrap_or_default() };
        let user = match self.user(auth, request, parameters) {
            Ok(user) => user,
            Err(refusal) => return refusal,
        };
        let audience = auth.token_audience.as_deref().unwrap_or(SERVICE);
        let life = auth.token_life.map_or(Grant::LIFE, |life| life.0);
        let scopes = scopes(parameters).filter_map(|scope| match &user {
            Some(user) => may_use(auth, user, &scope).then_some(scope),
            None => (auth.anonymous || auth.public.contains(scope.repository())).then(|| scope.only_pull()),
        });
        let token = self.tokens.write(&Grant::new(user.clone(), scopes.collect(), life, audience));
        let mut body = if self.quirks.has(Quirk::OnlyToken) {
            json!({ "token": token })
        } else if self.quirks.has(Quirk::OnlyAccessToken) {
            json!({ "access_token": token })
        } else {
            let access_token = if self.quirks.has(Quirk::EmptyAccessToken) { "" } else { &token };
            json!({ "token": token, "access_token": access_token, "expires_in": life.as_secs() })
        };
        let wants_refresh = query::value(Some(parameters), "offline_token").is_some_and(|value| value == "true")
            || query::value(Some(parameters), "access_type").is_some_and(|value| value == "offline");
        if let (Some(user), true) = (&user, wants_refresh) {
            body["refresh_token"] = self.tokens.write(&Grant::refresh(user, audience)).into();
        }
        let mut answer = Answer::with_body(StatusCode::OK, body.to_string());
        answer.content_type("application/json");
        answer
    }

    /// The user that a token is asked for; none for an anonymous one.
    #[expect(clippy::result_large_err, reason = "as for `check`")]
    fn user(&self, auth: &Auth, request: &Parts, parameters: &str) -> Result<Option<String>, Answer> {
        let parameter = |name| query::value(Some(parameters), name);
        let credentials = match parameter("grant_type").as_deref() {
            Some("refresh_token") => {
                let token = parameter("refresh_token").unwrap_or_default();
                let user = self.tokens.read(&token).and_then(Grant::refreshed_user);
                return user.map(Some).ok_or_else(|| ErrorCode::Unauthorized.saying("invalid refresh token"));
            }
            Some("password") => parameter("username").zip(parameter("password")),
            _ => basic_credentials(&request.headers),
        };
        match credentials {
            Some((user, password)) if is_user(auth, &user, &password) => Ok(Some(user)),
            // In the words of Docker's token service, which clients look for.
            Some(_) => Err(ErrorCode::Unauthorized.saying("incorrect username or password")),
            None if auth.anonymous || scopes(parameters).any(|scope| auth.public.contains(scope.repository())) => {
                Ok(None)
            }
            None => Err(ErrorCode::Unauthorized.answer()),
        }
    }
}

/// The scopes of a request for a token: the parameter may be repeated, and hold several.
fn scopes(parameters: &str) -> impl Iterator<Item = Scope> {
    query::pairs(parameters)
        .filter(|(name, _)| name == "scope")
        .flat_map(|(_, scopes)| scopes.split(' ').filter_map(|scope| scope.parse().ok()).collect::<Vec<Scope>>())
}

/// Whether this user is one of those who may use the repository.
fn may_use(auth: &Auth, user: &str, scope: &Scope) -> bool {
    auth.only.get(scope.repository()).is_none_or(|users| users.contains(user))
}

/// What a request with this method does to a repository.
fn actions(method: &Method) -> &'static [&'static str] {
    match *method {
        Method::GET | Method::HEAD => &["pull"],
        Method::DELETE => &["delete"],
        _ => &["pull", "push"],
    }
}

fn challenge(text: &str) -> Answer {
    let mut answer = ErrorCode::Unauthorized.answer();
    if let Ok(value) = HeaderValue::from_str(text) {
        answer.headers.insert(WWW_AUTHENTICATE, value);
    }
    answer
}

fn is_user(auth: &Auth, user: &str, password: &str) -> bool {
    auth.users.get(user).is_some_and(|expected| expected == password)
}

fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let decoded = BASE64_STANDARD.decode(credentials(headers, "basic")?).ok()?;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    credentials(headers, "bearer")
}

fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (found, credentials) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
}
