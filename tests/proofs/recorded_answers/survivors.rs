//! Changes that no check noticed, and the rule that lets them pass.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use super::{
    answer,
    change::{Change, Kind},
    recorded::RecordedCase,
};

/// Changes that were tried, and those that survived.
#[derive(Default)]
pub(crate) struct Survivors {
    tried: usize,
    found: BTreeMap<Row, Found>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    place: String,
    kind: Kind,
    mask: Mask,
}

struct Found {
    count: usize,
    example: String,
}

/// Why a change may survive.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Mask {
    /// A placeholder that stands for a shape, and for no value that recurs.
    Shape(String),
    /// `managedFields` tells who wrote what through which client, and is compared nowhere.
    ManagedFields,
    /// A server in front of the implementation may add header fields.
    Headers,
    /// Nothing explains it.
    Nothing,
}

impl fmt::Display for Mask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(shape) => formatter.write_str(shape),
            Self::ManagedFields => formatter.write_str("managedFields are left out"),
            Self::Headers => formatter.write_str("other header fields may be there"),
            Self::Nothing => formatter.write_str("NOTHING"),
        }
    }
}

impl Survivors {
    /// Counts a change that was tried.
    pub(crate) fn tried(&mut self) {
        self.tried += 1;
    }

    /// Adds a change that was not noticed.
    pub(crate) fn add(&mut self, case: &RecordedCase, change: &Change) {
        let row = Row { place: place(&change.pattern()), kind: change.kind, mask: mask(change) };
        let example = format!("{} at {}: {}", case.name, case.version, change.path);
        self.found.entry(row).or_insert(Found { count: 0, example }).count += 1;
    }

    /// Adds what others found.
    pub(crate) fn merge(&mut self, others: Self) {
        self.tried += others.tried;
        for (row, found) in others.found {
            self.found.entry(row).or_insert(Found { count: 0, example: found.example }).count += found.count;
        }
    }

    /// The rows of the table, without what grows with every new case.
    pub(crate) fn table(&self) -> String {
        let mut table = format!("{:<48} {:<22} {}\n", "place", "change", "explained by");
        for row in self.found.keys() {
            writeln!(table, "{:<48} {:<22} {}", row.place, row.kind, row.mask).unwrap();
        }
        table
    }

    /// The table with counts and an example of each row.
    pub(crate) fn with_counts(&self) -> String {
        let mut table = format!("{} changes were tried; these survived:\n", self.tried);
        for (row, Found { count, example }) in &self.found {
            writeln!(table, "{:<48} {:<22} {count:>6}  {}  ({example})", row.place, row.kind, row.mask).unwrap();
        }
        table
    }
}

/// Where in the exchange, with the way between the part and the last name left out: `$.body..creationTimestamp`.
/// Below the free-form metadata of an image every place is the same.
fn place(pattern: &str) -> String {
    if let Some((_, inside)) = pattern.split_once(".dockerImageMetadata.") {
        return format!("$.body..dockerImageMetadata.{}", if inside.starts_with("Created") { "Created" } else { "*" });
    }
    let mut names = pattern.splitn(3, '.');
    let (root, part, rest) = (names.next().unwrap_or_default(), names.next().unwrap_or_default(), names.next());
    match rest.map(|rest| rest.rsplit('.').next().unwrap_or(rest)) {
        None => format!("{root}.{part}"),
        Some(last) => format!("{root}.{part}..{last}"),
    }
}

fn mask(change: &Change) -> Mask {
    let shapes = change.mask.as_deref().into_iter().flat_map(answer::shapes).collect::<Vec<_>>();
    match change.kind {
        Kind::ManagedFieldsAdded => Mask::ManagedFields,
        Kind::WarningAdded => Mask::Headers,
        _ if change.pattern().starts_with("$.headers.") => Mask::Headers,
        _ if shapes.is_empty() => Mask::Nothing,
        _ => Mask::Shape(shapes.join(" ")),
    }
}
