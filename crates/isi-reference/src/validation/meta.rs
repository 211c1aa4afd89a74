//! Rules of `metadata`, which are Kubernetes' own.

use std::collections::BTreeSet;

use crate::{
    behaviour::Behaviour,
    field::FieldError,
    model::meta::{ObjectMeta, OwnerReference},
};

const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const PREFIX_PART: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const QUALIFIED_NAME: &str = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const DNS_LABEL: &str = "must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
/// How many bytes all annotations of an object may have together.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// The finalizers that need no domain.
const STANDARD_FINALIZERS: [&str; 3] = ["foregroundDeletion", "kubernetes", "orphan"];

/// Judges `metadata` by all rules; `name_rule` judges the name (and the generated one, as a prefix).
pub(crate) fn check(
    meta: &ObjectMeta,
    namespaced: bool,
    name_rule: fn(&str) -> Option<String>,
    behaviour: &Behaviour,
) -> Vec<FieldError> {
    let mut errors = check_generic(meta, namespaced, name_rule, behaviour);
    errors.extend(check_finalizers(meta));
    errors
}

/// Judges new `metadata` of an object that has `old` by the rules of any API.
fn check_generic_update(meta: &ObjectMeta, old: &ObjectMeta, behaviour: &Behaviour) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let immutable = "field is immutable";
    if old.deletion_timestamp.is_some() {
        errors.extend(new_finalizers(meta, old));
    }
    if meta.uid != old.uid {
        errors.push(FieldError::invalid("metadata.uid", &meta.uid, immutable));
    }
    if let Some(time) = meta.deletion_timestamp.filter(|_| meta.deletion_timestamp != old.deletion_timestamp) {
        errors.push(FieldError::invalid("metadata.deletionTimestamp", &time.to_string(), immutable));
    }
    let period = meta.deletion_grace_period_seconds;
    if let Some(seconds) = period.filter(|_| period != old.deletion_grace_period_seconds) {
        errors.push(FieldError::invalid_literal("metadata.deletionGracePeriodSeconds", &seconds, immutable));
    }
    check_labels_and_owners(meta, behaviour, &mut errors);
    errors
}

/// What the generic part of a server finds in the metadata of an object that is to replace `old`.
pub(crate) fn check_generic_replacement(
    meta: &ObjectMeta,
    old: &ObjectMeta,
    namespaced: bool,
    behaviour: &Behaviour,
) -> Vec<FieldError> {
    let mut errors = check_generic(meta, namespaced, path_segment, behaviour);
    errors.extend(check_generic_update(meta, old, behaviour));
    errors
}

/// As [`check_generic_update`], with the rules of Kubernetes' own objects.
pub(crate) fn check_update(meta: &ObjectMeta, old: &ObjectMeta, behaviour: &Behaviour) -> Vec<FieldError> {
    let mut errors = check_generic_update(meta, old, behaviour);
    errors.extend(check_finalizers(meta));
    errors
}

/// What is wrong with the metadata of an object that is to replace `old`. The generic part of a server looks at it, and the API
/// of the object once more, so that the same is told twice and three times.
pub(crate) fn check_replacement(
    meta: &ObjectMeta,
    old: &ObjectMeta,
    namespaced: bool,
    behaviour: &Behaviour,
) -> Vec<FieldError> {
    let mut errors = check_generic_replacement(meta, old, namespaced, behaviour);
    errors.extend(check_update(meta, old, behaviour));
    errors
}

/// An object that is being deleted waits for no more than it does.
fn new_finalizers(meta: &ObjectMeta, old: &ObjectMeta) -> Option<FieldError> {
    let new = meta.finalizers.iter().filter(|name| !old.finalizers.contains(name));
    let new: BTreeSet<String> = new.map(|name| format!("{name:?}")).collect();
    let new: Vec<String> = new.into_iter().collect();
    (!new.is_empty()).then(|| {
        let why = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            new.join(", ")
        );
        FieldError::forbidden("metadata.finalizers", why)
    })
}

