//! The mock registry of one case.

use std::{collections::BTreeSet, time::Duration};

use tokio::net::TcpListener;

use super::{
    case::Accepted,
    ports::{Lease, RegistrySocket},
};
use crate::{
    fixture::{Images, RegistryFixture},
    golden::Traffic,
    redaction::Secrets,
    registry::{Authority, EndpointKind, Entry, Registry, RegistryBuilder},
    suite::RegistryChange,
    verdict::{CheckKind, CheckResult, Level},
};

/// The mock registry of one case, and how much of its journal was looked at.
#[derive(Debug)]
pub(super) struct MockRegistry {
    registry: Registry,
    images: Images,
    seen: u64,
    /// Gives the port back when the registry is gone.
    _lease: Option<Lease>,
}

/// What the implementation asked of the registry since it was last looked at.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// By repository, as goldens have it.
    pub(super) traffic: Traffic,
    /// One line a request, in order.
    pub(super) lines: Vec<String>,
    /// The media types that each request for a manifest accepts.
    pub(super) accepted: Accepted,
    /// Every request, in order.
    pub(super) made: Vec<Entry>,
}

/// How long requests to the registry may still take when the case is over.
const GRACE: Duration = Duration::from_secs(2);

impl MockRegistry {
    /// Starts a registry on `socket`.
    ///
    /// # Errors
    /// When the fixture makes no registry.
    pub(super) fn start(
        socket: RegistrySocket,
        fixture: RegistryFixture,
        images: Images,
        authority: Option<&Authority>,
    ) -> Result<Self, String> {
        Self::start_with(socket, fixture, images, authority, |builder| builder)
    }

    /// [`start`](Self::start), once `configure` has said what else is to be known of the registry.
    ///
    /// # Errors
    /// When the fixture makes no registry.
    pub(super) fn start_with(
        socket: RegistrySocket,
        mut fixture: RegistryFixture,
        images: Images,
        authority: Option<&Authority>,
        configure: impl FnOnce(RegistryBuilder) -> RegistryBuilder,
    ) -> Result<Self, String> {
        // What is expected of an implementation was recorded over HTTP/1.1.
        fixture.http2 = fixture.http2.or(Some(false));
        let RegistrySocket { listener, address, lease } = socket;
        let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
        for (name, password) in fixture.auth.iter().flat_map(|auth| &auth.users) {
            Secrets::of_this_process().add_user(name, password);
        }
        let mut builder = Registry::builder().fixture(fixture).images(images.clone()).host(address);
        if let Some(authority) = authority {
            builder = builder.authority(authority.clone());
        }
        let registry = configure(builder).start_on(listener).map_err(|error| error.to_string())?;
        Ok(Self { registry, images, seen: 0, _lease: lease })
    }

    /// Changes what the registry holds, or what goes wrong.
    ///
    /// # Errors
    /// When the change names something that is not there.
    pub(super) fn change(&self, change: &RegistryChange) -> Result<(), String> {
        let place = |text: &str| match text.rsplit_once(':') {
            Some((repository, tag)) => Ok((repository.to_owned(), tag.to_owned())),
            None => Err(format!("`{text}` names no tag, expected `REPOSITORY:TAG`")),
        };
        for (text, image) in &change.tag {
            let (repository, tag) = place(text)?;
            let image = self.images.get(image).ok_or_else(|| format!("there is no image `{image}` in this case"))?;
            self.registry.state().tag(&repository, &tag, image);
        }
        for text in &change.untag {
            let (repository, tag) = place(text)?;
            if !self.registry.state().untag(&repository, &tag) {
                return Err(format!("there is no tag `{text}` to take away"));
            }
        }
        change
            .faults
            .iter()
            .try_for_each(|fault| self.registry.state().arm(fault.clone()).map(|_| ()))
            .map_err(|error| error.to_string())
    }

    /// What was asked since this was last called.
    pub(super) fn asked(&mut self) -> Asked {
        for token in self.registry.state().issued_tokens() {
            Secrets::of_this_process().add_token(&token);
        }
        let entries = self.registry.state().journal(self.seen);
        self.seen = entries.last().map_or(self.seen, |entry| entry.number + 1);
        let mut asked = Asked::default();
        for entry in &entries {
            let (repository, request) = entry.in_repository().unwrap_or((&entry.path, ""));
            let query = entry.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
            let line = |what: &str| {
                let words = [entry.method.to_string(), format!("{what}{query}"), outcome(entry)];
                words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
            };
            asked.lines.push(line(&entry.path));
            asked.traffic.entry(repository.to_owned()).or_default().push(line(request));
            if entry.endpoint == Some(EndpointKind::Manifest) {
                asked.accepted.push(entry.accept.iter().cloned().collect::<BTreeSet<_>>());
            }
        }
        asked.made = entries;
        asked
    }

    /// Whether everything that was to go wrong did, and nothing else.
    pub(super) fn accounting(&self) -> impl Iterator<Item = CheckResult> {
        let found = |what: &str, names: Vec<String>| {
            (!names.is_empty()).then(|| {
                let message = format!("{what}: {}", names.join(", "));
                CheckResult::fail(CheckKind::FaultAccounting, Level::Compatible, message)
            })
        };
        let unfired = found("never asked for, so that the fault never fired", self.registry.state().unfired_faults());
        let misfired = found(
            "requested, although `fires: never` says that it must not be",
            self.registry.state().misfired_faults(),
        );
        unfired.into_iter().chain(misfired)
    }

    /// Stops the registry once it has answered what is under way. The case is judged by then: a connection that the
    /// implementation left half done is closed.
    pub(super) async fn stop(self) {
        self.registry.shutdown(GRACE).await;
    }
}

/// How the exchange ended: its status, if there was one, and the kind of credentials it showed.
fn outcome(entry: &Entry) -> String {
    let status = entry.status.map(|status| status.as_str().to_owned());
    status.into_iter().chain(entry.authorization.clone()).collect::<Vec<_>>().join(" ")
}
