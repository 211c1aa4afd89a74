//! `--shard K/N`: one of several machines that run a whole together.

use std::{collections::BTreeMap, str::FromStr};

use sha2::{Digest, Sha256};

use crate::{suite::Case, verdict::ShardOf};

/// Which part of the cases to run: `2/5` is the second of five.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Counted from one.
    index: u16,
    count: u16,
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let index_of_job = std::env::var("JOB_COMPLETION_INDEX").ok();
        Self::read(text, index_of_job.as_deref())
    }
}

impl Shard {
    /// Reads `2/5`, or `job/5` with the index that a pod of an Indexed Job has, counted from zero.
    fn read(text: &str, index_of_job: Option<&str>) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expected K/N, such as `2/5` for the second of five parts";
        const NO_JOB: &str = "`job` needs JOB_COMPLETION_INDEX, which pods of an Indexed Job of Kubernetes have";
        let (index, count) = text.split_once('/').ok_or(EXPECTED)?;
        let of_job = match (index, index_of_job.map(str::parse::<u16>)) {
            ("job", Some(Ok(index))) => Some(index.saturating_add(1).to_string()),
            ("job", _) => return Err(NO_JOB),
            _ => None,
        };
        let index = of_job.as_deref().unwrap_or(index);
        let number = |text: &str| text.trim().parse::<u16>().map_err(|_| EXPECTED);
        match (number(index)?, number(count)?) {
            (index, count) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err("expected K/N with K from 1 to N"),
        }
    }

    /// The part of `cases` that belongs to this shard, and how it is told from the others.
    ///
    /// The parts of all shards are disjoint, and together they are `cases`. Cases that run alone are all in one part. With
    /// `seconds`, how long cases took in a former run, the parts take about the same time; without them the hash of the
    /// name decides.
    pub(super) fn part(self, cases: Vec<Case>, seconds: Option<&BTreeMap<String, f64>>) -> (Vec<Case>, ShardOf) {
        let names: Vec<String> = cases.iter().map(Case::full_name).collect();
        let shards = match seconds {
            Some(seconds) => by_duration(&cases, seconds, self.count),
            None => by_hash(&cases, self.count),
        };
        let is_own = |shard: u16| shard == self.index - 1;
        let positions = names.iter().cloned().enumerate().zip(&shards).filter(|(_, shard)| is_own(**shard));
        let whole = ShardOf {
            index: self.index,
            count: self.count,
            cases: cases.len(),
            digest: digest(&names),
            positions: positions.map(|((position, name), _)| (name, position)).collect(),
        };
        let own = cases.into_iter().zip(shards).filter(|(_, shard)| is_own(*shard));
        (own.map(|(case, _)| case).collect(), whole)
    }
}

