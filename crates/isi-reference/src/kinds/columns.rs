//! The columns of tables: what `kubectl get` shows of each resource.
//!
//! Those of the image API and of projects were recorded from openshift-apiserver, the others are those of Kubernetes'
//! printers.

use serde_json::Value;

use super::{
    durations::{human, short},
    image_tag_row,
};
use crate::model::time::Time;

/// How many characters the tags of a stream may take.
const TAGS_WIDTH: isize = 40;
const REFERENCE: &str = "dockerImageReference is the string that can be used to pull this image.";
const CREATED: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// The columns of one resource.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) definitions: &'static [Column],
    /// The cells of an object's row.
    pub(crate) cells: fn(&Value) -> Vec<Value>,
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) format: &'static str,
    pub(crate) description: &'static str,
    pub(crate) priority: u8,
}

const NAME: Column = Column {
    format: "name",
    ..text(
        "Name",
        "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
        0,
    )
};
const UPDATED: Column = text("Updated", "Last update time.", 0);
const AGE: Column = text("Age", CREATED, 0);

const fn text(name: &'static str, description: &'static str, priority: u8) -> Column {
    Column { name, kind: "string", format: "", description, priority }
}

pub(crate) static STREAMS: Columns = Columns {
    definitions: &[
        NAME,
        text(
            "Image Repository",
            "dockerImageRepository represents the effective location this stream may be accessed at. May be empty until the server determines where the repository is located",
            0,
        ),
        text("Tags", "Human readable list of tags.", 0),
        UPDATED,
    ],
    cells: |stream| {
        let repositories = [
            &stream["status"]["publicDockerImageRepository"],
            &stream["spec"]["dockerImageRepository"],
            &stream["status"]["dockerImageRepository"],
        ];
        let repository = repositories.into_iter().filter_map(Value::as_str).find(|text| !text.is_empty());
        let newest = items(&stream["status"]["tags"]).iter().filter_map(|tag| time(&tag["items"][0]["created"])).max();
        vec![
            name(stream),
            repository.unwrap_or_default().into(),
            tags_to_width(stream).into(),
            newest.map(ago).unwrap_or_default().into(),
        ]
    },
};

pub(crate) static STREAM_TAGS: Columns = Columns {
    definitions: &[
        NAME,
        text("Image Reference", REFERENCE, 0),
        UPDATED,
        text("Image Name", "image associated with the ImageStream and tag.", 1),
    ],
    cells: |tag| vec![name(tag), reference(&tag["image"]), created(tag), name(&tag["image"])],
};

pub(crate) static IMAGE_TAGS: Columns = Columns {
    definitions: &[
        NAME,
        text(
            "Spec",
            "spec is the spec tag associated with this image stream tag, and it may be null if only pushes have occurred to this image stream.",
            0,
        ),
        text(
            "Status",
            "status is the status tag details associated with this image stream tag, and it may be null if no push or import has been performed.",
            0,
        ),
        Column { kind: "number", ..text("History", "Number of history entries", 0) },
        text("Updated", "Last updated at", 0),
    ],
    cells: image_tag_row::cells,
};

pub(crate) static STREAM_IMAGES: Columns = Columns {
    definitions: &[
        NAME,
        UPDATED,
        text("Image Reference", REFERENCE, 1),
        text("Image Name", "image associated with the ImageStream and image name.", 1),
    ],
    cells: |image| vec![name(image), created(image), reference(&image["image"]), name(&image["image"])],
};

pub(crate) static IMAGES: Columns = Columns {
    definitions: &[NAME, text("Image Reference", REFERENCE, 0)],
    cells: |image| vec![name(image), reference(image)],
};

pub(crate) static PROJECTS: Columns = Columns {
    definitions: &[
        NAME,
        text("Display Name", "The name displayed by a UI when referencing a project.", 0),
        text("Status", "phase is the current lifecycle phase of the project", 0),
    ],
    cells: |project| {
        let display_name = &project["metadata"]["annotations"]["openshift.io/display-name"];
        vec![name(project), or_empty(display_name), or_empty(&project["status"]["phase"])]
    },
};

pub(crate) static NAMESPACES: Columns = Columns {
    definitions: &[NAME, text("Status", "The status of the namespace", 0), AGE],
    cells: |namespace| vec![name(namespace), or_empty(&namespace["status"]["phase"]), age(namespace)],
};

pub(crate) static SECRETS: Columns = Columns {
    definitions: &[
        NAME,
        text(
            "Type",
            "Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
            0,
        ),
        text(
            "Data",
            "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
            0,
        ),
        AGE,
    ],
    cells: |secret| {
        let keys = secret["data"].as_object().map_or(0, serde_json::Map::len);
        vec![name(secret), or_empty(&secret["type"]), keys.into(), age(secret)]
    },
};

pub(crate) static LIMIT_RANGES: Columns = Columns {
    definitions: &[NAME, text("Created At", CREATED, 0)],
    cells: |range| vec![name(range), or_empty(&range["metadata"]["creationTimestamp"])],
};

pub(crate) static CUSTOM: Columns = Columns {
    definitions: &[
        NAME,
        Column {
            kind: "date",
            ..text("Age", "Custom resource definition column (in JSONPath format): .metadata.creationTimestamp", 0)
        },
    ],
    cells: |object| vec![name(object), age(object)],
};

pub(super) fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn or_empty(text: &Value) -> Value {
    text.as_str().unwrap_or_default().into()
}

pub(super) fn name(object: &Value) -> Value {
    or_empty(&object["metadata"]["name"])
}

fn reference(image: &Value) -> Value {
    or_empty(&image["dockerImageReference"])
}

pub(super) fn time(value: &Value) -> Option<Time> {
    serde_json::from_value(value.clone()).ok()
}

/// How long ago an object was created.
fn created(object: &Value) -> Value {
    time(&object["metadata"]["creationTimestamp"]).map(ago).unwrap_or_default().into()
}

pub(super) fn ago(time: Time) -> String {
    format!("{} ago", human(time.seconds_until(Time::now())))
}

/// How old an object is, in Kubernetes' short form: `5m`, `3d4h`.
fn age(object: &Value) -> Value {
    let created = time(&object["metadata"]["creationTimestamp"]);
    created.map_or_else(|| "<unknown>".into(), |time| short(time.seconds_until(Time::now())).into())
}

/// As many tags as fit, at least one, and how many more there are.
fn tags_to_width(stream: &Value) -> String {
    let tags: Vec<&str> = items(&stream["status"]["tags"]).iter().filter_map(|tag| tag["tag"].as_str()).collect();
    let mut remaining = TAGS_WIDTH;
    let mut shown = tags.len();
    for (index, tag) in tags.iter().enumerate() {
        let length = isize::try_from(tag.len()).unwrap_or(isize::MAX - 1);
        remaining -= length + 1;
        if remaining >= 0 {
            continue;
        }
        // A little more is shown where stopping would leave much of the width unused.
        let margin = TAGS_WIDTH / 4;
        if index > 0 && margin < remaining + length && margin >= -remaining {
            continue;
        }
        shown = index.max(1);
        break;
    }
    let list = tags[..shown].join(",");
    match tags.len() - shown {
        0 => list,
        hidden => format!("{list} + {hidden} more..."),
    }
}
