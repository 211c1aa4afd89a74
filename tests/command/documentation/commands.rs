//! Command lines and options that pages name.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory, Parser, error::ErrorKind};
use isi_conformance::cli::Cli;

use super::{page::Page, pages};

/// Options of other programs that pages speak of.
const OF_OTHER_PROGRAMS: [&str; 3] = ["--all-features", "--release", "--test"];

#[test]
fn every_command_line_parses() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for page in pages().iter().filter(|page| !page.path.ends_with("CHANGELOG.md")) {
        for line in command_lines(page) {
            count += 1;
            if let Err(error) = parse(&line) {
                wrong.push(format!("{}: {line}\n{error}", page.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 60, "only {count} command lines were found");
}

#[test]
fn a_command_line_with_a_wrong_option_is_found() {
    for line in ["isi-conformance run --targit http://a:1", "isi-conformance rnu", "isi-conformance key"] {
        assert!(parse(line).is_err(), "{line}");
    }
    assert_eq!(parse("isi-conformance run --run 'a b' # comment"), Ok(()));
}

#[test]
fn every_option_that_is_named_exists() {
    let mut known: BTreeSet<String> = OF_OTHER_PROGRAMS.map(str::to_owned).into();
    known.extend(["--help", "--version"].map(str::to_owned));
    options(&Cli::command(), &mut known);
    let mut unknown = Vec::new();
    for page in pages() {
        for span in page.spans.iter().filter(|span| span.starts_with("--")) {
            let name = span.split([' ', '=', '[']).next().unwrap_or_default();
            if !known.contains(name) {
                unknown.push(format!("{}: {span}", page.path.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "no such options:\n{}", unknown.join("\n"));
}

/// The command lines of a page: in code blocks and in the middle of sentences.
fn command_lines(page: &Page) -> Vec<String> {
    let joined: Vec<_> = page.blocks.iter().map(|block| block.text.replace("\\\n", " ")).collect();
    let lines = joined.iter().flat_map(|text| text.lines()).chain(page.spans.iter().map(String::as_str));
    let command = |line: &str| {
        let line = line.trim();
        let line = line.strip_prefix("$ ").unwrap_or(line);
        let is_cargo = line.starts_with("cargo run ") && line.contains(" -- ");
        let line =
            if is_cargo { line.replacen(line.split_once(" -- ")?.0, "isi-conformance", 1) } else { line.to_owned() };
        let line = line.replacen("isi-conformance -- ", "isi-conformance ", 1);
        line.starts_with("isi-conformance ").then_some(line)
    };
    lines.filter_map(command).collect()
}

fn parse(line: &str) -> Result<(), String> {
    let words = shlex::split(line).ok_or("unbalanced quotes")?;
    let own = words.into_iter().take_while(|word| !matches!(word.as_str(), "|" | ">" | "&&" | "&" | ";"));
    match Cli::try_parse_from(own) {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn options(command: &Command, known: &mut BTreeSet<String>) {
    known.extend(command.get_arguments().filter_map(|argument| Some(format!("--{}", argument.get_long()?))));
    for command in command.get_subcommands() {
        options(command, known);
    }
}
