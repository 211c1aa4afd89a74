//! Registries: what they hold, how they behave, and what changes between two steps.

use proptest::{
    collection::vec,
    option,
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union},
};
use serde_json::{Map, Value, json};

use super::{vocabulary as words, weights};
use crate::fixture::Quirks;

/// A registry at the beginning of a scenario.
pub(super) fn registry() -> BoxedStrategy<Value> {
    let repositories = (image(), option::weighted(0.5, image()), option::weighted(0.3, image()), image());
    let auth = option::weighted(weights::AUTH, (select(vec!["basic", "bearer"]), access()));
    let quirks = option::weighted(weights::QUIRKS, vec(select(words::quirks()), 1..=2));
    let faults = option::weighted(weights::FAULTS, vec(select(words::faults()), 1..=2));
    let tls = option::weighted(weights::TLS, select(words::TLS));
    let tags = option::weighted(weights::TAG_LISTING, select(words::tag_listings()));
    (repositories, auth, quirks, faults, tls, tags)
        .prop_map(|((first, second, latest, other), auth, quirks, faults, tls, listing)| {
            let tags = [("v1", Some(first)), ("v2", second), ("latest", latest)];
            let tags: Map<String, Value> =
                tags.into_iter().filter_map(|(tag, image)| Some((tag.to_owned(), image?.into()))).collect();
            let mut registry = json!({ "repositories": { "lib/app": tags, "lib/other": { "v1": other } } });
            if let Some((scheme, access)) = auth {
                let mut auth = json!({ "scheme": scheme, "users": { "robot": "secret" } });
                access.into_iter().for_each(|(key, value)| auth[key] = value);
                registry["auth"] = auth;
            }
            if let Some(quirks) = quirks.map(compatible).filter(|quirks| !quirks.is_empty()) {
                registry["quirks"] = json!(quirks);
            }
            for (key, value) in [("faults", faults.map(Value::from)), ("tls", tls.map(Value::from)), ("tags", listing)]
            {
                if let Some(value) = value {
                    registry[key] = value;
                }
            }
            registry
        })
        .boxed()
}

/// A change between two steps.
pub(super) fn change() -> BoxedStrategy<Value> {
    let moved = image().prop_map(|image| json!({ "registry": { "tag": { "lib/app:v1": image } } }));
    let added = image().prop_map(|image| json!({ "registry": { "tag": { "lib/app:added": image } } }));
    // A fault that serves an image needs one that the registry has from the beginning.
    let is_alone = |fault: &Value| fault.get("image").is_none();
    let faults: Vec<Value> = words::faults().into_iter().filter(is_alone).collect();
    let armed = select(faults).prop_map(|fault| json!({ "registry": { "faults": [fault] } }));
    let untagged = Just(json!({ "registry": { "untag": ["lib/app:v1"] } }));
    Union::new_weighted(vec![(5, moved.boxed()), (1, added.boxed()), (1, untagged.boxed()), (2, armed.boxed())]).boxed()
}

/// The name of an image.
fn image() -> BoxedStrategy<String> {
    let (large, usual) = words::images().into_iter().partition::<Vec<_>, _>(|image| words::is_large(image));
    Union::new_weighted(vec![(weights::IMAGE, select(usual).boxed()), (weights::LARGE_IMAGE, select(large).boxed())])
        .boxed()
}

/// What a registry that asks for credentials makes an exception of.
fn access() -> BoxedStrategy<Option<(&'static str, Value)>> {
    let exceptions = vec![
        ("anonymous", json!(true)),
        ("deny", json!(["lib/app"])),
        ("public", json!(["lib/app"])),
        ("tokenLife", json!("0s")),
        ("tokenAudience", json!("other")),
    ];
    option::weighted(0.3, select(exceptions)).boxed()
}

/// The quirks that can be together: some contradict each other.
fn compatible(mut quirks: Vec<&'static str>) -> Vec<&'static str> {
    quirks.sort_unstable();
    quirks.dedup();
    while serde_json::from_value::<Quirks>(json!(quirks)).is_err() && quirks.pop().is_some() {}
    quirks
}
