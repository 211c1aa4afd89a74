//! Where cases run: a namespace of a target, and what is known of that target.

use std::{collections::BTreeSet, sync::Arc};

use tokio::sync::watch;

use crate::{
    cli::{
        exit::CommandError,
        run::{aim::Aim, arguments::RunArguments},
        target::{TargetArguments, reach},
    },
    fixture::ImageCatalogue,
    golden,
    redaction::Secrets,
    reference,
    requirement::Profile,
    runner::{
        self, CacheLag, Cleanup, ClusterConfiguration, ConfigurationAccess, ConfigurationLag, DeclaredFeatures,
        Features, Namespace, NamespaceError, Permission, Ports, Proposals, RunId, Session, Target, Wanted,
    },
    suite::Feature,
    traits::Traits,
};

/// Somewhere that cases run: a namespace of a target.
#[derive(Debug)]
pub(super) struct RunPlace {
    pub(super) session: Arc<Session>,
    pub(super) namespace: Namespace,
    /// The embedded reference, if it is the target; it lives as long as the run.
    pub(super) reference: Option<reference::Reference>,
}

/// What cases of a place are made of, whatever the target.
pub(super) struct CaseMaterial {
    pub(super) images: ImageCatalogue,
    pub(super) goldens: golden::Store,
    pub(super) lag: ConfigurationLag,
}

/// Finds out what a target is like, and makes a namespace there.
///
/// # Errors
/// When it cannot be reached or gives no namespace, or the run is `stopped` before.
pub(super) async fn place(
    arguments: &RunArguments,
    aim: Aim,
    CaseMaterial { images, goldens, lag }: CaseMaterial,
    (wanted, wanted_traits): (&BTreeSet<Feature>, Wanted),
    stopped: watch::Receiver<bool>,
) -> Result<RunPlace, CommandError> {
    let Aim { target, authority, reference, features } = aim;
    tokio::select! {
        reached = reach(&target, arguments.target.namespace.as_deref()) => reached?,
        // Nothing was made so far.
        () = runner::stopped(stopped.clone()) => return Err(CommandError::harness("stopped before the first case")),
    }
    let run = arguments.run.clone().unwrap_or_else(RunId::random);
    let namespace = match &arguments.target.namespace {
        Some(name) => Namespace::existing(name.clone()),
        None => {
            Namespace::make(&target, &run).await.map_err(|error| no_namespace(&error, &target, &arguments.target))?
        }
    };
    let access = match &reference {
        Some(_) => ConfigurationAccess::Exclusive,
        None if arguments.execution.allow.contains(&Permission::ClusterConfiguration) => ConfigurationAccess::Locked,
        None => ConfigurationAccess::Denied,
    };
    let declared = declared(arguments, features)?;
    let mut session = Session {
        configuration: Arc::new(ClusterConfiguration::new(target.clone(), run.clone(), access)),
        cleanup: Cleanup::default(),
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
        traits: Traits::default(),
        lag,
        reads: if reference.is_some() { CacheLag::none() } else { CacheLag::default() },
        authority,
        features: Features::default(),
        timeout: arguments.execution.timeout,
        secrets: Secrets::of_this_process().clone(),
        keep: arguments.keep,
        baseline: arguments.baseline.clone(),
        proposals: if arguments.proposes() { Proposals::Made } else { Proposals::Omitted },
    };
    let wanted_traits = Wanted {
        import_controller: wanted_traits.import_controller && !declared.speaks_of(Feature::NoImportController),
        replicas: wanted_traits.replicas && !declared.speaks_of(Feature::SingleProcess),
        ..wanted_traits
    };
    let probing = async {
        let traits = runner::find_out(&session, wanted_traits).await.map_err(CommandError::harness)?;
        Ok((traits, Features::of(&session, &declared, wanted).await))
    };
    let probed = tokio::select! {
        probed = probing => Some(probed?),
        // No case is begun any more. What the probes made is taken back at the end of the run.
        () = runner::stopped(stopped) => None,
    };
    if let Some((traits, features)) = probed {
        (session.traits, session.features) = (traits, features);
        session.features.take_out(&session.traits);
    }
    Ok(RunPlace { session: Arc::new(session), namespace, reference })
}

/// What the command line says about features, and what is known about the target besides.
fn declared(arguments: &RunArguments, known: Vec<Feature>) -> Result<DeclaredFeatures, CommandError> {
    let has: BTreeSet<Feature> = arguments.target.has.iter().copied().collect();
    let without: BTreeSet<Feature> = arguments.target.without.iter().copied().collect();
    if let Some(feature) = has.intersection(&without).next() {
        return Err(CommandError::usage(format!("`--has {feature}` contradicts `--without {feature}`")));
    }
    let has = known.into_iter().filter(|feature| !without.contains(feature)).chain(has).collect();
    let outside_profile = arguments.profile.into_iter().flat_map(Profile::outside).collect();
    Ok(DeclaredFeatures { has, without, outside_profile })
}

fn no_namespace(error: &NamespaceError, target: &Target, given: &TargetArguments) -> CommandError {
    if target.users.admin.is_none() && !target.users.user.has_credentials() {
        return CommandError::harness(error)
            .hint("the request has no credentials: `--token` or `--kubeconfig` says who asks");
    }
    let of_context = given.namespace_of_context();
    let existing = match of_context {
        Some(name) => format!("`--namespace {name}` works in the namespace of the kubeconfig's context"),
        None => "`--namespace NAME` works in a namespace that is there already".to_owned(),
    };
    let hint = match error {
        NamespaceError::Forbidden { .. } | NamespaceError::Unusable { .. } => {
            format!("{existing}; the cluster role `self-provisioner` lets users ask for projects of their own")
        }
        NamespaceError::Refused(_) => existing,
    };
    CommandError::harness(error).hint(hint)
}
