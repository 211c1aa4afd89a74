//! Steps: requests of every kind, right and wrong, and changes between them.

use proptest::{
    option,
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union},
};
use serde_json::{Map, Value, json};

use super::{
    Limits, import, registry,
    scenario::Word,
    sequences, vocabulary as words,
    weights::{self, StepKind},
    writes,
};
use crate::suite::Feature;

/// Steps that belong together, and the values of fields that were drawn for them.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn {
    pub(super) steps: Vec<Value>,
    pub(super) words: Vec<Word>,
}

impl Drawn {
    /// One step.
    pub(super) fn step(step: Value) -> Self {
        Self { steps: vec![step], words: Vec::new() }
    }
}

/// A step of any kind that is allowed.
pub(super) fn step(limits: &Limits) -> BoxedStrategy<Drawn> {
    let allowed = weights::STEPS.iter().filter(|(_, _, needs)| needs.iter().all(|feature| limits.has(*feature)));
    let kinds = allowed.map(|(kind, weight, _)| (*weight, of_kind(*kind, limits))).collect();
    let step = Union::new_weighted(kinds);
    if !limits.has(Feature::Users) {
        return step.boxed();
    }
    (step, option::weighted(weights::OTHER_USER, select(users(limits))))
        .prop_map(|(mut drawn, user)| {
            if let (Some(user), [step]) = (user, drawn.steps.as_mut_slice())
                && !["registry", "secret"].iter().any(|action| step.get(action).is_some())
            {
                step["as"] = user.into();
            }
            drawn
        })
        .boxed()
}

/// Users who ask, beside the one of the run.
fn users(limits: &Limits) -> Vec<&'static str> {
    let restricted = limits.has(Feature::RestrictedUser).then_some("restricted");
    words::USERS.iter().copied().chain(restricted).collect()
}

/// The path of the scenario's own stream.
pub(super) const STREAM: &str = "imagestreams/{{stream}}";

fn of_kind(kind: StepKind, limits: &Limits) -> BoxedStrategy<Drawn> {
    let stream = |suffix: &str| format!("{STREAM}{suffix}");
    match kind {
        StepKind::ImportPlain => Just(Drawn::step(import::plain(limits))).boxed(),
        StepKind::ImportImages => import::images(limits),
        StepKind::ImportRepository => import::repository(limits),
        StepKind::ImportBoth => import::both(limits),
        StepKind::ImportTwice => import::twice(),
        StepKind::Follow => sequences::follow(),
        StepKind::ImportRead => sequences::import_read(),
        StepKind::ImportText => import::text(),
        StepKind::ReadStream => {
            read(&[STREAM, "imagestreams/{{stream}}-other", &stream("/status")], words::READ_QUERIES, 0.15)
        }
        StepKind::ReadList => list(),
        StepKind::ReadTag => read(
            &[
                "imagestreamtags/{{stream}}:v1",
                "imagestreamtags/{{stream}}:latest",
                "imagestreamtags/{{stream}}:stable",
                "imagestreamtags/{{stream}}",
                "imagestreamtags/{{stream}}:",
                "imagestreamtags/{{stream}}-other:v1",
                "imagetags/{{stream}}:v1",
                "imagetags/{{stream}}:stable",
            ],
            words::READ_QUERIES,
            0.1,
        ),
        StepKind::ReadTags => list_tags(),
        StepKind::ReadImage => read(
            &[
                "imagestreamimages/{{stream}}@{{digest IMAGE-OF-V1}}",
                "imagestreamimages/{{stream}}@{{digest IMAGE-OF-V1 first 12}}",
                "imagestreamimages/{{stream}}@{{digest IMAGE-OF-V1 first 20}}",
                "imagestreamimages/{{stream}}",
                "imagestreamimages/{{stream}}@sha256:12",
                "imagestreamimages/{{stream}}@",
                "imagestreamimages/{{stream}}-other@{{digest IMAGE-OF-V1}}",
            ],
            words::READ_QUERIES,
            0.1,
        ),
        StepKind::ReadLayers => read(&[&stream("/layers"), "imagestreams/{{stream}}-other/layers"], &[], 0.0),
        StepKind::ReadSecrets => read(&[&stream("/secrets")], &[], 0.0),
        StepKind::ReadImageObject => {
            let path = "/apis/image.openshift.io/v1/images/{{digest IMAGE-OF-V1}}";
            Just(Drawn::step(json!({ "get": path, "as": "admin" }))).boxed()
        }
        StepKind::Create => writes::create(limits),
        StepKind::Replace => writes::replace(limits),
        StepKind::Patch => writes::patch(limits),
        StepKind::WriteStatus => writes::write_status(limits),
        StepKind::WriteImported => sequences::write_imported(),
        StepKind::Apply => writes::apply(),
        StepKind::ApplyTwice => sequences::apply_twice(),
        StepKind::DeleteStream => writes::delete(&[STREAM, "imagestreams/{{stream}}-other"]),
        StepKind::DeleteTag => writes::delete(&[
            "imagestreamtags/{{stream}}:v1",
            "imagestreamtags/{{stream}}:stable",
            "imagestreamtags/{{stream}}:missing",
            "imagestreamtags/{{stream}}",
            "imagetags/{{stream}}:v1",
        ]),
        StepKind::DeleteRead => sequences::delete_read(),
        StepKind::WriteTag => writes::write_tag(limits),
        StepKind::WriteReadTag => sequences::write_read_tag(),
        StepKind::ManyTags => sequences::many_tags(),
        StepKind::Sign => sequences::sign(),
        StepKind::ChangeImage => sequences::change_image(),
        StepKind::ReadPages => sequences::pages(),
        StepKind::Watch => sequences::watch(),
        StepKind::Secret => words::secret().prop_map(|secret| Drawn::step(json!({ "secret": secret }))).boxed(),
        StepKind::Registry => registry::change().prop_map(Drawn::step).boxed(),
    }
}

