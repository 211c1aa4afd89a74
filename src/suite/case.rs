//! Cases: what is left of a suite file once rows and matrices are expanded and everything is checked.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Feature, Step, script};
use crate::{
    document::{Day, Diagnostic, Node, Source, Span},
    fixture::{RegistryFixture, Tls},
    variable::Bindings,
    verdict::Level,
    version::ApiVersion,
};

/// A suite: cases that belong together.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The suite's name.
    pub name: String,
    /// What it is about, in one line.
    pub about: String,
    /// Its cases, in the order they were written.
    pub cases: Vec<Case>,
}

/// A case: a scenario with one registry.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name of its suite.
    pub suite: String,
    /// Its name, unique in the suite.
    pub name: String,
    /// What behaviour it is about, in one line.
    pub about: String,
    /// The requirements it tests.
    pub requirements: Vec<String>,
    /// The most that a check of this case can weigh.
    pub level: Level,
    /// The first API version it holds for.
    pub since: Option<ApiVersion>,
    /// The last API version it holds for.
    pub until: Option<ApiVersion>,
    /// What the target has to offer.
    pub needs: Vec<Feature>,
    /// Where the behaviour was reported or is documented.
    pub link: Option<String>,
    /// Whether it is a reported bug, which a target may be known to have still.
    pub report: bool,
    /// When it was added, if not at the beginning.
    pub added: Option<Day>,
    /// The images it names: those of its registry, of its changes, and of its variables.
    pub images: Vec<String>,
    /// Whether an answer of it is compared with a golden.
    pub expects_golden: bool,
    /// How its registry's connections are secured.
    pub tls: Tls,
    pub(super) disturbance: Disturbance,
    /// The default of the target that the case is about, so that its requests leave it to the target.
    pub about_default: Option<TargetDefault>,
    pub(super) source: Source,
    pub(super) offset: usize,
    pub(super) script: Node,
    pub(super) sampled: Arc<Script>,
}

/// What a case changes that others see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Disturbance {
    /// Nothing.
    Nothing,
    /// The pull secrets of its namespace.
    Namespace,
    /// The configuration of the cluster.
    Cluster,
}

impl Disturbance {
    /// What the steps change.
    pub(super) fn of(steps: &[Step]) -> Self {
        let of_step = |step: &Step| match step.action {
            Action::Cluster(_) => Self::Cluster,
            Action::Secret(_) => Self::Namespace,
            _ => Self::Nothing,
        };
        steps.iter().map(of_step).max().unwrap_or(Self::Nothing)
    }
}

/// What a case does in one run: everything in it has its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The registry at the beginning.
    pub registry: RegistryFixture,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

impl Case {
    /// The name that stands for the case everywhere: `suite::case`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}::{}", self.suite, self.name)
    }

    /// Where the case is written: `suites/single-image.yaml:12`.
    #[must_use]
    pub fn location(&self) -> String {
        format!("{}:{}", self.source.name(), self.source.position(self.offset).0)
    }

    /// Whether the case changes what others in its namespace or cluster see, so that none may run beside it.
    #[must_use]
    pub const fn runs_alone(&self) -> bool {
        !matches!(self.disturbance, Disturbance::Nothing)
    }

    /// Whether the case changes the configuration of the cluster, which takes a permission.
    #[must_use]
    pub const fn changes_cluster(&self) -> bool {
        matches!(self.disturbance, Disturbance::Cluster)
    }

    /// What is said of the case if it needs a golden and has none.
    #[must_use]
    pub fn without_golden(&self, version: ApiVersion) -> Diagnostic {
        let span = Span::new(self.offset, self.offset + self.name.len());
        let golden = format!("golden/{}/{}.snap", self.suite, self.name);
        Diagnostic::new(&self.source, span, format!("there is no golden of this case for {version}"))
            .label(format!("expected {golden}"))
            .hint("`--update` proposes one; `expect: { golden: false }` says that a step needs none")
    }

    /// The newest API version that the case holds for.
    #[must_use]
    pub fn newest(&self) -> ApiVersion {
        self.until.unwrap_or(ApiVersion::NEWEST)
    }

    /// Whether the case holds for `version`.
    #[must_use]
    pub fn holds_for(&self, version: ApiVersion) -> bool {
        self.since.is_none_or(|since| since <= version) && self.until.is_none_or(|until| version <= until)
    }

    /// The registry and the steps as they are written, once rows and defaults are filled in: an object with the keys
    /// `registry` and `steps`, with variables by name.
    #[must_use]
    pub fn written(&self) -> serde_json::Value {
        self.script.to_json()
    }

    /// What the case does with values like those of a run, to see what kind of requests it sends without one.
    #[must_use]
    pub fn sampled(&self) -> &Script {
        &self.sampled
    }

    /// What the case does with these values.
    ///
    /// # Errors
    /// When a variable has no value, or the result makes no sense; the loader has tried this with values like these.
    pub fn script(&self, bindings: &Bindings) -> Result<Script, Diagnostic> {
        script::decode(&self.source, &self.script, bindings, usize::MAX).map(|(_, script)| script)
    }
}

/// Something that a target's configuration has a default for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetDefault {
    /// The import mode of requests that name none.
    ImportMode,
}
