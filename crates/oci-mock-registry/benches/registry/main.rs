//! How fast the mock registry is, beside other servers: `cargo bench --bench registry`.
//!
//! Every number comes from one run on one machine, so the ratios are what counts. Each server is a process with one thread,
//! the client is another. Docker's registry is measured too where it is installed (Debian's package `docker-registry`), and so
//! are other servers where `ISI_BENCH_PEERS` says how they are started:
//!
//! ```sh
//! ISI_BENCH_PEERS='olareg=olareg serve --port {port} --store-type mem' \
//!     cargo bench --bench registry
//! ```
//!
//! A part alone is named behind `--`, such as `cargo bench --bench registry -- reads`.

mod client;
mod compare;
mod content;
mod load;
mod memory;
mod over_http2;
mod peers;
mod size;

use std::{hint::black_box, process::Command, time::Instant};

use oci_mock_registry::{
    fixture::{RegistryFixture, Salt, builtin},
    registry::Registry,
};

/// What is measured, each in a process of its own, so that no part has memory or threads that another left behind.
const PARTS: [(&str, fn()); 10] = [
    ("reads", compare::reads),
    ("large", compare::large),
    ("lists", compare::lists),
    ("pushes", compare::pushes),
    ("http2", over_http2::reads),
    ("wiremock", compare::beside_wiremock),
    ("memory", memory::one_gibibyte),
    ("start", start),
    ("many", many),
    ("size", size::curve),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` passes `--test`: then there is nothing to measure.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    if let [command, kind, files @ ..] = arguments.as_slice()
        && command == "serve"
    {
        return peers::serve(kind, files);
    }
    let chosen = PARTS.iter().find(|(name, _)| arguments.iter().any(|argument| argument == name));
    if let Some((_, measure)) = chosen {
        return measure();
    }
    let program = std::env::current_exe().expect("this program is a file");
    for (name, _) in PARTS {
        let status = Command::new(&program).arg(name).status().expect("it starts again");
        assert!(status.success(), "measuring {name} failed");
    }
}

fn start() {
    const ROUNDS: u32 = 200;
    let runtime = peers::runtime();
    let fixture = || RegistryFixture {
        repositories: [("lib/app".to_owned(), [("v1", "s2-basic"), ("multi", "list-multi")])]
            .map(|(name, tags)| (name, tags.map(|(tag, image)| (tag.to_owned(), image.to_owned())).into()))
            .into(),
        ..RegistryFixture::default()
    };
    black_box(builtin());
    let mut began = Instant::now();
    for round in 0..ROUNDS {
        let salt = Salt::new(&round.to_string());
        let registry = runtime.block_on(Registry::builder().fixture(fixture()).salt(salt).start()).expect("it starts");
        black_box(registry.address());
    }
    let with_images = began.elapsed() / ROUNDS;
    began = Instant::now();
    for _ in 0..ROUNDS {
        let registry = runtime.block_on(Registry::builder().fixture(fixture()).start()).expect("it starts");
        black_box(registry.address());
    }
    let built_before = began.elapsed() / ROUNDS;
    began = Instant::now();
    for _ in 0..ROUNDS {
        black_box(runtime.block_on(Registry::builder().start()).expect("it starts").address());
    }
    let empty = began.elapsed() / ROUNDS;
    began = Instant::now();
    for _ in 0..ROUNDS {
        black_box(runtime.block_on(wiremock::MockServer::builder().start()).address());
    }
    let wiremock = began.elapsed() / ROUNDS;
    println!(
        "start: {with_images:?} with a fixture of five images to build, {built_before:?} with five that were built before, \
         {empty:?} empty; bare wiremock {wiremock:?}\n"
    );
}

fn many() {
    const COUNT: u32 = 1_000;
    let runtime = peers::runtime();
    let images = builtin().build(["s2-basic"], &Salt::default()).expect("it is built in");
    let resident = memory::resident();
    let began = Instant::now();
    let registries: Vec<Registry> = (0..COUNT)
        .map(|_| {
            let builder = Registry::builder().tag("lib/app", "v1", "s2-basic").images(images.clone());
            runtime.block_on(builder.start()).expect("it starts")
        })
        .collect();
    let took = began.elapsed();
    for registry in &registries {
        client::get_once(registry.address(), "/v2/lib/app/manifests/v1");
    }
    let each = memory::resident().saturating_sub(resident) / u64::from(COUNT);
    println!("{COUNT} registries side by side: started in {took:?}, each asked once, {each} KiB each\n");
}
