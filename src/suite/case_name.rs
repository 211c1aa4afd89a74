//! Names of suites, cases and templates: what they may look like, and that each is there once.

use std::collections::{BTreeMap, btree_map};

use super::Case;
use crate::document::{Diagnostic, Node, Source, Span};

/// What a name has to look like, for the label of a diagnostic.
pub(super) const NAME: &str = "expected lower-case letters and digits, with `-`, `_` or `.` between them";

/// Whether `text` can be the name of a suite or a case.
pub(super) fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    !text.is_empty()
        && text.len() <= 100
        && text.bytes().all(|byte| inner(byte) || matches!(byte, b'-' | b'_' | b'.'))
        && text.bytes().next().is_some_and(inner)
        && text.bytes().next_back().is_some_and(inner)
}

/// The names that a suite file has used so far.
pub(super) struct UniqueNames<'a> {
    source: &'a Source,
    /// Where each entry of the file is, by its template name, or its name as it is written.
    templates: BTreeMap<String, Span>,
    /// Where each case is named.
    cases: BTreeMap<String, usize>,
}

impl<'a> UniqueNames<'a> {
    pub(super) const fn new(source: &'a Source) -> Self {
        Self { source, templates: BTreeMap::new(), cases: BTreeMap::new() }
    }

    /// Notes an entry as it is written, and says what is wrong with its name. Two entries that stand for one case each are
    /// found by [`case`](Self::case).
    pub(super) fn template(&mut self, entry: &Node) -> Option<Diagnostic> {
        let own = entry.get("template");
        let node = own.or_else(|| entry.get("name").filter(|_| has_rows(entry)))?;
        let name = node.as_str()?;
        if own.is_some() && !is_name(name) {
            let message = format!("`{name}` is no template name");
            return Some(Diagnostic::new(self.source, node.span, message).label(NAME));
        }
        match self.templates.entry(name.to_owned()) {
            btree_map::Entry::Vacant(entry) => {
                entry.insert(node.span);
                None
            }
            btree_map::Entry::Occupied(entry) => {
                let (line, _) = self.source.position(entry.get().start);
                let hint = match own {
                    Some(_) => format!("the other one is in line {line}"),
                    None => format!("the other one is in line {line}; tell them apart by `template: NAME`"),
                };
                let message = format!("template `{name}` is there twice");
                Some(Diagnostic::new(self.source, node.span, message).hint(hint))
            }
        }
    }

    /// Notes a case, whose name is at `span`, and says where its name was used before.
    pub(super) fn case(&mut self, case: &Case, span: Span) -> Option<Diagnostic> {
        let name = &case.name;
        let first = self.cases.insert(name.clone(), case.offset)?;
        let hint = if first == case.offset {
            format!("put a variable that differs into the name: `{name}-{{{{VARIABLE}}}}`")
        } else {
            format!("the other one is in line {}", self.source.position(first).0)
        };
        Some(Diagnostic::new(self.source, span, format!("case `{name}` is there twice")).hint(hint))
    }
}

fn has_rows(entry: &Node) -> bool {
    entry.get("rows").is_some() || entry.get("matrix").is_some()
}
