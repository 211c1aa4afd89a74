//! Cases with what was recorded of them.

use isi_conformance::{
    fixture::Salt,
    golden::{self, Answer, GoldenStep},
    suite::{Action, Case, Folder},
    traits::Traits,
    variable::{Bindings, ImageValues},
    version::ApiVersion,
};

use super::answer;

/// A case at one API version, and the answers recorded of it.
pub(crate) struct RecordedCase {
    /// `suite::case`.
    pub(crate) name: String,
    /// The API version whose golden and schema hold.
    pub(crate) version: ApiVersion,
    /// The values of the case's variables.
    pub(crate) bindings: Bindings,
    /// Its exchanges, in order.
    pub(crate) exchanges: Vec<Recorded>,
}

/// One request, and what was recorded of its answer.
pub(crate) struct Recorded {
    /// What the golden says of it.
    pub(crate) golden: GoldenStep,
    /// The recorded answer with plausible values.
    pub(crate) answer: Answer,
}

/// The cases of all suites that hold for `version` and have a golden.
pub(crate) fn cases(folder: &Folder, version: ApiVersion) -> Vec<RecordedCase> {
    let cases = folder.suites.iter().flat_map(|suite| &suite.cases);
    let cases = cases.filter(|case| case.holds_for(version));
    cases.filter_map(|case| recorded(folder, case, version, bindings(folder, case))).collect()
}

/// A case with these values, if it has a golden.
pub(crate) fn recorded(folder: &Folder, case: &Case, version: ApiVersion, bindings: Bindings) -> Option<RecordedCase> {
    let golden = folder.goldens.find(&case.suite, &case.name, version).unwrap()?.golden;
    let steps = case.script(&bindings).unwrap().steps;
    let requests = steps.into_iter().filter_map(|step| match step.action {
        Action::Request(_) => Some(step.expect),
        _ => None,
    });
    let goldens = requests
        .zip(golden.steps)
        .filter(|(expect, _)| expect.golden)
        .map(|(_, golden)| golden::by_trait(&golden, &Traits::default()));
    let exchanges = goldens.map(|golden| Recorded { answer: answer::of_golden(&golden, &bindings), golden });
    Some(RecordedCase { name: case.full_name(), version, exchanges: exchanges.collect(), bindings })
}

/// Values like those of a run.
fn bindings(folder: &Folder, case: &Case) -> Bindings {
    let images = folder.images.build(case.images.iter().map(String::as_str), &Salt::new(&case.name)).unwrap();
    Bindings {
        registry: "127.0.0.1:41234".to_owned(),
        namespace: "proof-namespace".to_owned(),
        stream: format!("{}-proof", case.name),
        images: images.iter().map(|image| (image.name.clone(), ImageValues::from(&**image))).collect(),
    }
}
