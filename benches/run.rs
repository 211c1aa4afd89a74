//! What the command costs: a list, one case, every case, ten thousand cases, and beside them the same requests without a
//! harness. `cargo bench --bench run`, or `cargo bench --profile release --bench run` for the program as it is installed.
//!
//! Quote ratios: the machine's speed is in every number. CPU is that of the process, reference and registries included.

use std::{
    fs,
    ops::ControlFlow,
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use clap::{Args, FromArgMatches};
use futures_util::{StreamExt, stream};
use isi_conformance::{
    cli::{Plan, RunArguments},
    reference, runner,
    verdict::Request,
};
use tempfile::TempDir;
use tokio::sync::watch;

/// How often what takes a moment is repeated.
const REPETITIONS: u32 = 10;
/// How many cases the generated folder has, at least.
const MANY: usize = 10_000;
/// A suite whose cases fail unless they are declared to, which folders of one's own are not.
const DECLARED: &str = "bug-reports";
/// How many requests are sent at a time, as cases are by default.
const JOBS: usize = 16;

fn main() -> ExitCode {
    if !Path::new("/proc/self/stat").exists() {
        eprintln!("this system does not say how much CPU and memory a process takes");
        return ExitCode::SUCCESS;
    }
    println!("{:<34} {:>9} {:>9} {:>9}  reports", "", "CPU", "wall", "memory");
    let list = isi_conformance(&["run", "--list"], REPETITIONS);
    list.print("list of every case");
    let one = isi_conformance(&["run", "--run", "single-image::content-s2-basic"], REPETITIONS);
    one.print("one case");
    let all = with_reports(&[]);
    all.print("every case");

    let folder = many_cases();
    let path = folder.path().to_str().expect("a temporary folder has a name in UTF-8");
    let cases = isi_conformance(&["run", path, "--list"], 1);
    let count = cases.printed.lines().filter(|line| line.contains("::")).count();
    cases.print(&format!("list of {count} generated cases"));
    let many = with_reports(&[path]);
    many.print(&format!("{count} generated cases"));

    let (count, replayed) = replay();
    replayed.print(&format!("{count} requests of every case, bare"));
    println!("\n{:>6.1}  times the CPU of the bare requests", all.cpu.as_secs_f64() / replayed.cpu.as_secs_f64());
    let of_all = all.printed.lines().find_map(cases_run).unwrap_or_default();
    let growth = (many.cpu.as_secs_f64() / all.cpu.as_secs_f64()) / (count_of(&many) as f64 / of_all as f64);
    println!("{growth:>6.2}  times the CPU for each case where there are {} of them", count_of(&many));
    ExitCode::SUCCESS
}

fn count_of(run: &Cost) -> usize {
    run.printed.lines().find_map(cases_run).unwrap_or_default()
}

/// The number in `passed 1325 of 1334 cases`.
fn cases_run(line: &str) -> Option<usize> {
    let (_, rest) = line.split_once("passed ")?;
    let (_, rest) = rest.split_once(" of ")?;
    rest.strip_suffix(": every check of the case passed")?.strip_suffix(" cases")?.parse().ok()
}

/// What a process took.
#[derive(Default)]
struct Cost {
    cpu: Duration,
    wall: Duration,
    /// The most memory it had, in KiB.
    memory: u64,
    /// The sizes of its reports, by their names.
    reports: Vec<(&'static str, u64)>,
    printed: String,
}

impl Cost {
    fn print(&self, what: &str) {
        let reports: Vec<String> =
            self.reports.iter().map(|(name, size)| format!("{name} {:.0} kB", *size as f64 / 1000.0)).collect();
        println!(
            "{what:<34} {:>7.3} s {:>7.3} s {:>6.1} MB  {}",
            self.cpu.as_secs_f64(),
            self.wall.as_secs_f64(),
            self.memory as f64 / 1024.0,
            reports.join(", ")
        );
    }
}

/// Runs the command so many times; the mean of what it takes, and the most memory.
fn isi_conformance(arguments: &[&str], repetitions: u32) -> Cost {
    let mut cost = Cost::default();
    let state = tempfile::tempdir().expect("there is room for a temporary folder");
    for _ in 0..repetitions {
        let (before, begun) = (ticks(Ticks::OfChildren), Instant::now());
        let mut child = Command::new(env!("CARGO_BIN_EXE_isi-conformance"))
            .args(arguments)
            .env("XDG_STATE_HOME", state.path())
            .stdin(Stdio::null())
            .stdout(fs::File::create(state.path().join("stdout")).expect("the temporary folder can be written"))
            .stderr(Stdio::null())
            .spawn()
            .expect("the command was built with this program");
        let status = format!("/proc/{}/status", child.id());
        // What a process had at most is gone with it.
        while child.try_wait().expect("the command is a child of this process").is_none() {
            cost.memory = cost.memory.max(peak_memory(&status).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(1));
        }
        cost.wall += begun.elapsed();
        cost.cpu += ticks(Ticks::OfChildren) - before;
    }
    cost.cpu /= repetitions;
    cost.wall /= repetitions;
    cost.printed = fs::read_to_string(state.path().join("stdout")).unwrap_or_default();
    cost
}

/// A run that writes every report.
fn with_reports(arguments: &[&str]) -> Cost {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let formats = ["json", "html", "junit"];
    let path = |format: &str| folder.path().join(format);
    let reports: Vec<String> =
        formats.iter().map(|format| format!("--report={format}={}", path(format).display())).collect();
    let arguments: Vec<&str> =
        ["run"].into_iter().chain(arguments.iter().copied()).chain(reports.iter().map(String::as_str)).collect();
    let cost = isi_conformance(&arguments, 1);
    assert!(count_of(&cost) > 0, "the run came to nothing: {}", cost.printed);
    let size = |format: &&'static str| (*format, fs::metadata(path(format)).map_or(0, |file| file.len()));
    Cost { reports: formats.iter().map(size).collect(), ..cost }
}

/// A folder with copies of the built-in suites under other names, until there are enough cases.
fn many_cases() -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let original = folder.path().join("original");
    isi_conformance(&["export", &original.display().to_string()], 1);
    let cases = isi_conformance(&["run", "--list"], 1).printed.lines().filter(|line| line.contains("::")).count();
    let copy = |number: usize| {
        for file in fs::read_dir(original.join("suites"))? {
            let path = file?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let is_suite = path.extension().is_some_and(|extension| extension == "yaml");
            if name == DECLARED || !is_suite {
                continue;
            }
            let copied = format!("{name}-{number}");
            let text = fs::read_to_string(&path)?.replacen(&format!("suite: {name}"), &format!("suite: {copied}"), 1);
            fs::create_dir_all(folder.path().join("suites"))?;
            fs::write(folder.path().join("suites").join(format!("{copied}.yaml")), text)?;
            let goldens = folder.path().join("golden").join(&copied);
            fs::create_dir_all(&goldens)?;
            for golden in fs::read_dir(original.join("golden").join(&name)).into_iter().flatten() {
                let golden = golden?;
                fs::hard_link(golden.path(), goldens.join(golden.file_name()))?;
            }
        }
        Ok::<(), std::io::Error>(())
    };
    for number in 0..MANY.div_ceil(cases.max(1)) {
        copy(number).unwrap_or_else(|error| panic!("a suite cannot be copied: {error}"));
    }
    folder
}

/// Sends the requests of a run of every case to a fresh reference, and looks at no answer. The registries of the cases are
/// gone, so that the reference finds less than in the run.
fn replay() -> (usize, Cost) {
    let runtime = tokio::runtime::Runtime::new().expect("the system has threads for a runtime");
    runtime.block_on(async {
        let command = RunArguments::augment_args(clap::Command::new("run"));
        let arguments = RunArguments::from_arg_matches(&command.get_matches_from(["run"]))
            .unwrap_or_else(|error| panic!("{error}"));
        let (_stop, stopped) = watch::channel(false);
        let mut plan = Plan::of(&arguments, &stopped).await.unwrap_or_else(|error| panic!("{error}"));
        let planned = std::mem::take(&mut plan.planned);
        let outcomes = runner::run(planned, JOBS, stopped, |_| ControlFlow::Continue(())).await;
        plan.end().await;
        let requests: Vec<Request> = outcomes
            .into_iter()
            .flat_map(|outcome| outcome.result.exchanges)
            .map(|exchange| exchange.request)
            // A watch goes on until the server ends it.
            .filter(|request| !request.path.contains("watch"))
            .collect();
        let server = reference::start(reference::Options::default()).await.unwrap_or_else(|error| panic!("{error}"));
        let client = test_support::loopback_client();
        let (before, begun) = (ticks(Ticks::Own), Instant::now());
        let sent = stream::iter(&requests).map(|request| {
            let method = request.method.parse().expect("the method was sent before");
            let mut sending = client.request(method, format!("{}{}", server.url(), request.path));
            for (name, value) in &request.headers {
                sending = sending.header(name, value);
            }
            let sending = sending.bearer_auth("user-bench").body(request.body.clone());
            async move {
                if let Ok(answered) = sending.send().await {
                    let _ = answered.bytes().await;
                }
            }
        });
        sent.buffer_unordered(JOBS).collect::<Vec<()>>().await;
        let cost = Cost {
            cpu: ticks(Ticks::Own) - before,
            wall: begun.elapsed(),
            memory: peak_memory("/proc/self/status").unwrap_or_default(),
            ..Cost::default()
        };
        server.shutdown(Duration::from_secs(5)).await;
        (requests.len(), cost)
    })
}

/// Whose CPU time.
#[derive(Clone, Copy)]
enum Ticks {
    /// That of this process.
    Own,
    /// That of its children that have ended.
    OfChildren,
}

/// The CPU time, to the hundredth of a second.
fn ticks(whose: Ticks) -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in brackets, may have blanks in it.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let first = match whose {
        Ticks::Own => 11,
        Ticks::OfChildren => 13,
    };
    let sum: u64 = fields.iter().skip(first).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(sum * 10)
}

/// The most memory that a process has had so far, in KiB.
fn peak_memory(status: &str) -> Option<u64> {
    let status = fs::read_to_string(status).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
