//! What the decoder knows of Go's types beyond their JSON: the names of fields, and which of them are pointers.

use super::super::{Shape, Struct};

/// The names that an error in a field is told with, the innermost first: those of the field, and of the type that it comes from
/// where a type holds the fields of another one.
pub(super) fn names_of(of: &Struct, field: &str, shape: &Shape) -> impl Iterator<Item = String> {
    let own = match (of.name, field) {
        (_, "uid") => "UID".to_owned(),
        (_, "apiVersion") => "APIVersion".to_owned(),
        (_, "metadata") => match shape {
            Shape::Struct(meta) => meta.name.to_owned(),
            _ => "ObjectMeta".to_owned(),
        },
        ("ImageLayer", "size") => "LayerSize".to_owned(),
        ("StatusCause", "reason") => "Type".to_owned(),
        ("DockerImage", "Id") => "ID".to_owned(),
        ("DockerConfig", "CpuShares") => "CPUShares".to_owned(),
        ("DockerConfig", "Cpuset") => "CPUSet".to_owned(),
        ("DockerConfig", "Dns") => "DNS".to_owned(),
        _ => capitalized(field),
    };
    let outer = match (of.name, field) {
        (_, "kind" | "apiVersion") if has_type_meta(of) => Some("TypeMeta"),
        ("SignatureIssuer" | "SignatureSubject", "organization" | "commonName") => Some("SignatureGenericEntity"),
        _ => None,
    };
    [own].into_iter().chain(outer.map(str::to_owned))
}

/// Whether it is an object of its own: references name the kind and the version of another one.
fn has_type_meta(of: &Struct) -> bool {
    matches!(of.fields, [("kind", _), ("apiVersion", _), ..])
}

fn capitalized(name: &str) -> String {
    let mut rest = name.chars();
    rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest).collect()
}

/// Whether a field is a pointer.
pub(super) fn is_pointer(of: &Struct, field: &str) -> bool {
    let pointers: &[&str] = match of.name {
        "DeleteOptions" => &["gracePeriodSeconds", "preconditions", "orphanDependents", "propagationPolicy"],
        "DockerImage" => &["Config"],
        "ImageImportSpec" => &["to"],
        "ImageImportStatus" => &["image"],
        "ImageSignature" => &["created", "issuedBy", "issuedTo"],
        "ImageStreamImportSpec" => &["repository"],
        "ImageStreamImportStatus" => &["import", "repository"],
        "ImageStreamTag" => &["tag"],
        "ImageTag" => &["spec", "status", "image"],
        "Initializers" => &["result"],
        "ListMeta" => &["remainingItemCount"],
        "ManagedFieldsEntry" => &["time", "fields", "fieldsV1"],
        "ObjectMeta" => &["deletionTimestamp", "deletionGracePeriodSeconds", "initializers"],
        "OwnerReference" => &["controller", "blockOwnerDeletion"],
        "Preconditions" => &["uid", "resourceVersion"],
        "Status" => &["details"],
        "TagReference" => &["from", "generation"],
        _ => &[],
    };
    pointers.contains(&field)
}
