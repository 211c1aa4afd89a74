//! The order in which scenarios begin: those that run alone come together, since all others have to end before the first of them.

use std::time::{Duration, Instant};

use super::Scenario;

/// How many scenarios that run alone are put off at most until they come.
const TOGETHER: usize = 128;
/// How long they are put off at most: a slow target should see some before the time of an exploration is over.
pub(super) const LONGEST: Duration = Duration::from_secs(20);

/// Scenarios with their seeds, in the order in which they begin.
#[derive(Debug)]
pub(super) struct AloneTogether<I> {
    scenarios: I,
    longest: Duration,
    put_off: Vec<(u64, Scenario)>,
    /// When the first of them was put off.
    since: Instant,
    /// Whether those that were put off come now.
    is_their_turn: bool,
}

impl<I: Iterator<Item = (u64, Scenario)>> AloneTogether<I> {
    /// Puts scenarios that run alone off for `longest` at most.
    pub(super) fn new(scenarios: I, longest: Duration) -> Self {
        Self { scenarios, longest, put_off: Vec::new(), since: Instant::now(), is_their_turn: false }
    }

    fn put_off(&mut self, scenario: (u64, Scenario)) {
        if self.put_off.is_empty() {
            self.since = Instant::now();
        }
        self.put_off.push(scenario);
    }

    fn is_enough(&self) -> bool {
        self.put_off.len() == TOGETHER || !self.put_off.is_empty() && self.since.elapsed() >= self.longest
    }
}

impl<I: Iterator<Item = (u64, Scenario)>> Iterator for AloneTogether<I> {
    type Item = (u64, Scenario);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_their_turn && !self.is_enough() {
            match self.scenarios.next() {
                Some((seed, scenario)) if scenario.runs_alone() => self.put_off((seed, scenario)),
                Some(scenario) => return Some(scenario),
                None => self.is_their_turn = true,
            }
        }
        let next = self.put_off.pop();
        self.is_their_turn = !self.put_off.is_empty();
        next
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    /// Scenarios of which every `nth` runs alone.
    fn scenarios(count: u64, nth: u64) -> impl Iterator<Item = (u64, Scenario)> {
        (0..count).map(move |seed| {
            let path = if seed % nth == 0 { "imagestreams/{{stream}}/secrets" } else { "imagestreams/{{stream}}" };
            (seed, Scenario { registry: json!({}), steps: vec![json!({ "get": path })], words: BTreeSet::new() })
        })
    }

    #[test]
    fn every_scenario_comes_once_and_those_that_run_alone_come_together() {
        let ordered: Vec<(u64, Scenario)> = AloneTogether::new(scenarios(2000, 10), LONGEST).collect();
        let mut seeds: Vec<u64> = ordered.iter().map(|(seed, _)| *seed).collect();
        let turns = ordered.chunk_by(|(_, one), (_, next)| one.runs_alone() == next.runs_alone());
        let alone: Vec<usize> = turns.filter(|turn| turn[0].1.runs_alone()).map(<[(u64, Scenario)]>::len).collect();
        assert_eq!(alone, [128, 72]);
        seeds.sort_unstable();
        assert_eq!(seeds, (0..2000).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_put_off_where_nothing_runs_alone() {
        let seeds: Vec<u64> = AloneTogether::new(scenarios(5, 7).skip(1), LONGEST).map(|(seed, _)| seed).collect();
        assert_eq!(seeds, [1, 2, 3, 4]);
    }
    #[test]
    fn nobody_is_put_off_for_longer_than_that() {
        let seeds: Vec<u64> = AloneTogether::new(scenarios(6, 3), Duration::ZERO).map(|(seed, _)| seed).collect();
        assert_eq!(seeds, [0, 1, 2, 3, 4, 5]);
    }
}
