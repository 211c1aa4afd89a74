//! The order in which scenarios begin: those that run alone come together, since all others have to end before the first of them.

use super::Scenario;

/// How many scenarios that run alone are put off until they come.
const TOGETHER: usize = 32;

/// Scenarios with their seeds, in the order in which they begin.
#[derive(Debug)]
pub(super) struct AloneTogether<I> {
    scenarios: I,
    put_off: Vec<(u64, Scenario)>,
    /// Whether those that were put off come now.
    is_their_turn: bool,
}

impl<I: Iterator<Item = (u64, Scenario)>> AloneTogether<I> {
    pub(super) const fn new(scenarios: I) -> Self {
        Self { scenarios, put_off: Vec::new(), is_their_turn: false }
    }
}

impl<I: Iterator<Item = (u64, Scenario)>> Iterator for AloneTogether<I> {
    type Item = (u64, Scenario);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_their_turn {
            match self.scenarios.next() {
                Some((seed, scenario)) if scenario.runs_alone() => self.put_off.push((seed, scenario)),
                Some(scenario) => return Some(scenario),
                None => self.is_their_turn = true,
            }
            self.is_their_turn |= self.put_off.len() == TOGETHER;
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
        let ordered: Vec<(u64, Scenario)> = AloneTogether::new(scenarios(1000, 10)).collect();
        let mut seeds: Vec<u64> = ordered.iter().map(|(seed, _)| *seed).collect();
        let turns = ordered.chunk_by(|(_, one), (_, next)| one.runs_alone() == next.runs_alone());
        let alone: Vec<usize> = turns.filter(|turn| turn[0].1.runs_alone()).map(<[(u64, Scenario)]>::len).collect();
        assert_eq!(alone, [32, 32, 32, 4]);
        seeds.sort_unstable();
        assert_eq!(seeds, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_put_off_where_nothing_runs_alone() {
        let seeds: Vec<u64> = AloneTogether::new(scenarios(5, 7).skip(1)).map(|(seed, _)| seed).collect();
        assert_eq!(seeds, [1, 2, 3, 4]);
    }
}
