//! Tags that an import controller imports once more after a case imported them.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::{Request, Script, Step};

/// Whether a step imports a tag that an earlier step imported from the same source, and says something else about it: the
/// spec of the tag is of a new generation then, the image may be the same and its event the old one, and an import
/// controller imports the tag at some time of its own.
#[must_use]
pub(super) fn changes_spec_of_imported_tag(script: &Script) -> bool {
    let mut imported: BTreeMap<(String, String), Value> = BTreeMap::new();
    let requests = script.steps.iter().flat_map(Step::requests);
    requests.flat_map(|(request, _)| stored_images(request)).any(|(stream, image)| {
        let tag = image["to"]["name"].as_str().unwrap_or_default().to_owned();
        let earlier = imported.insert((stream, tag), image.clone());
        earlier.is_some_and(|earlier| earlier["from"] == image["from"] && earlier != image)
    })
}

/// The images that an import asks to store, each with the name of the stream.
fn stored_images(request: &Request) -> Vec<(String, Value)> {
    if request.method != Method::POST || request.resource() != "imagestreamimports" {
        return Vec::new();
    }
    let Some(object) = request.object().filter(|object| object["spec"]["import"] == true) else { return Vec::new() };
    let stream = object["metadata"]["name"].as_str().unwrap_or_default();
    let images = object["spec"]["images"].as_array().into_iter().flatten();
    images.map(|image| (stream.to_owned(), image.clone())).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::{
        fixture::RegistryFixture,
        suite::{Action, Body, Expectation, User},
    };

    fn import(from: &str, tag: &str, mode: &str, store: bool) -> Step {
        let image = json!({ "from": { "name": from }, "to": { "name": tag }, "importPolicy": { "importMode": mode } });
        let body = json!({ "metadata": { "name": "s" }, "spec": { "import": store, "images": [image] } });
        let request = Request { body: Body::Json(body), ..Request::new(Method::POST, "imagestreamimports") };
        Step {
            action: Action::Request(request),
            user: User::User,
            expect: Expectation::default(),
            keep: BTreeMap::new(),
        }
    }

    #[rstest]
    #[case(import("a", "t", "PreserveOriginal", true), true)]
    #[case(import("a", "t", "Legacy", true), false)]
    #[case(import("b", "t", "PreserveOriginal", true), false)]
    #[case(import("a", "u", "PreserveOriginal", true), false)]
    #[case(import("a", "t", "PreserveOriginal", false), false)]
    fn a_tag_of_the_same_source_with_another_policy_is_imported_again(#[case] second: Step, #[case] again: bool) {
        let steps = vec![import("a", "t", "Legacy", true), second];
        let script = Script { registry: RegistryFixture::default(), steps };
        assert_eq!(changes_spec_of_imported_tag(&script), again);
    }
}
