//! How objects and lists are shown: as they are, as tables, or their metadata alone. One place for every resource.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    api::Api,
    error::{ApiError, Result},
    http::{
        answer::Answer,
        form::{Form, MetaVersion, View},
        request::Request,
    },
    kinds::{Kind, columns::Columns},
    model::ListMeta,
    table::Table,
};

/// What the rows of a table carry of their objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IncludeObject {
    None,
    Metadata,
    Object,
}

impl IncludeObject {
    /// What `request` wants.
    ///
    /// # Errors
    /// 400 for another value than servers know.
    pub(crate) fn read(request: &Request) -> Result<Self> {
        match request.parameter("includeObject").unwrap_or_default() {
            "" | "Metadata" => Ok(Self::Metadata),
            "None" => Ok(Self::None),
            "Object" => Ok(Self::Object),
            other => {
                let why =
                    format!("includeObject: Invalid value: {other:?}: must be 'Metadata', 'Object', 'None', or empty");
                Err(ApiError::bad_request(format!("Unable to convert to Table as requested: {why}")))
            }
        }
    }

    fn of(self, object: &Value, meta: MetaVersion) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Metadata => metadata_of(object, meta),
            Self::Object => object.clone(),
        }
    }
}

/// Answers with one object.
///
/// # Errors
/// 406 if the client wants the view of a list.
pub(crate) fn object(
    api: &Api,
    request: &Request,
    kind: &Kind,
    status: u16,
    object: &impl Serialize,
    form: Form,
) -> Result<Answer> {
    match (form.view, kind.columns) {
        (View::Table, Some(columns)) => {
            let object = to_value(object)?;
            let metadata = of_one(&object);
            let rows = std::slice::from_ref(&object);
            let table = table(api, columns, rows, metadata, form.meta, IncludeObject::read(request)?);
            Ok(Answer::object(status, &table, form))
        }
        (View::Metadata, _) => Ok(Answer::object(status, &metadata_of(&to_value(object)?, form.meta), form)),
        (View::MetadataList, _) => {
            let go = kind.go_type(false);
            let why = format!("you requested PartialObjectMetadataList, but the requested object is not a list ({go})");
            Err(ApiError::not_shown_so(&why))
        }
        _ => Ok(Answer::object(status, object, form)),
    }
}

/// Objects of one kind, as `GET` on a collection answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TypedList<'a, T> {
    kind: String,
    api_version: String,
    metadata: &'a ListMeta,
    items: &'a [T],
}

/// Answers with a list of objects of a kind. `typed` gives each its kind, as rows of tables carry it.
///
/// # Errors
/// 406 if the client wants the view of a single object.
pub(crate) fn list<T: Serialize>(
    api: &Api,
    request: &Request,
    kind: &Kind,
    items: &[T],
    metadata: ListMeta,
    form: Form,
) -> Result<Answer> {
    match (form.view, kind.columns) {
        (View::Table, Some(columns)) => {
            let rows = items.iter().map(|item| typed(kind, item)).collect::<Result<Vec<Value>>>()?;
            let table = table(api, columns, &rows, metadata, form.meta, IncludeObject::read(request)?);
            Ok(Answer::object(200, &table, form))
        }
        (View::Metadata, _) => {
            let go = kind.go_type(true);
            let why = format!("you requested PartialObjectMetadata, but the requested object is a list ({go})");
            Err(ApiError::not_shown_so(&why))
        }
        (View::MetadataList, _) => {
            let items: Vec<Value> =
                items.iter().map(|item| Ok(metadata_of(&to_value(item)?, form.meta))).collect::<Result<_>>()?;
            // A list of none is nil in Go.
            let items = if items.is_empty() { Value::Null } else { items.into() };
            let list = json!({
                "kind": "PartialObjectMetadataList", "apiVersion": form.meta.api_version(),
                "metadata": metadata, "items": items,
            });
            Ok(Answer::object(200, &list, form))
        }
        _ => {
            let name = if kind.kind.ends_with("List") { kind.kind.to_owned() } else { format!("{}List", kind.kind) };
            let list = TypedList { kind: name, api_version: kind.api_version(), metadata: &metadata, items };
            Ok(Answer::object(200, &list, form))
        }
    }
}

/// A table of objects.
pub(crate) fn table(
    api: &Api,
    columns: &Columns,
    objects: &[Value],
    metadata: ListMeta,
    meta: MetaVersion,
    include: IncludeObject,
) -> Table {
    let mut table = Table::new(columns, metadata, meta, &api.behaviour);
    for object in objects {
        table.push((columns.cells)(object), include.of(object, meta));
    }
    table
}

/// The metadata of a table of one object.
pub(crate) fn of_one(object: &Value) -> ListMeta {
    let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
    ListMeta { self_link: text("selfLink"), resource_version: text("resourceVersion"), ..ListMeta::default() }
}

/// `PartialObjectMetadata`: an object without anything but its metadata.
pub(crate) fn metadata_of(object: &Value, meta: MetaVersion) -> Value {
    json!({ "kind": "PartialObjectMetadata", "apiVersion": meta.api_version(), "metadata": object["metadata"] })
}

/// An object as JSON.
pub(crate) fn to_value(object: &impl Serialize) -> Result<Value> {
    serde_json::to_value(object).map_err(|error| ApiError::internal(&error.to_string()))
}

/// An item of a list as an object of its own.
fn typed(kind: &Kind, item: &impl Serialize) -> Result<Value> {
    let mut typed = json!({ "kind": kind.kind, "apiVersion": kind.api_version() });
    if let (Value::Object(typed), Value::Object(fields)) = (&mut typed, to_value(item)?) {
        typed.extend(fields);
    }
    Ok(typed)
}
