//! `isi-conformance show`: a case as a person reads it.

use std::io::{self, Write};

use clap::Args;
use serde_json::Value;

use super::{
    case_name::CaseName,
    exit::{CommandError, Exit, printed},
};
use crate::{
    golden::Golden,
    suite::{Body, Case, Request},
    version::ApiVersion,
};

/// Print a case: its registry, its requests with sample values, and its golden at an API version.
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    #[command(flatten)]
    case: CaseName,
    /// The API version whose golden is shown.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
}

/// Runs the command.
///
/// # Errors
/// When there is no such case, or its golden cannot be read.
pub(super) fn run(arguments: &ShowArguments) -> Result<Exit, CommandError> {
    let version = arguments.api_version;
    let (folder, case) = arguments.case.find()?;
    let golden = folder.goldens.find(&case.suite, &case.name, version).map_err(CommandError::usage)?;
    let mut text = Vec::new();
    let golden = golden.as_ref().map(|found| (found.files.as_slice(), &found.golden));
    // Writing into memory does not fail.
    let _ = write(&case, version, golden, &mut text);
    printed(io::stdout().lock().write_all(&text))?;
    Ok(Exit::Success)
}

fn write(
    case: &Case,
    version: ApiVersion,
    golden: Option<(&[String], &Golden)>,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{} ({}), API version {version}", case.full_name(), case.location())?;
    writeln!(out, "  {}", case.about)?;
    let mut facts = vec![format!("level {}", case.level)];
    facts.extend(case.since.map(|since| format!("since {since}")));
    facts.extend(case.until.map(|until| format!("until {until}")));
    if !case.needs.is_empty() {
        facts.push(format!(
            "needs {}",
            case.needs.iter().map(|feature| feature.as_str()).collect::<Vec<_>>().join(", ")
        ));
    }
    writeln!(out, "  {}", facts.join("; "))?;
    if !case.requirements.is_empty() {
        writeln!(out, "  requirements {}", case.requirements.join(", "))?;
    }
    if !case.holds_for(version) {
        writeln!(out, "  does not hold for {version}")?;
    }
    let written = case.written();
    writeln!(out, "\nregistry\n{}", indented(&pretty(written.get("registry").unwrap_or(&Value::Null))))?;
    let steps = written.get("steps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, step) in case.sampled().steps.iter().enumerate() {
        writeln!(out, "\nstep {}", index + 1)?;
        if let Some(written) = steps.get(index) {
            writeln!(out, "{}", indented(&pretty(written)))?;
        }
        for (request, _) in step.requests() {
            writeln!(out, "  sends {}", first_line(request))?;
            match &request.body {
                Body::Empty => {}
                Body::Json(body) => writeln!(out, "{}", indented(&indented(&pretty(body))))?,
                Body::Text(body) => writeln!(out, "{}", indented(&indented(&cut(body))))?,
            }
        }
    }
    match golden {
        Some((files, golden)) => {
            writeln!(out, "\ngolden (golden/{})", files.join(", golden/"))?;
            writeln!(out, "{}", indented(&pretty(&serde_json::to_value(golden).unwrap_or_default())))
        }
        None => writeln!(out, "\nno golden"),
    }
}

fn first_line(request: &Request) -> String {
    const NAMESPACE: &str = "namespace";
    format!("{} {}", request.method, request.uri(NAMESPACE))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A text of megabytes is no help in a terminal.
fn cut(text: &str) -> String {
    const LONGEST: usize = 2000;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
