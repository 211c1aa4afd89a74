//! YAML and Rust that pages show.

use std::fs;

use isi_conformance::{
    document::{self, Source},
    fixture::{Fault, ImageFile, RegistryFixture},
};

use super::{super::isi_conformance, files, page::Block, pages, root};
use crate::text;

#[test]
fn every_yaml_block_is_a_suite_a_fixture_images_faults_or_deviations() {
    let mut count = 0;
    for page in pages() {
        for block in page.blocks_in(&["yaml"]) {
            count += 1;
            read(block).unwrap_or_else(|error| panic!("{}:\n{}\n{error}", page.path.display(), block.text));
        }
    }
    assert!(count > 10, "only {count} blocks were found");
}

fn read(block: &Block) -> Result<(), String> {
    let first = block.text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    if first.starts_with("suite:") {
        return listed("suite.yaml", block, |path| vec!["run".into(), path, "--list".into()]);
    }
    if first.starts_with("deviations:") {
        return listed("deviations.yaml", block, |path| {
            vec!["run".into(), "--deviations".into(), path, "--list".into()]
        });
    }
    let source = Source::new("page.yaml", block.text.as_str());
    let node = document::parse(&source).map_err(|error| error.to_string())?;
    if first.starts_with("images:") {
        return document::decode::<ImageFile>(&source, &node).map(drop).map_err(|error| error.to_string());
    }
    if first.starts_with("- ") {
        return document::decode::<Vec<Fault>>(&source, &node).map(drop).map_err(|error| error.to_string());
    }
    document::decode::<RegistryFixture>(&source, &node).map(drop).map_err(|error| error.to_string())
}

/// Lets the command read the file.
fn listed(name: &str, block: &Block, arguments: impl Fn(String) -> Vec<String>) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    // A list does not compare, so a golden that is not there is no matter.
    fs::write(&path, &block.text).unwrap();
    let arguments = arguments(path.display().to_string());
    let output = isi_conformance(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    if output.status.success() { Ok(()) } else { Err(text(&output.stderr)) }
}

/// Blocks in Rust are parts of examples, which a test runs.
#[test]
fn every_rust_block_is_part_of_an_example() {
    let packages = ["examples", "crates/oci-mock-registry/examples", "crates/isi-reference/examples"];
    let examples: String = packages
        .iter()
        .filter(|folder| root().join(folder).exists())
        .flat_map(|folder| files(folder, "rs"))
        .map(|path| unindented(&fs::read_to_string(path).unwrap()))
        .collect();
    for page in pages().iter().filter(|page| page.path.starts_with("docs")) {
        for block in page.blocks_in(&["rust"]) {
            let shown = unindented(&block.text);
            assert!(examples.contains(&shown), "{}: no example has\n{}", page.path.display(), block.text);
        }
    }
}

fn unindented(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}
