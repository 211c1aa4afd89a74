//! How fast the mock registry is, beside servers that do nothing else: `cargo bench --bench registry`.
//!
//! Every number comes from one run on one machine, so the ratios are what counts. The client that measures is one thread,
//! the server that is measured another; both are in this process. Another registry that serves `lib/app:v1` is measured
//! beside them where `ISI_BENCH_PEER` says its address: `ISI_BENCH_PEER=127.0.0.1:5000 cargo bench --bench registry`.

mod load;
mod memory;
mod peers;
mod size;

use std::{
    hint::black_box,
    process::Command,
    time::{Duration, Instant},
};

use oci_mock_registry::{
    fixture::{RegistryFixture, Salt, builtin},
    registry::Registry,
};

/// What is measured, each in a process of its own, so that no part has memory or threads that another left behind.
const PARTS: [(&str, fn()); 5] = [
    ("memory", memory::one_gibibyte),
    ("throughput", throughput),
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

/// Asks every server in turn, several times over, because the machine is not the same from one second to the next.
fn throughput() {
    const ROUNDS: usize = 7;
    let mut peers = vec![
        ("this registry", peers::registry()),
        ("bare hyper", peers::hyper()),
        ("bare wiremock", peers::wiremock()),
    ];
    peers.extend(peers::other().map(|peer| ("ISI_BENCH_PEER", peer)));
    let rounds: Vec<Vec<f64>> = (0..ROUNDS)
        .map(|_| peers.iter().map(|(_, peer)| load::gets_per_second(peer.address, Duration::from_secs(1))).collect())
        .collect();
    println!("manifest GETs a second, {} connections, the median of {ROUNDS} rounds", load::CONNECTIONS);
    for (position, (name, _)) in peers.iter().enumerate() {
        let rate = median(rounds.iter().map(|rates| rates[position]).collect());
        let ratio = median(rounds.iter().map(|rates| rates[0] / rates[position]).collect());
        println!("  {name:<16} {rate:>8.0}   this registry is {ratio:.2} of it");
    }
    println!();
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
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
        black_box(runtime.block_on(Registry::builder().start()).expect("it starts").address());
    }
    let empty = began.elapsed() / ROUNDS;
    began = Instant::now();
    for _ in 0..ROUNDS {
        black_box(runtime.block_on(wiremock::MockServer::builder().start()).address());
    }
    let wiremock = began.elapsed() / ROUNDS;
    println!(
        "start: {with_images:?} with a fixture of five images to build, {empty:?} empty; bare wiremock {wiremock:?}\n"
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
        load::get_once(registry.address());
    }
    let each = memory::resident().saturating_sub(resident) / u64::from(COUNT);
    println!("{COUNT} registries side by side: started in {took:?}, each asked once, {each} KiB each\n");
}
