//! From files to suites, with everything that is wrong in them.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    case::{Case, Disturbance, Script, Suite},
    case_name::{NAME, UniqueNames, is_name},
    expand,
    feature::Feature,
    format::SuiteFile,
    named_images::{images_in_variables, named_images},
    reimport::changes_spec_of_imported_tag,
    sample::Sample,
    script,
    step::Step,
};
use crate::{
    document::{self, Diagnostic, Diagnostics, Key, Node, Source, Span, Value},
    fixture::ImageCatalogue,
    verdict::Level,
};

/// Reads suites. Every file is read to its end, so that all mistakes are reported at once.
///
/// `images` are the recipes that cases can name, and `requirements` the ids that they can point to; with an empty slice, ids
/// are not checked.
///
/// # Errors
/// When a file is no suite, names something unknown, or holds a name twice.
pub fn load(sources: &[Source], images: &ImageCatalogue, requirements: &[&str]) -> Result<Vec<Suite>, Diagnostics> {
    load_some(sources, images, requirements, &|_, _| true)
}

/// [`load`] of the cases that are `wanted` by the names of suite and case. The others are read as YAML and no further, so that
/// mistakes in them are not found.
///
/// # Errors
/// As [`load`].
pub(super) fn load_some(
    sources: &[Source],
    images: &ImageCatalogue,
    requirements: &[&str],
    wanted: &dyn Fn(&str, &str) -> bool,
) -> Result<Vec<Suite>, Diagnostics> {
    let loader = Loader { sample: Sample::new(images), requirements, wanted };
    let mut found = Vec::new();
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    for source in sources {
        if let Some((suite, name)) = loader.suite(source, &mut found) {
            if suites.contains_key(&suite.name) {
                found.push(Diagnostic::new(source, name, format!("another file is suite `{}` already", suite.name)));
            } else {
                suites.insert(suite.name.clone(), suite);
            }
        }
    }
    Diagnostics::unless_empty(found, suites.into_values().collect())
}

struct Loader<'a> {
    sample: Sample<'a>,
    requirements: &'a [&'a str],
    wanted: &'a dyn Fn(&str, &str) -> bool,
}

