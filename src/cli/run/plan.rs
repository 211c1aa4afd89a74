//! What a run is going to do: which cases, against what, and which of them are skipped and why.

use std::sync::Arc;

use super::{
    RunArguments,
    deviations::Declarations,
    target::{self, Aim},
    what::What,
};
use crate::{
    cli::exit::CommandError,
    reference,
    runner::{self, Features, Namespace, Planned, Ports, Prepared, RunId, Session, Target},
    suite::{Case, Feature, Folder, Request, User},
    verdict::CaseResult,
};

/// What a run is going to do. Nothing has been asked of the implementation but what it offers.
#[derive(Debug)]
pub struct Plan {
    /// What the implementation is called in reports.
    pub target: String,
    /// The cases, in the order of the suites.
    pub planned: Vec<Planned>,
    declarations: Declarations,
    places: Vec<Place>,
    keep: bool,
}

/// Somewhere that cases run: a namespace of a target.
#[derive(Debug)]
struct Place {
    session: Arc<Session>,
    namespace: Namespace,
    features: Features,
    /// The embedded reference, if it is the target; it lives as long as the run.
    reference: Option<reference::Running>,
}

impl Plan {
    /// Plans what the command line asks for.
    ///
    /// # Errors
    /// When something about it, or about a suite, is wrong, or when the target cannot be reached.
    pub async fn of(arguments: &RunArguments) -> Result<Self, CommandError> {
        let What { folder, selection } = What::read(arguments)?;
        let Folder { suites, images, goldens } = folder;
        let cases: Vec<Case> = suites.into_iter().flat_map(|suite| suite.cases).collect();
        if let Some(pattern) = selection.unused(&cases).next() {
            return Err(CommandError::usage(format!("no case falls under the pattern `{}`", pattern.as_str()))
                .hint("`isi-conformance run --list` names all cases"));
        }
        let declarations = Declarations::read(arguments, &cases)?;
        let selected: Vec<Case> = cases.into_iter().filter(|case| selection.selects(case)).collect();
        if selected.is_empty() {
            return Err(CommandError::usage("no case is selected"));
        }
        for case in selected.iter().filter(|case| case.holds_for(arguments.api_version)) {
            goldens.checked(&case.suite, &case.name, arguments.api_version, &images).map_err(CommandError::usage)?;
        }
        let make = |aim: Aim| place(arguments, aim, images.clone(), goldens.clone());
        let main = make(target::aim(arguments).await?).await?;
        let name = match &main.reference {
            Some(_) => "the embedded reference".to_owned(),
            None => main.session.target.url.clone(),
        };
        let mut places = vec![main];
        // The embedded reference is started a second time, with the configuration that some suites are about.
        let configured = |case: &Case| case.needs.contains(&Feature::ServerConfiguration);
        if places[0].reference.is_some() && selected.iter().any(configured) {
            places.push(make(target::configured(arguments).await?).await?);
        }
        let planned = selected
            .into_iter()
            .map(|case| {
                let place = if configured(&case) { places.last() } else { places.first() };
                let place = place.expect("there is a place for the target itself");
                let known = declarations.are_given() || arguments.what.contains(&case.suite);
                let skip = if case.report && !known {
                    Some("a reported bug runs with `--deviations`, or when its suite is named".to_owned())
                } else {
                    runner::reason_to_skip(&case, arguments.api_version, &place.features)
                };
                Planned { case, session: place.session.clone(), skip }
            })
            .collect();
        Ok(Self { target: name, planned, declarations, places, keep: arguments.keep })
    }

    /// Turns what is declared to fail into `known` or `stale`.
    pub fn declare(&self, result: &mut CaseResult) {
        self.declarations.apply(result);
    }

    /// Takes back the namespace of the run and stops what was started for it; says what is left behind.
    pub async fn end(self) -> Vec<String> {
        let mut left = Vec::new();
        for place in self.places {
            if !self.keep {
                left.extend(place.namespace.clean_up(&place.session.target).await);
            }
            if let Some(reference) = place.reference {
                reference.shutdown().await;
            }
        }
        left
    }
}

async fn place(
    arguments: &RunArguments,
    aim: Aim,
    images: crate::fixture::ImageCatalogue,
    goldens: crate::golden::Store,
) -> Result<Place, CommandError> {
    let Aim { target, authority, reference, features } = aim;
    reach(&target).await?;
    let run = RunId::random();
    let namespace = match &arguments.target.namespace {
        Some(name) => Namespace::existing(name.clone()),
        None => Namespace::make(&target, &run)
            .await
            .map_err(|error| CommandError::harness(error).hint("`--namespace` names one that is there already"))?,
    };
    let features = Features::of(&target, &namespace.name, &features).await;
    let session = Session {
        target,
        version: arguments.api_version,
        namespace: namespace.name.clone(),
        run,
        images,
        goldens,
        ports: match arguments.registry.registry_host.clone() {
            None => Ports::loopback(),
            Some(host) => Ports::of_host(host, arguments.registry.registry_ports.clone()),
        },
        authority,
        trusts_unconfirmed: reference.is_some(),
        timeout: arguments.timeout,
        keep: arguments.keep,
    };
    Ok(Place { session: Arc::new(session), namespace, features, reference })
}

/// Makes sure that there is somebody to talk to, before anything is made.
async fn reach(target: &Target) -> Result<(), CommandError> {
    const DISCOVERY: &str = "/apis/image.openshift.io/v1";
    let request = Prepared::new(&Request::new(http::Method::GET, DISCOVERY), "").map_err(CommandError::usage)?;
    match target.ask(&request, User::User).await {
        Ok(answered) if answered.status == 401 => {
            let message = format!("{} does not accept the credentials: GET {DISCOVERY} answers 401", target.url);
            Err(CommandError::harness(message).hint("`--token` or `--kubeconfig` says who asks"))
        }
        Ok(_) => Ok(()),
        Err(error) => {
            Err(CommandError::harness(format!("cannot reach {}: tried GET {DISCOVERY}: {error}", target.url)))
        }
    }
}
