//! What README, CONTRIBUTING and the pages under `docs` say: commands parse, options exist, links lead somewhere, and what
//! they show a command print is what it prints.

mod commands;
mod examples;
mod links;
mod output;
mod page;

use std::path::{Path, PathBuf};

use self::page::Page;

/// The folder of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files with this extension in a folder of the repository, sorted.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    paths.sort();
    paths
}

/// Every page that a reader may open.
fn pages() -> Vec<Page> {
    let mut paths = [files("", "md"), files("docs", "md")].concat();
    for folder in ["deploy", "golden", "schemas", "requirements"] {
        paths.extend(files(folder, "md"));
    }
    for package in std::fs::read_dir(root().join("crates")).unwrap() {
        paths.push(package.unwrap().path().join("README.md"));
    }
    paths.retain(|path| path.exists());
    let pages: Vec<_> = paths.iter().map(|path| Page::read(root(), path)).collect();
    assert!(pages.len() > 15, "only {} pages were found", pages.len());
    pages
}
