//! Which objects of a collection a request is about.

use std::collections::BTreeMap;

use crate::{
    error::{ApiError, Result},
    http::request::Request,
    selector::{FieldSelector, LabelSelector, SelectableFields},
    storage::history::Stored,
};

/// What is selected, and how much of it a list shows at once.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    fields: FieldSelector,
    labels: LabelSelector,
    limit: Option<usize>,
}

impl Selection {
    /// The selection of a request for a list.
    pub(crate) fn read(request: &Request) -> Result<Self> {
        let limit = match request.parameter("limit") {
            Some(text) => read_limit(text)?,
            None => None,
        };
        Ok(Self { limit, ..Self::read_for_watch(request)? })
    }

    /// The selection of a watch, which has no pages.
    pub(crate) fn read_for_watch(request: &Request) -> Result<Self> {
        let labels = LabelSelector::parse(request.parameter("labelSelector").unwrap_or_default())?;
        let fields = FieldSelector::parse(request.parameter("fieldSelector").unwrap_or_default())?;
        Ok(Self { fields, labels, limit: None })
    }

    /// Refuses fields that no object of `resource` can be selected by: servers look at that last.
    ///
    /// # Errors
    /// 400.
    pub(crate) fn check_fields(&self, resource: &str) -> Result<()> {
        self.fields.check(resource)
    }

    /// The same selection without pages.
    pub(crate) fn without_limit(self) -> Self {
        Self { limit: None, ..self }
    }

    /// Whether an object is selected.
    pub(crate) fn matches(&self, fields: &SelectableFields<'_>, labels: &BTreeMap<String, String>) -> bool {
        self.fields.matches(fields) && self.labels.matches(labels)
    }

    /// Whether a stored object is selected.
    pub(crate) fn matches_stored(&self, object: &Stored) -> bool {
        self.matches(&object.selectable_fields(), &object.labels())
    }

    /// How many objects a page holds; `None` for all of them.
    pub(crate) fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// Whether no more than the object of one name can be selected.
    pub(crate) fn is_of_one_name(&self) -> bool {
        self.fields.only_name().is_some()
    }

    /// Whether every object is selected.
    pub(crate) fn is_everything(&self) -> bool {
        self.fields == FieldSelector::default() && self.labels == LabelSelector::default()
    }
}

/// Zero and less stand for no limit.
fn read_limit(text: &str) -> Result<Option<usize>> {
    let limit: i64 = text
        .parse()
        .map_err(|_| ApiError::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")))?;
    Ok(usize::try_from(limit).ok().filter(|limit| *limit > 0))
}
