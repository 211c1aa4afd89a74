//! `isi-conformance run`: suites against an implementation.

mod arguments;
mod deviations;
mod kubeconfig;
mod progress;
mod target;
mod trust;
mod update;
mod what;

use std::{io, process::ExitCode, sync::Arc, time::Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use self::{deviations::Declarations, progress::Progress, target::Aim, what::What};
use crate::{
    cli::exit::{CommandError, Exit, finish},
    report::{Paint, terminal},
    runner::{self, CaseOutcome, Features, Namespace, Planned, Ports, Prepared, RunId, Session, Target},
    suite::{Case, Request, User},
    verdict::{Level, RunResult, Verdict},
};
pub use arguments::RunArguments;

/// Runs the command.
#[must_use]
pub(super) fn run(arguments: RunArguments) -> ExitCode {
    finish(super::runtime().and_then(|runtime| runtime.block_on(execute(arguments))))
}

async fn execute(arguments: RunArguments) -> Result<Exit, CommandError> {
    if arguments.update && std::env::var_os("CI").is_some() {
        return Err(CommandError::usage("goldens are never proposed where CI is set")
            .hint("run with `--update` on your own machine, then `cargo insta review`"));
    }
    let What { folder, selection } = What::read(&arguments)?;
    let cases: Vec<Case> = folder.suites.into_iter().flat_map(|suite| suite.cases).collect();
    if let Some(pattern) = selection.unused(&cases).next() {
        return Err(CommandError::usage(format!("no case falls under the pattern `{}`", pattern.as_str()))
            .hint("`isi-conformance run --list` names all cases"));
    }
    let declarations = Declarations::read(arguments.deviations.as_deref(), &cases)?;
    let selected: Vec<Case> = cases.into_iter().filter(|case| selection.selects(case)).collect();
    if selected.is_empty() {
        return Err(CommandError::usage("no case is selected"));
    }
    let Aim { target, name } = target::aim(&arguments).await?;
    reach(&target).await?;
    let run_id = RunId::random();
    let namespace = match &arguments.target.namespace {
        Some(name) => Namespace::existing(name.clone()),
        None => Namespace::make(&target, &run_id)
            .await
            .map_err(|error| CommandError::harness(error).hint("`--namespace` names one that is there already"))?,
    };
    let features = Features::of(&target, &namespace.name, &arguments.target.features).await;
    let session = Session {
        target,
        version: arguments.api_version,
        namespace: namespace.name.clone(),
        run: run_id,
        images: folder.images,
        goldens: folder.goldens,
        ports: match arguments.registry.registry_host.clone() {
            None => Ports::loopback(),
            Some(host) => Ports::of_host(host, arguments.registry.registry_ports.clone()),
        },
        timeout: arguments.timeout,
        keep: arguments.keep,
    };
    let session = Arc::new(session);
    let planned: Vec<Planned> = selected
        .into_iter()
        .map(|case| {
            let skip = runner::reason_to_skip(&case, arguments.api_version, &features);
            Planned { case, session: session.clone(), skip }
        })
        .collect();
    let exit = if arguments.list {
        list(&planned);
        Ok(Exit::Success)
    } else {
        judge(&arguments, &declarations, &session, name, planned).await
    };
    if !arguments.keep
        && let Some(left) = namespace.clean_up(&session.target).await
    {
        eprintln!("warning: left behind: {left}");
    }
    exit
}

async fn judge(
    arguments: &RunArguments,
    declarations: &Declarations,
    session: &Arc<Session>,
    target: String,
    planned: Vec<Planned>,
) -> Result<Exit, CommandError> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            eprintln!("stopping: what was made is taken back");
            // Nobody listens any more when the run has just ended.
            let _ = stop.send(true);
            std::future::pending::<()>().await;
        }
    });
    let (started, begun) = (Timestamp::now(), Instant::now());
    let progress = Progress::begin(planned.len());
    let outcomes = runner::run(planned, usize::from(arguments.jobs), stopped.clone(), |outcome| {
        let mut result = outcome.result.clone();
        declarations.apply(&mut result);
        progress.finished(&result);
    })
    .await;
    progress.end();
    for left in outcomes.iter().flat_map(|outcome| &outcome.left_behind) {
        eprintln!("warning: left behind: {left}");
    }
    if arguments.update {
        update::propose(session, &outcomes)?;
    }
    let mut result = RunResult {
        target,
        api_version: session.version,
        started,
        duration: begun.elapsed(),
        interrupted: *stopped.borrow(),
        cases: outcomes.into_iter().map(|outcome: CaseOutcome| outcome.result).collect(),
    };
    result.cases.iter_mut().for_each(|case| declarations.apply(case));
    match terminal::write(&result, Paint::detect(&io::stdout()), io::stdout().lock()) {
        // Who reads no further, as `head` does, has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written.map_err(CommandError::harness)?,
    }
    for report in &arguments.report {
        report.write(&result).map_err(|error| CommandError::harness(format!("{}: {error}", report.path.display())))?;
    }
    if let Some(file) = &arguments.write_deviations {
        deviations::write(file, &result)?;
    }
    Ok(exit(&result, arguments.level))
}

/// What the run comes to, when only checks of `level` or a weightier one count.
fn exit(result: &RunResult, level: Level) -> Exit {
    let counted = Level::ALL.into_iter().filter(|candidate| *candidate >= level);
    let verdicts = |case: &crate::verdict::CaseResult| match level {
        Level::Compatible => vec![case.verdict],
        Level::Required => counted.clone().filter_map(|level| case.verdict_at(level)).collect(),
    };
    let verdict = Verdict::of_parts(result.cases.iter().filter(|case| case.not_scored.is_none()).flat_map(verdicts));
    match verdict {
        Verdict::Fail | Verdict::Stale => Exit::Failure,
        Verdict::Error => Exit::Harness,
        _ if result.interrupted => Exit::Harness,
        Verdict::Pass | Verdict::Skip | Verdict::Known => Exit::Success,
    }
}

/// Makes sure that there is somebody to talk to, before anything is made.
async fn reach(target: &Target) -> Result<(), CommandError> {
    const DISCOVERY: &str = "/apis/image.openshift.io/v1";
    let request = Prepared::new(&Request::new(http::Method::GET, DISCOVERY), "").map_err(CommandError::usage)?;
    match target.send(&request, User::User).await {
        Ok(answered) if answered.status == 401 => Err(CommandError::harness(format!(
            "{} does not accept the credentials: GET {DISCOVERY} answers 401",
            target.url
        ))
        .hint("`--token` or `--kubeconfig` says who asks")),
        Ok(_) => Ok(()),
        Err(error) => {
            Err(CommandError::harness(format!("cannot reach {}: tried GET {DISCOVERY}: {error}", target.url)))
        }
    }
}

fn list(planned: &[Planned]) {
    for Planned { case, skip, .. } in planned {
        match skip {
            None => println!("{}", case.full_name()),
            Some(reason) => println!("{} (skip: {reason})", case.full_name()),
        }
    }
    let skipped = planned.iter().filter(|planned| planned.skip.is_some()).count();
    eprintln!("{} cases, of which {skipped} would be skipped", planned.len());
}
