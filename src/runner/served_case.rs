//! A case outside of a run: its registry kept up, and its steps as commands for a shell.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use tokio::sync::Notify;

use super::{
    curl::whole_curl,
    mock::MockRegistry,
    names::RunId,
    ports::RegistrySocket,
    secret,
    target::{Prepared, Target},
};
use crate::{
    fixture::ImageCatalogue,
    registry::Authority,
    suite::{Action, Case, RegistryChange, Request, Script, Step, User},
    variable::{Bindings, ImageValues},
};

/// The registry of a case, and its steps with the values that they have now.
#[derive(Debug)]
pub struct ServedCase {
    registry: MockRegistry,
    arrivals: Arc<Notify>,
    /// Host and port of the registry, as the implementation reaches it.
    pub address: String,
    /// The name of the case's image stream.
    pub stream: String,
    /// The steps, in order.
    pub steps: Vec<ServedStep>,
}

/// One step of a case, to be done by hand.
#[derive(Debug)]
pub enum ServedStep {
    /// Requests to the implementation, each as a command; several are sent at the same time.
    Requests(Vec<String>),
    /// A change of the registry, which [`ServedCase::change`] makes.
    Registry(RegistryChange),
    /// Objects to put in place in the cluster, as one JSON document each.
    Cluster(Vec<String>),
    /// A pause.
    Wait(Duration),
}

/// Where the registry of a served case listens, and who uses it.
#[derive(Debug)]
pub struct ServingPlace<'a> {
    /// Where the registry listens.
    pub listen: SocketAddr,
    /// The host name or address by which the implementation reaches it; that of `listen` if absent.
    pub host: Option<&'a str>,
    /// Signs the certificate of a registry with trusted TLS.
    pub authority: &'a Authority,
    /// Where the commands send their requests.
    pub target: &'a Target,
    /// The namespace of the requests.
    pub namespace: &'a str,
}

impl ServedCase {
    /// Starts the registry of `case`.
    ///
    /// # Errors
    /// When the address is taken, or the case makes no registry.
    pub fn start(case: &Case, catalogue: &ImageCatalogue, place: &ServingPlace<'_>) -> Result<Self, String> {
        let run = RunId::random();
        let listener =
            TcpListener::bind(place.listen).map_err(|error| format!("cannot listen on {}: {error}", place.listen))?;
        listener.set_nonblocking(true).map_err(|error| error.to_string())?;
        let bound = listener.local_addr().map_err(|error| error.to_string())?;
        let address = place.host.map_or_else(|| bound.to_string(), |host| format!("{host}:{}", bound.port()));
        let images = catalogue
            .build(case.images.iter().map(String::as_str), &run.salt(case))
            .map_err(|error| error.to_string())?;
        let bindings = Bindings {
            registry: address.clone(),
            namespace: place.namespace.to_owned(),
            stream: run.stream(case),
            images: images.iter().map(|image| (image.name.clone(), ImageValues::from(&**image))).collect(),
        };
        let Script { registry, steps } = case.script(&bindings).map_err(|error| error.to_string())?;
        let served = |step: &Step| ServedStep::of(step, place, &run);
        let steps = steps.iter().map(served).collect::<Result<_, _>>()?;
        let socket = RegistrySocket { listener, address: address.clone(), lease: None };
        let arrivals = Arc::new(Notify::new());
        let arrived = arrivals.clone();
        let registry = MockRegistry::start_with(socket, registry, images, Some(place.authority), |builder| {
            builder.on_request(move |_| arrived.notify_one())
        })?;
        Ok(Self { registry, arrivals, address, stream: bindings.stream, steps })
    }

    /// Changes the registry as a step says.
    ///
    /// # Errors
    /// When the change names something that is not there.
    pub fn change(&self, change: &RegistryChange) -> Result<(), String> {
        self.registry.change(change)
    }

    /// Waits until the registry is asked something, and returns what it was asked since this was last called, one line a
    /// request. Cancelling it loses nothing.
    pub async fn next_requests(&mut self) -> Vec<String> {
        self.arrivals.notified().await;
        self.registry.asked().lines
    }

    /// Stops the registry.
    pub async fn stop(self) {
        self.registry.stop().await;
    }
}

impl ServedStep {
    fn of(step: &Step, place: &ServingPlace<'_>, run: &RunId) -> Result<Self, String> {
        let command = |request: &Request, user: User| {
            let prepared = Prepared::new(request, place.namespace).map_err(|problem| problem.to_string())?;
            Ok::<_, String>(whole_curl(place.target, &prepared, user))
        };
        Ok(match &step.action {
            Action::Request(request) => Self::Requests(vec![command(request, step.user)?]),
            Action::Together(members) => {
                let of_member = |member: &Step| {
                    member.requests().map(|(request, _)| command(request, member.user)).collect::<Vec<_>>()
                };
                Self::Requests(members.iter().flat_map(of_member).collect::<Result<_, _>>()?)
            }
            Action::Secret(given) => {
                Self::Requests(vec![command(&secret::request(given, place.namespace, run), User::Admin)?])
            }
            Action::Registry(change) => Self::Registry(change.clone()),
            Action::Cluster(objects) => {
                let documents = objects.iter().flat_map(|(path, list)| {
                    let list = list.as_array().cloned().unwrap_or_else(|| vec![list.clone()]);
                    list.into_iter().map(move |object| format!("{path} {object}"))
                });
                Self::Cluster(documents.collect())
            }
            Action::Wait(length) => Self::Wait(*length),
        })
    }
}
