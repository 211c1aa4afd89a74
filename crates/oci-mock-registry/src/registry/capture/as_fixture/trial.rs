//! A registry with a fixture, asked what was captured.

use std::{collections::HashMap, io};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{
    Method, Request,
    header::{ACCEPT, AUTHORIZATION, HOST, IF_NONE_MATCH, RANGE},
    request::Parts,
};

use super::{
    super::{
        ELSEWHERE,
        log::{CapturedExchange, CapturedRequest},
        placeholder::{ELSEWHERE_URL, Values},
    },
    CapturedDifference, auth,
    rules::{fault, rules},
    seen::Seen,
};
use crate::{
    fixture::{Images, Quirks, RegistryFixture, RequestPattern},
    registry::{fixture_error::FixtureError, settings::Behaviour, state::RegistryState, store::Content},
};

/// The name by which the registry is asked. It stands for any.
const NAME: &str = "127.0.0.1:65535";
/// The path of the fixture's token endpoint.
const TOKEN: &str = "/token";

/// A registry that is asked what was captured.
pub(super) struct Trial<'a> {
    state: RegistryState,
    behaviour: Behaviour,
    exchanges: &'a [CapturedExchange],
    token_path: Option<&'a str>,
    /// Path at another host → path of the storage of this registry, where the blob is redirected to.
    storage: HashMap<String, String>,
    values: Values,
}

/// How an exchange compares.
enum Compared {
    Alike,
    /// It differs from what the registry answers, or there is nothing to compare it with.
    Differs {
        captured: Seen,
        usual: Option<Seen>,
    },
    /// It cannot be asked for.
    Unknown(&'static str),
}

impl<'a> Trial<'a> {
    pub(super) fn new(fixture: &RegistryFixture, exchanges: &'a [CapturedExchange]) -> Result<Self, FixtureError> {
        let state = RegistryState::new(fixture, Images::default(), NAME.to_owned(), false)?;
        let (any, ()) = Request::get("/").header(HOST, NAME).body(()).expect("a valid request").into_parts();
        let values = Values::of(&state.origin, &any);
        Ok(Self {
            behaviour: state.behaviour(),
            state,
            exchanges,
            token_path: auth::token_path(exchanges),
            storage: exchanges.iter().filter_map(storage).collect(),
            values,
        })
    }

    /// How many exchanges differ with these quirks; none if the quirks contradict each other.
    pub(super) fn count_differing(&self, quirks: Quirks) -> Option<usize> {
        let behaviour = Behaviour { quirks, ..self.behaviour.clone() };
        self.state.set_behaviour(behaviour.clone()).ok()?;
        Some(
            self.exchanges
                .iter()
                .filter(|exchange| !matches!(self.compare(exchange, &behaviour), Compared::Alike))
                .count(),
        )
    }

    /// The faults with which the captured answers come, in the order in which requests of their kind were first made.
    pub(super) fn faults(&self) -> Vec<crate::fixture::Fault> {
        let mut groups: Vec<(RequestPattern, Vec<_>)> = Vec::new();
        for exchange in self.exchanges {
            let Some(pattern) = self.pattern(&exchange.request) else { continue };
            let wanted = match self.compare(exchange, &self.behaviour) {
                Compared::Alike | Compared::Unknown(_) => None,
                Compared::Differs { captured, usual } => {
                    let content = self.content(exchange);
                    Some(fault(pattern.clone(), &captured, usual.as_ref(), &content, &self.values))
                }
            };
            match groups.iter_mut().find(|(other, _)| *other == pattern) {
                Some((_, group)) => group.push(wanted),
                None => groups.push((pattern, vec![wanted])),
            }
        }
        groups.iter().flat_map(|(_, wanted)| rules(wanted)).collect()
    }

    /// The exchanges that are not answered as they were captured.
    pub(super) fn differences(&self) -> Vec<CapturedDifference> {
        let difference = |exchange: &CapturedExchange| {
            let difference = match self.compare(exchange, &self.behaviour) {
                Compared::Alike => return None,
                Compared::Unknown(why) => why.to_owned(),
                Compared::Differs { captured, usual: Some(usual) } => captured.difference(&usual)?,
                Compared::Differs { usual: None, .. } => "it cannot be compared".to_owned(),
            };
            let CapturedRequest { method, path, .. } = &exchange.request;
            Some(CapturedDifference { exchange: exchange.number, request: format!("{method} {path}"), difference })
        };
        self.exchanges.iter().filter_map(difference).collect()
    }

