//! One operation of the control interface, as it is routed and as it is documented.

use std::{future::Future, pin::Pin};

use http::{Method, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{
    call::{Call, Reply},
    error::ControlError,
};

/// The schema of a type, as a value for a table.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) method: &'static Method,
    /// The path. A part in braces stands for one part of a request's path, percent-encoded.
    pub(super) path: &'static str,
    /// The name for generated clients.
    pub(super) id: &'static str,
    /// What it does, in one sentence.
    pub(super) about: &'static str,
    /// The parameters of the query.
    pub(super) query: &'static [Parameter],
    pub(super) takes: Takes,
    /// The status of a success.
    pub(super) status: StatusCode,
    /// The body of a success.
    pub(super) gives: Option<SchemaOf>,
    /// Other statuses than 400 for a malformed request, 401 for a missing token, and 404 for what the path names, and when
    /// they are answered.
    pub(super) fails: &'static [(StatusCode, &'static str)],
    pub(super) run: Run,
}

/// A parameter of the query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) schema: SchemaOf,
}

/// The body of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    /// There is none.
    Nothing,
    /// JSON, or the same as YAML.
    Json(SchemaOf),
    /// Content as it is.
    Bytes,
}

/// What is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Run {
    Now(fn(&mut Call) -> Outcome),
    Later(fn(Call) -> Pin<Box<dyn Future<Output = Outcome> + Send>>),
}

pub(super) type Outcome = Result<Reply, ControlError>;

pub(super) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Operation {
    /// An operation without parameters and bodies, answered with 204.
    pub(super) const fn new(
        method: &'static Method,
        path: &'static str,
        id: &'static str,
        about: &'static str,
        run: Run,
    ) -> Self {
        let (query, takes, status) = (&[] as &[_], Takes::Nothing, StatusCode::NO_CONTENT);
        Self { method, path, id, about, query, takes, status, gives: None, fails: &[], run }
    }

    pub(super) const fn query(mut self, query: &'static [Parameter]) -> Self {
        self.query = query;
        self
    }

    /// Takes a value of this type.
    pub(super) const fn json<T: JsonSchema>(mut self) -> Self {
        self.takes = Takes::Json(schema::<T>);
        self
    }

    pub(super) const fn bytes(mut self) -> Self {
        self.takes = Takes::Bytes;
        self
    }

    /// Answers with a value of this type.
    pub(super) const fn gives<T: JsonSchema>(mut self, status: StatusCode) -> Self {
        self.status = status;
        self.gives = Some(schema::<T>);
        self
    }

    pub(super) const fn fails(mut self, fails: &'static [(StatusCode, &'static str)]) -> Self {
        self.fails = fails;
        self
    }

    /// The parts of a path that stand for something, by name; none if it is the path of another operation.
    pub(super) fn matches(&self, path: &str) -> Option<Vec<(&'static str, String)>> {
        let (mut expected, mut found) = (self.path.split('/'), path.split('/'));
        let mut parts = Vec::new();
        loop {
            match (expected.next(), found.next()) {
                (None, None) => return Some(parts),
                (Some(part), Some(text)) => match name_in_braces(part) {
                    Some(name) if !text.is_empty() => {
                        parts.push((name, percent_encoding::percent_decode_str(text).decode_utf8().ok()?.into_owned()));
                    }
                    None if part == text => {}
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    /// The names of the parts of the path that stand for something.
    pub(super) fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(name_in_braces)
    }
}

fn name_in_braces(part: &'static str) -> Option<&'static str> {
    part.strip_prefix('{')?.strip_suffix('}')
}
