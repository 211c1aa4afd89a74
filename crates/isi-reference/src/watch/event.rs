//! What a watch sends: events, each with an object in the form that the client accepts.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    api::Api,
    error::ApiError,
    http::{
        answer::{TypedStatus, render},
        form::{Form, Format, View},
    },
    model::{
        Typed,
        image::Image,
        image_stream::ImageStream,
        meta::{CreationTime, ObjectMeta},
    },
    protobuf::{self, wire::put_bytes},
    resources::{
        projects, streams,
        view::{self, IncludeObject},
    },
    route::Target,
    storage::{IMAGES, STREAMS, history::Stored},
};

const PROTOBUF_STREAM: &str = "application/vnd.kubernetes.protobuf;stream=watch";

/// What happened to an object, as seen by who watches a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventType {
    Added,
    Modified,
    Deleted,
    /// Nothing: it says up to which version everything has been sent.
    Bookmark,
    /// The watch ends.
    Error,
}

impl EventType {
    fn name(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
            Self::Bookmark => "BOOKMARK",
            Self::Error => "ERROR",
        }
    }
}

/// Writes the events of one watch.
#[derive(Debug)]
pub(super) struct Encoder {
    pub(super) api: Arc<Api>,
    pub(super) target: Target,
    form: Form,
    include: IncludeObject,
    /// Whether a table with columns was written: the later ones have none.
    has_columns: bool,
}

impl Encoder {
    pub(super) fn new(api: Arc<Api>, target: Target, form: Form, include: IncludeObject) -> Self {
        Self { api, target, form, include, has_columns: false }
    }

    /// What the store calls the resource that is watched.
    pub(super) fn resource(&self) -> &'static str {
        self.target.kind.stored.unwrap_or_default()
    }

    /// The media type of the stream.
    pub(super) fn content_type(&self) -> &'static str {
        if self.form.format == Format::Protobuf { PROTOBUF_STREAM } else { "application/json" }
    }

    /// Appends an event about an object.
    pub(super) fn object(&mut self, event: EventType, stored: Stored, out: &mut BytesMut) {
        match stored {
            Stored::Stream(stream) => {
                let stream = Arc::unwrap_or_clone(stream);
                let place = Target { namespace: stream.metadata.namespace.clone(), ..self.target.clone() };
                let linked = streams::linked(&self.api, &place, stream);
                self.show(event, &linked, out);
            }
            Stored::Image(image) => {
                let mut image = Arc::unwrap_or_clone(image);
                image.metadata.self_link = self.api.self_link(&self.target, &image.metadata.name);
                self.show(event, &Typed::image_api("Image", image), out);
            }
            Stored::Object(object) if self.target.kind.kind == "Project" => {
                let is_gone = event == EventType::Deleted;
                // Projects are no objects of their own: of one that is gone, only the name is known.
                let project = if is_gone { projects::gone(&object) } else { projects::project(Value::clone(&object)) };
                self.show(event, &project, out);
            }
            Stored::Object(object) => self.show(event, object.as_ref(), out),
        }
    }

    /// Appends a bookmark: an object of the kind with nothing but a version.
    pub(super) fn bookmark(&mut self, version: u64, ends_initial: bool, out: &mut BytesMut) {
        let mut metadata = ObjectMeta {
            resource_version: version.to_string(),
            creation_timestamp: CreationTime::unset(self.api.behaviour.unset_creation_time_absent),
            ..ObjectMeta::default()
        };
        if ends_initial {
            metadata.annotations.insert("k8s.io/initial-events-end".to_owned(), "true".to_owned());
        }
        let stored = match self.resource() {
            STREAMS => {
                // Servers put a stream without a namespace, as this one is, into the default one.
                "default".clone_into(&mut metadata.namespace);
                Stored::Stream(Arc::new(ImageStream { metadata, ..ImageStream::default() }))
            }
            IMAGES => Stored::Image(Arc::new(Image { metadata, ..Image::default() })),
            _ => {
                let kind = self.target.kind;
                let object = json!({ "kind": kind.kind, "apiVersion": kind.api_version(), "metadata": metadata });
                Stored::Object(Arc::new(object))
            }
        };
        self.object(EventType::Bookmark, stored, out);
    }

    /// Appends the error that a watch ends with.
    pub(super) fn error(&mut self, error: &ApiError, out: &mut BytesMut) {
        self.write(EventType::Error, &TypedStatus::of(error.status()), out);
    }

    /// Appends an event about an object in the view that the client wants.
    fn show(&mut self, event: EventType, object: &impl Serialize, out: &mut BytesMut) {
        match (self.form.view, self.target.kind.columns) {
            (View::Table, Some(columns)) => {
                let object = serde_json::to_value(object).unwrap_or_default();
                let (rows, metadata) = (std::slice::from_ref(&object), view::of_one(&object));
                let table = view::table(&self.api, columns, rows, metadata, self.form.meta, self.include);
                let table = if self.has_columns { table.without_columns() } else { table };
                self.has_columns = true;
                self.write(event, &table, out);
            }
            (View::Metadata | View::MetadataList, _) => {
                let object = serde_json::to_value(object).unwrap_or_default();
                self.write(event, &view::metadata_of(&object, self.form.meta), out);
            }
            _ => self.write(event, object, out),
        }
    }

    /// A frame: a line of JSON, or a message behind its length.
    fn write(&self, event: EventType, object: &impl Serialize, out: &mut BytesMut) {
        if self.form.format == Format::Protobuf
            && let Some(object) = protobuf::encode(&serde_json::to_value(object).unwrap_or(Value::Null))
        {
            let mut raw = Vec::new();
            put_bytes(&mut raw, 1, &object);
            let mut message = Vec::new();
            put_bytes(&mut message, 1, event.name().as_bytes());
            put_bytes(&mut message, 2, &raw);
            // A message of 4 GiB cannot be made of objects that a request of 3 MiB brought.
            out.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
            out.put_slice(&message);
            return;
        }
        let object = render(serde_json::to_string(object));
        let line = format!("{{\"type\":\"{}\",\"object\":{}}}\n", event.name(), object.trim_end());
        out.put(Bytes::from(line));
    }
}
