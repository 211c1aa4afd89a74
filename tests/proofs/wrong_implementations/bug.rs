//! What a mistake is made of.

use http::{HeaderMap, Method};
use serde_json::Value;

/// A mistake, and the cases that are likely to catch it.
#[derive(Clone)]
pub(crate) struct Bug {
    /// What goes wrong, in a few words.
    pub(crate) name: &'static str,
    /// Patterns of the cases to run.
    pub(crate) cases: &'static [&'static str],
    /// What is passed on to the reference instead.
    pub(crate) request: fn(&mut Request),
    /// What is answered instead; it sees the request as the client sent it.
    pub(crate) answer: fn(&Request, &mut Answer),
    /// What is asked of the registry besides.
    pub(crate) registry: fn(&Request, &Answer) -> Vec<RegistryRequest>,
    /// What a manifest is read as.
    pub(crate) reading: Option<fn(&mut Value)>,
}

impl Bug {
    /// No mistake at all.
    pub(crate) fn none() -> Self {
        Self::new("none", &[])
    }

    /// A mistake that is yet to be made.
    pub(crate) fn new(name: &'static str, cases: &'static [&'static str]) -> Self {
        Self { name, cases, request: |_| {}, answer: |_, _| {}, registry: |_, _| Vec::new(), reading: None }
    }

    /// Made in what is passed on.
    pub(crate) fn request(self, request: fn(&mut Request)) -> Self {
        Self { request, ..self }
    }

    /// Made in what is answered.
    pub(crate) fn answer(self, answer: fn(&Request, &mut Answer)) -> Self {
        Self { answer, ..self }
    }

    /// Made in how manifests are read.
    pub(crate) fn reading(self, reading: fn(&mut Value)) -> Self {
        Self { reading: Some(reading), ..self }
    }

    /// Made in what is asked of the registry.
    pub(crate) fn registry(self, registry: fn(&Request, &Answer) -> Vec<RegistryRequest>) -> Self {
        Self { registry, ..self }
    }
}

/// A request to the implementation.
#[derive(Clone)]
pub(crate) struct Request {
    /// The method.
    pub(crate) method: Method,
    /// The path, without the query.
    pub(crate) path: String,
    /// The query, if there is one.
    pub(crate) query: Option<String>,
    /// The header fields.
    pub(crate) headers: HeaderMap,
    /// The body; `null` where it is no JSON.
    pub(crate) body: Value,
}

impl Request {
    /// Whether it asks for an import, in JSON.
    pub(crate) fn is_import(&self) -> bool {
        self.method == Method::POST && self.path.ends_with("/imagestreamimports") && self.body.is_object()
    }

    /// Host and port of the registry that it names first.
    pub(crate) fn registry(&self) -> Option<&str> {
        self.images().first()?.pointer("/from/name")?.as_str()?.split('/').next()
    }

    /// The images that it asks for.
    pub(crate) fn images(&self) -> &[Value] {
        self.body["spec"]["images"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The images and the repository that it asks for, to be changed.
    pub(crate) fn entries_mut(&mut self) -> Vec<&mut Value> {
        let Some(spec) = self.body.get_mut("spec").and_then(Value::as_object_mut) else { return Vec::new() };
        let mut entries = Vec::new();
        for (name, value) in spec {
            match (name.as_str(), value) {
                ("images", Value::Array(images)) => entries.extend(images),
                ("repository", repository @ Value::Object(_)) => entries.push(repository),
                _ => {}
            }
        }
        entries
    }
}

/// An answer of the implementation.
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// Warnings, one for each header field.
    pub(crate) warnings: Vec<String>,
    /// The body; `null` where it is no JSON.
    pub(crate) body: Value,
}

impl Answer {
    /// The results of single images, asked for by name or found in the repository.
    pub(crate) fn results_mut(&mut self) -> Vec<&mut Value> {
        let Some(status) = self.body.get_mut("status").and_then(Value::as_object_mut) else { return Vec::new() };
        let mut results = Vec::new();
        for (name, value) in status {
            match (name.as_str(), value) {
                ("images", Value::Array(images)) => results.extend(images),
                ("repository", repository) => {
                    results.extend(repository.get_mut("images").and_then(Value::as_array_mut).into_iter().flatten());
                }
                _ => {}
            }
        }
        results
    }

    /// The image objects in the results.
    pub(crate) fn images_mut(&mut self) -> Vec<&mut Value> {
        self.results_mut().into_iter().filter_map(|result| result.get_mut("image")).collect()
    }

    /// The image stream that the answer is or contains.
    pub(crate) fn stream_mut(&mut self) -> Option<&mut Value> {
        if self.body["kind"] == "ImageStream" {
            return Some(&mut self.body);
        }
        self.body.get_mut("status")?.get_mut("import").filter(|stream| stream.is_object())
    }

    /// The tags in the status of that image stream.
    pub(crate) fn tags_mut(&mut self) -> Vec<&mut Value> {
        let tags = self.stream_mut().and_then(|stream| stream.get_mut("status")?.get_mut("tags")?.as_array_mut());
        tags.into_iter().flatten().collect()
    }

    /// Says of every image and of the repository what the client said, so that only what was done is wrong.
    pub(crate) fn echo(&mut self, request: &Request, field: &str) {
        let Some(spec) = self.body.get_mut("spec").filter(|spec| spec.is_object()) else { return };
        // Servers leave out what is false.
        let asked_for = |entry: &Value| entry.pointer(field).filter(|value| **value != false).cloned();
        for (index, asked) in request.images().iter().enumerate() {
            if let Some(said) = spec.get_mut("images").and_then(|images| images.get_mut(index)) {
                put(said, field, asked_for(asked));
            }
        }
        if let Some(said) = spec.get_mut("repository") {
            put(said, field, asked_for(&request.body["spec"]["repository"]));
        }
    }
}

/// Sets the field that a JSON pointer names, or takes it away.
pub(crate) fn put(object: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = object.pointer_mut(parent).and_then(Value::as_object_mut);
    match (parent, value) {
        (Some(parent), Some(value)) => drop(parent.insert(name.to_owned(), value)),
        (Some(parent), None) => drop(parent.remove(name)),
        (None, _) => {}
    }
}

/// A request to the registry that is not needed.
pub(crate) struct RegistryRequest {
    /// The method.
    pub(crate) method: Method,
    /// The URL.
    pub(crate) url: String,
    /// Whether credentials go with it.
    pub(crate) credentials: bool,
}

impl RegistryRequest {
    /// A request for what an image's repository has at `path`: `manifests/v1`.
    pub(crate) fn new(method: Method, from: &str, path: impl Fn(&str) -> String) -> Option<Self> {
        let (host, rest) = from.split_once('/')?;
        let (repository, tag) = rest.split_once(':').unwrap_or((rest, "latest"));
        Some(Self { method, url: format!("http://{host}/v2/{repository}/{}", path(tag)), credentials: false })
    }
}
