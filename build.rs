//! Suites and goldens are embedded in the binary: it is built again when one of them changes.

fn main() {
    for folder in ["suites", "golden", "deviations"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
