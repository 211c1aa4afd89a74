//! Bearer tokens: what they allow, and how they are signed.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    str::FromStr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::registry::clock::Clock;

/// Actions on one repository or on the catalog, written `repository:lib/app:pull,push` and `registry:catalog:*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scope {
    resource: Resource,
    actions: BTreeSet<String>,
}

/// What the actions of a scope are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Resource {
    Repository(String),
    /// The list of repositories.
    Catalog,
}

impl Resource {
    /// Type and name, as scopes and the details of errors write them.
    fn parts(&self) -> (&str, &str) {
        match self {
            Self::Repository(name) => ("repository", name),
            Self::Catalog => ("registry", "catalog"),
        }
    }
}

impl Scope {
    /// Actions on a repository.
    pub(crate) fn new(repository: &str, actions: &[&str]) -> Self {
        Self::of(Resource::Repository(repository.to_owned()), actions)
    }

    /// What listing the repositories needs (Docker's registry, `registry/handlers/app.go`).
    pub(crate) fn catalog() -> Self {
        Self::of(Resource::Catalog, &["*"])
    }

    fn of(resource: Resource, actions: &[&str]) -> Self {
        Self { resource, actions: actions.iter().map(|action| (*action).to_owned()).collect() }
    }

    /// Pulling from every repository and pushing to them: what a scope that names none stands for.
    pub(crate) fn everywhere() -> Self {
        Self::new(Self::EVERYWHERE, &["pull", "push"])
    }

    /// The same for another repository.
    pub(crate) fn renamed(self, repository: &str) -> Self {
        Self { resource: Resource::Repository(repository.to_owned()), ..self }
    }

    /// Whether it is about every repository.
    pub(crate) fn is_everywhere(&self) -> bool {
        matches!(&self.resource, Resource::Repository(name) if name == Self::EVERYWHERE)
    }

    const EVERYWHERE: &'static str = "*";

    /// Whether it is about this repository.
    pub(crate) fn is_for(&self, repository: &str) -> bool {
        matches!(&self.resource, Resource::Repository(name) if name == repository || name == Self::EVERYWHERE)
    }

    /// Whether it allows nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Whether it is about reading only.
    pub(crate) fn is_read(&self) -> bool {
        self.resource == Resource::Catalog || self.actions.iter().all(|action| reads(action))
    }

    /// Whether it asks for more than pulling from a repository and pushing to it.
    pub(crate) fn is_unusual(&self) -> bool {
        self.resource == Resource::Catalog
            || self.actions.iter().any(|action| !["pull", "push", "*"].contains(&action.as_str()))
    }

    /// What of it needs no user.
    pub(crate) fn only_read(mut self) -> Self {
        if self.resource != Resource::Catalog {
            self.actions.retain(|action| reads(action));
        }
        self
    }

    /// The same with pulling and pushing.
    pub(crate) fn asking_push(&self) -> Self {
        match &self.resource {
            Resource::Repository(name) => Self::new(name, &["pull", "push"]),
            Resource::Catalog => self.clone(),
        }
    }

    /// It as Docker's registry writes it into the detail of an error.
    pub(crate) fn detail(&self) -> impl Iterator<Item = Value> {
        let (kind, name) = self.resource.parts();
        self.actions.iter().map(move |action| json!({ "Type": kind, "Class": "", "Name": name, "Action": action }))
    }

    fn covers(&self, other: &Self) -> bool {
        let is_about_it = match &other.resource {
            Resource::Repository(name) => self.is_for(name),
            // Whatever opens every repository lists them, too.
            Resource::Catalog if self.is_everywhere() => return true,
            Resource::Catalog => self.resource == Resource::Catalog,
        };
        is_about_it && (self.actions.contains("*") || self.actions.is_superset(&other.actions))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions: Vec<&str> = self.actions.iter().map(String::as_str).collect();
        let (kind, name) = self.resource.parts();
        write!(formatter, "{kind}:{name}:{}", actions.join(","))
    }
}

/// Whether an action changes nothing. Listing tags is one of its own in Azure's registry.
fn reads(action: &str) -> bool {
    action == "pull" || action == "metadata_read"
}

/// The text is no scope of a repository or of the catalog.
#[derive(Debug)]
pub(crate) struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let (resource, actions) = text.rsplit_once(':').ok_or(UnknownScope)?;
        let resource = match resource.split_once(':') {
            Some(("repository", name)) => Resource::Repository(name.to_owned()),
            Some(("registry", "catalog")) => Resource::Catalog,
            _ => return Err(UnknownScope),
        };
        Ok(Self::of(resource, &actions.split(',').collect::<Vec<_>>()))
    }
}

/// What a token allows, to whom and until when.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// The user; none for an anonymous token.
    user: Option<String>,
    scopes: Vec<Scope>,
    /// Seconds since 1970 at which the token ends; a refresh token has no end.
    until: Option<u64>,
    /// Whom the token is for.
    audience: String,
    /// It opens nothing, but other tokens can be had for it.
    refresh: bool,
}

