//! Every case as a test of its own, named `suite::case`: `cargo test --test cases -- single-image` runs one suite.
//!
//! They run against the embedded reference; the environment says otherwise: `ISI_TARGET`, `ISI_TOKEN`, `ISI_API_VERSION`
//! and the other variables that `isi-conformance run --help` names.

use std::{
    process::ExitCode,
    sync::{Arc, OnceLock},
};

use clap::{Args, Command, FromArgMatches};
use isi_conformance::{
    cli::{Plan, RunArguments, without_empty_variables},
    report::{Paint, terminal},
    runner::{Planned, run_case},
    suite::Folder,
    verdict::CaseResult,
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tokio::{
    runtime::Runtime,
    sync::{RwLock, watch},
};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Folder::builtin(&[]).unwrap_or_else(|error| panic!("{error}"));
    let harness = Arc::new(Harness::default());
    let trials = folder
        .suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .map(|case| {
            let (name, alone, harness) = (case.full_name(), case.runs_alone(), harness.clone());
            Trial::ignorable_test(name.clone(), move || harness.judge(&name, alone))
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(harness) = Arc::into_inner(harness) {
        harness.end();
    }
    conclusion.exit_code()
}

/// What all trials of this process share. Nothing is started before a trial needs it: `--list` starts nothing.
#[derive(Default)]
struct Harness {
    runtime: OnceLock<Runtime>,
    plan: OnceLock<Plan>,
    /// Cases that change what others see take it for writing.
    alone: RwLock<()>,
}

impl Harness {
    fn judge(&self, name: &str, alone: bool) -> Result<Completion, Failed> {
        let plan = self.plan();
        let planned = planned(plan, name)?;
        if let Some(reason) = planned.skip {
            return Ok(Completion::ignored_with(reason));
        }
        let mut result = self.runtime().block_on(async {
            let never = std::future::pending();
            let outcome = if alone {
                let _lock = self.alone.write().await;
                run_case(&planned.session, &planned.case, never).await
            } else {
                let _lock = self.alone.read().await;
                run_case(&planned.session, &planned.case, never).await
            };
            outcome.result
        });
        if let Some(reason) = result.skipped {
            return Ok(Completion::ignored_with(reason));
        }
        plan.declare(&mut result);
        if result.is_failure() { Err(described(&result)) } else { Ok(Completion::Completed) }
    }

    fn plan(&self) -> &Plan {
        self.plan.get_or_init(|| {
            let command = without_empty_variables(RunArguments::augment_args(Command::new("run")));
            let arguments = RunArguments::from_arg_matches(&command.get_matches_from(["run"]))
                .unwrap_or_else(|error| panic!("{error}"));
            let (_stop, stopped) = watch::channel(false);
            self.runtime().block_on(Plan::of(&arguments, &stopped)).unwrap_or_else(|error| panic!("{error}"))
        })
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.get_or_init(|| Runtime::new().expect("the system has threads for a runtime"))
    }

    /// Takes back what was made for all trials.
    fn end(self) {
        if let (Some(runtime), Some(plan)) = (self.runtime.into_inner(), self.plan.into_inner()) {
            for left in runtime.block_on(plan.end()) {
                eprintln!("warning: left behind: {left}");
            }
        }
    }
}

fn planned(plan: &Plan, name: &str) -> Result<Planned, Failed> {
    let planned = plan.planned.iter().find(|planned| planned.case.full_name() == name);
    planned.cloned().ok_or_else(|| "no such case".into())
}

fn described(result: &CaseResult) -> Failed {
    let mut text = Vec::new();
    terminal::case(result, Paint::Plain, &mut text).expect("a vector takes what is written to it");
    Failed::from(String::from_utf8_lossy(&text).into_owned())
}
