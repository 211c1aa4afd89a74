//! The limit of open files, and how many cases can run at a time below it.

use crate::cli::exit::{CommandError, notice};

/// What the process needs besides cases: standard streams, the runtime, the reference and its listeners.
const RESERVED: u64 = 32;
/// What a case needs at most: its registry, and both ends of connections to it and to the embedded reference.
const PER_CASE: u64 = 16;

/// Below how many files a server says that the limit is low.
const SERVER_WANTS: u64 = 256;

/// Raises the limit for a server, and says so if it stays low: a server without a free descriptor keeps clients waiting.
pub(super) fn prepare_server() {
    if let Some(limit) = raised_limit().filter(|limit| *limit < SERVER_WANTS) {
        notice(format_args!(
            "note: the limit of open files is {limit}, so that only a few clients are served at a time; hint: `ulimit -n 1024`"
        ));
    }
}

/// How many cases can run at a time, at most `wanted`; says so if they are fewer.
///
/// # Errors
/// When not even one can.
pub(super) fn jobs(wanted: u16) -> Result<u16, CommandError> {
    let Some(limit) = raised_limit() else { return Ok(wanted) };
    let possible = jobs_below(limit);
    if possible == 0 {
        return Err(CommandError::harness(format!("the limit of open files is {limit}, too low to run a case")).hint(
            format!("`ulimit -n {}` is enough for {wanted} cases at a time", RESERVED + PER_CASE * u64::from(wanted)),
        ));
    }
    if possible < wanted {
        notice(format_args!(
            "note: {possible} cases run at a time instead of {wanted}: the limit of open files is {limit}"
        ));
    }
    Ok(possible.min(wanted))
}

fn jobs_below(limit: u64) -> u16 {
    u16::try_from(limit.saturating_sub(RESERVED) / PER_CASE).unwrap_or(u16::MAX)
}

/// The limit of this process, after the soft limit was raised to the hard one; none if there is no limit.
#[cfg(unix)]
fn raised_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Some systems refuse their own maximum; the limit stays what it was then.
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_) => current,
    }
}

#[cfg(not(unix))]
fn raised_limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, 0)]
    #[case(47, 0)]
    #[case(48, 1)]
    #[case(64, 2)]
    #[case(1024, 62)]
    #[case(u64::MAX, u16::MAX)]
    fn a_case_needs_its_share(#[case] limit: u64, #[case] jobs: u16) {
        assert_eq!(jobs_below(limit), jobs);
    }
}
