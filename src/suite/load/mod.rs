//! From files to suites, with everything that is wrong in them.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

use super::{
    case::{Case, Disturbance, Script, Suite, TargetDefault},
    expand,
    feature::Feature,
    reimport::changes_spec_of_imported_tag,
    script,
    step::{Action, Step},
};
use crate::{
    document::{self, Day, Diagnostic, Diagnostics, Key, Node, Source, Value},
    fixture::{ImageCatalogue, Images, Salt},
    variable::{Bindings, ImageValues, Variable, template},
    verdict::Level,
    version::ApiVersion,
};

/// Reads suites. Every file is read to its end, so that all that is wrong is told at once.
///
/// `images` are the recipes that cases can name, and `requirements` the requirements; if there are none, what cases say of
/// requirements is not looked at.
///
/// # Errors
/// When a file is no suite, names something unknown, or holds a name twice.
pub fn load(sources: &[Source], images: &ImageCatalogue, requirements: &[&str]) -> Result<Vec<Suite>, Diagnostics> {
    let bindings = sample(images);
    let loader = Loader { bindings: &bindings, requirements };
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

/// Values like those of a run, to try every case with.
#[must_use]
pub fn sample(images: &ImageCatalogue) -> Bindings {
    let built = images.names().filter_map(|name| images.build([name], &Salt::default()).ok());
    Bindings {
        registry: "127.0.0.1:5000".to_owned(),
        namespace: "namespace".to_owned(),
        stream: "stream".to_owned(),
        images: built.flat_map(|images| values(&images)).collect(),
    }
}

/// What variables can say of images.
fn values(images: &Images) -> Vec<(String, ImageValues)> {
    images.iter().map(|image| (image.name.clone(), ImageValues::from(&**image))).collect()
}

struct Loader<'a> {
    bindings: &'a Bindings,
    requirements: &'a [&'a str],
}

/// The outline of a suite: its cases are read one by one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuiteOutline {
    suite: String,
    about: String,
    #[serde(default)]
    reports: bool,
    #[serde(rename = "registry")]
    _registry: Option<IgnoredAny>,
    #[serde(rename = "cases")]
    _cases: IgnoredAny,
}

/// The outline of a case: what it does is read with the values of a run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CaseOutline {
    name: String,
    about: String,
    #[serde(default)]
    requirement: Vec<String>,
    level: Option<Level>,
    since: Option<ApiVersion>,
    until: Option<ApiVersion>,
    #[serde(default)]
    needs: Vec<Feature>,
    about_default: Option<TargetDefault>,
    link: Option<String>,
    added: Option<Day>,
    #[serde(rename = "registry")]
    _registry: Option<IgnoredAny>,
    #[serde(rename = "steps")]
    _steps: IgnoredAny,
}

