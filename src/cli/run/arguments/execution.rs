//! How the cases of a command are run.

use std::time::Duration;

use clap::Args;

use crate::runner::Permission;

/// How the cases of a command are run.
#[derive(Debug, Args)]
pub struct ExecutionArguments {
    /// How many cases run at a time.
    #[arg(help_heading = "Execution", long, value_name = "N", env = "ISI_JOBS", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
    /// How long a case may take, in seconds.
    #[arg(help_heading = "Execution", long, value_name = "SECONDS", env = "ISI_TIMEOUT", default_value = "60", value_parser = seconds)]
    pub timeout: Duration,
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
}

fn seconds(text: &str) -> Result<Duration, String> {
    let text = text.strip_suffix('s').unwrap_or(text);
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "expected more than no time".to_owned())
}