/// What the names of all cases are told by, whatever their order.
fn digest(names: &[String]) -> String {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    let digest = Sha256::digest(names.join("\n"));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The shard of each case, from zero. The hash is the same on every machine and in every release.
fn by_hash(cases: &[Case], count: u16) -> Vec<u16> {
    let shard = |case: &Case| {
        if case.runs_alone() {
            return 0;
        }
        let hash = Sha256::digest(case.full_name());
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        u16::try_from(number % u64::from(count)).unwrap_or_default()
    };
    cases.iter().map(shard).collect()
}

/// The shard of each case, from zero: the longest case first, each to the shard that has least to do.
fn by_duration(cases: &[Case], seconds: &BTreeMap<String, f64>, count: u16) -> Vec<u16> {
    let known: Vec<f64> = cases.iter().filter_map(|case| seconds.get(&case.full_name()).copied()).collect();
    // A case that the former run does not have is taken for one like the others.
    #[expect(clippy::cast_precision_loss, reason = "there are far fewer cases than an f64 can count")]
    let usual = if known.is_empty() { 1.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
    let length = |case: &Case| seconds.get(&case.full_name()).copied().unwrap_or(usual).max(0.0);
    let mut load = vec![0.0; usize::from(count)];
    load[0] = cases.iter().filter(|case| case.runs_alone()).map(length).sum();
    let mut shards = vec![0; cases.len()];
    let mut order: Vec<usize> = (0..cases.len()).filter(|case| !cases[*case].runs_alone()).collect();
    order.sort_by(|left, right| {
        let names = || cases[*left].full_name().cmp(&cases[*right].full_name());
        length(&cases[*right]).total_cmp(&length(&cases[*left])).then_with(names)
    });
    for case in order {
        let least = (0..load.len()).min_by(|left, right| load[*left].total_cmp(&load[*right])).unwrap_or_default();
        load[least] += length(&cases[case]);
        shards[case] = u16::try_from(least).unwrap_or_default();
    }
    shards
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::{collections::BTreeSet, sync::LazyLock};

    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::suite::Folder;

    fn all() -> Vec<Case> {
        static ALL: LazyLock<Vec<Case>> =
            LazyLock::new(|| Folder::builtin(&[]).unwrap().suites.into_iter().flat_map(|suite| suite.cases).collect());
        ALL.clone()
    }

    fn parts(count: u16, seconds: Option<&BTreeMap<String, f64>>) -> Vec<Vec<Case>> {
        (1..=count).map(|index| Shard { index, count }.part(all(), seconds).0).collect()
    }

    fn assert_whole(parts: &[Vec<Case>]) {
        let names: Vec<String> = parts.iter().flatten().map(Case::full_name).collect();
        let distinct: BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "no case is in two parts");
        assert_eq!(names.len(), all().len());
        let alone = parts.iter().filter(|part| part.iter().any(Case::runs_alone)).count();
        assert_eq!(alone, 1, "cases that run alone are in one part");
    }

    #[rstest]
    #[case(1)]
    #[case(2)]
    #[case(7)]
    #[case(60)]
    fn the_parts_are_exactly_the_whole(#[case] count: u16) {
        assert_whole(&parts(count, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn the_parts_are_exactly_the_whole_by_any_durations(count in 1_u16..9, seed in any::<u64>(), known in 0_usize..100) {
            let seconds = all()
                .iter()
                .enumerate()
                .filter(|(index, _)| index % 100 < known)
                .map(|(index, case)| (case.full_name(), (seed.wrapping_mul(index as u64 + 1) % 1000) as f64 / 100.0))
                .collect();
            assert_whole(&parts(count, Some(&seconds)));
        }
    }

    #[test]
    fn parts_by_duration_take_about_the_same_time() {
        let cases = all();
        let seconds: BTreeMap<String, f64> = cases
            .iter()
            .enumerate()
            .map(|(index, case)| (case.full_name(), if case.runs_alone() { 0.1 } else { (index % 17) as f64 }))
            .collect();
        let times: Vec<f64> = parts(5, Some(&seconds))
            .iter()
            .map(|part| part.iter().map(|case| seconds[&case.full_name()]).sum())
            .collect();
        let (least, most) = (times.iter().copied().fold(f64::MAX, f64::min), times.iter().copied().fold(0.0, f64::max));
        assert!(most - least <= 17.0, "{times:?}");
    }

    #[rstest]
    #[case(Some("0"), Ok(Shard { index: 1, count: 5 }))]
    #[case(Some("4"), Ok(Shard { index: 5, count: 5 }))]
    #[case(Some("5"), Err("expected K/N with K from 1 to N"))]
    #[case(Some("x"), Err("`job` needs JOB_COMPLETION_INDEX, which pods of an Indexed Job of Kubernetes have"))]
    #[case(None, Err("`job` needs JOB_COMPLETION_INDEX, which pods of an Indexed Job of Kubernetes have"))]
    fn the_pod_of_an_indexed_job_knows_its_part(
        #[case] index: Option<&str>,
        #[case] expected: Result<Shard, &'static str>,
    ) {
        assert_eq!(Shard::read("job/5", index), expected);
    }

    #[rstest]
    #[case("2/5", true)]
    #[case("5/5", true)]
    #[case("0/5", false)]
    #[case("6/5", false)]
    #[case("1/0", false)]
    #[case("2", false)]
    #[case("a/b", false)]
    fn a_shard_is_one_of_several(#[case] text: &str, #[case] is_one: bool) {
        assert_eq!(text.parse::<Shard>().is_ok(), is_one);
    }
}
