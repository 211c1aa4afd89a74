//! What the API answers when it does not do what it was asked: Kubernetes' `Status` failures.

use std::fmt;

use super::{
    field::FieldError,
    model::{
        IMAGE_GROUP,
        status::{Cause, Details, Outcome, Status},
    },
};

/// What a server says that crashed over a request.
const PANIC: &str = "This request caused apiserver to panic. Look in the logs for details.\n";

/// A failure that a client is told about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError(Box<Status>, FailureForm);

/// How a failure is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FailureForm {
    /// As a `Status`.
    Status,
    /// As its message alone, by parts of a server that know no objects.
    Text,
}

/// The result of a request of the API.
pub(crate) type Result<T> = std::result::Result<T, ApiError>;

/// A resource in its API group, as messages name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resource {
    /// The group; empty for core resources.
    pub(crate) group: &'static str,
    /// The plural name, or what the server puts in its place.
    pub(crate) name: &'static str,
}

impl Resource {
    /// A resource of the image API.
    pub(crate) const fn image(name: &'static str) -> Self {
        Self { group: IMAGE_GROUP, name }
    }

    /// A core resource.
    pub(crate) const fn core(name: &'static str) -> Self {
        Self { group: "", name }
    }

    fn details(self, name: &str) -> Details {
        Details {
            name: name.to_owned(),
            group: self.group.to_owned(),
            kind: self.name.to_owned(),
            ..Details::default()
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)?;
        if self.group.is_empty() { Ok(()) } else { write!(formatter, ".{}", self.group) }
    }
}

