//! Field selectors: `metadata.name=app`. Grammar and errors are those of k8s.io/apimachinery, as openshift-apiserver 4.18 and
//! 4.22 answer them.

use crate::{
    error::{ApiError, Result},
    storage::STREAMS,
};

/// What name and namespace of an object have to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSelector(Vec<Term>);

#[derive(Debug, PartialEq, Eq)]
struct Term {
    field: SelectableField,
    comparison: Operator,
    value: String,
}

/// The fields that objects can be selected by.
#[derive(Debug, Clone, PartialEq, Eq)]
enum SelectableField {
    Name,
    Namespace,
    /// The repository that the spec of an image stream names.
    SpecRepository,
    /// The repository that an image stream is pulled from.
    StatusRepository,
    /// One that no object can be selected by.
    Other(String),
}

/// What an object can be selected by. Only image streams have repositories.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SelectableFields<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) spec_repository: &'a str,
    pub(crate) status_repository: &'a str,
}

impl SelectableField {
    const ALL: [(&'static str, Self); 4] = [
        ("metadata.name", Self::Name),
        ("metadata.namespace", Self::Namespace),
        ("spec.dockerImageRepository", Self::SpecRepository),
        ("status.dockerImageRepository", Self::StatusRepository),
    ];

    fn named(name: &str) -> Self {
        let known = Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, field)| field);
        known.unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    /// The name of a field that objects of `resource` do not have.
    fn unknown_to(&self, resource: &str) -> Option<&str> {
        match self {
            Self::Name | Self::Namespace => None,
            Self::SpecRepository | Self::StatusRepository if resource == STREAMS => None,
            Self::Other(name) => Some(name),
            field => Self::ALL.iter().find(|(_, known)| known == field).map(|(name, _)| *name),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
}

impl FieldSelector {
    /// Reads the value of `fieldSelector`.
    ///
    /// # Errors
    /// 400, with the words of a server, when it cannot be parsed.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        // A term that names no field and no value selects everything.
        let is_empty = |term: &&str| matches!(*term, "" | "=" | "==");
        let mut terms: Vec<&str> = split_unescaped(text).into_iter().filter(|term| !is_empty(term)).collect();
        terms.sort_unstable();
        terms.into_iter().map(|term| read(text, term)).collect::<Result<_>>().map(Self)
    }

    /// Refuses what no object of `resource` can be selected by.
    ///
    /// # Errors
    /// 400, with the words of a server.
    pub(crate) fn check(&self, resource: &str) -> Result<()> {
        match self.0.iter().find_map(|term| term.field.unknown_to(resource)) {
            Some(field) => Err(ApiError::bad_request(format!(
                "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
            ))),
            None => Ok(()),
        }
    }

    /// The one name that can be selected, if there is one.
    pub(crate) fn only_name(&self) -> Option<&str> {
        let is_name = |term: &&Term| term.field == SelectableField::Name && term.comparison == Operator::Equal;
        self.0.iter().find(is_name).map(|term| term.value.as_str())
    }

    /// Whether an object with these fields is selected.
    pub(crate) fn matches(&self, fields: &SelectableFields<'_>) -> bool {
        self.0.iter().all(|term| {
            let found = match term.field {
                SelectableField::Name => fields.name,
                SelectableField::Namespace => fields.namespace,
                SelectableField::SpecRepository => fields.spec_repository,
                SelectableField::StatusRepository => fields.status_repository,
                SelectableField::Other(_) => "",
            };
            (found == term.value) == (term.comparison == Operator::Equal)
        })
    }
}

fn read(selector: &str, term: &str) -> Result<Term> {
    let start = [term.find("!="), term.find('=')].into_iter().flatten().min();
    let Some(start) = start else {
        return Err(ApiError::bad_request(format!("invalid selector: '{selector}'; can't understand '{term}'")));
    };
    let (field, rest) = term.split_at(start);
    let (comparison, value) = if let Some(value) = rest.strip_prefix("!=") {
        (Operator::Unequal, value)
    } else {
        (Operator::Equal, rest.strip_prefix("==").or_else(|| rest.strip_prefix('=')).unwrap_or(rest))
    };
    let value = unescape(value).map_err(ApiError::bad_request)?;
    Ok(Term { field: SelectableField::named(field), comparison, value })
}

/// Splits at commas that no backslash escapes.
fn split_unescaped(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn unescape(value: &str) -> std::result::Result<String, String> {
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => plain.push(escaped),
                Some(other) => return Err(format!("invalid field selector: invalid escape sequence: \\{other}")),
                None => return Err("invalid field selector: invalid escape sequence: \\".to_owned()),
            },
            // Servers print the character's number.
            ',' | '=' => {
                let number = u32::from(character);
                return Err(format!("invalid field selector: unescaped character in value: {number}"));
            }
            other => plain.push(other),
        }
    }
    Ok(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", true)]
    #[case("metadata.name=app", true)]
    #[case("metadata.name==app,metadata.namespace!=other", true)]
    #[case("metadata.name!=app", false)]
    #[case("metadata.name=app,", true)]
    // Answered by openshift-apiserver 4.22 with every stream.
    #[case("=", true)]
    fn names_match_or_do_not(#[case] selector: &str, #[case] expected: bool) {
        let fields = SelectableFields { namespace: "team", name: "app", ..SelectableFields::default() };
        assert_eq!(FieldSelector::parse(selector).unwrap().matches(&fields), expected);
    }

    // Recorded from openshift-apiserver 4.22.
    #[rstest]
    #[case("x", "invalid selector: 'x'; can't understand 'x'")]
    #[case("metadata.name>a", "invalid selector: 'metadata.name>a'; can't understand 'metadata.name>a'")]
    #[case("foo=bar", "\"foo\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")]
    #[case("metadata.name=a=b", "invalid field selector: unescaped character in value: 61")]
    #[case(r"metadata.name=a\x", r"invalid field selector: invalid escape sequence: \x")]
    fn a_malformed_selector_is_refused_in_the_words_of_a_server(#[case] selector: &str, #[case] expected: &str) {
        let error = FieldSelector::parse(selector).and_then(|selector| selector.check(STREAMS)).unwrap_err();
        assert_eq!((error.code(), error.status().message.as_str()), (400, expected));
    }

    // Asked of openshift-apiserver 4.22.
    #[rstest]
    #[case("imagestreams", Ok(()))]
    #[case(
        "imagetags",
        Err(
            "\"spec.dockerImageRepository\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        )
    )]
    fn only_streams_are_selected_by_their_repository(
        #[case] resource: &str,
        #[case] expected: std::result::Result<(), &str>,
    ) {
        let selector = FieldSelector::parse("spec.dockerImageRepository=quay.io/a/b").unwrap();
        let found = selector.check(resource).map_err(|error| error.status().message.clone());
        assert_eq!(found, expected.map_err(str::to_owned));
        let stream = SelectableFields { spec_repository: "quay.io/a/b", ..SelectableFields::default() };
        assert!(selector.matches(&stream) && !selector.matches(&SelectableFields::default()));
    }
}
