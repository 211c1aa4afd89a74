//! A published schema as it was published: definitions of objects, paths, and what the import call takes and gives.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

use crate::json_path::{JsonPath, Segment};

/// The published schema of one API version, an excerpt of its OpenAPI v2 document without prose.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// Definitions by their full name: `com.github.openshift.api.image.v1.Image`.
    pub definitions: BTreeMap<String, Type>,
    /// Paths of the API, with the methods that each takes, in lower case.
    pub paths: BTreeMap<String, Vec<String>>,
    /// Parameters of the import call: their names, and whether they stand in the `path`, `query` or `body`.
    pub import_parameters: BTreeMap<String, String>,
    /// The status codes that the import call is said to answer with.
    pub import_responses: Vec<String>,
}

/// The type of a definition, field or item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Type {
    /// `#/definitions/NAME`, when the type is written elsewhere.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// What kind of value it is; any, if absent.
    #[serde(rename = "type")]
    pub base: Option<BaseType>,
    /// What a text or number looks like besides.
    pub format: Option<Format>,
    /// Fields that an object has to have.
    pub required: Vec<String>,
    /// Fields of an object. An object without any is free-form.
    pub properties: BTreeMap<String, Self>,
    /// The values of a map.
    pub additional_properties: Option<Box<Self>>,
    /// The items of an array.
    pub items: Option<Box<Self>>,
    /// The API objects that this is the definition of.
    #[serde(rename = "x-kubernetes-group-version-kind")]
    pub kinds: Vec<GroupVersionKind>,
}

/// The kind of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BaseType {
    /// `object`
    Object,
    /// `array`
    Array,
    /// `string`
    String,
    /// `integer`
    Integer,
    /// `boolean`
    Boolean,
}

impl BaseType {
    /// The name that a schema has for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
        }
    }

    /// Its name in a sentence: `an array`, `a string`.
    #[must_use]
    pub fn with_article(self) -> String {
        match self {
            Self::Object | Self::Array | Self::Integer => format!("an {}", self.as_str()),
            Self::String | Self::Boolean => format!("a {}", self.as_str()),
        }
    }
}

/// The format of a text or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `byte`: bytes in base64.
    Byte,
    /// `date-time`: a time as in RFC 3339.
    DateTime,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Byte => "byte",
            Self::DateTime => "date-time",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
        })
    }
}

/// The name of an API object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupVersionKind {
    /// `image.openshift.io`, or nothing for the core group.
    pub group: String,
    /// `v1`.
    pub version: String,
    /// `ImageStreamImport`.
    pub kind: String,
}

impl GroupVersionKind {
    /// The value of the field `apiVersion`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

const REFERENCE: &str = "#/definitions/";

impl Document {
    /// The full name and the definition of a kind, `ImageStream` say.
    #[must_use]
    pub fn kind(&self, kind: &str) -> Option<(&str, &Type)> {
        self.definitions
            .iter()
            .find(|(_, definition)| definition.kinds.iter().any(|known| known.kind == kind))
            .map(|(name, definition)| (name.as_str(), definition))
    }

    /// The kinds that are defined, in alphabetical order.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.definitions.values().filter_map(|definition| definition.kinds.first()).map(|known| known.kind.as_str())
    }

    /// `schema`, or the definition that it refers to with its full name.
    #[must_use]
    pub fn resolve<'a>(&'a self, schema: &'a Type) -> (Option<&'a str>, &'a Type) {
        schema
            .reference
            .as_deref()
            .and_then(|reference| self.definitions.get_key_value(reference.strip_prefix(REFERENCE)?))
            .map_or((None, schema), |(name, definition)| (Some(name), definition))
    }
}

impl Document {
    /// The field that `path` leads to in an object of the definition `name`, as `TagReference.annotations`. `None` when
    /// the path leads to no field of a definition.
    #[must_use]
    pub fn field_at(&self, name: &str, path: &JsonPath) -> Option<String> {
        let (last, before) = path.segments().split_last()?;
        let Segment::Key(field) = last else { return None };
        let (name, schema) = self.definitions.get_key_value(name)?;
        let owner = before.iter().try_fold((Some(name.as_str()), schema), |(_, schema), segment| {
            let inner = match segment {
                Segment::Key(key) => schema.properties.get(key).or(schema.additional_properties.as_deref()),
                Segment::Index(_) => schema.items.as_deref(),
            };
            inner.map(|inner| self.resolve(inner))
        });
        let (name, schema) = owner?;
        schema.properties.contains_key(field).then(|| format!("{}.{field}", short_name(name.unwrap_or_default())))
    }
}

impl Type {
    /// Whether an object of this type may hold anything: it names no fields, or it is Kubernetes' `RawExtension`, for
    /// which older schemas name a field that only the server's source has.
    #[must_use]
    pub fn is_free_form(&self, name: Option<&str>) -> bool {
        self.base == Some(BaseType::Object) && self.properties.is_empty() && self.additional_properties.is_none()
            || name.is_some_and(|name| short_name(name) == "RawExtension")
    }
}

/// A definition's name without the package it is from: `TagReference`.
#[must_use]
pub fn short_name(definition: &str) -> &str {
    definition.rsplit('.').next().unwrap_or(definition)
}
