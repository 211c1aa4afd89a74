//! Whether reports are those of all shards of one whole.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    path::PathBuf,
};

use crate::{report::Report, verdict::ShardOf};

/// Reports that do not make a whole.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A report is not that of a shard.
    #[error("{path} is no report of `run --shard K/N`", path = .0.display())]
    NoShard(PathBuf),
    /// Two reports are of different things.
    #[error("{first} and {second} have a different {what}: {one} and {other}", first = first.display(), second = second.display())]
    Different {
        /// What differs.
        what: &'static str,
        /// The first of the reports.
        first: PathBuf,
        /// What it says.
        one: String,
        /// The other report.
        second: PathBuf,
        /// What it says.
        other: String,
    },
    /// Two reports are of the same shard.
    #[error("{first} and {second} are both shard {index}", first = first.display(), second = second.display())]
    Twice {
        /// The number of the shard.
        index: u16,
        /// The first of the reports.
        first: PathBuf,
        /// The other report.
        second: PathBuf,
    },
    /// Some shards have no report.
    #[error("{missing} of {count} shards missing: {list}", missing = .shards.len(), list = numbers(.shards))]
    Missing {
        /// The numbers of these shards.
        shards: Vec<u16>,
        /// How many shards there are.
        count: u16,
    },
    /// A case is in two reports.
    #[error("{case} is in {first} and in {second}", first = first.display(), second = second.display())]
    CaseTwice {
        /// The case.
        case: String,
        /// The first of the reports.
        first: PathBuf,
        /// The other report.
        second: PathBuf,
    },
    /// The reports have fewer cases than the whole.
    #[error("the shards have {found} cases together, and the whole has {expected}")]
    Cases {
        /// How many cases the reports have.
        found: usize,
        /// How many cases there are.
        expected: usize,
    },
}

fn numbers(shards: &[u16]) -> String {
    shards.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

/// What each of the reports is a shard of.
pub(super) fn wholes(shards: &[(PathBuf, Report)]) -> Result<Vec<ShardOf>, MergeError> {
    let of = |(path, report): &(PathBuf, Report)| {
        let has_places = report.cases.iter().all(|case| case.shard.is_some());
        report.shard.clone().filter(|_| has_places).ok_or_else(|| MergeError::NoShard(path.clone()))
    };
    shards.iter().map(of).collect()
}

/// Makes sure that the reports are of all shards of one whole, each once.
pub(super) fn fit_together(
    shards: &[(PathBuf, Report)],
    wholes: &[ShardOf],
    order: &[usize],
) -> Result<(), MergeError> {
    let Some(((first_path, first), whole)) = shards.first().zip(wholes.first()) else { return Ok(()) };
    for ((path, report), shard) in shards.iter().zip(wholes).skip(1) {
        let same = |what, one: &dyn fmt::Display, other: &dyn fmt::Display| {
            let (one, other) = (one.to_string(), other.to_string());
            if one == other {
                return Ok(());
            }
            Err(MergeError::Different { what, first: first_path.clone(), one, second: path.clone(), other })
        };
        same("target", &first.target, &report.target)?;
        same("API version", &first.api_version, &report.api_version)?;
        same("level", &first.level, &report.level)?;
        same("generator", &first.generator, &report.generator)?;
        same("number of shards", &whole.count, &shard.count)?;
        same("number of cases of the whole", &whole.cases, &shard.cases)?;
        same("selection of cases", &whole.digest, &shard.digest)?;
        let recording =
            |report: &Report| report.against.as_ref().map_or("none".to_owned(), |build| build.recorded.clone());
        same("recording", &recording(first), &recording(report))?;
    }
    for pair in order.windows(2) {
        if let [one, other] = *pair
            && wholes[one].index == wholes[other].index
        {
            let (first, second) = (shards[one].0.clone(), shards[other].0.clone());
            return Err(MergeError::Twice { index: wholes[one].index, first, second });
        }
    }
    let known: BTreeSet<u16> = wholes.iter().map(|shard| shard.index).collect();
    let missing: Vec<u16> = (1..=whole.count).filter(|index| !known.contains(index)).collect();
    if !missing.is_empty() {
        return Err(MergeError::Missing { shards: missing, count: whole.count });
    }
    let mut places: HashMap<String, &PathBuf> = HashMap::new();
    for (path, report) in shards {
        for case in &report.cases {
            if let Some(first) = places.insert(case.name(), path) {
                return Err(MergeError::CaseTwice { case: case.name(), first: first.clone(), second: path.clone() });
            }
        }
    }
    let found = places.len() + shards.iter().map(|(_, report)| report.not_run).sum::<usize>();
    if found != whole.cases {
        return Err(MergeError::Cases { found, expected: whole.cases });
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::{
        super::{merge, tests::shard},
        *,
    };
    use crate::report::sample;

    #[rstest]
    #[case::target(|report: &mut Report| report.target = "http://other".to_owned(), "1.json and 2.json have a different target: https://api.example:6443 and http://other")]
    #[case::version(|report: &mut Report| report.api_version = crate::version::ApiVersion::V4_8, "different API version: 4.18 and 4.8")]
    #[case::generator(|report: &mut Report| report.generator = "older".to_owned(), "different generator")]
    #[case::whole(|report: &mut Report| report.shard.as_mut().unwrap().digest = "other".to_owned(), "different selection of cases")]
    #[case::twice(|report: &mut Report| report.shard.as_mut().unwrap().index = 1, "1.json and 2.json are both shard 1")]
    #[case::gap(|report: &mut Report| report.shard.as_mut().unwrap().index = 4, "1 of 3 shards missing: 2")]
    #[case::lost_case(|report: &mut Report| drop(report.cases.pop()), "cases together, and the whole has")]
    #[case::no_shard(|report: &mut Report| report.shard = None, "2.json is no report of `run --shard K/N`")]
    fn what_does_not_fit_together_is_refused(#[case] change: fn(&mut Report), #[case] expected: &str) {
        let run = sample::run();
        let mut parts: Vec<_> = (1..=3).map(|index| shard(&run, index, 3)).collect();
        change(&mut parts[1].1);
        let error = merge(parts, &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_case_of_two_shards_is_refused() {
        let run = sample::run();
        let mut parts: Vec<_> = (1..=2).map(|index| shard(&run, index, 2)).collect();
        let copied = parts[0].1.cases[0].clone();
        parts[1].1.cases.push(copied);
        let error = merge(parts, &[]).unwrap_err().to_string();
        assert!(error.ends_with("is in 1.json and in 2.json"), "{error}");
    }
}
