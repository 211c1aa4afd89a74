//! How many scenarios an exploration of the reference tries in a second, and whether its memory grows.
//! `cargo bench --bench explore`, or `cargo bench --profile release --bench explore` for the program as it is installed.
//!
//! Quote the numbers with the machine: two references, two mock registries a scenario and the command share its cores.

use std::{
    fs,
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How often memory is looked at, and how long in all.
const PERIOD: Duration = Duration::from_secs(10);
const PERIODS: u32 = 6;

fn main() -> ExitCode {
    if !std::path::Path::new("/proc/self/status").exists() {
        eprintln!("this system does not say how much memory a process takes");
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let printed = folder.path().join("stdout");
    let length = format!("{}s", (PERIOD * PERIODS).as_secs());
    let mut child = Command::new(env!("CARGO_BIN_EXE_isi-conformance"))
        .args(["explore", "--seed", "1", "--for", &length])
        .stdin(Stdio::null())
        .stdout(fs::File::create(&printed).expect("the temporary folder can be written"))
        .stderr(Stdio::null())
        .spawn()
        .expect("the command was built with this program");
    let begun = Instant::now();
    let status = format!("/proc/{}/status", child.id());
    for period in 1..=PERIODS {
        thread::sleep((PERIOD * period).saturating_sub(begun.elapsed()));
        if let Some(memory) = memory(&status) {
            println!("{:>4} s  {:>6.1} MB", (PERIOD * period).as_secs(), memory as f64 / 1024.0);
        }
    }
    let ended = child.wait().expect("the command is a child of this process");
    let text = fs::read_to_string(printed).unwrap_or_default();
    let last = text.lines().last().unwrap_or_default();
    println!("{last}");
    let number = last.split(' ').next().and_then(|number| number.parse::<f64>().ok()).unwrap_or_default();
    println!("{:.0} scenarios a second", number / (PERIOD * PERIODS).as_secs_f64());
    if ended.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The memory of a process in KiB, if it is still there.
fn memory(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().split(' ').next()?.parse().ok()
}
