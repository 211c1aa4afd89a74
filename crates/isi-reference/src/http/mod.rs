//! Requests and answers of the API, between HTTP and the objects.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod foreign_kind;
pub(crate) mod form;
pub(crate) mod negotiate;
pub(crate) mod options;
pub(crate) mod request;
pub(crate) mod yaml;
