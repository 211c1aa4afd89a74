//! Draws scenarios. A seed stands for one scenario, on every machine.

use std::collections::BTreeSet;

use proptest::{
    collection::vec,
    option,
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use super::{
    Limits, Scenario, import,
    references::IMAGE_OF_V1,
    registry::registry,
    scenario::{Word, is_request, is_watch, reads_secrets, runs_alone},
    steps::{Drawn, step},
    vocabulary as words, weights,
};
use crate::suite::Feature;

/// Draws scenarios that ask for nothing beyond its limits.
#[derive(Debug)]
pub struct Generator {
    scenarios: BoxedStrategy<Scenario>,
    limits: Limits,
}

impl Default for Generator {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Generator {
    /// Draws scenarios within these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let has_secrets = limits.has(Feature::PullSecrets);
        let secret = option::weighted(weights::SECRET, words::secret());
        let import = import::plain(&limits);
        let scenarios = (registry(), secret, beginning(&limits), vec(step(&limits), 1..=weights::MOST_STEPS));
        let scenarios = scenarios.prop_map(move |(registry, secret, beginning, drawn)| {
            let asks = has_secrets && registry.get("auth").is_some();
            let secret = secret.filter(|_| asks).map(|secret| json!({ "secret": secret }));
            let (steps, drawn_words): (Vec<_>, Vec<_>) =
                few_requests(drawn).map(|Drawn { steps, words }| (steps, words)).unzip();
            let mut steps: Vec<Value> =
                secret.into_iter().chain(beginning).chain(steps.into_iter().flatten()).collect();
            only_first(&mut steps, "/secret");
            if steps.iter().any(|step| step.get("secret").is_some()) {
                // A secret names the registry of its side, in Base64.
                steps.retain(|step| !reads_secrets(step));
            }
            if steps.iter().any(runs_alone) {
                // Others would wait as long as the watch does.
                steps.retain(|step| !is_watch(step));
            }
            if !steps.iter().any(is_request) {
                steps.push(import.clone());
            }
            // A tag that is not there any more cannot be taken away.
            only_first(&mut steps, "/registry/untag");
            let image = registry["repositories"]["lib/app"]["v1"].as_str().unwrap_or_default().to_owned();
            steps.iter_mut().for_each(|step| name_image(step, &image));
            let words: BTreeSet<Word> = drawn_words.into_iter().flatten().collect();
            Scenario { registry, steps, words }
        });
        Self { scenarios: scenarios.boxed(), limits }
    }

    /// What scenarios may ask for.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The scenario of `seed`, which can be made simpler.
    ///
    /// # Panics
    /// Never: no strategy rejects what it has drawn.
    #[must_use]
    pub fn draw(&self, seed: u64) -> Box<dyn ValueTree<Value = Scenario>> {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config = Config { failure_persistence: None, ..Config::default() };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(config, rng);
        self.scenarios.new_tree(&mut runner).expect("no strategy of a scenario filters")
    }
}

/// What makes the stream that the steps of a scenario are about, where it is there at the beginning.
fn beginning(limits: &Limits) -> BoxedStrategy<Option<Value>> {
    let labels = json!({ "create": { "labels": { "of-scenario": "{{stream}}" } } });
    let ways = [(Feature::Imports, json!({ "import": "lib/app:v1 -> v1" })), (Feature::StreamCreation, labels)];
    let ways: Vec<Value> = ways.into_iter().filter(|(feature, _)| limits.has(*feature)).map(|(_, step)| step).collect();
    if ways.is_empty() || !limits.has(Feature::Streams) {
        return Just(None).boxed();
    }
    option::weighted(weights::BEGUN, select(ways)).boxed()
}

/// The first steps, up to so many requests; those that belong together are there together, or not at all.
fn few_requests(drawn: Vec<Drawn>) -> impl Iterator<Item = Drawn> {
    let mut requests = 0;
    drawn.into_iter().enumerate().map_while(move |(index, drawn)| {
        requests += drawn.steps.iter().filter(|step| is_request(step)).count();
        (index == 0 || requests <= weights::MOST_REQUESTS).then_some(drawn)
    })
}

/// Leaves out what is at this place of a step, but for the first: with two pull secrets for one registry servers take one of
/// them, in an order of their own.
fn only_first(steps: &mut Vec<Value>, place: &str) {
    let mut is_there = false;
    steps.retain(|step| step.pointer(place).is_none() || !std::mem::replace(&mut is_there, true));
}

/// Puts the name of the image in.
fn name_image(value: &mut Value, image: &str) {
    match value {
        Value::String(text) if text.contains(IMAGE_OF_V1) => *text = text.replace(IMAGE_OF_V1, image),
        Value::Array(items) => items.iter_mut().for_each(|item| name_image(item, image)),
        Value::Object(fields) => fields.values_mut().for_each(|field| name_image(field, image)),
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_stands_for_the_same_scenario() {
        let draw = |seed| Generator::default().draw(seed).current();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let Scenario { registry, steps, .. } = draw(7);
        insta::assert_snapshot!("seed_7", format!("{registry:#}\n{:#}", Value::from(steps)));
    }

    #[test]
    fn a_scenario_is_made_simpler_until_it_is_one_plain_step() {
        let generator = Generator::default();
        for seed in 0..50 {
            let mut tree = generator.draw(seed);
            while tree.simplify() {}
            let Scenario { registry, steps, words } = tree.current();
            assert_eq!(
                registry,
                json!({ "repositories": { "lib/app": { "v1": "s2-basic" }, "lib/other": { "v1": "s2-basic" } } }),
                "seed {seed}"
            );
            assert_eq!(steps, [json!({ "import": "lib/app:v1 -> v1" })], "seed {seed}");
            assert_eq!(words, BTreeSet::new(), "seed {seed}");
        }
    }

    #[test]
    fn a_scenario_has_six_requests_at_most_beside_its_beginning_or_one_sequence() {
        let generator = Generator::default();
        let counts = (0..2000).map(|seed| {
            let scenario = generator.draw(seed).current();
            scenario.steps.iter().filter(|step| is_request(step)).count()
        });
        let counts: BTreeSet<usize> = counts.collect();
        assert_eq!(counts, (1..=7).collect());
    }

    #[test]
    fn what_a_target_lacks_is_not_asked() {
        let absent = [Feature::StreamCreation, Feature::StreamUpdates, Feature::Imports, Feature::PullSecrets];
        let generator = Generator::new(Limits::without(crate::version::ApiVersion::NEWEST, absent));
        for seed in 0..300 {
            let scenario = generator.draw(seed).current();
            for step in &scenario.steps {
                let text = step.to_string();
                assert!(!["create", "secret"].iter().any(|action| step.get(action).is_some()), "{seed}: {text}");
                let updates = ["put", "patch"].iter().any(|action| step.get(action).is_some());
                assert!(!updates || text.contains("imagestreamtags") || text.contains("imagetags"), "{seed}: {text}");
                assert_ne!(step.pointer("/import/store"), Some(&json!(true)), "{seed}: {text}");
                assert!(step.get("import").is_none() || text.contains("\"store\":false"), "{seed}: {text}");
            }
        }
    }

    #[test]
    fn everything_a_scenario_writes_carries_the_mark_of_the_run() {
        let generator = Generator::default();
        for seed in 0..500 {
            for step in generator.draw(seed).current().steps {
                let body = ["post", "put"].iter().find_map(|method| step.pointer(&format!("/{method}/body")));
                let name =
                    body.and_then(|body| body.pointer("/metadata/name")).and_then(Value::as_str).unwrap_or_default();
                // The bytes of this image are those of the scenario alone.
                let is_own = name.contains("{{stream}}") || name.starts_with("{{digest s2-basic}}");
                assert!(name.is_empty() || is_own, "seed {seed}: {step}");
            }
        }
    }
}
