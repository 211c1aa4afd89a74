//! Selectors of lists and of deletions of collections: `labelSelector` and `fieldSelector`.

mod field;
mod label;
mod token;

pub(crate) use self::{
    field::{FieldSelector, SelectableFields},
    label::LabelSelector,
};
