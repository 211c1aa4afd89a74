//! The requirements, by id.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::{
    document::{self, Diagnostic, Source},
    schema::{Schema, short_name},
    version::ApiVersion,
};

/// One sentence of the published reference, in our own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The object, the path of the field, and a name of the sentence where a field has several:
    /// `isi.spec.images.to.default`.
    pub id: String,
    /// The requirement.
    pub says: String,
    /// The first API version that it holds for, if not all older ones.
    pub since: Option<ApiVersion>,
    /// The last API version that it holds for, if not all newer ones.
    pub until: Option<ApiVersion>,
    /// The pages that it is published on.
    pub pages: Vec<String>,
}

/// The objects that ids begin with, and their kinds.
const OBJECTS: [(&str, &str); 6] = [
    ("image", "Image"),
    ("imagesignature", "ImageSignature"),
    ("imagestream", "ImageStream"),
    ("imagestreamtag", "ImageStreamTag"),
    ("isi", "ImageStreamImport"),
    ("isimage", "ImageStreamImage"),
];

impl Requirement {
    /// Whether it holds for `version`.
    #[must_use]
    pub fn holds_for(&self, version: ApiVersion) -> bool {
        self.since.is_none_or(|since| since <= version) && self.until.is_none_or(|until| version <= until)
    }

    /// The field that it is about. `None` when it is about an object as a whole, or about its endpoint.
    #[must_use]
    pub fn field(&self, schema: &Schema) -> Option<RequirementField> {
        let mut segments = self.id.split('.').peekable();
        let object = segments.next()?;
        let (_, kind) = OBJECTS.iter().find(|(name, _)| *name == object)?;
        let (name, mut at) = schema.document().kind(kind)?;
        let mut owner = short_name(name);
        let mut field = None;
        let mut path = (*kind).to_owned();
        while let Some((name, property)) = segments.peek().and_then(|name| at.properties.get_key_value(*name)) {
            segments.next();
            path = format!("{path}.{name}");
            field = Some(format!("{owner}.{name}"));
            let mut inner = schema.document().resolve(property);
            if let Some(items) = &inner.1.items {
                path.push_str("[]");
                inner = schema.document().resolve(items);
            }
            owner = inner.0.map_or(owner, short_name);
            at = inner.1;
        }
        field.map(|definition| RequirementField { path, definition, is_all: segments.next().is_none() })
    }

    /// Whether it is about what answers hold, rather than about what is asked for.
    #[must_use]
    pub fn is_of_answers(&self) -> bool {
        !["isi.spec", "isi.query", "isi.endpoint", "isi.metadata"].iter().any(|prefix| self.id.starts_with(prefix))
    }
}

/// The field that a requirement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementField {
    /// With the object's kind: `ImageStreamImport.spec.images[].to`.
    pub path: String,
    /// By the definition that has it: `ImageImportSpec.to`.
    pub definition: String,
    /// Whether the requirement says what the field is, rather than something more about it.
    pub is_all: bool,
}

