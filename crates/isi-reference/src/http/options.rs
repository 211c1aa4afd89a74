//! Options that come in the query.

use std::time::Duration;

use super::{
    body::{self, UNREADABLE_KIND},
    request::Request,
};
use crate::{
    behaviour::{Behaviour, JsonDecoder},
    error::{ApiError, Result},
    field::FieldError,
    json::{self, shapes},
    patch::PatchType,
    quote::quote,
    watch::options::is_watch,
};

/// How long the name of a field manager may be, in bytes.
const FIELD_MANAGER_LIMIT: usize = 128;

/// What may become of the objects that belong to a deleted one.
const PROPAGATION_POLICIES: [&str; 3] = ["Foreground", "Background", "Orphan"];

/// What to do about fields that a request should not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

/// The options of a write.
#[derive(Debug, Clone)]
pub(crate) struct WriteOptions {
    /// Whether nothing is to be written.
    pub(crate) dry_run: bool,
    /// Who the written fields belong to.
    pub(crate) manager: String,
    pub(crate) field_validation: FieldValidation,
    /// Whether server-side apply takes over what others own.
    pub(crate) force: bool,
}

impl WriteOptions {
    /// The options of `request`; `kind` is what errors call them.
    pub(crate) fn read(request: &Request, kind: &str, behaviour: &Behaviour) -> Result<Self> {
        Self::check(request, kind, behaviour, Vec::new())
    }

    /// The options of a patch.
    pub(crate) fn read_patch(request: &Request, patch: PatchType, behaviour: &Behaviour) -> Result<Self> {
        let manager = request.parameter("fieldManager").unwrap_or_default();
        let error = match (patch, request.parameter("force")) {
            (PatchType::Apply, _) if manager.is_empty() => {
                Some(FieldError::required("fieldManager", "is required for apply patch"))
            }
            (PatchType::Json | PatchType::Merge | PatchType::Strategic, Some(_)) => {
                Some(FieldError::forbidden("force", "may not be specified for non-apply patch"))
            }
            _ => None,
        };
        Self::check(request, "PatchOptions", behaviour, error.into_iter().collect())
    }

    fn check(request: &Request, kind: &str, behaviour: &Behaviour, mut errors: Vec<FieldError>) -> Result<Self> {
        let dry_run: Vec<&str> = request.parameters("dryRun").collect();
        errors.extend(check_dry_run(&dry_run, behaviour));
        let manager = request.parameter("fieldManager").unwrap_or_default();
        if manager.len() > FIELD_MANAGER_LIMIT {
            errors.push(FieldError::too_long("fieldManager", FIELD_MANAGER_LIMIT, behaviour.too_long));
        }
        for (position, character) in manager.char_indices().filter(|(_, character)| !is_printable(*character)) {
            let detail = format!("invalid character U+{:04X} (at position {position})", u32::from(character));
            errors.push(FieldError::invalid("fieldManager", manager, detail));
        }
        let asked = request.parameter("fieldValidation").unwrap_or_default();
        let field_validation = match asked {
            _ if !behaviour.field_validation => FieldValidation::Ignore,
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                let supported = ["", "Ignore", "Strict", "Warn"];
                errors.push(FieldError::unsupported("fieldValidation", &quote(other), &supported));
                FieldValidation::Ignore
            }
        };
        if !errors.is_empty() {
            return Err(ApiError::invalid("meta.k8s.io", kind, "", &errors, behaviour.plain_null_in_field_errors));
        }
        let program = request.user_agent().split('/').next().unwrap_or_default();
        let manager = [manager, program].into_iter().find(|name| !name.is_empty()).unwrap_or("unknown").to_owned();
        let is_false = |value: &str| matches!(value, "0" | "false");
        let force = request.parameter("force").is_some_and(|value| !is_false(&value.to_lowercase()));
        Ok(Self { dry_run: !dry_run.is_empty(), manager, field_validation, force })
    }

    /// Warns the client of what its object should not have, unless it asked for silence.
    pub(crate) fn warn(&self, request: &Request, surplus: Vec<String>) {
        if self.field_validation == FieldValidation::Warn {
            request.warn(surplus);
        }
    }
}

/// The options of a deletion.
#[derive(Debug, Clone)]
pub(crate) struct DeleteOptions {
    /// Whether nothing is to be deleted.
    pub(crate) dry_run: bool,
    /// The UID that the object must have.
    pub(crate) uid: Option<String>,
    /// The resource version that the object must have.
    pub(crate) resource_version: Option<String>,
    propagation: Propagation,
}

