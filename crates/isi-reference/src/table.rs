//! `Table`: what `kubectl get` shows, made by the server.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::{behaviour::Behaviour, http::form::MetaVersion, kinds::columns::Columns, model::ListMeta};

const NAMES_IN_CONCEPTS: &str = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const NAMES_IN_USER_GUIDE: &str = "http://kubernetes.io/docs/user-guide/identifiers#names";

/// A `Table`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Table {
    kind: &'static str,
    api_version: &'static str,
    metadata: ListMeta,
    column_definitions: Option<Vec<Definition>>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Definition {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    format: &'static str,
    description: Cow<'static, str>,
    priority: u8,
}

#[derive(Debug, Serialize)]
struct Row {
    cells: Vec<Value>,
    object: Value,
}

impl Table {
    /// An empty table with the columns as `behaviour` describes them.
    pub(crate) fn new(columns: &Columns, metadata: ListMeta, meta: MetaVersion, behaviour: &Behaviour) -> Self {
        let definitions = columns.definitions.iter().map(|column| Definition {
            name: column.name,
            kind: column.kind,
            format: column.format,
            description: describe(column.description, behaviour),
            priority: column.priority,
        });
        Self {
            kind: "Table",
            api_version: meta.api_version(),
            metadata,
            column_definitions: Some(definitions.collect()),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, cells: Vec<Value>, object: Value) {
        self.rows.push(Row { cells, object });
    }

    /// The table without its columns, which a watch sends once.
    pub(crate) fn without_columns(self) -> Self {
        Self { column_definitions: None, ..self }
    }
}

/// The description of a column in a version's words.
fn describe(text: &'static str, behaviour: &Behaviour) -> Cow<'static, str> {
    if !behaviour.json_names_in_columns {
        for (name, go) in [
            ("dockerImageReference", "DockerImageReference"),
            ("dockerImageRepository", "DockerImageRepository"),
            ("phase is", "Phase is"),
            ("image associated with the ImageStream and image", "Image associated with the ImageStream and image"),
        ] {
            if let Some(rest) = text.strip_prefix(name) {
                return format!("{go}{rest}").into();
            }
        }
    }
    if !behaviour.links_to_concepts
        && let Some(before) = text.strip_suffix(NAMES_IN_CONCEPTS)
    {
        return format!("{before}{NAMES_IN_USER_GUIDE}").into();
    }
    text.into()
}