/// One of `pairs` as a mapping, with this probability.
pub(super) fn pair(probability: f64, pairs: &'static [(&'static str, &'static str)]) -> BoxedStrategy<Option<Value>> {
    if pairs.is_empty() {
        return Just(None).boxed();
    }
    let pair = select(pairs).prop_map(|(name, value)| json!({ name: value }));
    if probability >= 1.0 {
        return pair.prop_map(Some).boxed();
    }
    option::weighted(probability, pair).boxed()
}

pub(super) fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}

fn read(paths: &[&str], queries: &'static [(&'static str, &'static str)], probability: f64) -> BoxedStrategy<Drawn> {
    let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    // The first is the usual one.
    let path = Union::new_weighted(vec![(1, Just(paths[0].clone()).boxed()), (1, select(paths).boxed())]);
    let headers = pair(weights::HEADERS, words::READ_HEADERS);
    (path, pair(probability, queries), headers)
        .prop_map(|(path, query, headers)| {
            Drawn::step(match (query, headers) {
                (None, None) => json!({ "get": path }),
                (query, headers) => {
                    json!({ "get": object([("path", Some(path.into())), ("query", query), ("headers", headers)]) })
                }
            })
        })
        .boxed()
}

/// A list of tags of the scenario's own stream: those of others are there, too.
fn list_tags() -> BoxedStrategy<Drawn> {
    let queries = vec![
        json!({ "labelSelector": "of-scenario={{stream}}" }),
        json!({ "fieldSelector": "metadata.name={{stream}}:v1" }),
        json!({ "fieldSelector": "metadata.name={{stream}}" }),
        json!({ "fieldSelector": "metadata.unknown=a" }),
    ];
    (select(vec!["imagestreamtags", "imagetags"]), select(queries))
        .prop_map(|(path, query)| Drawn::step(json!({ "get": { "path": path, "query": query } })))
        .boxed()
}

/// A list of streams that are chosen so that other scenarios have none of them.
fn list() -> BoxedStrategy<Drawn> {
    (select(words::list_queries()), pair(weights::HEADERS, words::READ_HEADERS))
        .prop_map(|(query, headers)| {
            let fields = [("path", Some("imagestreams".into())), ("query", Some(query)), ("headers", headers)];
            Drawn::step(json!({ "get": object(fields) }))
        })
        .boxed()
}