impl DeleteOptions {
    /// Reads the options of `request` from its body or, if it has none, from its query, as `DeleteResource` of
    /// Kubernetes' API server does.
    ///
    /// # Errors
    ///
    /// Fails if the body cannot be parsed, or if `dryRun` has another value than `All`.
    pub(crate) fn read(request: &Request, behaviour: &Behaviour) -> Result<Self> {
        let body = if request.body()?.is_empty() { None } else { Some(read_delete_options(request, behaviour)?) };
        let text = |name: &str| match &body {
            Some(body) => body[name].as_str().map(str::to_owned),
            None => request.parameter(name).filter(|value| !value.is_empty()).map(str::to_owned),
        };
        let dry_run: Vec<&str> = match &body {
            Some(body) => body["dryRun"].as_array().into_iter().flatten().filter_map(|value| value.as_str()).collect(),
            None => request.parameters("dryRun").collect(),
        };
        if let Some(seconds) = request.parameter("gracePeriodSeconds").filter(|_| body.is_none())
            && seconds.parse::<i64>().is_err()
        {
            return Err(ApiError::bad_request(format!("strconv.ParseInt: parsing {seconds:?}: invalid syntax")));
        }
        let mut errors: Vec<FieldError> = Vec::new();
        let orphans = match &body {
            Some(body) => body["orphanDependents"].as_bool(),
            None => request.parameter("orphanDependents").map(|value| !matches!(value, "0" | "false")),
        };
        let policy = text("propagationPolicy");
        if let Some(policy) = policy.as_deref().filter(|_| orphans.is_some()) {
            let detail = "orphanDependents and deletionPropagation cannot be both set";
            errors.push(FieldError::invalid("propagationPolicy", policy, detail));
        }
        if let Some(other) = policy.as_deref().filter(|policy| !PROPAGATION_POLICIES.contains(policy)) {
            let supported = ["Foreground", "Background", "Orphan", "nil"];
            errors.push(FieldError::unsupported("propagationPolicy", &quote(other), &supported));
        }
        errors.extend(check_dry_run(&dry_run, behaviour));
        if !errors.is_empty() {
            let is_modern = behaviour.plain_null_in_field_errors;
            return Err(ApiError::invalid("meta.k8s.io", "DeleteOptions", "", &errors, is_modern));
        }
        let precondition = |field: &str| Some(body.as_ref()?["preconditions"][field].as_str()?.to_owned());
        let propagation = match (policy.as_deref(), orphans) {
            (Some("Foreground"), _) => Propagation::Foreground,
            (Some("Orphan"), _) | (_, Some(true)) => Propagation::Orphan,
            (Some(_), _) | (_, Some(false)) => Propagation::Background,
            (None, None) => Propagation::Unset,
        };
        Ok(Self {
            dry_run: !dry_run.is_empty(),
            uid: precondition("uid"),
            resource_version: precondition("resourceVersion"),
            propagation,
        })
    }

    /// The finalizers that an object with `finalizers` has once it is deleted so: the garbage collector takes its own away.
    pub(crate) fn finalizers(&self, finalizers: &[String]) -> Vec<String> {
        const FOREGROUND: &str = "foregroundDeletion";
        const ORPHAN: &str = "orphan";
        let own = match self.propagation {
            Propagation::Unset => return finalizers.to_vec(),
            Propagation::Foreground => Some(FOREGROUND),
            Propagation::Orphan => Some(ORPHAN),
            Propagation::Background => None,
        };
        let others = finalizers.iter().filter(|name| !matches!(name.as_str(), FOREGROUND | ORPHAN)).cloned();
        others.chain(own.map(str::to_owned)).collect()
    }
}

/// What becomes of the objects that belong to a deleted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Propagation {
    Unset,
    Foreground,
    Background,
    Orphan,
}

/// The options in a body. What cannot be read is an error without a reason.
fn read_delete_options(request: &Request, behaviour: &Behaviour) -> Result<serde_json::Value> {
    let syntax = body::syntax(request)?;
    let failed = |error: &ApiError| match syntax {
        body::Syntax::Json => ApiError::failed(format!("{UNREADABLE_KIND}{error}")),
        body::Syntax::Yaml | body::Syntax::Protobuf => ApiError::failed(error.to_string()),
    };
    let document = body::read_document(request).map_err(|error| failed(&error))?;
    let node = &document.node;
    json::type_meta::check(node).map_err(|error| ApiError::failed(error.to_string()))?;
    let value = node.to_value();
    if let Some(kind) = value["kind"].as_str().filter(|kind| !matches!(*kind, "" | "DeleteOptions")) {
        let source = behaviour.options_scheme_source;
        let version = value["apiVersion"].as_str().filter(|version| !version.is_empty()).unwrap_or("meta.k8s.io/v1");
        return Err(ApiError::failed(format!(
            "no kind {kind:?} is registered for version {version:?} in scheme {source:?}"
        )));
    }
    if behaviour.json_decoder != JsonDecoder::Standard {
        let decoded = document.decode(&shapes::DELETE_OPTIONS, behaviour.json_decoder);
        return decoded.map(|decoded| decoded.value).map_err(|error| ApiError::failed(error.to_string()));
    }
    let seconds = &value["gracePeriodSeconds"];
    if !seconds.is_null() && !seconds.is_i64() {
        let found = node.get("gracePeriodSeconds").map_or("null", json::Node::kind);
        let why = format!(
            "json: cannot unmarshal {found} into Go struct field DeleteOptions.gracePeriodSeconds of type int64"
        );
        return Err(ApiError::failed(why));
    }
    Ok(value)
}

