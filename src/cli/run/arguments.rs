//! What `isi-conformance run` takes.

use std::{net::IpAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

use clap::Args;

use super::{list::ListFormat, shard::Shard};
use crate::{
    cli::exit::CommandError,
    document::nearest,
    redaction::without_userinfo,
    report::{Destination, ReportFile},
    requirement::Profile,
    runner::{Baseline, CasePattern, Permission, RunId},
    suite::Feature,
    verdict::Level,
    version::ApiVersion,
};

/// Run suites against an implementation, the embedded reference by default.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Suites by name, and folders or files with suites of one's own; every built-in suite if absent.
    #[arg(value_name = "SUITE|FOLDER|FILE")]
    pub what: Vec<String>,

    /// Run only cases that match this pattern, `*oci*` or `single-image::*` for example; can be given again.
    #[arg(help_heading = "Selection", long = "run", value_name = "PATTERN")]
    pub selected: Vec<CasePattern>,
    /// Run no case that matches this pattern; can be given again.
    #[arg(help_heading = "Selection", long, value_name = "PATTERN")]
    pub skip: Vec<CasePattern>,
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

    /// How many cases run at a time.
    #[arg(help_heading = "Execution", long, value_name = "N", env = "ISI_JOBS", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
    /// How long a case may take, in seconds.
    #[arg(help_heading = "Execution", long, value_name = "SECONDS", env = "ISI_TIMEOUT", default_value = "60", value_parser = seconds)]
    pub timeout: Duration,
    /// Begin no more cases after the first that fails.
    #[arg(help_heading = "Execution", long, conflicts_with = "max_fail")]
    pub fail_fast: bool,
    /// Begin no more cases after so many that fail.
    #[arg(help_heading = "Execution", long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_fail: Option<u32>,
    /// Run everything so many times, and say which verdicts changed.
    #[arg(help_heading = "Execution", long, value_name = "N", default_value_t = 1, conflicts_with_all = ["update", "accept", "list"], value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// End with 0 also when a check failed, as for a part whose report is merged with others.
    #[arg(help_heading = "Execution", long)]
    pub exit_zero: bool,
    /// Leave in place what the run makes.
    #[arg(help_heading = "Execution", long)]
    pub keep: bool,
    /// Allow the run to change more than it makes itself. `cluster-configuration` lets cases change the configuration
    /// of the cluster and puts it back afterwards; on a real cluster mirrors and image settings are rolled out to every
    /// node. The embedded reference needs no permission.
    #[arg(
        help_heading = "Execution",
        long,
        value_name = "PERMISSION",
        env = "ISI_ALLOW",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub allow: Vec<Permission>,

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
    pub registry: RegistryArguments,
}

/// Where the implementation is, and who asks.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArguments {
    /// The base URL of the implementation; the embedded reference if absent.
    #[arg(long, value_name = "URL", env = "ISI_TARGET")]
    pub target: Option<String>,
    /// The bearer token of the user of the run, in place of the kubeconfig's user and its client certificate.
    #[arg(long, env = "ISI_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// The bearer token of a cluster administrator, for cases that need one.
    #[arg(long, value_name = "TOKEN", env = "ISI_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,
    /// The bearer token of a user who may create imports, but no images.
    #[arg(long, value_name = "TOKEN", env = "ISI_RESTRICTED_TOKEN", hide_env_values = true)]
    pub restricted_token: Option<String>,
    /// Take URL, certificate authority and credentials from this kubeconfig; several are merged, as in KUBECONFIG: `a:b`.
    #[arg(long, value_name = "PATH", env = "ISI_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; its current one if absent.
    #[arg(long, value_name = "NAME", requires = "kubeconfig")]
    pub context: Option<String>,
    /// Trust the certificates of this authority too, in PEM.
    #[arg(long, value_name = "PEM", env = "ISI_CERTIFICATE_AUTHORITY")]
    pub certificate_authority: Option<PathBuf>,
    /// Trust any certificate of the implementation.
    #[arg(long, conflicts_with = "certificate_authority")]
    pub insecure_skip_tls_verify: bool,
    /// Work in this namespace, which is there already; one of its own if absent.
    #[arg(long, value_name = "NAME", env = "ISI_NAMESPACE", value_parser = namespace)]
    pub namespace: Option<String>,
    /// Features that the target has, whatever the probes find: `offline,trusted-ca` say.
    #[arg(
        long,
        value_name = "FEATURE",
        env = "ISI_HAS",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub has: Vec<Feature>,
    /// Features that the target lacks on purpose, `streams,images` say: steps that need them are left out.
    #[arg(
        long,
        value_name = "FEATURE",
        env = "ISI_WITHOUT",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub without: Vec<Feature>,
}

/// How the implementation reaches the mock registries.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Registry")]
pub struct RegistryArguments {
    /// The name or address of this machine, for an implementation that is elsewhere.
    #[arg(long, value_name = "NAME", env = "ISI_REGISTRY_HOST", value_parser = registry_host)]
    pub registry_host: Option<String>,
    /// The folder with the certificate authority of the mock registry (created if missing), which the
    /// implementation has been told to trust.
    #[arg(long, value_name = "FOLDER", env = "ISI_REGISTRY_AUTHORITY")]
    pub registry_authority: Option<PathBuf>,
    /// The ports that the implementation can reach, one for each case that runs.
    #[arg(long, value_name = "A-B", env = "ISI_REGISTRY_PORTS", value_parser = ports, requires = "registry_host")]
    pub registry_ports: Option<RangeInclusive<u16>>,
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
        self.what.iter().any(|text| is_folder(text))
    }
}

