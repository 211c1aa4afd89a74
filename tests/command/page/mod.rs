//! The HTML report in a browser: what a reader clicks, types and sees, at the width of a desk and of a telephone.
//!
//! Chromium loads a page that has the report in a frame of the wanted width, runs `checks.js` against it, and prints what
//! those found. Screenshots are left in the folder of the tests' own files, for a person to look at.

use std::{fs, path::Path, process::Command, sync::LazyLock};

use rstest::rstest;
use serde_json::Value;
use test_support::needs_program;

use super::{isi_conformance, text};

const CHROMIUM: &str = "chromium";
/// Every case of these suites fails, so that there is more to show than the page has room for.
const SUITES: [&str; 3] = ["single-image", "fault", "history"];

/// The report of a run in which every case of some suites fails, and the cases of another one pass.
fn report() -> &'static str {
    static REPORT: LazyLock<String> = LazyLock::new(|| failing_report(tempfile::tempdir().unwrap().path()));
    &REPORT
}

fn failing_report(folder: &Path) -> String {
    let own = folder.join("own");
    assert_eq!(isi_conformance(&["export", own.to_str().unwrap()]).status.code(), Some(0));
    for suite in SUITES {
        for file in fs::read_dir(own.join("golden").join(suite)).unwrap() {
            let path = file.unwrap().path();
            let golden = fs::read_to_string(&path).unwrap();
            let wrong = golden.replace("\"kind\": \"ImageStreamImport\"", "\"kind\": \"SomethingElse\"");
            fs::write(path, wrong.replace("\"Size\": 1", "\"Size\": 2")).unwrap();
        }
    }
    let page = folder.join("report.html");
    let report = format!("html={}", page.display());
    let mut arguments = vec!["run", own.to_str().unwrap(), "--quiet", "--report", &report, "dry-run"];
    arguments.extend(SUITES);
    let run = isi_conformance(&arguments);
    assert_eq!(run.status.code(), Some(1), "{}", text(&run.stderr));
    fs::read_to_string(page).unwrap()
}

/// A page that has `report` in a frame of this width and checks it.
fn framed(report: &str, width: u32) -> String {
    let json = serde_json::to_string(report).unwrap().replace("</", "<\\/");
    let checks = include_str!("checks.js");
    format!(
        "<!doctype html><meta charset=utf-8><style>body{{margin:0}}iframe{{width:{width}px;height:900px;border:0}}</style>\
         <iframe></iframe><script>const report = {json};</script><script>{checks}</script>"
    )
}

/// Shows the page once: its elements at the end as text, and a picture of it.
fn chromium(colours: &str, page: &Path, picture: &Path) -> String {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(CHROMIUM)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,900"])
        // The checks wait for events of the page, and time passes as they need it.
        .arg("--virtual-time-budget=60000")
        .arg(format!("--blink-settings=preferredColorScheme={colours}"))
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--dump-dom")
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// What did not hold, by what should.
fn failures(dom: &str) -> Vec<String> {
    let found = regex::Regex::new(r"(?s).*<pre>(.*)</pre>").unwrap().captures(dom).unwrap_or_else(|| panic!("{dom}"));
    let plain = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let results: Vec<Value> = serde_json::from_str(&plain).unwrap_or_else(|error| panic!("{error}: {plain}"));
    assert!(results.len() > 10, "{results:?}");
    let failed = results.iter().filter(|result| result["problem"] != Value::Null);
    failed.map(|result| format!("{}: {}", result["check"], result["problem"])).collect()
}

#[rstest]
#[case::desk_dark(1280, "0")]
#[case::telephone_light(390, "1")]
fn the_page_is_searched_filtered_and_read(#[case] width: u32, #[case] colours: &str) {
    if !needs_program(CHROMIUM) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("framed.html");
    fs::write(&page, framed(report(), width)).unwrap();
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{width}.png"));
    if picture.exists() {
        fs::remove_file(&picture).unwrap();
    }
    assert_eq!(failures(&chromium(colours, &page, &picture)), [""; 0]);
    assert!(fs::metadata(&picture).unwrap().len() > 10_000, "{}", picture.display());
}
