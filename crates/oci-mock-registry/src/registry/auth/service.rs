//! The token endpoint: a token for the user that a request names, or for the anonymous user where the fixture lets
//! anyone pull.

use http::{Method, StatusCode, request::Parts};
use serde_json::{Value, json};

use super::{
    SERVICE,
    access::Access,
    credentials::Credentials,
    token::{Grant, Scope},
};
use crate::{
    fixture::{
        Auth,
        policy::{ChallengeScope, TokenFields, TokenPath, TokenPostRefusal},
    },
    registry::{
        answer::{Answer, Refusal},
        error::{ErrorCode, error},
        query,
    },
};

impl TokenPath {
    const BEFORE_KEY: &'static str = "/artifactory/api/docker/";
    const AFTER_KEY: &'static str = "/v2/token";

    /// Whether this is the path of the token endpoint.
    pub(crate) fn is(self, path: &str) -> bool {
        match self {
            Self::At(at) => path == at,
            Self::BehindKey => path.starts_with(Self::BEFORE_KEY) && path.ends_with(Self::AFTER_KEY),
        }
    }

    /// The path that scopes of this repository name.
    pub(super) fn text(self, repository: Option<&str>) -> String {
        match self {
            Self::At(at) => at.to_owned(),
            Self::BehindKey => {
                let key = repository.and_then(|name| name.split('/').next()).unwrap_or("docker");
                format!("{}{key}{}", Self::BEFORE_KEY, Self::AFTER_KEY)
            }
        }
    }
}

impl Access {
    /// Answers a request for a token. A GET names the user by Basic authentication, a POST in its form (RFC 6749).
    pub(crate) fn token(&self, request: &Parts, form: &[u8]) -> Answer {
        let Some(auth) = &self.service else { return Answer::empty(StatusCode::NOT_FOUND) };
        let form = String::from_utf8_lossy(form);
        let parameters = if request.method == Method::POST { &form } else { request.uri.query().unwrap_or_default() };
        let granted = match self.refused_post(request, parameters) {
            Some(refusal) => Err(refusal.into()),
            None => self.grant(auth, request, parameters),
        };
        let mut answer = match granted {
            Ok(body) => Answer::with_body(StatusCode::OK, body.to_string()),
            Err(refusal) => return self.in_own_form(*refusal),
        };
        answer.content_type("application/json");
        answer
    }

    /// The answer to a POST where the registry does not take them.
    fn refused_post(&self, request: &Parts, parameters: &str) -> Option<Answer> {
        let by_password = query::value(Some(parameters), "grant_type").is_some_and(|kind| kind == "password");
        (request.method == Method::POST).then_some(())?;
        match self.policies.token.post.get()? {
            TokenPostRefusal::All(status) => Some(Answer::empty(status)),
            TokenPostRefusal::Password => by_password.then(|| Answer::empty(StatusCode::BAD_REQUEST)),
        }
    }

    /// An error of the token endpoint as the registry writes it.
    fn in_own_form(&self, refusal: Answer) -> Answer {
        if !self.policies.token.errors_as_details {
            return refusal;
        }
        let body: Value =
            refusal.body.bytes().ok().and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
        let mut answer =
            Answer::with_body(refusal.status, json!({ "details": body["errors"][0]["message"] }).to_string());
        answer.content_type("application/json");
        answer
    }

    fn grant(&self, auth: &Auth, request: &Parts, parameters: &str) -> Result<Value, Refusal> {
        let scopes = self.scopes(parameters)?;
        let user = self.asking_user(auth, request, parameters, &scopes)?;
        if user.is_none() && scopes.is_empty() && self.policies.token.needs_scope {
            return Err(ErrorCode::Unauthorized.answer().into());
        }
        if self.policies.token.is_password {
            let token = user.as_ref().and_then(|user| auth.users.get(user)).map_or(Self::ANONYMOUS, String::as_str);
            return Ok(json!({ "token": token, "access_token": token }));
        }
        let granted: Vec<Scope> = scopes.iter().flat_map(|scope| self.granted(auth, user.as_deref(), scope)).collect();
        self.check_granted(user.as_deref(), &scopes, &granted)?;

        let audience = auth.token_audience.as_deref().unwrap_or(SERVICE);
        let life = auth.token_life.map_or(Grant::LIFE, |life| life.0);
        let token = self.tokens.write(&Grant::new(user.clone(), granted, self.tokens.end_of(life), audience));
        let fields = self.policies.token.fields.get();
        let mut body = match fields {
            Some(TokenFields::TokenAlone) => json!({ "token": token }),
            Some(TokenFields::AccessTokenAlone) => json!({ "access_token": token }),
            Some(TokenFields::AccessTokenEmpty) | None => {
                let access_token = if fields.is_some() { "" } else { &token };
                let now = jiff::Timestamp::now();
                json!({ "token": token, "access_token": access_token, "expires_in": life.as_secs(), "issued_at": now.to_string() })
            }
        };
        let asks = |name, value| query::value(Some(parameters), name).is_some_and(|asked| asked == value);
        let only_one_field = matches!(fields, Some(TokenFields::TokenAlone | TokenFields::AccessTokenAlone));
        let wants_refresh = asks("offline_token", "true") || asks("access_type", "offline");
        if let Some(user) = user.filter(|_| wants_refresh && !only_one_field) {
            body["refresh_token"] = self.tokens.write(&Grant::refresh(&user, audience)).into();
        }
        Ok(body)
    }

