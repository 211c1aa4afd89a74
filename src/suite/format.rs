//! The types of a suite file: the loader decodes them, and the JSON Schema for editors is generated from them.

use std::{borrow::Cow, collections::BTreeMap, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, schema_for};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::{Map, Value};

use super::{case::TargetDefault, feature::Feature, step::StepFile};
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
    /// The `level` of all cases that have none of their own.
    #[serde(default)]
    pub level: Option<Level>,
    /// The `since` of all cases that have none of their own.
    #[serde(default)]
    pub since: Option<ApiVersion>,
    /// The `needs` of all cases that have none of their own.
    #[serde(default)]
    pub needs: Vec<Feature>,
    /// The registry of all cases that have none of their own.
    #[serde(default)]
    pub registry: Option<Undecoded<RegistryFixture>>,
    /// The cases.
    pub cases: Vec<Undecoded<CaseFile>>,
}

impl SuiteFile {
    /// The keys that a case takes from its suite unless it has them itself.
    pub(super) const DEFAULTS: [&str; 4] = ["level", "since", "needs", "registry"];
}

/// A case: a scenario with one registry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaseFile {
    /// The case's name, unique in its suite: lower-case words, digits, and `-`, `_`, `.` between them.
    pub name: String,
    /// The name of this entry of the file, unique in its suite. Needed where several entries with `rows` or a `matrix` write
    /// the same `name`.
    #[serde(default)]
    pub template: Option<String>,
    /// What behaviour the case is about, in one line.
    pub about: String,
    /// The requirements that the case tests.
    #[serde(default)]
    pub requirement: Vec<String>,
    /// The most that a check of this case can weigh; `required` unless given here or by the suite.
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

/// A `T` that is decoded only once its variables have values: whatever is written there is accepted, and the schema for
/// editors is that of `T`.
#[derive(Debug)]
pub struct Undecoded<T>(PhantomData<T>);

impl<'de, T> Deserialize<'de> for Undecoded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Undecoded<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// The JSON Schema of suite files, for editors that complete and check as one types.
#[must_use]
pub fn json_schema() -> Value {
    schema_for!(SuiteFile).to_value()
}