/// Finalizers of Kubernetes are known, and those of others have a domain.
fn check_finalizers(meta: &ObjectMeta) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, finalizer) in meta.finalizers.iter().enumerate() {
        if !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer.as_str()) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(format!("metadata.finalizers[{index}]"), finalizer, detail));
        }
    }
    errors
}

/// Judges `metadata` by the rules of any API; `name_rule` judges the name (and the generated one, as a prefix).
fn check_generic(
    meta: &ObjectMeta,
    namespaced: bool,
    name_rule: fn(&str) -> Option<String>,
    behaviour: &Behaviour,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !meta.generate_name.is_empty()
        && let Some(problem) = name_rule(&meta.generate_name)
    {
        errors.push(FieldError::invalid("metadata.generateName", &meta.generate_name, problem));
    }
    if meta.name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else if let Some(problem) = name_rule(&meta.name) {
        errors.push(FieldError::invalid("metadata.name", &meta.name, problem));
    }
    if namespaced && meta.namespace.is_empty() {
        errors.push(FieldError::required("metadata.namespace", ""));
    } else if namespaced && !is_dns_label(&meta.namespace) {
        errors.push(FieldError::invalid("metadata.namespace", &meta.namespace, dns_label_rule(behaviour)));
    }
    if !namespaced && !meta.namespace.is_empty() {
        errors.push(FieldError::forbidden("metadata.namespace", "not allowed on this type"));
    }
    if meta.generation < 0 {
        let detail = "must be greater than or equal to 0";
        errors.push(FieldError::invalid_literal("metadata.generation", &meta.generation, detail));
    }
    check_labels_and_owners(meta, behaviour, &mut errors);
    for finalizer in &meta.finalizers {
        check_key("metadata.finalizers", finalizer, &mut errors);
    }
    let has = |name: &str| meta.finalizers.iter().any(|finalizer| finalizer == name);
    if has("orphan") && has("foregroundDeletion") {
        let shown = if behaviour.plain_null_in_field_errors {
            serde_json::to_string(&meta.finalizers).unwrap_or_default()
        } else {
            let names: Vec<String> = meta.finalizers.iter().map(|name| format!("{name:?}")).collect();
            format!("[]string{{{}}}", names.join(", "))
        };
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid_literal("metadata.finalizers", &shown, detail));
    }
    errors
}

/// What a new object and the new form of one are judged by alike.
fn check_labels_and_owners(meta: &ObjectMeta, behaviour: &Behaviour, errors: &mut Vec<FieldError>) {
    for (key, value) in &meta.labels {
        check_key("metadata.labels", key, errors);
        if let Some(problem) = label_value_problem(value) {
            errors.push(FieldError::invalid("metadata.labels", value, problem));
        }
    }
    for key in meta.annotations.keys() {
        check_key("metadata.annotations", &key.to_lowercase(), errors);
    }
    let size: usize = meta.annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    if size > ANNOTATIONS_LIMIT {
        errors.push(FieldError::too_long("metadata.annotations", ANNOTATIONS_LIMIT, behaviour.too_long));
    }
    check_owners(meta, behaviour, errors);
}

