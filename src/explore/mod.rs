//! Exploration: random scenarios, answered by the reference and by a target, and compared.
//!
//! A scenario is a case that was drawn instead of written. What the reference answers takes the place of its golden, so that
//! masks, levels, traits, features and deviations are those of every other case.
//!
//! ```text
//! weights, vocabulary, fields of the schema, grammar of references
//!     │
//! seed ─ Generator ─ Scenario ─ Comparison ┬ reference → ExpectedAnswers ┐
//!                                          └ target ─────────────────────┴ CaseResult → cause → shrunk → bug folder
//! ```

mod alone_together;
mod bug_folder;
mod comparison;
mod coverage;
mod exploration;
mod fields;
mod findings;
mod generator;
mod import;
mod limits;
mod masks;
mod oddities;
mod patches;
mod references;
mod registry;
mod report;
mod scenario;
mod sequences;
mod shared_images;
mod shrink;
mod steps;
mod values;
mod vocabulary;
mod weights;
mod writes;

pub use self::{
    bug_folder::write_bug_folder,
    comparison::{Compared, Comparison, Declare, Different, Divergence, PROBE_SUITE},
    coverage::Coverage,
    exploration::{Amount, Course, Exploration, Explored, UnstableScenario},
    findings::{Finding, Findings},
    generator::Generator,
    limits::Limits,
    report::{ExplorationReport, write_page},
    scenario::{Scenario, Word},
    shrink::shrink,
};
