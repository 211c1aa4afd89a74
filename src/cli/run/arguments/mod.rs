//! What `isi-conformance run` takes.

mod cases;
mod execution;
mod list_format;
mod registry_address;

use std::path::PathBuf;

use clap::Args;

pub(in crate::cli) use self::{
    cases::CaseArguments, execution::ExecutionArguments, list_format::ListFormat,
    registry_address::RegistryAddressArguments,
};
use super::shard::Shard;
use crate::{
    cli::{exit::CommandError, target::TargetArguments},
    document::nearest,
    report::{Destination, ReportFile},
    requirement::Profile,
    runner::{Baseline, RunId},
    verdict::Level,
    version::ApiVersion,
};

/// Run suites against an implementation, the embedded reference by default.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Which cases.
    #[command(flatten)]
    pub cases: CaseArguments,
    /// Run only what failed in the last run against this target, or in the run of this JSON report.
    #[arg(help_heading = "Selection", long, value_name = "REPORT", num_args = 0..=1)]
    pub rerun_failed: Option<Option<String>>,
    /// Run one of several parts, `2/5` for the second of five, so that several machines run the whole between them. `job/5`
    /// takes the number from JOB_COMPLETION_INDEX, as pods of an Indexed Job of Kubernetes have it.
    #[arg(help_heading = "Selection", long, value_name = "K/N", env = "ISI_SHARD")]
    pub shard: Option<Shard>,
    /// Make the parts take about the same time, by the durations in this JSON report of a former run.
    #[arg(help_heading = "Selection", long, value_name = "REPORT", requires = "shard")]
    pub timings: Option<PathBuf>,
    /// List what would run, and what would be skipped and why, and run nothing.
    #[arg(help_heading = "Selection", long)]
    pub list: bool,
    /// How to list: `text` or `json`.
    #[arg(
        help_heading = "Selection",
        long,
        value_name = "FORMAT",
        value_enum,
        requires = "list",
        default_value_t,
        hide_possible_values = true
    )]
    pub format: ListFormat,

    /// The API version that the implementation is held against.
    #[arg(help_heading = "Expectations", long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    pub api_version: ApiVersion,
    /// Hold the target to this profile: run its cases, and fail if a feature is absent that it needs.
    #[arg(help_heading = "Expectations", long, value_name = "PROFILE", env = "ISI_PROFILE", value_parser = profile)]
    pub profile: Option<&'static Profile>,
    /// Hold the target to checks of this level and higher ones; the others are notes.
    #[arg(help_heading = "Expectations", long, env = "ISI_LEVEL", value_parser = level, default_value = "compatible")]
    pub level: Level,
    /// Declare what is known to fail, and why: a file, or one that is built in, such as `openshift-apiserver-4.12`; can be
    /// given again.
    #[arg(help_heading = "Expectations", long, value_name = "FILE", env = "ISI_DEVIATIONS")]
    pub deviations: Vec<PathBuf>,
    /// Hold the target against what another build answered, a folder that `record` made, instead of suites and goldens.
    #[arg(help_heading = "Expectations", long, value_name = "DIR", env = "ISI_AGAINST", conflicts_with_all = ["update", "accept", "profile", "rerun_failed"])]
    pub against: Option<PathBuf>,
    /// Propose goldens made of the answers, for review; never where CI is set.
    #[arg(help_heading = "Expectations", long)]
    pub update: bool,
    /// Propose goldens and take them at once.
    #[arg(help_heading = "Expectations", long)]
    pub accept: bool,

    /// How they are run.
    #[command(flatten)]
    pub execution: ExecutionArguments,
    /// Begin no more cases after the first that fails.
    #[arg(help_heading = "Execution", long, conflicts_with = "max_fail")]
    pub fail_fast: bool,
    /// Begin no more cases after N have failed.
    #[arg(help_heading = "Execution", long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_fail: Option<u32>,
    /// Run everything N times, and say which verdicts changed.
    #[arg(help_heading = "Execution", long, value_name = "N", default_value_t = 1, conflicts_with_all = ["update", "accept", "list"], value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// End with 0 also when a check failed, as for a part whose report is merged with others.
    #[arg(help_heading = "Execution", long)]
    pub exit_zero: bool,
    /// Leave in place what the run makes.
    #[arg(help_heading = "Execution", long)]
    pub keep: bool,

    /// Write a report: `json=PATH`, `junit=PATH` or `html=PATH`, `-` for standard output; can be given again.
    #[arg(help_heading = "Output", long, value_name = "FORMAT=PATH")]
    pub report: Vec<ReportFile>,
    /// Write what fails to a file of deviations, with the reasons to fill in; one that is there is updated.
    #[arg(help_heading = "Output", long, value_name = "FILE", value_parser = destination)]
    pub write_deviations: Option<Destination>,
    /// Print every case that is not as expected with its details, however many there are.
    #[arg(help_heading = "Output", long, short, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Print only what failed, and the result in one line.
    #[arg(help_heading = "Output", long, short)]
    pub quiet: bool,

    /// The id of the run; a random one if absent.
    #[arg(skip)]
    pub run: Option<RunId>,
    /// What responses are held against.
    #[arg(skip)]
    pub baseline: Baseline,

    // These stay last: the heading of a group of options holds for all that follow it.
    /// Where the implementation is, and who asks.
    #[command(flatten)]
    pub target: TargetArguments,
    /// How the implementation reaches the mock registries.
    #[command(flatten)]
    pub registry: RegistryAddressArguments,
}

