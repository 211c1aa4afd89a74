//! Draws scenarios. A seed stands for one scenario, on every machine.

use proptest::{
    collection::vec,
    option,
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};

use super::{Scenario, vocabulary as words};
use crate::fixture::Quirks;

/// The most steps of a scenario.
const MOST_STEPS: usize = 6;
/// The most images of one import.
const MOST_IMAGES: usize = 3;

/// Draws scenarios from the vocabulary.
#[derive(Debug)]
pub struct Generator {
    scenarios: BoxedStrategy<Scenario>,
}

impl Default for Generator {
    fn default() -> Self {
        let scenarios = (registry(), vec(step(), 1..=MOST_STEPS));
        let scenarios = scenarios.prop_map(|(registry, steps)| {
            let asks = registry.get("auth").is_some();
            // A registry that asks for credentials is one for which there mostly is a pull secret.
            let secret = asks.then(|| json!({ "secret": { "username": "robot", "password": "secret" } }));
            let mut steps: Vec<Value> = secret.into_iter().chain(steps).collect();
            // A tag that is not there any more cannot be taken away.
            let mut is_untagged = false;
            steps
                .retain(|step| step.pointer("/registry/untag").is_none() || !std::mem::replace(&mut is_untagged, true));
            Scenario { registry, steps }
        });
        Self { scenarios: scenarios.boxed() }
    }
}

impl Generator {
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

fn registry() -> BoxedStrategy<Value> {
    let image = || select(words::images());
    let repositories = (image(), option::weighted(0.5, image()), option::weighted(0.3, image()), image());
    let auth = option::weighted(words::AUTH, select(vec!["basic", "bearer"]));
    let quirks = option::weighted(words::QUIRKS, vec(select(words::quirks()), 1..=2));
    let faults = option::weighted(words::FAULTS, vec(select(words::faults()), 1..=2));
    (repositories, auth, quirks, faults)
        .prop_map(|((first, second, latest, other), auth, quirks, faults)| {
            let tags = [("v1", Some(first)), ("v2", second), ("latest", latest)];
            let tags: Map<String, Value> =
                tags.into_iter().filter_map(|(tag, image)| Some((tag.to_owned(), image?.into()))).collect();
            let mut registry = json!({ "repositories": { "lib/app": tags, "lib/other": { "v1": other } } });
            if let Some(scheme) = auth {
                registry["auth"] = json!({ "scheme": scheme, "users": { "robot": "secret" } });
            }
            if let Some(mut quirks) = quirks {
                quirks.sort_unstable();
                quirks.dedup();
                // Some quirks contradict each other.
                if serde_json::from_value::<Quirks>(json!(quirks)).is_err() {
                    quirks.truncate(1);
                }
                registry["quirks"] = json!(quirks);
            }
            if let Some(faults) = faults {
                registry["faults"] = json!(faults);
            }
            registry
        })
        .boxed()
}

fn step() -> BoxedStrategy<Value> {
    let weights = words::STEP_WEIGHTS;
    let stream = "imagestreams/{{stream}}";
    let patch = select(words::patches()).prop_map(move |(kind, body)| {
        json!({ "patch": {
            "path": stream, "headers": { "content-type": kind }, "body": body,
        } })
    });
    let create =
        (vec(select(words::spec_tags()), 0..=2), option::weighted(words::FIELD, Just(json!({ "own": "label" }))))
            .prop_map(|(tags, labels)| json!({ "create": object([("tags", Some(tags.into())), ("labels", labels)]) }));
    let raw = select(words::TEXTS).prop_map(|text| json!({ "post": { "path": "imagestreamimports", "text": text } }));
    Union::new_weighted(vec![
        (weights.import_plain, Just(json!({ "import": "lib/app:v1 -> v1" })).boxed()),
        (
            weights.import_images,
            import(vec(entry(words::REFERENCES), 1..=MOST_IMAGES).prop_map(|images| ("images", json!(images)))),
        ),
        (weights.import_repository, import(entry(words::REPOSITORIES).prop_map(|entry| ("repository", entry)))),
        (weights.read, select(words::PATHS).prop_map(|path| json!({ "get": path })).boxed()),
        (weights.create, create.boxed()),
        (weights.patch, patch.boxed()),
        (weights.delete, select(words::DELETED).prop_map(|path| json!({ "delete": path })).boxed()),
        (weights.registry, registry_change()),
        (weights.raw, raw.boxed()),
    ])
    .boxed()
}

fn registry_change() -> BoxedStrategy<Value> {
    let moved = select(words::images()).prop_map(|image| json!({ "registry": { "tag": { "lib/app:v1": image } } }));
    let armed = select(words::faults()).prop_map(|fault| json!({ "registry": { "faults": [fault] } }));
    let untagged = Just(json!({ "registry": { "untag": ["lib/app:v1"] } }));
    Union::new_weighted(vec![(3, moved.boxed()), (1, untagged.boxed()), (1, armed.boxed())]).boxed()
}

/// An image or a repository to import.
fn entry(references: &'static [&'static str]) -> BoxedStrategy<Value> {
    let field = |values: Vec<Value>| option::weighted(words::FIELD, select(values));
    let texts = |texts: &[&str]| texts.iter().copied().map(Value::from).collect::<Vec<_>>();
    let toggles = || vec![json!(true), json!(false)];
    // Right references are drawn as often as all wrong ones together.
    let from = Union::new_weighted(vec![
        (1, select(&references[..references.len() / 3]).boxed()),
        (1, select(references).boxed()),
    ]);
    let fields = (
        field(texts(words::TAGS)),
        field(texts(words::IMPORT_MODES)),
        field(toggles()),
        field(texts(words::REFERENCE_POLICIES)),
        field(toggles()),
        field(vec![json!(true), json!(false), json!("omit")]),
    );
    (from, fields)
        .prop_map(|(from, (to, mode, scheduled, policy, manifest, insecure))| {
            let fields = [
                ("from", Some(from.into())),
                ("to", to),
                ("importMode", mode),
                ("scheduled", scheduled),
                ("referencePolicy", policy),
                ("includeManifest", manifest),
                ("insecure", insecure),
            ];
            object(fields)
        })
        .boxed()
}

/// An import of `entries`, with what else it says.
fn import(entries: impl Strategy<Value = (&'static str, Value)> + 'static) -> BoxedStrategy<Value> {
    let odd = |values: Vec<Value>| option::weighted(words::ODD, select(values));
    let query = option::weighted(words::ODD, select(words::QUERIES));
    (entries, odd(words::metadata()), odd(words::specs()), odd(words::objects()), query)
        .prop_map(|((name, entries), metadata, spec, merge, query)| {
            let query = query.map(|(name, value)| json!({ name: value }));
            let fields =
                [(name, Some(entries)), ("metadata", metadata), ("spec", spec), ("merge", merge), ("query", query)];
            json!({ "import": object(fields) })
        })
        .boxed()
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
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
        let Scenario { registry, steps } = draw(7);
        insta::assert_snapshot!("seed_7", format!("{registry:#}\n{:#}", Value::from(steps)));
    }

    #[test]
    fn a_scenario_is_made_simpler_until_it_is_one_plain_step() {
        for seed in 0..50 {
            let mut tree = Generator::default().draw(seed);
            while tree.simplify() {}
            let Scenario { registry, steps } = tree.current();
            assert_eq!(registry["repositories"]["lib/app"], json!({ "v1": "s2-basic" }), "seed {seed}");
            assert_eq!(registry.get("faults").or_else(|| registry.get("quirks")), None, "seed {seed}");
            assert_eq!(steps.len(), 1, "seed {seed}: {steps:?}");
        }
    }
}
