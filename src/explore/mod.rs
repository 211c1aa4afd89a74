//! Exploration: random scenarios, answered by the reference and by a target, and compared.
//!
//! A scenario is a case that was drawn instead of written. What the reference answers becomes its golden, so that masks,
//! levels, traits, features and deviations are those of every other case.
//!
//! ```text
//! seed ─ generator ─ Scenario ─ Comparison ┬ reference → golden ┐
//!                                          └ target ────────────┴ CaseResult → cause → shrunk → BugFolder
//! ```

mod bug_folder;
mod comparison;
mod coverage;
mod findings;
mod generator;
mod scenario;
mod shrink;
mod vocabulary;

pub use self::{
    bug_folder::write_bug_folder,
    comparison::{Compared, Comparison, ComparisonError, PROBE_SUITE},
    coverage::Coverage,
    findings::{Finding, Findings},
    generator::Generator,
    scenario::Scenario,
    shrink::shrink,
};
