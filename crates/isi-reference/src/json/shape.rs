//! Shapes: what Go types expect of a JSON value, as data.

use base64::{DecodeError, Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{Node, docker_image, time::parse_time};

/// What a value has to look like.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Anything.
    Any,
    Bool,
    /// A whole number; the Go type.
    Int(&'static str),
    /// Text; the Go type.
    Text(&'static str),
    /// A time as RFC 3339 text.
    Time,
    /// Bytes: a text in Base64, or a list of numbers.
    Bytes,
    /// The fields of an owner: objects of objects, which read themselves.
    OwnedFields,
    /// The metadata of a Docker image, which is owned as a whole.
    DockerImage,
    /// A list; the Go type.
    List(&'static Self, &'static str),
    /// A list of objects that is a map by this key; the Go type.
    Keyed(&'static Self, &'static str, &'static str),
    /// A list without order in which each value is once; the Go type.
    Set(&'static Self, &'static str),
    /// An object with any keys; the Go type.
    Map(&'static Self, &'static str),
    /// An object with these keys.
    Struct(&'static Struct),
}

/// A Go struct.
#[derive(Debug)]
pub(crate) struct Struct {
    /// Its name without the package.
    pub(crate) name: &'static str,
    /// Its name with the package, as in `v1.ImageImportSpec`.
    pub(crate) go: &'static str,
    /// Its fields by their JSON names.
    pub(crate) fields: &'static [(&'static str, Shape)],
}

/// Whether keys have to match exactly: Kubernetes' decoder insists, Go's own does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Sensitive,
    Insensitive,
}

/// A value of the wrong type, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TypeError(pub(crate) String);

/// A value that fits its shape.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The known fields, under their exact names; `null` fields are left out.
    pub(crate) value: Value,
    /// Unknown and duplicate fields, in the order of the text.
    pub(crate) surplus: Vec<String>,
}

/// Fits `node` to the shape of `target`.
pub(crate) fn decode(node: &Node, target: &'static Struct, case: Case) -> Result<Decoded, TypeError> {
    let mut decoder = Decoder {
        case,
        first_error: None,
        breaking_error: None,
        conversion_error: None,
        surplus: Vec::new(),
        path: Vec::new(),
        owner: None,
        docker_version: String::new(),
    };
    let value = decoder.structure(node, target).unwrap_or_else(|| Value::Object(Map::new()));
    match decoder.breaking_error.or(decoder.first_error).or(decoder.conversion_error) {
        Some(error) => Err(error),
        None => Ok(Decoded { value, surplus: decoder.surplus }),
    }
}

struct Decoder {
    case: Case,
    /// The first value of a wrong type: Go reads on behind it, and tells it in the end.
    first_error: Option<TypeError>,
    /// The first mistake in a value of a type that reads itself: Go stops there, and tells it whatever came before.
    breaking_error: Option<TypeError>,
    /// The first mistake in what is decoded when everything was read.
    conversion_error: Option<TypeError>,
    surplus: Vec<String>,
    path: Vec<String>,
    owner: Option<&'static str>,
    /// The version of the metadata of the image that was entered last.
    docker_version: String,
}

impl Decoder {
    fn value(&mut self, node: &Node, shape: &'static Shape) -> Option<Value> {
        match (shape, node) {
            (_, Node::Null) => None,
            (Shape::Any | Shape::OwnedFields, node) => Some(node.to_value()),
            (Shape::DockerImage, node) => match docker_image::read(node, &self.docker_version) {
                Ok(image) => Some(image),
                Err(error) => {
                    self.conversion_error.get_or_insert(error);
                    None
                }
            },
            (Shape::Bool, Node::Bool(_)) | (Shape::Text(_), Node::Text(_)) => Some(node.to_value()),
            (Shape::Time, Node::Text(text)) => self.time(text),
            (Shape::Bytes, Node::Text(text)) => self.bytes(text),
            (Shape::Bytes, Node::Array(items)) => self.byte_list(items),
            (Shape::Int(go), Node::Number(digits)) => match digits.parse::<i64>() {
                Ok(integer) => Some(Value::from(integer)),
                Err(_) => self.fail(self.mismatch(&format!("number {digits}"), go)),
            },
            (Shape::List(item, _) | Shape::Keyed(item, ..) | Shape::Set(item, _), Node::Array(items)) => {
                let indexed = |index: usize| format!("[{index}]");
                Some(Value::Array(
                    items
                        .iter()
                        .enumerate()
                        .map(|(index, node)| {
                            self.within(indexed(index), |decoder| decoder.value(node, item))
                                .unwrap_or_else(|| zero(item))
                        })
                        .collect(),
                ))
            }
            (Shape::Map(item, _), Node::Object(entries)) => Some(Value::Object(
                entries
                    .iter()
                    .map(|(key, node)| (key.clone(), self.value(node, item).unwrap_or_else(|| zero(item))))
                    .collect(),
            )),
            (Shape::Struct(target), node) => self.structure(node, target),
            (Shape::Time, node) => self.break_off(self.mismatch(node.kind(), shape.go())),
            (shape, node) => self.fail(self.mismatch(node.kind(), shape.go())),
        }
    }