impl ApiError {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        let status = Status { status: Outcome::Failure, message: message.into(), reason, code, ..Status::default() };
        Self(Box::new(status), FailureForm::Status)
    }

    fn with(mut self, details: Details) -> Self {
        self.0.details = Some(Box::new(details));
        self
    }

    /// The `Status`.
    pub(crate) fn status(&self) -> &Status {
        &self.0
    }

    /// The `Status`, for itself.
    pub(crate) fn into_status(self) -> Status {
        *self.0
    }

    /// The HTTP status code.
    pub(crate) fn code(&self) -> u16 {
        self.0.code
    }

    /// 400: the request cannot be understood.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 500: the body of the request could not be read to its end. Recorded from openshift-apiserver 4.22, which gives no
    /// reason.
    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    /// 401, with its own words.
    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, "Unauthorized", message)
    }

    /// 403: `subject` is forbidden, because.
    pub(crate) fn forbidden(resource: Resource, name: &str, why: &str) -> Self {
        let message = match (resource.name, name) {
            ("", _) => format!("forbidden: {why}"),
            (_, "") => format!("{resource} is forbidden: {why}"),
            _ => format!("{resource} {name:?} is forbidden: {why}"),
        };
        Self::new(403, "Forbidden", message).with(resource.details(name))
    }

    /// 404: there is no object of this name.
    pub(crate) fn not_found(resource: Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{resource} {name:?} not found")).with(resource.details(name))
    }

    /// 404: there is no such path.
    pub(crate) fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource").with(Details::default())
    }

    /// 405: the path does not take this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
            .with(Details::default())
    }

    /// 405: objects of this resource cannot be watched.
    pub(crate) fn watch_not_supported(resource: Resource) -> Self {
        let message = format!("watch is not supported on resources of kind \"{resource}\"");
        Self::new(405, "MethodNotAllowed", message).with(resource.details(""))
    }

    /// 410: the list of this version is not known any more.
    pub(crate) fn list_expired() -> Self {
        Self::new(410, "Expired", "The resourceVersion for the provided list is too old.")
    }

    /// 410: what happened after this version is not known any more.
    pub(crate) fn expired(version: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {version} ({oldest})"))
    }

    /// 410: the list of which the next page is asked for is too old to be continued. `retry` continues it anyway.
    pub(crate) fn continue_expired(retry: String) -> Self {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a new \
                       list without the continue parameter, or use the continue token in this response to retrieve the \
                       remainder of the results. Continuing with the provided token results in an inconsistent list - \
                       objects that were created, modified, or deleted between the time the first chunk was returned and \
                       now may show up in the list.";
        let mut error = Self::new(410, "Expired", message);
        error.0.metadata.next = retry;
        error
    }

    /// 504: the version that is asked for does not exist yet.
    pub(crate) fn too_large_version(version: u64, newest: u64, retry_after_seconds: Option<u64>) -> Self {
        let cause = Cause {
            reason: "ResourceVersionTooLarge",
            message: "Too large resource version".to_owned(),
            ..Cause::default()
        };
        let message = format!("Timeout: Too large resource version: {version}, current: {newest}");
        let details = Details { causes: vec![cause], retry_after_seconds, ..Details::default() };
        Self::new(504, "Timeout", message).with(details)
    }

    /// 406: none of the accepted media types can be written.
    pub(crate) fn not_acceptable(supported: &str) -> Self {
        Self::new(406, "NotAcceptable", format!("only the following media types are accepted: {supported}"))
    }

    /// 406: the object cannot be shown as the client wants it.
    pub(crate) fn not_shown_so(why: &str) -> Self {
        Self::new(406, "NotAcceptable", why)
    }

    /// 406: no handler writes any of the accepted media types, in the words of the router (go-restful), which lists those that
    /// it does write since its version 2.9.
    pub(crate) fn not_routed(supported: Option<&str>) -> Self {
        let list = supported.map(|supported| format!("\n\nAvailable representations: {supported}"));
        let message = format!("406: Not Acceptable{}", list.unwrap_or_default());
        Self::new(406, "NotAcceptable", message).with(Details::default())
    }

    /// 409: the object is not what the client thinks it is.
    pub(crate) fn conflict(resource: Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {resource} {name:?}: {why}");
        Self::new(409, "Conflict", message).with(resource.details(name))
    }

    /// 409: the object exists.
    pub(crate) fn already_exists(resource: Resource, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{resource} {name:?} already exists")).with(resource.details(name))
    }

    /// The same failure with a longer message.
    pub(crate) fn prefixed(mut self, prefix: &str) -> Self {
        self.0.message.insert_str(0, prefix);
        self
    }

    /// 413: the body is longer than `limit` bytes.
    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {limit}"))
    }

    /// 413: the request asks for more than is done at once.
    pub(crate) fn too_large_for(why: &str) -> Self {
        Self::new(413, "RequestEntityTooLarge", format!("Request entity too large: {why}"))
    }

    /// 415: no handler reads the media type, in the words of the router (go-restful).
    pub(crate) fn not_routed_type() -> Self {
        Self::new(415, "UnsupportedMediaType", "415: Unsupported Media Type").with(Details::default())
    }

    /// 415: the body is of no known media type.
    pub(crate) fn unsupported_media_type(supported: &str) -> Self {
        let message =
            format!("the body of the request was in an unknown format - accepted media types include: {supported}");
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// 422: these fields of an object are wrong.
    pub(crate) fn invalid(group: &str, kind: &str, name: &str, errors: &[FieldError], plain_null: bool) -> Self {
        let texts: Vec<String> = errors.iter().map(|error| error.text(plain_null)).collect();
        let list = match texts.as_slice() {
            [one] => one.clone(),
            several => {
                let mut distinct: Vec<&str> = Vec::new();
                for text in several {
                    if !distinct.contains(&text.as_str()) {
                        distinct.push(text);
                    }
                }
                if let [one] = distinct.as_slice() { (*one).to_owned() } else { format!("[{}]", distinct.join(", ")) }
            }
        };
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let details = Details {
            name: name.to_owned(),
            group: group.to_owned(),
            kind: kind.to_owned(),
            causes: errors.iter().map(|error| error.cause(plain_null)).collect(),
            ..Details::default()
        };
        Self::new(422, "Invalid", format!("{qualified} {name:?} is invalid: {list}")).with(details)
    }

    /// 422: a patch cannot be applied to the object.
    pub(crate) fn rejected() -> Self {
        Self::new(422, "Invalid", "the server rejected our request due to an error in our request")
            .with(Details::default())
    }

    /// 409: others own what would be applied.
    pub(crate) fn apply_conflict(message: String, causes: Vec<Cause>) -> Self {
        Self::new(409, "Conflict", message).with(Details { causes, ..Details::default() })
    }

    /// 500, in these words and without a reason: an error that the server has no word for.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    /// 500: something went wrong inside, or in a registry.
    pub(crate) fn internal(message: &str) -> Self {
        let cause = Cause { message: message.to_owned(), ..Cause::default() };
        Self::new(500, "InternalError", format!("Internal error occurred: {message}"))
            .with(Details { causes: vec![cause], ..Details::default() })
    }

    /// 504: the request took longer than it may.
    pub(crate) fn timeout() -> Self {
        let message = "Timeout: request did not complete within requested timeout - context deadline exceeded";
        Self::new(504, "Timeout", message).with(Details::default())
    }

    /// 500: the request cannot be judged, as text instead of a `Status`.
    pub(crate) fn internal_text(uri: &str, why: &str) -> Self {
        let message = format!("Internal Server Error: {uri:?}: {why}\n");
        Self(Self::new(500, "", message).0, FailureForm::Text)
    }

    /// 500: a server of old crashed over this request.
    pub(crate) fn panic() -> Self {
        Self(Self::new(500, "", PANIC).0, FailureForm::Text)
    }

    /// 500: the beginning of a path, without what it is about.
    pub(crate) fn undetermined_path(path: &str) -> Self {
        let why = format!("unable to determine kind and namespace from url, /{path}");
        let message = format!("Internal Server Error: \"/{path}\": failed to create RequestInfo: {why}\n");
        Self(Self::new(500, "", message).0, FailureForm::Text)
    }

    /// Whether this is told as text, not as a `Status`.
    pub(crate) fn is_text(&self) -> bool {
        self.1 == FailureForm::Text
    }

    /// 403 because a namespace is going away.
    pub(crate) fn namespace_terminating(resource: Resource, name: &str, namespace: &str) -> Self {
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let cause = Cause {
            reason: "NamespaceTerminating",
            message: format!("namespace {namespace} is being terminated"),
            field: "metadata.namespace".to_owned(),
        };
        let mut error = Self::forbidden(resource, name, &why);
        if let Some(details) = &mut error.0.details {
            details.causes.push(cause);
        }
        error
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}