/// Every requirement.
#[derive(Debug, Clone, Default)]
pub struct Index {
    by_id: BTreeMap<String, Requirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementsFile {
    pages: Vec<String>,
    requirements: Vec<RequirementEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementEntry {
    id: String,
    says: String,
    since: Option<ApiVersion>,
    until: Option<ApiVersion>,
    pages: Option<Vec<String>>,
}

const FILES: [(&str, &str); 4] = [
    ("requirements/image-stream-import.yaml", include_str!("../../requirements/image-stream-import.yaml")),
    ("requirements/image-stream.yaml", include_str!("../../requirements/image-stream.yaml")),
    ("requirements/image-stream-image.yaml", include_str!("../../requirements/image-stream-image.yaml")),
    ("requirements/image.yaml", include_str!("../../requirements/image.yaml")),
];

impl Index {
    /// The requirements that are part of this crate.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Index> = LazyLock::new(|| {
            let mut index = Index::default();
            for (name, text) in FILES {
                index.read(&Source::new(name, text)).expect("the built-in requirements are read by a test");
            }
            index
        });
        &BUILTIN
    }

    /// Adds the requirements of one file.
    ///
    /// # Errors
    /// When the file is malformed, or an id is there already.
    fn read(&mut self, source: &Source) -> Result<(), Diagnostic> {
        let node = document::parse(source)?;
        let file: RequirementsFile = document::decode(source, &node)?;
        let places = node.get("requirements").map(document::Node::items).unwrap_or_default();
        for (entry, place) in file.requirements.into_iter().zip(places) {
            let RequirementEntry { id, says, since, until, pages } = entry;
            let pages = pages.unwrap_or_else(|| file.pages.clone());
            let requirement = Requirement { id: id.clone(), says, since, until, pages };
            if self.by_id.insert(id.clone(), requirement).is_some() {
                return Err(Diagnostic::new(source, place.span, format!("requirement `{id}` is there twice")));
            }
        }
        Ok(())
    }

    /// The requirement with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.by_id.get(id)
    }

    /// Every requirement, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Requirement> {
        self.by_id.values()
    }

    /// Every id, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use rstest::rstest;

    use super::*;

    const PAGES: [&str; 6] = ["aro-3.11", "okd-4.8", "okd-4.10", "adoc-4.12", "ocp-4.12", "openapi"];

    #[test]
    fn every_requirement_is_of_a_known_object_and_page() {
        for requirement in Index::builtin().iter() {
            let (object, _) = requirement.id.split_once('.').unwrap();
            assert!(OBJECTS.iter().any(|(name, _)| *name == object), "{}", requirement.id);
            let pages: BTreeSet<_> = requirement.pages.iter().map(String::as_str).collect();
            assert!(!pages.is_empty() && pages.iter().all(|page| PAGES.contains(page)), "{}", requirement.id);
        }
    }

    #[test]
    fn a_requirement_about_a_field_holds_for_the_versions_that_have_the_field() {
        let newest = Schema::for_version(ApiVersion::NEWEST);
        for requirement in Index::builtin().iter() {
            let field = requirement.field(newest);
            for version in ApiVersion::ALL.into_iter().filter(|version| requirement.holds_for(*version)) {
                assert_eq!(requirement.field(Schema::for_version(version)), field, "{} in {version}", requirement.id);
            }
        }
    }

    #[test]
    fn every_required_place_of_a_golden_is_a_published_sentence_about_a_field_of_answers() {
        let newest = Schema::for_version(ApiVersion::NEWEST);
        for id in crate::golden::required_ids() {
            let requirement = Index::builtin().get(id).unwrap_or_else(|| panic!("no requirement `{id}`"));
            assert!(requirement.is_of_answers(), "{id}");
            assert!(requirement.field(newest).is_some_and(|field| field.is_all), "{id}");
        }
    }

    /// What the sentence leaves to the server, or what only this server does: the rule table says nothing about it.
    const LEFT_TO_THE_SERVER: [&str; 24] = [
        // Texts and reasons.
        "imagestream.spec.tags.annotations",
        "imagestream.status.tags.conditions.message",
        "imagestream.status.tags.conditions.reason",
        // Counters that are compared with each other, and optional.
        "imagestream.spec.tags.generation",
        "imagestream.status.tags.conditions.generation",
        "imagestream.status.tags.conditions.lastTransitionTime",
        "imagestream.status.tags.items.generation",
        // Empty until the server knows, or if the registry is not exposed.
        "imagestream.status.dockerImageRepository",
        "imagestream.status.publicDockerImageRepository",
        // An empty version means "1.0"; nothing says when the config and the signatures are in an answer.
        "image.dockerImageConfig",
        "image.dockerImageMetadataVersion",
        "image.dockerImageSignatures",
        // What only a later verification fills in.
        "image.signatures.conditions",
        "image.signatures.conditions.lastProbeTime",
        "image.signatures.conditions.lastTransitionTime",
        "image.signatures.conditions.message",
        "image.signatures.conditions.reason",
        "image.signatures.conditions.status",
        "image.signatures.conditions.type",
        "image.signatures.created",
        "image.signatures.imageIdentity",
        "image.signatures.issuedBy",
        "image.signatures.issuedTo",
        "image.signatures.signedClaims",
    ];

    #[test]
    fn every_sentence_about_a_field_of_answers_is_required_or_left_to_the_server() {
        let newest = Schema::for_version(ApiVersion::NEWEST);
        let required: BTreeSet<&str> = crate::golden::required_ids().collect();
        for requirement in Index::builtin().iter().filter(|requirement| requirement.is_of_answers()) {
            let is_field = requirement.field(newest).is_some_and(|field| field.is_all);
            let is_left = LEFT_TO_THE_SERVER.contains(&requirement.id.as_str())
                || requirement.id.starts_with("image.signatures.issued");
            let is_required = required.contains(requirement.id.as_str());
            assert_eq!(is_required || is_left, is_field, "{}", requirement.id);
            assert!(!(is_required && is_left), "{}", requirement.id);
        }
    }

    #[rstest]
    #[case("isi.spec.images.to.default", "ImageStreamImport.spec.images[].to", "ImageImportSpec.to", false)]
    #[case("imagestream.status.tags.items.image", "ImageStream.status.tags[].items[].image", "TagEvent.image", true)]
    fn an_id_leads_to_its_field(#[case] id: &str, #[case] path: &str, #[case] definition: &str, #[case] is_all: bool) {
        let requirement = Index::builtin().get(id).unwrap();
        let field = RequirementField { path: path.to_owned(), definition: definition.to_owned(), is_all };
        assert_eq!(requirement.field(Schema::for_version(ApiVersion::NEWEST)), Some(field));
    }

    #[test]
    fn a_requirement_about_a_call_has_no_field() {
        let requirement = Index::builtin().get("isi.query.dryRun").unwrap();
        assert_eq!(requirement.field(Schema::for_version(ApiVersion::NEWEST)), None);
    }

    #[test]
    fn an_id_that_is_there_twice_is_shown() {
        let text = "pages: [openapi]\nrequirements:\n  - { id: isi.a, says: A }\n  - { id: isi.a, says: B }\n";
        let error = Index::default().read(&Source::new("twice.yaml", text)).unwrap_err().to_string();
        assert!(error.contains("twice.yaml:4:5") && error.contains("requirement `isi.a` is there twice"), "{error}");
    }
}