/// Options that say nothing about the embedded reference.
const OF_A_TARGET: [&str; 6] = [
    "token",
    "admin_token",
    "restricted_token",
    "certificate_authority",
    "insecure_skip_tls_verify",
    "registry_authority",
];

impl RunArguments {
    /// Refuses options that would have no effect. `given` are those that stand on the command line itself: a variable may
    /// be set for another run.
    ///
    /// # Errors
    /// When an option of a target is given without one.
    pub(super) fn check(&self, given: &[String]) -> Result<(), CommandError> {
        let idle = OF_A_TARGET.into_iter().find(|name| given.iter().any(|given| given == name));
        match idle.filter(|_| self.target.is_embedded()) {
            None => Ok(()),
            Some(name) => {
                let option = name.replace('_', "-");
                Err(CommandError::usage(format!("`--{option}` has no effect on the embedded reference"))
                    .hint("`--target` or `--kubeconfig` names another implementation"))
            }
        }
    }

    /// After how many failures no more cases are begun.
    #[must_use]
    pub(super) fn most_failures(&self) -> Option<usize> {
        if self.fail_fast { Some(1) } else { self.max_fail.and_then(|most| usize::try_from(most).ok()) }
    }

    /// Whether goldens are proposed.
    #[must_use]
    pub const fn proposes(&self) -> bool {
        self.update || self.accept
    }

    /// Whether a folder of suites is to be run instead of the built-in ones.
    #[must_use]
    pub fn has_folder(&self) -> bool {
        self.cases.what.iter().any(|text| is_folder(text))
    }
}

/// A folder is written as a path, so that no suite's name is ever mistaken for one.
pub(super) fn is_folder(text: &str) -> bool {
    text.contains(['/', std::path::MAIN_SEPARATOR])
        || text == "."
        || text == ".."
        || std::path::Path::new(text).extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

#[expect(clippy::unnecessary_wraps, reason = "clap wants a result")]
fn destination(text: &str) -> Result<Destination, std::convert::Infallible> {
    Ok(PathBuf::from(text).into())
}

pub(in crate::cli) fn level(text: &str) -> Result<Level, String> {
    Level::ALL
        .into_iter()
        .find(|level| level.as_str() == text)
        .ok_or_else(|| "expected `required` or `compatible`".to_owned())
}

pub(in crate::cli) fn profile(text: &str) -> Result<&'static Profile, String> {
    Profile::find(text).ok_or_else(|| {
        let names: Vec<&str> = Profile::builtin().iter().map(|profile| profile.name.as_str()).collect();
        let near = nearest(text, names.iter().copied()).map(|near| format!("did you mean `{near}`? "));
        format!("{}expected one of {}", near.unwrap_or_default(), names.join(", "))
    })
}
