//! How fast the mock registry is, beside servers that do nothing else: `cargo bench --bench registry`.
//!
//! Every number comes from one run on one machine, so the ratios are what counts. The client that measures is one thread,
//! the server that is measured another; both are in this process.

mod load;
mod memory;
mod peers;
mod size;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use isi_conformance::{
    fixture::{RegistryFixture, Salt, builtin},
    registry::Registry,
};

fn main() {
    // `cargo test --benches` passes `--test`: then there is nothing to measure.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    // First, while no other server has memory that it gives back in the meantime.
    memory::one_gibibyte();
    throughput();
    start();
    many();
    size::curve();
}

fn throughput() {
    println!("manifest GETs a second, {} connections", load::CONNECTIONS);
    let hyper = measured("bare hyper", &peers::hyper());
    let registry = measured("this registry", &peers::registry());
    let wiremock = measured("bare wiremock", &peers::wiremock());
    println!("  this registry is {:.2} of bare hyper, {:.2} of bare wiremock\n", registry / hyper, registry / wiremock);
}

fn measured(name: &str, peer: &peers::Peer) -> f64 {
    let rate = load::gets_per_second(peer.address, Duration::from_secs(3));
    println!("  {name:<16} {rate:>8.0}");
    rate
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