impl Loader<'_> {
    fn suite(&self, source: &Source, found: &mut Vec<Diagnostic>) -> Option<(Suite, Span)> {
        let read = || -> Result<(Node, SuiteFile), Diagnostic> {
            let root = document::parse(source)?;
            if matches!(root.value, Value::Null) {
                return Err(Diagnostic::new(source, root.span, "the file is empty").hint(FIRST_LINE));
            }
            if let Some(cases) = root.get("cases").filter(|cases| !matches!(cases.value, Value::Sequence(_))) {
                let message = format!("expected a list of cases, found {}", cases.kind());
                return Err(Diagnostic::new(source, cases.span, message).hint(FIRST_CASE));
            }
            let file = document::decode(source, &root)?;
            Ok((root, file))
        };
        let (root, file) = read().map_err(|diagnostic| found.push(diagnostic)).ok()?;
        let mut suite = Suite { name: file.suite, about: file.about, cases: Vec::new() };
        let name_span = root.get("suite").map_or(root.span, |node| node.span);
        if !is_name(&suite.name) {
            let message = format!("`{}` is no suite name", suite.name);
            found.push(Diagnostic::new(source, name_span, message).label(NAME));
        }
        let written = root.get("cases").map(Node::items).unwrap_or_default();
        if written.is_empty() {
            let span = root.get("cases").map_or(root.span, |cases| cases.span);
            found.push(Diagnostic::new(source, span, "a suite needs at least one case").hint(FIRST_CASE));
        }
        let mut names = UniqueNames::new(source);
        for entry in written {
            found.extend(names.template(entry));
            let expanded = match expand::expand(source, entry) {
                Ok(expanded) => expanded,
                Err(diagnostic) => {
                    found.push(diagnostic);
                    continue;
                }
            };
            let is_wanted = |node: &Node| {
                node.get("name").and_then(Node::as_str).is_none_or(|name| (self.wanted)(&suite.name, name))
            };
            let expanded: Vec<Node> = expanded.into_iter().filter(is_wanted).collect();
            for mut node in expanded {
                take_defaults(&mut node, &root);
                match self.case(source, &suite.name, node) {
                    Ok((mut case, name)) => {
                        case.report = file.reports;
                        found.extend(names.case(&case, name));
                        suite.cases.push(case);
                    }
                    // A mistake in what all rows share is reported once.
                    Err(diagnostic) if found.contains(&diagnostic) => {}
                    Err(diagnostic) => found.push(diagnostic),
                }
            }
        }
        Some((suite, name_span))
    }

    fn case(&self, source: &Source, suite: &str, node: Node) -> Result<(Case, Span), Diagnostic> {
        let place = |field: &str| node.get(field).map_or(node.span, |node| node.span);
        let name_span = place("name");
        // Variables of a run are no part of a name: it is the same in every run.
        if let Some(name) = node.get("name").and_then(Node::as_str)
            && !is_name(name)
        {
            return Err(Diagnostic::new(source, name_span, format!("`{name}` is no case name")).label(NAME));
        }
        // Tried with values like those of a run, so that every mistake is found before one.
        let in_variables = images_in_variables(&node);
        let (file, script) = script::decode(source, &node, &self.sample.bindings(&in_variables), MOST_REPETITIONS)?;
        let script = Arc::new(script);
        if let (Some(since), Some(until)) = (file.since, file.until)
            && until < since
        {
            let message = format!("the case ends with {until}, before it begins with {since}");
            return Err(Diagnostic::new(source, place("until"), message));
        }
        let requirements = node.get("requirement").map(Node::items).unwrap_or_default();
        for (requirement, node) in file.requirement.iter().zip(requirements) {
            if !self.requirements.is_empty() && !self.requirements.contains(&requirement.as_str()) {
                return Err(Diagnostic::new(source, node.span, format!("unknown requirement `{requirement}`"))
                    .did_you_mean(requirement, self.requirements.iter().copied()));
            }
        }
        let expects_golden = script.steps.iter().flat_map(Step::requests).any(|(_, expect)| expect.golden);
        let images = named_images(source, &node, &script, in_variables, &self.sample)?;
        let case = Case {
            suite: suite.to_owned(),
            name: file.name,
            about: file.about,
            requirements: file.requirement,
            level: file.level.unwrap_or(Level::Required),
            since: file.since,
            until: file.until,
            needs: needs(file.needs, &script),
            about_default: file.about_default,
            link: file.link,
            added: file.added,
            images,
            report: false,
            expects_golden,
            tls: script.registry.tls.clone(),
            disturbance: Disturbance::of(&script.steps),
            source: source.clone(),
            offset: name_span.start,
            script: node,
            sampled: script,
        };
        Ok((case, name_span))
    }
}

/// Gives a case what its suite says for all cases that do not say it themselves.
fn take_defaults(case: &mut Node, suite: &Node) {
    for key in SuiteFile::DEFAULTS {
        if case.get(key).is_none()
            && let Some(default) = suite.get(key)
            && let Value::Mapping(entries) = &mut case.value
        {
            entries.push((Key { name: key.to_owned(), span: default.span }, default.clone()));
        }
    }
}

/// What the case says that it needs, and what follows from its steps: an import controller would import the tags that they
/// write, or whose spec they change, at some time of its own.
fn needs(mut needs: Vec<Feature>, script: &Script) -> Vec<Feature> {
    let leaves_tags = script.steps.iter().any(Step::writes_spec_tags) || changes_spec_of_imported_tag(script);
    if leaves_tags && !needs.contains(&Feature::NoImportController) {
        needs.push(Feature::NoImportController);
    }
    needs
}

/// How often a text is repeated in a case that is tried: more than any name or reference may have characters, and less than the
/// megabytes of a body that is too large.
const MOST_REPETITIONS: usize = 4096;
const FIRST_LINE: &str = "a suite begins with `suite: NAME`, and goes on with `about: ` and `cases:`";
const FIRST_CASE: &str = "a case begins with `- name: `";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
