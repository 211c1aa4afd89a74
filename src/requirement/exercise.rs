//! What a case exercises, as far as its files tell.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    golden::StoreError,
    schema::Schema,
    suite::{Body, Case, Expectation, Folder, Request, Step, ValueExpectation},
    version::ApiVersion,
};

/// What one case exercises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exercise {
    /// The case, as `suite::case`.
    pub case: String,
    /// The requirements that it points to.
    pub requirements: BTreeSet<String>,
    /// Parameters of import calls that it sends.
    pub parameters: BTreeSet<String>,
    /// Fields that it sends, by definition: `TagReference.name`.
    pub sent: BTreeSet<String>,
    /// Fields that its goldens expect in answers.
    pub seen: BTreeSet<String>,
}

/// What every case of `folder` that holds for `version` exercises.
///
/// # Errors
/// When a golden is malformed.
pub fn exercises(folder: &Folder, version: ApiVersion) -> Result<Vec<Exercise>, StoreError> {
    let cases = folder.suites.iter().flat_map(|suite| &suite.cases).filter(|case| case.holds_for(version));
    cases.map(|case| exercise(folder, case, version)).collect()
}

fn exercise(folder: &Folder, case: &Case, version: ApiVersion) -> Result<Exercise, StoreError> {
    let mut exercise = Exercise {
        case: case.full_name(),
        requirements: case.requirements.iter().cloned().collect(),
        ..Exercise::default()
    };
    let schema = Schema::for_version(version);
    for (request, expect) in case.sampled().steps.iter().flat_map(Step::requests) {
        exercise.request(request, schema);
        exercise.answer(request, expect, schema);
    }
    if let Some(file) = folder.goldens.find(&case.suite, &case.name, version)? {
        for step in &file.golden.steps {
            let kind = step.body.get("kind").and_then(Value::as_str).unwrap_or_default();
            exercise.seen.extend(schema.fields_in(kind, &step.body));
        }
    }
    Ok(exercise)
}

impl Exercise {
    fn request(&mut self, request: &Request, schema: &Schema) {
        let path = request.path.split('?').next().unwrap_or_default();
        let Some(kind) = written_kind(path) else { return };
        if kind == "ImageStreamImport" {
            let in_path = request.path.split_once('?').map_or("", |(_, query)| query).split('&');
            let in_path = in_path.filter_map(|parameter| parameter.split('=').next()).map(str::to_owned);
            self.parameters.extend(in_path.chain(request.query.iter().map(|(name, _)| name.clone())));
            self.parameters.extend(["namespace", "body"].map(str::to_owned));
        }
        let body = match &request.body {
            Body::Json(body) => body.clone(),
            Body::Text(text) => serde_json::from_str(text).unwrap_or_default(),
            Body::Empty => return,
        };
        self.sent.extend(schema.fields_in(kind, &body));
    }
}

impl Exercise {
    /// Values that a step expects one by one.
    fn answer(&mut self, request: &Request, expect: &Expectation, schema: &Schema) {
        let kinds = [answered_kind(&request.path), Some("Status")];
        for (path, expectation) in &expect.values {
            if !matches!(expectation, ValueExpectation::Absent) {
                let fields = kinds.iter().flatten().map(|kind| schema.fields_along(kind, path.as_str()));
                self.seen.extend(fields.into_iter().find(|fields| !fields.is_empty()).unwrap_or_default());
            }
        }
    }
}

/// The kind of object that a path is answered with, when all goes well.
fn answered_kind(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default();
    let mut segments = path.rsplit('/');
    match (segments.next()?, segments.next()) {
        ("layers", _) => Some("ImageStreamLayers"),
        (resource, None) => written_kind(resource),
        (_, Some("imagestreams")) => Some("ImageStream"),
        (_, Some("imagestreamtags")) => Some("ImageStreamTag"),
        (_, Some("imagestreamimages")) => Some("ImageStreamImage"),
        (_, Some("images")) => Some("Image"),
        (resource, _) => written_kind(resource),
    }
}

/// The kind of object that is written to a path.
fn written_kind(path: &str) -> Option<&'static str> {
    match path.trim_end_matches('/').rsplit('/').next()? {
        "imagestreamimports" => Some("ImageStreamImport"),
        "imagestreams" => Some("ImageStream"),
        "imagesignatures" => Some("ImageSignature"),
        _ => None,
    }
}
