//! `isi-conformance schema`: judge a file by a published schema, or compare two.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::exit::{CommandError, Exit, printed};
use crate::{
    document::{self, Diagnostic, Node, Source, Span},
    json_path::{JsonPath, Segment},
    schema::{Diff, Judgement, Schema},
    verdict::{CheckKind, Difference},
    version::ApiVersion,
};

/// Look into the published schema of an API version.
#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// Judge an object by the published schema: types, required fields, unknown fields.
    Validate(ValidateArguments),
    /// Say in words what changed between two API versions.
    Diff(DiffArguments),
}

/// What `schema validate` takes.
#[derive(Debug, Args)]
pub struct ValidateArguments {
    /// A JSON or YAML file with one object; `-` is standard input.
    file: PathBuf,
    /// The API version whose schema it is.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
    /// Judge the object as this kind, whatever it says itself.
    #[arg(long)]
    kind: Option<String>,
}

/// What `schema diff` takes.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The API version to start from.
    #[arg(value_name = "FROM")]
    older: ApiVersion,
    /// The API version to arrive at.
    #[arg(value_name = "TO")]
    newer: ApiVersion,
}

/// An object that cannot be judged.
#[derive(Debug, thiserror::Error)]
enum ValidateError {
    #[error("cannot read {}: {error}", file.display())]
    Read { file: PathBuf, error: io::Error },
    #[error(transparent)]
    Malformed(#[from] Diagnostic),
    #[error("the schema of {version} knows no kind `{kind}`\n\nhint: it knows {known}")]
    Kind { kind: String, version: ApiVersion, known: String },
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

/// Runs the command. It fails when the object breaks the schema.
///
/// # Errors
/// When the object cannot be judged, or standard output is closed.
pub fn run(command: &SchemaCommand) -> Result<Exit, CommandError> {
    let mut out = io::stdout().lock();
    match command {
        SchemaCommand::Validate(arguments) => {
            let mut report = Vec::new();
            let fine = validate(arguments, &mut report).map_err(CommandError::usage)?;
            printed(out.write_all(&report))?;
            Ok(if fine { Exit::Success } else { Exit::Failure })
        }
        SchemaCommand::Diff(arguments) => {
            printed(diff(arguments, &mut out))?;
            Ok(Exit::Success)
        }
    }
}

fn diff(arguments: &DiffArguments, out: &mut impl Write) -> io::Result<()> {
    let DiffArguments { older, newer } = *arguments;
    let diff = Diff::between(Schema::for_version(older).document(), Schema::for_version(newer).document());
    if diff.changes.is_empty() {
        return writeln!(out, "nothing changed from {older} to {newer}");
    }
    writeln!(out, "from {older} to {newer}\n\n{}", diff.to_string().trim_end())
}

fn validate(arguments: &ValidateArguments, out: &mut impl Write) -> Result<bool, ValidateError> {
    let source = read(&arguments.file)?;
    let (body, places) = parse(&source)?;
    let (kind, judgement) = judge(arguments, &body)?;
    report(&source, places.as_ref(), &kind, arguments.api_version, &judgement, out)?;
    Ok(judgement.violations.is_empty() && judgement.unknown_fields.is_empty())
}

fn judge(arguments: &ValidateArguments, body: &Value) -> Result<(String, Judgement), ValidateError> {
    let version = arguments.api_version;
    let schema = Schema::for_version(version);
    let said = body.get("kind").and_then(Value::as_str);
    let Some(kind) = arguments.kind.as_deref().or(said) else {
        return Ok(("an object without a kind".to_owned(), schema.judge(body).unwrap_or_default()));
    };
    let judgement =
        schema.judge_as(kind, body).or_else(|| schema.judge_list(body)).ok_or_else(|| ValidateError::Kind {
            kind: kind.to_owned(),
            version,
            known: schema.document().kinds().collect::<Vec<_>>().join(", "),
        })?;
    Ok((kind.to_owned(), judgement))
}

fn read(file: &Path) -> Result<Source, ValidateError> {
    if file == Path::new("-") {
        let mut text = String::new();
        let read = io::stdin().read_to_string(&mut text);
        return read.map(|_| Source::new("standard input", text)).map_err(|error| unreadable(file, error));
    }
    Source::read(file).map_err(|error| unreadable(file, error))
}

fn unreadable(file: &Path, error: io::Error) -> ValidateError {
    ValidateError::Read { file: file.to_owned(), error }
}

/// The object, and the places of its values. JSON is YAML but for oddities (tabs, size), and then has no places.
fn parse(source: &Source) -> Result<(Value, Option<Node>), Diagnostic> {
    match document::parse(source) {
        Ok(node) => Ok((node.to_json(), Some(node))),
        Err(diagnostic) => serde_json::from_str(source.text()).map(|body| (body, None)).map_err(|_| diagnostic),
    }
}

fn report(
    source: &Source,
    places: Option<&Node>,
    kind: &str,
    version: ApiVersion,
    judgement: &Judgement,
    out: &mut impl Write,
) -> io::Result<()> {
    let checks = [(CheckKind::Schema, &judgement.violations), (CheckKind::UnknownField, &judgement.unknown_fields)];
    let mut violations = 0;
    for (check, differences) in checks {
        for Difference { path, expected, actual, .. } in differences {
            let (line, column) = places.map_or((1, 1), |root| source.position(place(root, path).start));
            writeln!(out, "{}:{line}:{column}: {check} {path}", source.name())?;
            writeln!(out, "  expected {expected}")?;
            writeln!(out, "  actual   {actual}")?;
            violations += 1;
        }
    }
    for (known, path) in &judgement.deviations {
        writeln!(out, "documented deviation at {path}\n  {known}")?;
    }
    match violations {
        0 => writeln!(out, "{kind} is as the schema of {version} has it"),
        1 => writeln!(out, "{kind} breaks the schema of {version} in 1 place"),
        _ => writeln!(out, "{kind} breaks the schema of {version} in {violations} places"),
    }
}

/// Where the value at `path` stands, or the nearest value around it that is there.
fn place(root: &Node, path: &JsonPath) -> Span {
    let mut at = root;
    for segment in path.segments() {
        let next = match segment {
            Segment::Key(key) => at.get(key),
            Segment::Index(position) => at.items().get(*position),
        };
        let Some(next) = next else { break };
        at = next;
    }
    at.span
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn validated(version: ApiVersion, kind: Option<&str>, text: &str) -> Result<(bool, String), ValidateError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("object.yaml");
        std::fs::write(&file, text).unwrap();
        let arguments = ValidateArguments { file, api_version: version, kind: kind.map(str::to_owned) };
        let mut out = Vec::new();
        let fine = validate(&arguments, &mut out)?;
        let folder = format!("{}/", folder.path().display());
        Ok((fine, String::from_utf8(out).unwrap().replace(&folder, "")))
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
        let error = validated(ApiVersion::V4_8, Some("Pod"), "kind: Pod\n").unwrap_err().to_string();
        assert!(error.starts_with("the schema of 4.8 knows no kind `Pod`\n\nhint: it knows Image, "), "{error}");
    }

    #[test]
    fn points_at_what_is_no_yaml() {
        let error = validated(ApiVersion::V4_8, None, "kind: [\n").unwrap_err().to_string();
        assert!(error.contains("object.yaml:"), "{error}");
    }
}
