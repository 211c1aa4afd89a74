//! The state of a server: what it was started with, and what it remembers.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use http::HeaderMap;
use tokio_util::sync::CancellationToken;

use super::{
    Options,
    access::Access,
    behaviour::Behaviour,
    error::{ApiError, Result},
    importer::LayerSizes,
    journal::Journal,
    kinds::Kind,
    metrics::Metrics,
    model::image_stream::{ImageStream, Repositories},
    options::REPLICA_LAG,
    policy::allow_list::AllowList,
    query_escape::query_escape,
    registry_client::{ClientContext, HttpClients},
    replica::Replica,
    route::Target,
    storage::Store,
    user::{Authenticator, User},
};

/// One server's API with everything that it remembers.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) options: Options,
    pub(crate) behaviour: Behaviour,
    pub(crate) store: Store,
    pub(crate) access: Access,
    pub(crate) registry_client: ClientContext,
    /// What each process remembers.
    layer_sizes: Vec<LayerSizes>,
    turn: AtomicUsize,
    /// The registries that may be imported from; `None` for all of them.
    pub(crate) allow_list: Option<AllowList>,
    authenticator: Authenticator,
    pub(crate) journal: Journal,
    pub(crate) metrics: Metrics,
    /// Cancelled when the server stops, which ends watches.
    pub(crate) stop: CancellationToken,
    /// The resources of servers of any version.
    kinds: &'static [Kind],
}

impl Api {
    /// The API of a server that starts with `options`.
    pub(crate) fn new(
        options: Options,
        kinds: &'static [Kind],
        stop: CancellationToken,
    ) -> std::result::Result<Self, String> {
        let behaviour = Behaviour::of(options.api_version);
        let authenticator = match &options.token_auth_file {
            Some(path) => Authenticator::from_file(path)?,
            None => Authenticator::default(),
        }
        .with_users(&options.users);
        let allow_list = (!options.allowed_registries.is_empty()).then(|| {
            let entries = options.allowed_registries.iter().map(|entry| (entry.domain.as_str(), entry.insecure));
            AllowList::new(entries, options.integrated_registry.as_deref().unwrap_or_default())
        });
        let clients = HttpClients::new(options.registry_roots.clone(), &options.reach, behaviour)
            .map_err(|error| error.to_string())?;
        let registry_client = ClientContext { clients, behaviour, retry_delay: options.retry_delay };
        let store = Store::new(options.watch_lag);
        {
            let mut state = store.lock();
            state.start_namespaces(options.any_namespace);
            state.seed(options.api_version);
        }
        Ok(Self {
            behaviour,
            access: Access::new(options.deny.clone()),
            layer_sizes: (0..options.replicas.max(1)).map(|_| LayerSizes::default()).collect(),
            turn: AtomicUsize::new(0),
            store,
            registry_client,
            allow_list,
            authenticator,
            journal: Journal::default(),
            metrics: Metrics::new(),
            stop,
            kinds,
            options,
        })
    }

    /// Names of users with a token of each.
    pub(crate) fn tokens(&self) -> Vec<(String, String)> {
        self.authenticator.tokens()
    }

    /// Who sends a request.
    pub(crate) fn authenticate(&self, headers: &HeaderMap) -> Result<User> {
        self.authenticator.authenticate(headers)
    }

    /// The process whose turn it is to answer.
    pub(crate) fn next_replica(&self) -> Replica {
        Replica(self.turn.fetch_add(1, Ordering::Relaxed) % self.layer_sizes.len())
    }

    /// The resources that the server has.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        let version = self.options.api_version;
        self.kinds.iter().filter(move |kind| kind.since <= version)
    }

    /// The error of an object of the image API that breaks rules.
    pub(crate) fn invalid(&self, kind: &str, name: &str, errors: &[super::field::FieldError]) -> Result<()> {
        if errors.is_empty() {
            return Ok(());
        }
        let plain_null = self.behaviour.plain_null_in_field_errors;
        Err(ApiError::invalid(super::model::IMAGE_GROUP, kind, name, errors, plain_null))
    }

    /// As [`invalid`](Self::invalid), of an object that is named by its resource.
    pub(crate) fn invalid_of(
        &self,
        resource: super::error::Resource,
        name: &str,
        errors: &[super::field::FieldError],
    ) -> Result<()> {
        let plain_null = self.behaviour.plain_null_in_field_errors;
        Err(ApiError::invalid(resource.group, resource.name, name, errors, plain_null))
    }

    /// The sizes of layers that a process remembers.
    pub(crate) fn layer_sizes(&self, replica: Replica) -> &LayerSizes {
        &self.layer_sizes[replica.0]
    }

    /// When an image must have been stored to be seen by a process now; `None` if it sees every one.
    pub(crate) fn horizon(&self, replica: Replica) -> Option<Instant> {
        if replica.0 == 0 { None } else { Instant::now().checked_sub(REPLICA_LAG) }
    }

    /// Where a stream is pulled from: in the integrated registry, else where its spec says.
    pub(crate) fn repositories(&self, stream: &ImageStream) -> Repositories {
        let (namespace, name) = (&stream.metadata.namespace, &stream.metadata.name);
        let at = |host: &String| format!("{host}/{namespace}/{name}");
        let internal = self.options.integrated_registry.as_ref().map(at);
        Repositories {
            internal: internal.unwrap_or_else(|| stream.spec.docker_image_repository.clone()),
            public: self.options.public_registry.as_ref().map(at).unwrap_or_default(),
        }
    }

    /// The path of an object, where objects carry it.
    pub(crate) fn self_link(&self, target: &Target, name: &str) -> String {
        if !self.behaviour.self_links {
            return String::new();
        }
        let place =
            if target.namespace.is_empty() { String::new() } else { format!("namespaces/{}/", target.namespace) };
        let escaped = query_escape(name);
        let (plural, part) = target.kind.plural.split_once('/').unwrap_or((target.kind.plural, ""));
        let path = [target.kind.api_version().as_str(), &place, plural, &escaped, part]
            .into_iter()
            .map(|part| part.trim_matches('/'))
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("/");
        format!("/apis/{path}")
    }
}