    /// The scopes of a request: the parameter may be repeated, and hold several.
    fn scopes(&self, parameters: &str) -> Result<Vec<Scope>, Refusal> {
        let mut scopes = Vec::new();
        for (_, value) in query::pairs(parameters).filter(|(name, _)| name == "scope") {
            if self.policies.token.joined_scopes_refused && value.contains(' ') {
                return Err(undecodable(&value).into());
            }
            for text in value.split(' ').filter(|text| !text.is_empty()) {
                match text.parse::<Scope>() {
                    Ok(scope) if self.policies.token.delete_scope_refused && scope.is_unusual() => {
                        return Err(undecodable(text).into());
                    }
                    Ok(scope) => scopes.push(scope),
                    Err(_) if text == "aws" && self.policies.challenge.scope.is(ChallengeScope::Aws) => {
                        scopes.push(Scope::everywhere());
                    }
                    Err(_) if self.policies.token.delete_scope_refused => return Err(undecodable(text).into()),
                    // Scopes of other kinds open nothing here.
                    Err(_) => {}
                }
            }
        }
        if scopes.is_empty() && self.policies.challenge.scope.is(ChallengeScope::Aws) {
            scopes.push(Scope::everywhere());
        }
        Ok(scopes)
    }

    /// Narrows a requested scope to what the user may access. An anonymous wildcard scope becomes `pull` on all public
    /// repositories.
    fn granted(&self, auth: &Auth, user: Option<&str>, scope: &Scope) -> Vec<Scope> {
        let open = || auth.public.iter().map(|repository| Scope::new(self.scoped(repository), &["pull"])).collect();
        match user {
            Some(_) if scope.is_everywhere() => vec![scope.clone()],
            Some(user) => Vec::from_iter(self.may_use(auth, user, scope).then(|| scope.clone())),
            None if auth.anonymous => vec![scope.clone().only_read()],
            None if scope.is_everywhere() => open(),
            None => Vec::from_iter(self.names(&auth.public, scope).then(|| scope.clone().only_read())),
        }
    }

    /// Some registries refuse a token that would open less than was asked for.
    fn check_granted(&self, user: Option<&str>, asked: &[Scope], granted: &[Scope]) -> Result<(), Refusal> {
        let opens_nothing = !asked.is_empty() && granted.iter().all(Scope::is_empty);
        if opens_nothing && user.is_none() && self.policies.token.nothing_granted.is(StatusCode::UNAUTHORIZED) {
            return Err(ErrorCode::Unauthorized.answer().into());
        }
        if opens_nothing && user.is_none() && self.policies.token.nothing_granted.is(StatusCode::FORBIDDEN) {
            return Err(forbidden().into());
        }
        let is_narrowed = asked.iter().any(|scope| !granted.contains(scope));
        if is_narrowed && self.policies.token.wide_scope_refused {
            return Err(ErrorCode::Denied.answer().into());
        }
        Ok(())
    }

    /// The user that a token is asked for; none for an anonymous one.
    fn asking_user(
        &self,
        auth: &Auth,
        request: &Parts,
        parameters: &str,
        scopes: &[Scope],
    ) -> Result<Option<String>, Refusal> {
        let parameter = |name| query::value(Some(parameters), name);
        let credentials = match parameter("grant_type").as_deref() {
            Some("refresh_token") => {
                let token = parameter("refresh_token").unwrap_or_default();
                let user = self.tokens.read(&token).and_then(Grant::refreshed_user);
                return user.map(Some).ok_or_else(|| ErrorCode::Unauthorized.saying("invalid refresh token").into());
            }
            Some("password") => {
                parameter("username").zip(parameter("password")).map(|(user, password)| Credentials { user, password })
            }
            _ => Credentials::of(&request.headers),
        };
        let Some(credentials) = credentials else {
            let is_open = auth.anonymous
                || self.policies.token.for_anyone
                || self.policies.token.is_password
                || scopes.iter().any(|scope| self.names(&auth.public, scope));
            return match is_open {
                true => Ok(None),
                false if self.policies.token.nothing_granted.is(StatusCode::FORBIDDEN) => Err(forbidden().into()),
                false => Err(ErrorCode::Unauthorized.answer().into()),
            };
        };
        match credentials.user_of(auth) {
            Some(user) => Ok(Some(user)),
            None if self.policies.token.nothing_granted.is(StatusCode::FORBIDDEN) => Err(forbidden().into()),
            // In the words of Docker's token service, which clients look for.
            None => Err(ErrorCode::Unauthorized.saying("incorrect username or password").into()),
        }
    }
}

/// Quay's refusal of a scope that it cannot read.
fn undecodable(scope: &str) -> Answer {
    let message = format!("Unable to decode repository and actions: {scope}");
    error(StatusCode::BAD_REQUEST, "INVALID_REQUEST", &message)
}

/// The refusal of GitLab's token service.
fn forbidden() -> Answer {
    ErrorCode::Denied.saying("access forbidden")
}
