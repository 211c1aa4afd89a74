//! `isi-conformance schema validate`: judges objects in files by the published schema of an API version.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::Value;

use super::super::exit::{CommandError, Exit, printed};
use crate::{
    document::{self, Diagnostic, Node, Source, Span},
    json_path::{JsonPath, Segment},
    schema::{Judgement, Schema},
    verdict::{CheckKind, Difference},
    version::ApiVersion,
};

/// What `schema validate` takes.
#[derive(Debug, Args)]
pub struct ValidateArguments {
    /// JSON or YAML files, each with one object or several documents; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The API version whose schema it is.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
    /// Judge every object as this kind, whatever it says itself.
    #[arg(long)]
    kind: Option<String>,
}

/// A file or an object that cannot be judged.
#[derive(Debug, thiserror::Error)]
enum ValidateError {
    #[error("cannot read {}: {error}", file.display())]
    Read { file: PathBuf, error: io::Error },
    #[error(transparent)]
    Malformed(#[from] Diagnostic),
    #[error("{file} holds no object: expected at least one JSON or YAML document")]
    Empty { file: String },
    #[error("{place}: the schema of {version} knows no kind `{kind}`\n\nhint: it knows {known}")]
    Kind { place: String, kind: String, version: ApiVersion, known: String },
}

/// An object of a file.
struct Object {
    body: Value,
    location: Location,
}

/// Where an object stands in its file.
enum Location {
    /// Every value has a place.
    Tree(Node),
    /// Only the place of the whole is known: JSON that is no YAML (tabs, several values without separators).
    Whole(Span),
}

impl Location {
    /// Where the value at `path` stands, or the nearest value around it that is there.
    fn of(&self, path: &JsonPath) -> Span {
        let mut node = match self {
            Self::Whole(span) => return *span,
            Self::Tree(root) => root,
        };
        for segment in path.segments() {
            let next = match segment {
                Segment::Key(key) => node.get(key),
                Segment::Index(position) => node.items().get(*position),
            };
            let Some(next) = next else { break };
            node = next;
        }
        node.span
    }
}

/// Judges every object of every file. What cannot be judged does not keep the rest from being judged.
pub(super) fn run(arguments: &ValidateArguments) -> Result<Exit, CommandError> {
    let mut report = Vec::new();
    let (sound, errors) = validate(arguments, &mut report);
    printed(io::stdout().lock().write_all(&report))?;
    match (errors.is_empty(), sound) {
        (false, _) => {
            let texts: Vec<_> = errors.iter().map(|error| CommandError::usage(error).to_string()).collect();
            Err(CommandError::usage(texts.join("\n\n")))
        }
        (true, true) => Ok(Exit::Success),
        (true, false) => Ok(Exit::Failure),
    }
}

/// Whether every object that was judged is as the schema has it, and what could not be judged.
fn validate(arguments: &ValidateArguments, out: &mut Vec<u8>) -> (bool, Vec<ValidateError>) {
    let (mut sound, mut errors) = (true, Vec::new());
    for file in &arguments.files {
        let read = read(file).and_then(|source| objects(&source).map(|objects| (source, objects)));
        let (source, objects) = match read {
            Ok(read) => read,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        let several = arguments.files.len() > 1 || objects.len() > 1;
        for object in objects {
            match judge(arguments, &source, &object) {
                Ok((kind, judgement)) => {
                    sound &= judgement.violations.is_empty() && judgement.unknown_fields.is_empty();
                    let name = if several {
                        format!("{}: {kind}", place(&source, object.location.of(&JsonPath::root())))
                    } else {
                        kind
                    };
                    report(&source, &object.location, &name, arguments.api_version, &judgement, out);
                }
                Err(error) => errors.push(error),
            }
        }
    }
    (sound, errors)
}

fn judge(
    arguments: &ValidateArguments,
    source: &Source,
    Object { body, location }: &Object,
) -> Result<(String, Judgement), ValidateError> {
    let version = arguments.api_version;
    let schema = Schema::for_version(version);
    let said = body.get("kind").and_then(Value::as_str);
    let Some(kind) = arguments.kind.as_deref().or(said) else {
        return Ok(("an object without a kind".to_owned(), schema.judge(body).unwrap_or_default()));
    };
    let judgement =
        schema.judge_as(kind, body).or_else(|| schema.judge_list(body)).ok_or_else(|| ValidateError::Kind {
            place: place(source, location.of(&JsonPath::root().key("kind"))),
            kind: kind.to_owned(),
            version,
            known: schema.document().kinds().collect::<Vec<_>>().join(", "),
        })?;
    Ok((kind.to_owned(), judgement))
}

fn read(file: &Path) -> Result<Source, ValidateError> {
    let unreadable = |error| ValidateError::Read { file: file.to_owned(), error };
    if file == Path::new("-") {
        let mut text = String::new();
        let read = io::stdin().read_to_string(&mut text);
        return read.map(|_| Source::new("standard input", text)).map_err(unreadable);
    }
    Source::read(file).map_err(unreadable)
}

/// Every object of a file. A file without one, or with a value that is no object, is an error.
fn objects(source: &Source) -> Result<Vec<Object>, ValidateError> {
    let objects: Vec<Object> = match document::parse_documents(source) {
        Ok(nodes) => {
            nodes.into_iter().map(|node| Object { body: node.to_json(), location: Location::Tree(node) }).collect()
        }
        Err(diagnostic) => json_values(source).ok_or(diagnostic)?,
    };
    if objects.is_empty() {
        return Err(ValidateError::Empty { file: source.name().to_owned() });
    }
    for Object { body, location } in &objects {
        let found = match body {
            Value::Object(_) => continue,
            Value::Array(_) => "a list",
            Value::String(_) => "a text",
            Value::Number(_) => "a number",
            Value::Bool(_) => "a boolean",
            Value::Null => "null",
        };
        let span = location.of(&JsonPath::root());
        return Err(Diagnostic::new(source, span, format!("expected an object, found {found}")).into());
    }
    Ok(objects)
}

/// JSON values one after the other, as in JSON lines. `None` if the text is something else.
fn json_values(source: &Source) -> Option<Vec<Object>> {
    let text = source.text();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut objects = Vec::new();
    loop {
        let before = values.byte_offset();
        let Some(body) = values.next() else { return Some(objects) };
        let start = before + text[before..].len() - text[before..].trim_start().len();
        let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length);
        objects.push(Object { body: body.ok()?, location: Location::Whole(Span::new(start, line_end)) });
    }
}

fn place(source: &Source, span: Span) -> String {
    let (line, column) = source.position(span.start);
    format!("{}:{line}:{column}", source.name())
}

fn report(
    source: &Source,
    location: &Location,
    name: &str,
    version: ApiVersion,
    judgement: &Judgement,
    out: &mut Vec<u8>,
) {
    let mut line = |text: String| out.extend_from_slice(format!("{text}\n").as_bytes());
    let checks = [(CheckKind::Schema, &judgement.violations), (CheckKind::UnknownField, &judgement.unknown_fields)];
    for (check, differences) in checks {
        for Difference { path, expected, actual, .. } in differences {
            line(format!("{}: {check} {path}", place(source, location.of(path))));
            line(format!("  expected {expected}"));
            line(format!("  actual   {actual}"));
        }
    }
    for (known, path) in &judgement.deviations {
        line(format!("documented deviation at {path}\n  {known}"));
    }
    line(match judgement.violations.len() + judgement.unknown_fields.len() {
        0 => format!("{name} is as the schema of {version} has it"),
        1 => format!("{name} breaks the schema of {version} in 1 place"),
        places => format!("{name} breaks the schema of {version} in {places} places"),
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn validated(version: ApiVersion, kind: Option<&str>, text: &str) -> Result<(bool, String), String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("object.yaml");
        std::fs::write(&file, text).unwrap();
        let arguments = ValidateArguments { files: vec![file], api_version: version, kind: kind.map(str::to_owned) };
        let mut out = Vec::new();
        let (fine, errors) = validate(&arguments, &mut out);
        let folder = format!("{}/", folder.path().display());
        let shown = |text: String| text.replace(&folder, "");
        match errors.first() {
            Some(error) => Err(shown(error.to_string())),
            None => Ok((fine, shown(String::from_utf8(out).unwrap()))),
        }
    }

    const STREAM: &str = "\
apiVersion: image.openshift.io/v1
kind: ImageStream
spec:
  tags:
  - name: 1
    annotations: null
    form: { kind: DockerImage }
";

    #[test]
    fn shows_every_violation_with_its_place() {
        let (fine, shown) = validated(ApiVersion::V4_22, None, STREAM).unwrap();
        assert!(!fine);
        insta::assert_snapshot!(shown);
    }

    #[rstest]
    #[case::yaml("kind: Status\napiVersion: v1\n")]
    #[case::json("{ \"kind\": \"Status\", \"apiVersion\": \"v1\" }")]
    #[case::json_with_tabs("{\n\t\"kind\": \"Status\",\n\t\"apiVersion\": \"v1\"\n}")]
    fn takes_json_and_yaml(#[case] text: &str) {
        let expected = (true, "Status is as the schema of 4.8 has it\n".to_owned());
        assert_eq!(validated(ApiVersion::V4_8, None, text).unwrap(), expected);
    }

    #[test]
    fn judges_as_the_kind_that_was_asked_for() {
        let (fine, shown) = validated(ApiVersion::V4_8, Some("ImageStreamLayers"), "kind: Status\n").unwrap();
        assert!(!fine);
        assert!(shown.ends_with("ImageStreamLayers breaks the schema of 4.8 in 3 places\n"), "{shown}");
    }

    #[test]
    fn judges_every_object_of_a_list() {
        let list =
            "kind: List\nitems:\n- { apiVersion: v1, kind: Status }\n- { apiVersion: v1, kind: Status, code: a }\n";
        let (fine, shown) = validated(ApiVersion::V4_8, None, list).unwrap();
        assert!(!fine);
        assert!(shown.starts_with("object.yaml:4:41: schema $.items[1].code\n"), "{shown}");
    }

    #[test]
    fn names_the_kinds_it_knows() {
        let error = validated(ApiVersion::V4_8, Some("Pod"), "kind: Pod\n").unwrap_err();
        assert!(
            error.starts_with("object.yaml:1:7: the schema of 4.8 knows no kind `Pod`\n\nhint: it knows Image, "),
            "{error}"
        );
    }

    #[test]
    fn points_at_what_is_no_yaml() {
        let error = validated(ApiVersion::V4_8, None, "kind: [\n").unwrap_err();
        assert!(error.contains("object.yaml:"), "{error}");
    }

    #[rstest]
    #[case::yaml(
        "kind: Status\napiVersion: v1\n---\nkind: Status\napiVersion: v1\ncode: a\n",
        "object.yaml:6:7: schema $.code"
    )]
    #[case::empty_documents("---\n---\nkind: Status\napiVersion: v1\ncode: a\n---\n", "object.yaml:5:7: schema $.code")]
    #[case::json_lines(
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\"}\n{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":\"a\"}\n",
        "object.yaml:2:1: schema $.code"
    )]
    fn judges_every_document_of_a_file(#[case] text: &str, #[case] first_line: &str) {
        let (fine, shown) = validated(ApiVersion::V4_8, None, text).unwrap();
        assert!(!fine);
        assert!(shown.contains(&format!("{first_line}\n  expected an integer\n")), "{shown}");
    }

    #[rstest]
    #[case::text("not json", "expected an object, found a text")]
    #[case::list("[]", "expected an object, found a list")]
    #[case::number_among_objects("{\"kind\":\"Status\"}\n7\n", "expected an object, found a number")]
    #[case::empty("", "object.yaml holds no object")]
    #[case::only_comments("# nothing\n---\n", "object.yaml holds no object")]
    fn what_is_no_object_is_an_error(#[case] text: &str, #[case] expected: &str) {
        let error = validated(ApiVersion::V4_8, None, text).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
