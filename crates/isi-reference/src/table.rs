//! Tables: what `oc get` shows, made by the server.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    behaviour::Behaviour,
    model::{
        ListMeta,
        image::Image,
        image_stream::ImageStream,
        meta::{CreationTime, ObjectMeta},
        time::Time,
        views::{ImageStreamImage, ImageStreamTag},
    },
};

/// How many characters the tags of a stream may take.
const TAGS_WIDTH: isize = 40;
const NAME: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const NAMES_IN_CONCEPTS: &str = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const NAMES_IN_USER_GUIDE: &str = "http://kubernetes.io/docs/user-guide/identifiers#names";
const REFERENCE: &str = "dockerImageReference is the string that can be used to pull this image.";

/// A `Table`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Table {
    kind: &'static str,
    api_version: &'static str,
    metadata: ListMeta,
    column_definitions: Option<Vec<Column>>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Column {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    format: &'static str,
    description: Cow<'static, str>,
    priority: u8,
}

impl Table {
    /// The table with the columns that this version describes.
    pub(crate) fn worded(mut self, behaviour: &Behaviour) -> Self {
        for column in self.column_definitions.iter_mut().flatten() {
            if !behaviour.json_names_in_columns
                && let Some(rest) = column.description.strip_prefix("docker")
            {
                column.description = format!("Docker{rest}").into();
            }
            if !behaviour.links_to_concepts
                && let Some(before) = column.description.strip_suffix(NAMES_IN_CONCEPTS)
            {
                column.description = format!("{before}{NAMES_IN_USER_GUIDE}").into();
            }
        }
        self
    }

    /// The table without its columns, which a watch sends once.
    pub(crate) fn without_columns(self) -> Self {
        Self { column_definitions: None, ..self }
    }
}

/// The metadata of a table of one object.
pub(crate) fn of_one(metadata: &ObjectMeta) -> ListMeta {
    ListMeta { resource_version: metadata.resource_version.clone(), ..ListMeta::default() }
}

#[derive(Debug, Serialize)]
struct Row {
    cells: Vec<String>,
    object: PartialMetadata,
}

/// `PartialObjectMetadata`: an object without anything but its metadata.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartialMetadata {
    kind: &'static str,
    api_version: &'static str,
    metadata: ObjectMeta,
}

/// The metadata of an object as an object.
pub(crate) fn partial(metadata: &ObjectMeta) -> PartialMetadata {
    PartialMetadata { kind: "PartialObjectMetadata", api_version: "meta.k8s.io/v1", metadata: metadata.clone() }
}

/// A list of such objects.
pub(crate) fn partial_list(items: &[PartialMetadata], metadata: &ListMeta) -> Value {
    json!({
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items,
    })
}

/// Streams as a table.
pub(crate) fn streams(streams: &[ImageStream], metadata: ListMeta) -> Table {
    let repository = "dockerImageRepository represents the effective location this stream may be accessed at. May be empty until the server determines where the repository is located";
    let columns = vec![
        name(),
        text("Image Repository", repository, 0),
        text("Tags", "Human readable list of tags.", 0),
        updated(),
    ];
    let rows = streams.iter().map(|stream| {
        let newest = stream.status.tags.keys().filter_map(|tag| stream.latest(tag)?.created).max();
        let repository = [
            &stream.status.public_docker_image_repository,
            &stream.spec.docker_image_repository,
            &stream.status.docker_image_repository,
        ];
        let repository = repository.into_iter().find(|repository| !repository.is_empty());
        let cells = vec![
            stream.metadata.name.clone(),
            repository.cloned().unwrap_or_default(),
            tags_to_width(stream),
            newest.map(ago).unwrap_or_default(),
        ];
        (cells, &stream.metadata)
    });
    table(columns, rows, metadata)
}