    fn compare(&self, exchange: &CapturedExchange, behaviour: &Behaviour) -> Compared {
        let store = self.state.store().clone();
        let captured = match Seen::of_exchange(exchange, &store, &self.values) {
            Ok(Some(captured)) => captured,
            Ok(None) => return Compared::Unknown("its body was left out of the capture"),
            Err(_) => return Compared::Unknown("its body cannot be read"),
        };
        let Some(request) = self.request(exchange) else {
            return Compared::Unknown(
                "it went to another host; a fixture has a token endpoint and a storage of blobs only",
            );
        };
        let is_token = request.uri.path() == TOKEN;
        let succeeded = captured.status.is_some_and(|status| status.is_success()) && captured.end.is_none();
        if succeeded && captured.delay.is_zero() && !is_read(&request.method) && !is_token {
            // What was sent is not captured, and any registry takes it.
            return match self.state.faults.firing(&request) {
                None => Compared::Alike,
                Some(_) => Compared::Differs { captured, usual: None },
            };
        }
        // Credentials are not captured, either: where some were given, they were those that were asked for.
        let auth = behaviour.auth.clone().filter(|_| is_token || exchange.request.authorization.is_none());
        let asked = Behaviour { auth, ..behaviour.clone() };
        if self.state.set_behaviour(asked).is_err() {
            return Compared::Differs { captured, usual: None };
        }
        let usual = self.seen(&request).ok();
        match &usual {
            Some(usual)
                if is_token && succeeded && usual.status == captured.status && usual.delay == captured.delay =>
            {
                Compared::Alike
            }
            Some(usual) if *usual == captured => Compared::Alike,
            _ => Compared::Differs { captured, usual },
        }
    }

    fn seen(&self, request: &Parts) -> io::Result<Seen> {
        Seen::of_delivery(&self.state.respond(request, b""), request, &self.values)
    }

    /// The body that was captured.
    fn content(&self, exchange: &CapturedExchange) -> Content {
        let store = self.state.store();
        let response = exchange.response.as_ref();
        let content = response.and_then(|response| exchange.content(response, &store, &self.values, false));
        content.unwrap_or_else(|| Content::Memory(bytes::Bytes::new()))
    }

    /// The path at which this registry has what was asked for; none if it has nothing like it.
    fn path(&self, request: &CapturedRequest) -> Option<String> {
        let path = request.path.as_str();
        if Some(path) == self.token_path {
            return Some(TOKEN.to_owned());
        }
        if path.starts_with(ELSEWHERE) { self.storage.get(path).cloned() } else { Some(path.to_owned()) }
    }

    /// The pattern of the faults for such a request.
    fn pattern(&self, request: &CapturedRequest) -> Option<RequestPattern> {
        format!("{} {}", request.method, self.path(request)?).parse().ok()
    }

    fn request(&self, exchange: &CapturedExchange) -> Option<Parts> {
        let CapturedRequest { method, path, query, accept, authorization, range, if_none_match } = &exchange.request;
        let own = self.path(&exchange.request)?;
        let query = if path.starts_with(ELSEWHERE) && own != TOKEN {
            Some("signature=fixture".to_owned())
        } else {
            query.clone()
        };
        let query = query.map(|query| format!("?{}", self.values.fill(&query))).unwrap_or_default();
        let mut request = Request::builder().method(method.as_str()).uri(format!("{own}{query}")).header(HOST, NAME);
        if !accept.is_empty() {
            request = request.header(ACCEPT, accept.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
        }
        if own == TOKEN && authorization.is_some() {
            let pair = BASE64_STANDARD.encode(format!("{}:{}", auth::USER, auth::PASSWORD));
            request = request.header(AUTHORIZATION, format!("Basic {pair}"));
        }
        for (name, value) in [(RANGE, range), (IF_NONE_MATCH, if_none_match)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request.body(()).ok().map(|request| request.into_parts().0)
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Where a redirected blob is: its path at the other host, and at this registry.
fn storage(exchange: &CapturedExchange) -> Option<(String, String)> {
    let response = exchange.response.as_ref().filter(|response| (300..400).contains(&response.status))?;
    let (name, digest) = exchange.request.path.strip_prefix("/v2/")?.split_once("/blobs/")?;
    let (_, location) = response.headers.iter().find(|(name, _)| name == "location")?;
    let path = location.as_str().strip_prefix(ELSEWHERE_URL)?.split('?').next()?;
    Some((path.to_owned(), format!("/_storage/{name}/{digest}")))
}
