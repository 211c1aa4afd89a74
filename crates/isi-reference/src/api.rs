//! The API: what a request comes to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use http::{Response, header::ACCEPT, request::Parts};
use tokio_util::sync::CancellationToken;

use super::{
    Options,
    access::Access,
    behaviour::Behaviour,
    discovery,
    error::{ApiError, Result},
    http::{
        answer::{Answer, AnswerBody},
        negotiate::{Form, negotiate_error},
        options,
        request::Request,
    },
    impersonation,
    importer::LayerSizes,
    journal::{Journal, RecordedRequest},
    kinds::{Handler, Verb},
    model::image_stream::ImageStream,
    openapi::Documents,
    options::REPLICA_LAG,
    policy::allow_list::AllowList,
    registry_client::{ClientContext, HttpClients},
    resources,
    route::{Route, Target, route},
    storage::{Store, stream::Repositories},
    user::{Authenticator, User},
    watch,
};

/// One of the processes that the server answers like, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replica(pub(crate) usize);

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
    /// Cancelled when the server stops, which ends watches.
    pub(crate) stop: CancellationToken,
}

impl Api {
    /// The API of a server that starts with `options`.
    pub(crate) fn new(options: Options, stop: CancellationToken) -> std::result::Result<Self, String> {
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
            resources::objects::seed(&mut state);
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
            stop,
            options,
        })
    }

    /// Names of users with a token of each.
    pub(crate) fn tokens(&self) -> Vec<(String, String)> {
        self.authenticator.tokens()
    }

    /// Answers a request, and records it.
    pub(crate) async fn answer(self: &Arc<Self>, parts: Parts, body: hyper::body::Incoming) -> Response<AnswerBody> {
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let minor = self.options.api_version.kubernetes_minor();
        let user = self.authenticator.authenticate(&parts.headers);
        let user = user.and_then(|user| impersonation::impersonate(&self.access, &parts, user, minor));
        let name = user.as_ref().ok().map(|user| user.name.clone());
        let response = match user {
            Ok(user) => self.answer_user(parts, body, user).await,
            Err(error) => Answer::error(&error, Form::default()).into_response(),
        };
        let status = response.status().as_u16();
        self.journal.record(RecordedRequest { number: 0, method, path, query, user: name, status });
        response
    }

    async fn answer_user(
        self: &Arc<Self>,
        parts: Parts,
        body: hyper::body::Incoming,
        user: User,
    ) -> Response<AnswerBody> {
        let replica = Replica(self.turn.fetch_add(1, Ordering::Relaxed) % self.layer_sizes.len());
        let request = Request::read(parts, body, user, self.behaviour.body_limit, replica).await;
        let form = negotiate_error(&request);
        let timeout = match options::timeout(&request, &self.behaviour) {
            Ok(timeout) => timeout,
            Err(error) => return Answer::error(&error, form).into_response(),
        };
        let answer = match tokio::time::timeout(timeout, self.handle(&request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => Answer::error(&error, form),
            Err(_) => Answer::error(&ApiError::timeout(), form),
        };
        answer.with_warnings(request.take_warnings()).into_response()
    }

    async fn handle(self: &Arc<Self>, request: &Request) -> Result<Answer> {
        let target = match route(&request.path, self.options.api_version) {
            Ok(Route::Health) => return Ok(Answer::text("ok")),
            Ok(Route::OpenApi(path)) => {
                let accept = request.header(ACCEPT).unwrap_or_default();
                let page = Documents::of(self.options.api_version).find(&path, accept);
                return page.map(Answer::page).ok_or_else(ApiError::no_such_path);
            }
            Ok(Route::Objects(target)) => target,
            Ok(discovered) => return discovery::answer(self, request, &discovered),
            Err(error) => return Err(error),
        };
        self.authorize(request, &target)?;
        let handler = target.handler(request)?;
        if target.asked(request) == Verb::Get && target.kind.stored.is_some() {
            resources::listing::check_version(&self.store.lock(), request)?;
        }
        match handler {
            Handler::Store(answer) => answer(self, request, &target),
            Handler::Import => resources::imports::create(self, request, &target).await,
            Handler::Watch => watch::answer(self, request, &target),
        }
    }

    /// Access is decided before it is known whether the method exists.
    fn authorize(&self, request: &Request, target: &Target) -> Result<()> {
        let verb = target.asked(request).name();
        if self.access.allows(&request.user, verb, target.kind.group, target.kind.plural) {
            Ok(())
        } else {
            Err(target.forbidden(&request.user, verb))
        }
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
        let escaped = name.replace('@', "%40").replace(':', "%3A");
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