impl Loader<'_> {
    fn suite(&self, source: &Source, found: &mut Vec<Diagnostic>) -> Option<(Suite, document::Span)> {
        let read = || -> Result<(Node, SuiteOutline), Diagnostic> {
            let root = document::parse(source)?;
            let outline = document::decode(source, &root)?;
            Ok((root, outline))
        };
        let (root, outline) = read().map_err(|diagnostic| found.push(diagnostic)).ok()?;
        let mut suite = Suite { name: outline.suite, about: outline.about, cases: Vec::new() };
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let cases = root.get("cases");
        if let Some(node) = cases.filter(|cases| cases.items().is_empty()) {
            let message = match node.kind() {
                "a list" => "a suite needs at least one case".to_owned(),
                kind => format!("expected a list of cases, found {kind}"),
            };
            found.push(Diagnostic::new(source, node.span, message).hint("a case begins with `- name: `"));
        }
        for written in cases.map(Node::items).unwrap_or_default() {
            let expanded = match expand::expand(source, written) {
                Ok(expanded) => expanded,
                Err(diagnostic) => {
                    found.push(diagnostic);
                    continue;
                }
            };
            for node in expanded {
                match self.case(source, &suite.name, node, root.get("registry")) {
                    Ok((mut case, name)) => {
                        case.report = outline.reports;
                        if let Some(first) = seen.insert(case.name.clone(), case.offset) {
                            let (line, _) = source.position(first);
                            let message = format!("case `{}` is there twice", case.name);
                            let hint = if first == case.offset {
                                let name = &case.name;
                                format!("put a variable that differs into the name: `{name}-{{{{VARIABLE}}}}`")
                            } else {
                                format!("the other one is in line {line}")
                            };
                            found.push(Diagnostic::new(source, name, message).hint(hint));
                        }
                        suite.cases.push(case);
                    }
                    // A mistake in what all rows share is told once.
                    Err(diagnostic) if found.contains(&diagnostic) => {}
                    Err(diagnostic) => found.push(diagnostic),
                }
            }
        }
        let name = root.get("suite").map(|node| node.span).unwrap_or_default();
        if !is_name(&suite.name) {
            found.push(Diagnostic::new(source, name, format!("`{}` is no suite name", suite.name)).label(NAME));
        }
        Some((suite, name))
    }

    fn case(
        &self,
        source: &Source,
        suite: &str,
        mut node: Node,
        registry: Option<&Node>,
    ) -> Result<(Case, document::Span), Diagnostic> {
        let outline: CaseOutline = document::decode(source, &node)?;
        let place = |field: &str| node.get(field).map_or(node.span, |node| node.span);
        let name_span = place("name");
        if !is_name(&outline.name) {
            return Err(Diagnostic::new(source, name_span, format!("`{}` is no case name", outline.name)).label(NAME));
        }
        if let (Some(since), Some(until)) = (outline.since, outline.until)
            && until < since
        {
            let message = format!("the case ends with {until}, before it begins with {since}");
            return Err(Diagnostic::new(source, place("until"), message));
        }
        for (requirement, node) in
            outline.requirement.iter().zip(node.get("requirement").map(Node::items).unwrap_or_default())
        {
            if !self.requirements.is_empty() && !self.requirements.contains(&requirement.as_str()) {
                return Err(Diagnostic::new(source, node.span, format!("unknown requirement `{requirement}`"))
                    .did_you_mean(requirement, self.requirements.iter().copied()));
            }
        }
        if node.get("registry").is_none()
            && let (Some(registry), Value::Mapping(entries)) = (registry, &mut node.value)
        {
            entries.push((Key { name: "registry".to_owned(), span: registry.span }, registry.clone()));
        }
        // Tried with values like those of a run, so that a run meets no surprise.
        let script = script::decode(source, &node, self.bindings)?;
        let images = self.images(source, &node, &script)?;
        let case = Case {
            suite: suite.to_owned(),
            name: outline.name,
            about: outline.about,
            requirements: outline.requirement,
            level: outline.level.unwrap_or(Level::Required),
            since: outline.since,
            until: outline.until,
            needs: needs(outline.needs, &script),
            about_default: outline.about_default,
            link: outline.link,
            added: outline.added,
            images,
            report: false,
            expects_golden: script.steps.iter().flat_map(Step::requests).any(|(_, expect)| expect.golden),
            tls: script.registry.tls,
            disturbance: Disturbance::of(&script.steps),
            source: source.clone(),
            offset: name_span.start,
            script: node,
        };
        Ok((case, name_span))
    }

    /// The images that the case names, those of its registry and of its variables.
    fn images(&self, source: &Source, node: &Node, script: &Script) -> Result<Vec<String>, Diagnostic> {
        let mut images: Vec<String> = script.registry.image_names().into_iter().map(str::to_owned).collect();
        for step in &script.steps {
            if let Action::Registry(change) = &step.action {
                images.extend(change.tag.values().cloned());
            }
        }
        for image in &images {
            if !self.bindings.images.contains_key(image) {
                let span = node.find_text(&|text| text == image).unwrap_or(node.span);
                return Err(Diagnostic::new(source, span, format!("unknown image `{image}`"))
                    .did_you_mean(image, self.bindings.images.keys().map(String::as_str)));
            }
        }
        collect_variables(node, &mut images);
        images.sort_unstable();
        images.dedup();
        Ok(images)
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

fn collect_variables(node: &Node, images: &mut Vec<String>) {
    let mut of_text = |text: &str| {
        let variables =
            template::placeholders(text).filter_map(|placeholder| placeholder.name.parse::<Variable>().ok());
        images.extend(variables.filter_map(|variable| variable.image().map(str::to_owned)));
    };
    match &node.value {
        Value::String(text) => of_text(text),
        Value::Sequence(items) => items.iter().for_each(|item| collect_variables(item, images)),
        Value::Mapping(entries) => {
            entries.iter().for_each(|(key, _)| of_text(&key.name));
            entries.iter().for_each(|(_, entry)| collect_variables(entry, images));
        }
        _ => {}
    }
}

const NAME: &str = "expected lower-case letters and digits, with `-`, `_` or `.` between them";

fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    !text.is_empty()
        && text.len() <= 100
        && text.bytes().all(|byte| inner(byte) || matches!(byte, b'-' | b'_' | b'.'))
        && text.bytes().next().is_some_and(inner)
        && text.bytes().next_back().is_some_and(inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
