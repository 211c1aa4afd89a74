//! Mistakes in how a manifest is read, the choice of an image from a list above all.

use serde_json::{Value, json};

use crate::wrong_implementations::bug::{Bug, put};

/// These mistakes.
pub(crate) fn bugs() -> Vec<Bug> {
    vec![
        Bug::new("picks the first image of a list", &["manifest-list::index-amd64last-legacy"])
            .reading(|manifest| of_platform(manifest, |index, _| index == 0)),
        Bug::new("picks the last image of a list", &["manifest-list::index-multi-legacy"])
            .reading(|manifest| of_platform(manifest, |index, count| index + 1 == count)),
        Bug::new("picks the last of several for a platform", &["manifest-list::index-dupamd64-legacy"])
            .reading(|manifest| entries(manifest).reverse()),
        Bug::new("drops layers but the first", &["single-image::content-s2-basic"]).reading(|manifest| {
            if let Some(layers) = manifest["layers"].as_array_mut() {
                layers.truncate(1);
            }
        }),
    ]
}

fn entries(manifest: &mut Value) -> &mut [Value] {
    manifest.get_mut("manifests").and_then(Value::as_array_mut).map(Vec::as_mut_slice).unwrap_or_default()
}

/// Lets only the wanted image be for the platform that servers look for.
fn of_platform(manifest: &mut Value, wanted: impl Fn(usize, usize) -> bool) {
    let entries = entries(manifest);
    let count = entries.len();
    for (index, entry) in entries.iter_mut().enumerate() {
        let architecture = if wanted(index, count) { "amd64" } else { "s390x" };
        put(entry, "/platform", Some(json!({ "os": "linux", "architecture": architecture })));
    }
}