/// A folder is written as a path, so that no suite's name is ever mistaken for one.
pub(super) fn is_folder(text: &str) -> bool {
    text.contains(['/', std::path::MAIN_SEPARATOR])
        || text == "."
        || text == ".."
        || std::path::Path::new(text).extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// What the target is called in reports.
///
/// # Errors
/// When a kubeconfig cannot be read.
pub(super) fn target_name(target: &TargetArguments) -> Result<String, CommandError> {
    use super::{EMBEDDED, kubeconfig::Kubeconfig};
    match (&target.target, &target.kubeconfig) {
        (Some(url), _) => Ok(without_userinfo(url.trim()).trim_end_matches('/').to_owned()),
        (None, Some(path)) => {
            let kubeconfig = Kubeconfig::read(path, target.context.as_deref())?;
            Ok(kubeconfig.server().trim_end_matches('/').to_owned())
        }
        (None, None) => Ok(EMBEDDED.to_owned()),
    }
}

impl TargetArguments {
    /// Whether the embedded reference is the target.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        self.target.is_none() && self.kubeconfig.is_none()
    }
}

/// What a label of a host name can have, as Docker's references do.
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A host name or an address: what stands before the colon of a registry in a reference.
fn registry_host(text: &str) -> Result<String, String> {
    const EXPECTED: &str = "expected the host name or the address of this machine";
    let text = text.trim();
    if let Some((scheme, rest)) = text.split_once("://") {
        return Err(format!(
            "{EXPECTED}, without `{scheme}://`: `{}`",
            rest.split(['/', ':']).next().unwrap_or_default()
        ));
    }
    let address = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    match address.parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() => {
            return Err(format!("{EXPECTED} that the implementation reaches; `{address}` is one to listen at"));
        }
        Ok(IpAddr::V6(address)) => return Ok(format!("[{address}]")),
        Ok(IpAddr::V4(address)) => return Ok(address.to_string()),
        Err(_) => {}
    }
    match text.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => {
            Err(format!("{EXPECTED}, without a port: `{host}`; `--registry-ports {port}-{port}` names the port"))
        }
        _ if text.strip_suffix('.').unwrap_or(text).split('.').all(is_label) && text.len() <= 253 => {
            Ok(text.to_owned())
        }
        _ => Err(EXPECTED.to_owned()),
    }
}

/// A name that a namespace can have.
fn namespace(text: &str) -> Result<String, String> {
    let name = text.trim();
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_label(name) && is_lower && name.len() <= 63 {
        return Ok(name.to_owned());
    }
    Err("expected the name of a namespace: at most 63 lower-case letters, digits and `-`".to_owned())
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

pub(in crate::cli) fn seconds(text: &str) -> Result<Duration, String> {
    let text = text.strip_suffix('s').unwrap_or(text);
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "expected more than no time".to_owned())
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let expected = || "expected two ports, the first not above the second: 30000-30009".to_owned();
    let (first, last) = text.split_once('-').ok_or_else(expected)?;
    let first: u16 = first.parse().map_err(|_| expected())?;
    let last: u16 = last.parse().map_err(|_| expected())?;
    if first == 0 || first > last { Err(expected()) } else { Ok(first..=last) }
}

fn profile(text: &str) -> Result<&'static Profile, String> {
    Profile::find(text).ok_or_else(|| {
        let names: Vec<&str> = Profile::builtin().iter().map(|profile| profile.name.as_str()).collect();
        let near = nearest(text, names.iter().copied()).map(|near| format!("did you mean `{near}`? "));
        format!("{}expected one of {}", near.unwrap_or_default(), names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::name("runner.example", Ok("runner.example"))]
    #[case::short_name("build-host-7", Ok("build-host-7"))]
    #[case::blanks(" runner.example\n", Ok("runner.example"))]
    #[case::address("192.0.2.7", Ok("192.0.2.7"))]
    #[case::ipv6("2001:db8::7", Ok("[2001:db8::7]"))]
    #[case::ipv6_in_brackets("[2001:db8::7]", Ok("[2001:db8::7]"))]
    #[case::scheme("http://runner.example", Err("without `http://`: `runner.example`"))]
    #[case::port("127.0.0.1:5000", Err("without a port: `127.0.0.1`"))]
    #[case::ipv6_port("[::1]:5000", Err("without a port: `[::1]`"))]
    #[case::path("runner.example/registry", Err("expected the host name"))]
    #[case::anywhere("0.0.0.0", Err("one to listen at"))]
    #[case::underscore("my_host", Err("expected the host name"))]
    #[case::empty("", Err("expected the host name"))]
    fn a_registry_host_is_a_name_or_an_address(#[case] text: &str, #[case] expected: Result<&str, &str>) {
        match (registry_host(text), expected) {
            (Ok(host), Ok(expected)) => assert_eq!(host, expected),
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[rstest]
    #[case("team-a", true)]
    #[case("7", true)]
    #[case("Team", false)]
    #[case("team_a", false)]
    #[case("-a", false)]
    #[case("a/b", false)]
    #[case("", false)]
    fn a_namespace_has_the_name_of_one(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(namespace(text).is_ok(), expected);
    }
}
