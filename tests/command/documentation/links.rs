//! Links between pages, and the table of contents.

use std::{collections::BTreeMap, path::PathBuf};

use super::{files, page::Page, pages, root};

#[test]
fn every_relative_link_leads_to_a_file_or_heading() {
    let pages = pages();
    let anchors: BTreeMap<PathBuf, &Page> =
        pages.iter().map(|page| (root().join(&page.path).canonicalize().unwrap(), page)).collect();
    let mut broken = Vec::new();
    for page in &pages {
        for link in page.links.iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            if let Err(reason) = follow(page, link, &anchors) {
                broken.push(format!("{}: {link}: {reason}", page.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn follow(page: &Page, link: &str, anchors: &BTreeMap<PathBuf, &Page>) -> Result<(), String> {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let from = root().join(&page.path);
    let target = if path.is_empty() { from } else { from.parent().unwrap().join(path) };
    let target = target.canonicalize().map_err(|_| "no such file")?;
    if page.path.starts_with("docs") && !target.starts_with(root().join("docs").canonicalize().unwrap()) {
        return Err("the book has only what is below docs".to_owned());
    }
    let Some(anchor) = anchor else { return Ok(()) };
    let target = anchors.get(&target).ok_or("no page with headings")?;
    if target.anchors.iter().any(|known| known == anchor) { Ok(()) } else { Err("no such heading".to_owned()) }
}

#[test]
fn the_table_of_contents_names_every_page_once() {
    let summary = Page::read(root(), &root().join("docs/SUMMARY.md"));
    let mut named = summary.links;
    named.sort();
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let there: Vec<_> = files("docs", "md").into_iter().map(name).filter(|name| name != "SUMMARY.md").collect();
    assert_eq!(named, there);
}