/// Tags as a table.
pub(crate) fn tags(tags: &[ImageStreamTag], metadata: ListMeta) -> Table {
    let image = text("Image Name", "image associated with the ImageStream and tag.", 1);
    let columns = vec![name(), text("Image Reference", REFERENCE, 0), updated(), image];
    let rows = tags.iter().map(|tag| {
        let cells = vec![
            tag.metadata.name.clone(),
            tag.image.docker_image_reference.clone(),
            created(&tag.metadata),
            tag.image.metadata.name.clone(),
        ];
        (cells, &tag.metadata)
    });
    table(columns, rows, metadata)
}

/// Images of streams as a table.
pub(crate) fn stream_images(images: &[ImageStreamImage]) -> Table {
    let image = text("Image Name", "image associated with the ImageStream and image name.", 1);
    let columns = vec![name(), updated(), text("Image Reference", REFERENCE, 1), image];
    let rows = images.iter().map(|image| {
        let cells = vec![
            image.metadata.name.clone(),
            created(&image.metadata),
            image.image.docker_image_reference.clone(),
            image.image.metadata.name.clone(),
        ];
        (cells, &image.metadata)
    });
    table(columns, rows, ListMeta::default())
}

/// Images as a table.
pub(crate) fn images(images: &[Image], metadata: ListMeta) -> Table {
    let columns = vec![name(), text("Image Reference", REFERENCE, 0)];
    let rows = images
        .iter()
        .map(|image| (vec![image.metadata.name.clone(), image.docker_image_reference.clone()], &image.metadata));
    table(columns, rows, metadata)
}

fn table<'a>(
    column_definitions: Vec<Column>,
    rows: impl Iterator<Item = (Vec<String>, &'a ObjectMeta)>,
    metadata: ListMeta,
) -> Table {
    let rows = rows.map(|(cells, metadata)| Row { cells, object: partial(metadata) }).collect();
    Table { kind: "Table", api_version: "meta.k8s.io/v1", metadata, column_definitions: Some(column_definitions), rows }
}

fn name() -> Column {
    Column { format: "name", ..text("Name", NAME, 0) }
}

fn updated() -> Column {
    text("Updated", "Last update time.", 0)
}

fn text(name: &'static str, description: &'static str, priority: u8) -> Column {
    Column { name, kind: "string", format: "", description: description.into(), priority }
}

fn created(metadata: &ObjectMeta) -> String {
    match metadata.creation_timestamp {
        CreationTime::At(time) => ago(time),
        CreationTime::Absent | CreationTime::Null => String::new(),
    }
}

fn ago(time: Time) -> String {
    format!("{} ago", human_duration(time.seconds_until(Time::now())))
}

/// A duration as Docker tells it to people.
fn human_duration(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, (seconds + 1800) / 3600);
    match seconds {
        ..1 => "Less than a second".to_owned(),
        1 => "1 second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60..120 => "About a minute".to_owned(),
        120..3600 => format!("{minutes} minutes"),
        _ if hours == 1 => "About an hour".to_owned(),
        _ if hours < 48 => format!("{hours} hours"),
        _ if hours < 24 * 14 => format!("{} days", hours / 24),
        _ if hours < 24 * 60 => format!("{} weeks", hours / 24 / 7),
        _ if hours < 24 * 365 * 2 => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", hours / 24 / 365),
    }
}

/// As many tags as fit, at least one, and how many more there are.
fn tags_to_width(stream: &ImageStream) -> String {
    let tags: Vec<&str> = stream.status.tags.keys().map(String::as_str).collect();
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "Less than a second")]
    #[case(1, "1 second")]
    #[case(59, "59 seconds")]
    #[case(60, "About a minute")]
    #[case(150, "2 minutes")]
    #[case(3600, "About an hour")]
    #[case(7200, "2 hours")]
    #[case(3 * 86_400, "3 days")]
    #[case(21 * 86_400, "3 weeks")]
    #[case(90 * 86_400, "3 months")]
    #[case(3 * 365 * 86_400, "3 years")]
    fn tells_durations_as_docker_does(#[case] seconds: i64, #[case] expected: &str) {
        assert_eq!(human_duration(seconds), expected);
    }
}