/// Owners are named in full, events own nothing, and one owner controls.
fn check_owners(meta: &ObjectMeta, behaviour: &Behaviour, errors: &mut Vec<FieldError>) {
    let shown = |owners: &[OwnerReference]| match owners {
        [one] if behaviour.plain_null_in_field_errors => serde_json::to_string(one).unwrap_or_default(),
        [one] => one.in_go(),
        several => serde_json::to_string(several).unwrap_or_default(),
    };
    let name = |owner: &OwnerReference| format!("{}/{}", owner.kind, owner.name);
    let mut first: Option<&OwnerReference> = None;
    for owner in &meta.owner_references {
        let is_empty = |what: &str| {
            if behaviour.names_empty_owner_fields {
                format!("{what} must not be empty")
            } else {
                "must not be empty".to_owned()
            }
        };
        let (group, version) = group_and_version(&owner.api_version);
        // Servers do not say which of the owners it is.
        for (field, judged, value, detail) in [
            ("apiVersion", version, &owner.api_version, "version must not be empty".to_owned()),
            ("kind", owner.kind.as_str(), &owner.kind, is_empty("kind")),
            ("name", owner.name.as_str(), &owner.name, is_empty("name")),
            ("uid", owner.uid.as_str(), &owner.uid, is_empty("uid")),
        ] {
            if judged.is_empty() {
                errors.push(FieldError::invalid(format!("metadata.ownerReferences.{field}"), value, detail));
            }
        }
        if (group, version, owner.kind.as_str()) == ("", "v1", "Event") {
            let detail = "/v1, Kind=Event is disallowed from being an owner";
            let value = shown(std::slice::from_ref(owner));
            errors.push(FieldError::invalid_literal("metadata.ownerReferences", &value, detail));
        }
        if owner.controller != Some(true) {
            continue;
        }
        let Some(first) = first else {
            first = Some(owner);
            continue;
        };
        let detail = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
            name(first),
            name(owner)
        );
        errors.push(FieldError::invalid_literal("metadata.ownerReferences", &shown(&meta.owner_references), &detail));
    }
}

/// Group and version of an `apiVersion`; both are empty if it has more than two parts.
fn group_and_version(api_version: &str) -> (&str, &str) {
    match api_version.split('/').collect::<Vec<_>>().as_slice() {
        [version] => ("", version),
        [group, version] => (group, version),
        _ => ("", ""),
    }
}

fn dns_label_rule(behaviour: &Behaviour) -> String {
    let what = if behaviour.rfc_wording { "a lowercase RFC 1123 label" } else { "a DNS-1123 label" };
    format!("{what} {DNS_LABEL}")
}

/// The rule for names that become part of a path: what is wrong with one, if anything is.
pub(crate) fn path_segment(name: &str) -> Option<String> {
    match name {
        "." => return Some("may not be '.'".to_owned()),
        ".." => return Some("may not be '..'".to_owned()),
        _ => {}
    }
    ['/', '%']
        .into_iter()
        .find(|forbidden| name.contains(*forbidden))
        .map(|forbidden| format!("may not contain '{forbidden}'"))
}

/// Whether a text is a DNS label, as names of namespaces are.
pub(crate) fn is_dns_label(text: &str) -> bool {
    let is_edge = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    text.len() <= 63
        && text.starts_with(is_edge)
        && text.ends_with(is_edge)
        && text.chars().all(|character| is_edge(character) || character == '-')
}

fn check_key(field: &str, key: &str, errors: &mut Vec<FieldError>) {
    errors.extend(qualified_name_problems(key).into_iter().map(|problem| FieldError::invalid(field, key, problem)));
}

/// What is wrong with the key of a label or an annotation.
pub(crate) fn qualified_name_problems(key: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let name = match key.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                problems.push("prefix part must be non-empty".to_owned());
            } else if !prefix.split('.').all(is_dns_label) {
                problems.push(format!("prefix part {PREFIX_PART}"));
            }
            *name
        }
        _ => {
            return vec![format!(
                "{QUALIFIED_NAME} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        problems.push("name part must be no more than 63 characters".to_owned());
    }
    if !is_qualified(name) {
        problems.push(NAME_PART.to_owned());
    }
    problems
}

/// What is wrong with the value of a label.
pub(crate) fn label_value_problem(value: &str) -> Option<&'static str> {
    if value.len() > 63 {
        Some("must be no more than 63 characters")
    } else if !value.is_empty() && !is_qualified(value) {
        Some(LABEL_VALUE)
    } else {
        None
    }
}

fn is_qualified(text: &str) -> bool {
    let is_edge = |character: char| character.is_ascii_alphanumeric();
    text.starts_with(is_edge)
        && text.ends_with(is_edge)
        && text.chars().all(|character| is_edge(character) || matches!(character, '-' | '_' | '.'))
}
