//! The types of a suite file, as it is written: what the JSON Schema for editors is generated from.

use std::collections::BTreeMap;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Map, Value};

pub use super::{
    brief::{Brief, Toggle},
    case::TargetDefault,
    expect::{Expectation, StatusByVersion},
    feature::Feature,
    import::{ImageEntry, ImportStep},
    requests::RequestCount,
    secret::{RegistryCredentials, SecretStep, WrittenAs},
    step::{CreateStep, RegistryChange, RequestStep, StepFile, User},
    value::{ValueExpectation, ValuePath},
};
use crate::{document::Day, fixture::RegistryFixture, verdict::Level, version::ApiVersion};

/// A suite: cases that belong together.
///
/// Every text may hold variables: `{{name}}` is a variable of the row or matrix, or one of `{{registry}}` (`{{registry host}}`, `{{registry port}}`, `{{registry wildcard}}`), `{{elsewhere}}`,
/// `{{namespace}}`, `{{stream}}`, `{{digest IMAGE}}`, `{{digest IMAGE config}}`, `{{digest IMAGE layer N}}`,
/// `{{manifest IMAGE}}`, `{{config IMAGE}}`; a digest may end in `first N`. A text that is one variable and nothing else
/// takes the variable's value, of whatever type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteFile {
    /// The suite's name, by which it is run and its goldens are found. Usually the file has the same name.
    pub suite: String,
    /// What the suite is about, in one line.
    pub about: String,
    /// Its cases are reported bugs. They run where it is known which of them the target still has: on the embedded
    /// reference, with `--deviations`, or when the suite is named.
    #[serde(default)]
    pub reports: bool,
    /// The registry of all cases that have none of their own.
    #[serde(default)]
    pub registry: Option<RegistryFixture>,
    /// The cases.
    pub cases: Vec<CaseFile>,
}

/// A case: a scenario with one registry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaseFile {
    /// The case's name, unique in its suite: lower-case words, digits, and `-`, `_`, `.` between them.
    pub name: String,
    /// What behaviour the case is about, in one line.
    pub about: String,
    /// The requirements that the case tests.
    #[serde(default)]
    pub requirement: Vec<String>,
    /// The most that a check of this case can weigh.
    #[serde(default)]
    pub level: Option<Level>,
    /// The first API version that the case holds for.
    #[serde(default)]
    pub since: Option<ApiVersion>,
    /// The last API version that the case holds for.
    #[serde(default)]
    pub until: Option<ApiVersion>,
    /// What the target has to offer.
    #[serde(default)]
    pub needs: Vec<Feature>,
    /// The default of the target that the case is about: its requests leave it to the target, and its golden says under which
    /// default each answer holds. Requests of other cases name the usual value where the target has another default.
    #[serde(default)]
    pub about_default: Option<TargetDefault>,
    /// The day on which the case was added, if its API versions were frozen before.
    #[serde(default)]
    pub added: Option<Day>,
    /// Where the behaviour was reported or is documented.
    #[serde(default)]
    pub link: Option<String>,
    /// Values of variables: one case a row.
    #[serde(default)]
    pub rows: Option<Vec<Map<String, Value>>>,
    /// Values of variables: one case for every combination.
    #[serde(default)]
    pub matrix: Option<BTreeMap<String, Vec<Value>>>,
    /// The registry of this case, instead of the suite's.
    #[serde(default)]
    pub registry: Option<RegistryFixture>,
    /// What happens, in order.
    pub steps: Vec<StepFile>,
}

/// The JSON Schema of suite files, for editors that complete and check as one types.
#[must_use]
pub fn json_schema() -> Value {
    schema_for!(SuiteFile).to_value()
}