impl Grant {
    /// How long a token lives if the fixture does not say otherwise.
    pub(crate) const LIFE: Duration = Duration::from_secs(300);

    /// A token that opens these scopes until a second since 1970.
    pub(crate) fn new(user: Option<String>, scopes: Vec<Scope>, until: u64, audience: &str) -> Self {
        Self { user, scopes, until: Some(until), audience: audience.to_owned(), refresh: false }
    }

    /// A refresh token of this user.
    pub(crate) fn refresh(user: &str, audience: &str) -> Self {
        let (user, audience) = (Some(user.to_owned()), audience.to_owned());
        Self { user, scopes: Vec::new(), until: None, audience, refresh: true }
    }

    /// The user of a refresh token.
    pub(crate) fn refreshed_user(self) -> Option<String> {
        self.user.filter(|_| self.refresh)
    }

    /// Whether it is an access token for this audience.
    pub(crate) fn is_for(&self, audience: &str) -> bool {
        !self.refresh && self.audience == audience
    }

    /// The user that it was given to.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    pub(crate) fn allows(&self, needed: &Scope) -> bool {
        self.scopes.iter().any(|scope| scope.covers(needed))
    }
}

/// Writes tokens and reads its own back: a grant, and a hash that only the holder of the secret can compute.
#[derive(Debug)]
pub(crate) struct Tokens {
    secret: [u8; 16],
    clock: Clock,
    /// The latest, as far as they are kept.
    issued: Mutex<VecDeque<String>>,
}

/// How many of the latest tokens are kept.
const KEPT: usize = 100;

impl Tokens {
    /// Tokens that expire by this clock.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { secret: uuid::Uuid::new_v4().into_bytes(), clock, issued: Mutex::default() }
    }

    /// The second since 1970 at which a token that is made now, and lives so long, expires.
    pub(crate) fn end_of(&self, life: Duration) -> u64 {
        self.clock.unix_seconds().saturating_add(life.as_secs())
    }

    pub(crate) fn write(&self, grant: &Grant) -> String {
        let grant = serde_json::to_vec(grant).expect("a grant has only texts and numbers");
        let token =
            format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(&grant), BASE64_URL_SAFE_NO_PAD.encode(self.seal(&grant)));
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if issued.len() >= KEPT {
            issued.pop_front();
        }
        issued.push_back(token.clone());
        token
    }

    /// The latest tokens, the oldest first.
    pub(crate) fn issued(&self) -> Vec<String> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The grant of a token that this registry has written and that has not ended.
    pub(crate) fn read(&self, token: &str) -> Option<Grant> {
        let (grant, seal) = token.split_once('.')?;
        let grant = BASE64_URL_SAFE_NO_PAD.decode(grant).ok()?;
        let seal = BASE64_URL_SAFE_NO_PAD.decode(seal).ok()?;
        let grant: Grant = (self.seal(&grant) == seal).then(|| serde_json::from_slice(&grant).ok())??;
        grant.until.is_none_or(|until| self.clock.unix_seconds() < until).then_some(grant)
    }

    /// Hashed with the secret on both sides, so that the hash cannot be continued.
    fn seal(&self, grant: &[u8]) -> Vec<u8> {
        Sha256::digest([&self.secret, grant, &self.secret].concat()).to_vec()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new(Clock::default())
    }

    fn grant(tokens: &Tokens, life: Duration) -> Grant {
        Grant::new(None, Vec::new(), tokens.end_of(life), "fixture")
    }

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn a_token_allows_what_it_was_given_for() {
        let tokens = tokens();
        let token = tokens.write(&Grant::new(
            None,
            vec![scope("repository:lib/app:pull")],
            tokens.end_of(Grant::LIFE),
            "fixture",
        ));
        let grant = tokens.read(&token).unwrap();
        assert!(grant.allows(&scope("repository:lib/app:pull")));
        assert!(!grant.allows(&scope("repository:lib/app:pull,push")));
        assert!(!grant.allows(&scope("repository:lib/other:pull")));
    }

    #[test]
    fn only_the_registry_that_wrote_a_token_reads_it() {
        let ours = tokens();
        let token = ours.write(&grant(&ours, Grant::LIFE));
        assert!(tokens().read(&token).is_none());
    }

    #[test]
    fn a_token_ends() {
        let tokens = tokens();
        assert!(tokens.read(&tokens.write(&grant(&tokens, Duration::ZERO))).is_none());
        let token = tokens.write(&grant(&tokens, Grant::LIFE));
        tokens.clock.advance(Grant::LIFE - Duration::from_secs(2));
        assert!(tokens.read(&token).is_some());
        tokens.clock.advance(Duration::from_secs(2));
        assert!(tokens.read(&token).is_none());
    }
}