/// The error of values of `dryRun` of which one is not `All`.
fn check_dry_run(values: &[&str], behaviour: &Behaviour) -> Option<FieldError> {
    if values.iter().all(|value| *value == "All") {
        return None;
    }
    let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    let list = quoted.join(if behaviour.plain_null_in_field_errors { "," } else { ", " });
    let value = if behaviour.plain_null_in_field_errors { format!("[{list}]") } else { format!("[]string{{{list}}}") };
    Some(FieldError::unsupported("dryRun", &value, &["All"]))
}

/// How long `request` may take.
///
/// # Errors
/// 400 where it names no duration, on servers that look at it before they handle the request.
pub(crate) fn timeout(request: &Request, behaviour: &Behaviour) -> Result<Duration> {
    let default = Duration::from_secs(behaviour.default_timeout);
    let Some(text) = request.parameter("timeout").filter(|text| !text.is_empty()) else { return Ok(default) };
    // Imports and watches may take long, and their handlers ignore what is no duration.
    let is_long = request.path.iter().any(|part| part == "imagestreamimports") || is_watch(request);
    match go_duration(text) {
        Ok(timeout) if timeout.is_zero() => Ok(default),
        Ok(timeout) => Ok(timeout),
        Err(error) if behaviour.checks_timeout && !is_long => {
            Err(ApiError::bad_request(format!("invalid timeout specified in the request URL - {error}")))
        }
        Err(_) => Ok(default),
    }
}

/// Why a text is no duration, in the words of Go's `time.ParseDuration`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum DurationError {
    #[error("time: invalid duration {0:?}")]
    Invalid(String),
    #[error("time: missing unit in duration {0:?}")]
    NoUnit(String),
    #[error("time: unknown unit {unit:?} in duration {text:?}")]
    UnknownUnit { unit: String, text: String },
}

/// A duration as Go writes it: `1m30s`, `500ms`. One below zero is none at all.
fn go_duration(text: &str) -> std::result::Result<Duration, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let is_digit = |character: char| character.is_ascii_digit() || character == '.';
        let end = rest.find(|character: char| !is_digit(character)).unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().map_err(|_| invalid())?;
        let units = rest[end..].find(is_digit).unwrap_or(rest.len() - end);
        let unit = match &rest[end..end + units] {
            "" => return Err(DurationError::NoUnit(text.to_owned())),
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            unit => return Err(DurationError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() }),
        };
        total += number * unit;
        rest = &rest[end + units..];
    }
    if is_negative { Ok(Duration::ZERO) } else { Duration::try_from_secs_f64(total).map_err(|_| invalid()) }
}

/// Whether a character may stand in the name of a client: as Go's `unicode.IsPrint`, for which the space is the only
/// printable one of all kinds of white space.
fn is_printable(character: char) -> bool {
    const FORMATTING: [std::ops::RangeInclusive<char>; 4] =
        ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2060}'..='\u{206f}', '\u{feff}'..='\u{feff}'];
    let is_space = character.is_whitespace() && character != ' ';
    !character.is_control()
        && !is_space
        && character != '\u{ad}'
        && !FORMATTING.iter().any(|range| range.contains(&character))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1s", Ok(1000))]
    #[case("1m30s", Ok(90_000))]
    #[case("500ms", Ok(500))]
    #[case("0s", Ok(0))]
    #[case("-1s", Ok(0))]
    #[case("abc", Err("time: invalid duration \"abc\""))]
    #[case("5", Err("time: missing unit in duration \"5\""))]
    #[case("5y", Err("time: unknown unit \"y\" in duration \"5y\""))]
    #[case("", Err("time: invalid duration \"\""))]
    fn reads_durations_as_go_does(#[case] text: &str, #[case] expected: std::result::Result<u64, &str>) {
        let found = go_duration(text).map_err(|error| error.to_string());
        assert_eq!(found, expected.map(Duration::from_millis).map_err(str::to_owned));
    }
}