    fn structure(&mut self, node: &Node, target: &'static Struct) -> Option<Value> {
        let entries = match node {
            Node::Null => return None,
            Node::Object(entries) => entries,
            other => return self.fail(self.mismatch(other.kind(), target.go)),
        };
        let mut known = Map::new();
        let mut seen = Vec::new();
        if target.name == "Image" {
            let version = node.get("dockerImageMetadataVersion").and_then(Node::as_text);
            self.docker_version = version.unwrap_or_default().to_owned();
        }
        for (key, node) in entries {
            let Some((name, shape)) = self.field(target, key) else {
                let path = self.path_to(key);
                self.surplus.push(format!("unknown field \"{path}\""));
                continue;
            };
            if seen.contains(&name) {
                let path = self.path_to(name);
                self.surplus.push(format!("duplicate field \"{path}\""));
            }
            seen.push(name);
            let owner = self.owner.replace(target.name);
            let value = self.within((*name).to_owned(), |decoder| decoder.value(node, shape));
            self.owner = owner;
            if let Some(value) = value {
                known.insert((*name).to_owned(), value);
            }
        }
        Some(Value::Object(known))
    }

    fn field(&self, target: &'static Struct, key: &str) -> Option<&'static (&'static str, Shape)> {
        let exact = target.fields.iter().find(|(name, _)| *name == key);
        match self.case {
            Case::Sensitive => exact,
            Case::Insensitive => {
                exact.or_else(|| target.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)))
            }
        }
    }

    fn within<T>(&mut self, step: String, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let result = read(self);
        self.path.pop();
        result
    }

    fn path_to(&self, key: &str) -> String {
        let mut path = String::new();
        for step in self.path.iter().map(String::as_str).chain([key]) {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(step);
        }
        path
    }

    fn time(&mut self, text: &str) -> Option<Value> {
        match parse_time(text) {
            Ok(time) => Some(time.to_string().into()),
            Err(error) => self.break_off(error),
        }
    }

    fn bytes(&mut self, text: &str) -> Option<Value> {
        match check_base64(text) {
            Ok(()) => Some(Value::String(text.to_owned())),
            Err(error) => self.fail(error),
        }
    }

    /// Bytes that are written as a list of numbers.
    fn byte_list(&mut self, items: &[Node]) -> Option<Value> {
        const GO: &str = "uint8";
        let mut bytes = Vec::new();
        for item in items {
            bytes.push(match item {
                Node::Null => 0,
                Node::Number(digits) => match digits.parse::<u8>() {
                    Ok(byte) => byte,
                    Err(_) => return self.fail(self.mismatch(&format!("number {digits}"), GO)),
                },
                other => return self.fail(self.mismatch(other.kind(), GO)),
            });
        }
        Some(Value::String(STANDARD.encode(bytes)))
    }

    /// What Go says of a value of a wrong type.
    fn mismatch(&self, found: &str, go: &str) -> String {
        let steps: Vec<&str> = self.path.iter().map(String::as_str).filter(|step| !step.starts_with('[')).collect();
        let target = match self.owner {
            Some(owner) => format!("Go struct field {owner}.{}", steps.join(".")),
            None => "Go value".to_owned(),
        };
        format!("json: cannot unmarshal {found} into {target} of type {go}")
    }

    /// Notes a mistake behind which Go reads on; there is no value.
    fn fail(&mut self, text: String) -> Option<Value> {
        self.first_error.get_or_insert(TypeError(text));
        None
    }

    /// Notes a mistake at which Go stops; there is no value.
    fn break_off(&mut self, text: String) -> Option<Value> {
        self.breaking_error.get_or_insert(TypeError(text));
        None
    }
}

/// Checks bytes in base64.
///
/// # Errors
/// What Go says of them.
pub(super) fn check_base64(text: &str) -> Result<(), String> {
    let at = match STANDARD.decode(text) {
        // Go ignores surplus bits of the last symbol.
        Ok(_) | Err(DecodeError::InvalidLastSymbol { .. }) => return Ok(()),
        Err(DecodeError::InvalidByte(at, _)) => at,
        Err(_) => text.len() / 4 * 4,
    };
    Err(format!("illegal base64 data at input byte {at}"))
}

pub(super) fn zero(shape: &Shape) -> Value {
    match shape {
        Shape::Any | Shape::OwnedFields | Shape::DockerImage => Value::Null,
        Shape::Bool => Value::Bool(false),
        Shape::Int(_) => Value::from(0),
        Shape::Text(_) | Shape::Time | Shape::Bytes => Value::String(String::new()),
        Shape::List(..) | Shape::Keyed(..) | Shape::Set(..) => Value::Array(Vec::new()),
        Shape::Map(..) | Shape::Struct(_) => Value::Object(Map::new()),
    }
}

impl Struct {
    /// Whether it is owned as a whole: references are changed as one.
    pub(crate) fn is_atomic(&self) -> bool {
        matches!(self.name, "LocalObjectReference" | "ObjectReference" | "OwnerReference")
    }
}

impl Shape {
    /// The shape of a field of an object with known fields.
    pub(crate) fn field(&self, key: &str) -> Option<&'static Self> {
        match self {
            Self::Struct(target) => target.fields.iter().find(|(name, _)| *name == key).map(|(_, shape)| shape),
            _ => None,
        }
    }

    fn go(&self) -> &'static str {
        match self {
            Self::Any | Self::OwnedFields | Self::DockerImage => "interface {}",
            Self::Bytes => "[]uint8",
            Self::Bool => "bool",
            // What `v1.Time` reads itself from.
            Self::Time => "string",
            Self::Int(go)
            | Self::Text(go)
            | Self::List(_, go)
            | Self::Keyed(_, go, _)
            | Self::Set(_, go)
            | Self::Map(_, go) => go,
            Self::Struct(target) => target.go,
        }
    }
}
