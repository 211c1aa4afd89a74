//! Completions of shells, and manual pages.

use std::{fs, process::Command};

use clap::CommandFactory;
use isi_conformance::cli::Cli;
use rstest::rstest;

use super::{isi_conformance, text};

/// The shell reads the script and then completes a command and an option.
#[test]
fn bash_completes_commands_and_options() {
    if Command::new("bash").arg("--version").output().is_err() {
        eprintln!("bash is not installed");
        return;
    }
    let script = text(&isi_conformance(&["completions", "bash"]).stdout);
    let complete = |words: &str| {
        let line = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             _isi__conformance isi-conformance \"${{COMP_WORDS[$COMP_CWORD]}}\" \"${{COMP_WORDS[$((COMP_CWORD - 1))]}}\"\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        text(&Command::new("bash").args(["--norc", "-c", &line]).output().unwrap().stdout)
    };
    assert_eq!(complete("isi-conformance expl"), "explore\n");
    assert_eq!(complete("isi-conformance run --kubec"), "--kubeconfig\n");
    assert_eq!(complete("isi-conformance schema validate --ki"), "--kind\n");
}

#[rstest]
#[case("zsh", "#compdef isi-conformance")]
#[case("fish", "complete -c isi-conformance")]
#[case("powershell", "Register-ArgumentCompleter")]
#[case("elvish", "set edit:completion:arg-completer[isi-conformance]")]
fn other_shells_have_completions(#[case] shell: &str, #[case] expected: &str) {
    let output = isi_conformance(&["completions", shell]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains(expected));
}

#[test]
fn an_unknown_shell_is_wrong_usage() {
    let output = isi_conformance(&["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("bash"), "{}", text(&output.stderr));
}

#[test]
fn the_manual_page_names_every_command() {
    let page = text(&isi_conformance(&["man"]).stdout);
    assert!(page.contains(".TH isi-conformance 1"), "{page}");
    for command in Cli::command().get_subcommands() {
        let name = format!("isi\\-conformance\\-{}(1)", command.get_name().replace('-', "\\-"));
        assert!(page.contains(&name), "{name} is not in\n{page}");
    }
}

#[test]
fn a_folder_gets_a_page_for_each_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("new/man1");
    let output = isi_conformance(&["man", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert!(page("isi-conformance-run.1").contains("\\-\\-kubeconfig"));
    assert!(page("isi-conformance-schema-validate.1").contains("\\-\\-api\\-version"));
}
