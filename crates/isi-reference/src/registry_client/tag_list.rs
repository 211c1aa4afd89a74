//! The tags of a repository, page after page.

use std::collections::HashSet;

use http::{HeaderMap, Method, header::LINK};
use reqwest::Url;

use super::{
    FetchError, RepositoryConnection, connection::RequestTarget, error::TagListError, http_client::BODY_LIMIT,
};
use crate::{
    image_reference::Tag,
    json::{self, Case, Shape, Struct},
};

/// How many tags of a repository are read.
const TAG_LIMIT: usize = 1_000_000;
/// How many pages are read.
const PAGE_LIMIT: usize = 10_000;
/// How many bytes all pages may have together.
const LIST_LIMIT: usize = 4 * BODY_LIMIT;

/// One page; Go's client reads it into a struct without a name.
static PAGE: Struct = Struct {
    name: "",
    go: "struct { Tags []string \"json:\\\"tags\\\"\" }",
    fields: &[("tags", Shape::List(&Shape::Text("string"), "[]string"))],
};

impl RepositoryConnection<'_> {
    /// Lists the tags of the repository. A tag that is `null` is empty, and means `latest`.
    pub(crate) async fn tags(&mut self) -> Result<Vec<Tag>, FetchError> {
        let mut tags = Vec::new();
        let mut pages = HashSet::new();
        let mut bytes = 0;
        let mut next = RequestTarget::Path("tags/list".to_owned());
        loop {
            let is_new = pages.insert(next.to_string());
            if !is_new || tags.len() > TAG_LIMIT || pages.len() > PAGE_LIMIT || bytes > LIST_LIMIT {
                return Err(TagListError::Endless { page: next.to_string(), tags: tags.len() }.into());
            }
            let response = self.send_with_retries(Method::GET, &next, HeaderMap::new()).await?;
            let body = response.body?;
            bytes += body.len();
            tags.extend(read_page(&body)?);
            let Some(link) = response.headers.get(LINK).and_then(|value| value.to_str().ok()) else { return Ok(tags) };
            next = RequestTarget::Url(resolve(&self.url(&next).await?, link)?);
        }
    }
}

fn read_page(body: &[u8]) -> Result<Vec<Tag>, TagListError> {
    let page = json::decode(&json::parse(body)?, &PAGE, Case::Insensitive)?.value;
    let tags = page["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(tags.iter().map(|tag| Tag::written(tag.as_str().unwrap_or_default()).unwrap_or_else(Tag::latest)).collect())
}

/// Where a `Link` header leads: its first link, relative to the page that has it.
fn resolve(page: &str, link: &str) -> Result<String, FetchError> {
    let target = link.split(';').next().unwrap_or_default().trim().trim_matches(['<', '>']);
    let next = Url::parse(page).and_then(|page| page.join(target)).map_err(FetchError::Link)?;
    Ok(next.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_is_null_means_latest() {
        let tags = read_page(br#"{"name": "app", "tags": ["v1", null]}"#).unwrap();
        assert_eq!(tags, [Tag::new("v1"), Tag::latest()]);
        assert_eq!(read_page(br#"{"tags": null}"#).unwrap(), []);
    }

    #[test]
    fn tags_of_the_wrong_type_are_refused_in_gos_words() {
        let text = "json: cannot unmarshal number into Go struct field .tags of type string";
        assert_eq!(read_page(br#"{"tags": [1]}"#).unwrap_err().to_string(), text);
    }

    #[test]
    fn a_link_is_relative_to_its_page() {
        let page = "http://r.example/v2/app/tags/list";
        assert_eq!(resolve(page, "</v2/app/more>; rel=\"next\"").unwrap(), "http://r.example/v2/app/more");
        assert_eq!(resolve(page, "<list?n=1>").unwrap(), "http://r.example/v2/app/tags/list?n=1");
    }
}
