//! What pages show a command print. In a `console` block a line that begins with `$ ` is run, and what follows is its
//! output, both streams together as a terminal shows them: standard output first. `…` stands for any text, and on a line of
//! its own for any lines. `isi-conformance` is the program under test; a command that serves is ended once it has printed, and
//! one that ends with `&` when its block does: the commands behind it ask it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use regex::Regex;

use super::{page::Page, pages};
use crate::text;

#[test]
fn what_pages_show_is_what_commands_print() {
    let mut count = 0;
    std::thread::scope(|scope| {
        let pages: Vec<_> = pages().into_iter().map(|page| scope.spawn(move || run(&page))).collect();
        let results: Vec<_> = pages.into_iter().map(|page| page.join().unwrap()).collect();
        count += results.iter().map(|(count, _)| count).sum::<usize>();
        let wrong: Vec<_> = results.into_iter().flat_map(|(_, wrong)| wrong).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    });
    assert!(count > 15, "only {count} commands were run");
}

/// Runs the commands of a page in a folder with the files that it shows.
fn run(page: &Page) -> (usize, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let named = Regex::new(r"\A# ([\w./-]+\.yaml)\n").unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for block in &page.blocks {
        if let Some(name) = named.captures(&block.text) {
            let path = folder.path().join(&name[1]);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &block.text).unwrap();
        }
        if block.language != "console" {
            continue;
        }
        let mut servers = Servers::default();
        for (command, expected) in commands(&block.text) {
            count += 1;
            let actual = if serves(&command, &expected) {
                servers.start(folder.path(), &command, expected.lines().count())
            } else {
                whole(folder.path(), &servers.with_ports(&command))
            };
            if !matches(&expected, &actual) {
                wrong.push(format!("{}: $ {command}\nshown:\n{expected}printed:\n{actual}", page.path.display()));
            }
        }
    }
    (count, wrong)
}

/// The commands of a block, each with the output that is shown.
fn commands(block: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => *output += &format!("{line}\n"),
            (None, None) => panic!("a console block begins with `$ `, not with {line}"),
        }
    }
    commands
}

/// Whether a command goes on until it is ended; one that is shown with an error does not.
fn serves(command: &str, expected: &str) -> bool {
    let serving = ["registry", "reference", "up", "serve"].map(|name| format!("isi-conformance {name}"));
    serving.iter().any(|start| command.starts_with(start))
        && !["--quirks list", "--images list"].iter().any(|list| command.contains(list))
        && !expected.starts_with("error: ")
}

fn shell(folder: &Path, command: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_isi-conformance"));
    let mut shell = test_support::command("bash");
    let command = command.replace("127.0.0.1:5000", "127.0.0.1:0").replace("127.0.0.1:5001", "127.0.0.1:0");
    shell.args(["-c", &format!("PATH={}:$PATH; {command}", program.parent().unwrap().display())]);
    shell.current_dir(folder).env("ISI_REGISTRY_LISTEN", "127.0.0.1:0").stdin(Stdio::null());
    shell
}

fn whole(folder: &Path, command: &str) -> String {
    let output = shell(folder, command).output().unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

/// The commands of a block that go on.
#[derive(Default)]
struct Servers {
    running: Vec<Child>,
    /// The ports that the page shows, and those that are listened on.
    ports: Vec<(&'static str, String)>,
}

impl Servers {
    /// Starts a command that goes on, and returns its first lines. `exec` makes the signal reach it, not the shell.
    fn start(&mut self, folder: &Path, command: &str, count: usize) -> String {
        let command = command.trim_end_matches([' ', '&']);
        let mut child =
            shell(folder, &format!("exec {command}")).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let printed: Vec<String> = lines.take(count).map(Result::unwrap).collect();
        self.running.push(child);
        for (shown, start) in [("127.0.0.1:5000", "http://"), ("127.0.0.1:5001", "control http://")] {
            self.ports.extend(printed.iter().find_map(|line| Some((shown, line.strip_prefix(start)?.to_owned()))));
        }
        printed.iter().map(|line| format!("{line}\n")).collect()
    }

    /// A command that asks the ports that are listened on.
    fn with_ports(&self, command: &str) -> String {
        self.ports.iter().fold(command.to_owned(), |command, (shown, real)| command.replace(shown, real))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.running {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

/// Whether the output is what is shown, ids, ports and times aside.
fn matches(shown: &str, printed: &str) -> bool {
    if shown.is_empty() {
        return printed.is_empty();
    }
    let shown = plain(shown.trim_end());
    let pattern = shown.lines().map(|line| match line {
        "…" => "(?:.*\n)*?".to_owned(),
        line => line.split('…').map(regex::escape).collect::<Vec<_>>().join(".*") + "\n",
    });
    let pattern = pattern.collect::<String>();
    Regex::new(&format!("\\A{pattern}\\z")).unwrap().is_match(&format!("{}\n", plain(printed.trim_end())))
}

fn plain(text: &str) -> String {
    let changing = [
        (r"\[ *[0-9.]+s\]", "[TIME]"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"isi-conformance-\w{6}/", "isi-conformance-ID/"),
        (r"-[0-9a-f]{8}\b", "-ID"),
        (r"in \d+\.\ds", "in TIME"),
    ];
    changing.iter().fold(text.to_owned(), |text, (pattern, name)| {
        Regex::new(pattern).unwrap().replace_all(&text, *name).into_owned()
    })
}
