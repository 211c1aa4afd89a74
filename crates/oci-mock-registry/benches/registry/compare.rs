//! This registry beside other servers, by requests a second and by what a request costs them.

use std::{
    fmt,
    time::{Duration, Instant},
};

use oci_mock_registry::oci::Digest;

use crate::{
    client::Connection,
    content::{LARGE, SmallImage, large_blob, small_blob},
    load,
    peers::{self, Peer},
};

/// How often every server is measured: the machine is not the same from one second to the next.
const ROUNDS: usize = 7;
const CONNECTIONS: [usize; 3] = [1, 32, 256];

/// What one measurement of one server says.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// Units of work a second.
    rate: f64,
    /// The CPU time of one of them.
    cost: Duration,
}

impl Sample {
    /// Measures what `work` does; it returns how many units that was.
    pub(crate) fn of(peer: &Peer, work: impl FnOnce() -> (f64, Duration)) -> Self {
        let before = peer.cpu();
        let (units, took) = work();
        Self { rate: units / took.as_secs_f64(), cost: (peer.cpu() - before).div_f64(units) }
    }
}

/// Measures every server in turn, several times over, and prints medians and ratios.
pub(crate) fn compare(title: impl fmt::Display, peers: &[Peer], mut measure: impl FnMut(&Peer) -> Sample) {
    let rounds: Vec<Vec<Sample>> = (0..ROUNDS).map(|_| peers.iter().map(&mut measure).collect()).collect();
    println!("{title}");
    println!("  {:<22} {:>10} {:>12}   {:<24}", "", "a second", "CPU of one", "this registry beside it");
    for (position, peer) in peers.iter().enumerate() {
        let of = |value: &dyn Fn(Sample, Sample) -> f64| {
            median(rounds.iter().map(|samples| value(samples[0], samples[position])).collect())
        };
        let (rate, cost) = (of(&|_, it| it.rate), of(&|_, it| it.cost.as_secs_f64()));
        let faster = of(&|own, it| own.rate / it.rate);
        let cheaper = of(&|own, it| own.cost.as_secs_f64() / it.cost.as_secs_f64());
        let cost = Duration::from_secs_f64(cost);
        println!("  {:<22} {rate:>10.1} {cost:>12.1?}   {faster:.2} × the rate, {cheaper:.2} × the CPU", peer.name);
    }
    println!();
}

pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Reading: manifests and small blobs.
pub(crate) fn reads() {
    let mut peers = vec![peers::own("this registry", &[]), peers::own("bare hyper", &[])];
    peers.extend(peers::others());
    for peer in peers.iter().filter(|peer| peer.name != "bare hyper") {
        peers::fill(peer);
    }
    let blob = format!("/v2/lib/app/blobs/{}", Digest::sha256(&small_blob()));
    for (what, path) in [("a manifest", "/v2/lib/app/manifests/v1"), ("a blob of 1 KiB", &blob)] {
        for connections in CONNECTIONS {
            compare(format_args!("GET of {what}, {connections} connections"), &peers, |peer| {
                Sample::of(peer, || {
                    let (answers, took) = load::gets(peer.address, path, connections, Duration::from_millis(700));
                    (f64::from(answers), took)
                })
            });
        }
    }
}

/// Reading from a server that does nothing else, but is a library for mocks too.
pub(crate) fn beside_wiremock() {
    let peers = [peers::own("this registry", &[]), peers::own("bare wiremock", &[])];
    peers::fill(&peers[0]);
    compare("GET of a manifest, 32 connections", &peers, |peer| {
        Sample::of(peer, || {
            let (answers, took) = load::gets(peer.address, "/v2/lib/app/manifests/v1", 32, Duration::from_millis(700));
            (f64::from(answers), took)
        })
    });
}

/// A blob of 100 MiB out, in MiB.
pub(crate) fn large() {
    let mut peers = vec![peers::own("this registry", &[])];
    peers.extend(peers::others());
    let blob = large_blob();
    for peer in &peers {
        Connection::to(peer.address).push_blob("lib/app", &blob);
    }
    let path = format!("/v2/lib/app/blobs/{}", Digest::sha256(&blob));
    compare("MiB of a blob of 100 MiB, one connection", &peers, |peer| {
        const TIMES: usize = 4;
        let mut connection = Connection::to(peer.address);
        Sample::of(peer, || {
            let began = Instant::now();
            for _ in 0..TIMES {
                assert_eq!(connection.get(&path).length, LARGE);
            }
            ((TIMES * LARGE) as f64 / 1_048_576.0, began.elapsed())
        })
    });
}

/// Lists of a thousand tags.
pub(crate) fn lists() {
    let mut peers = vec![peers::own("this registry", &[])];
    peers.extend(peers::others());
    let image = SmallImage::new(0);
    for peer in &peers {
        let mut connection = Connection::to(peer.address);
        connection.push("lib/app", "v0", &image);
        (1..1_000).for_each(|number| connection.push_manifest("lib/app", &format!("v{number}"), &image.manifest));
    }
    compare("list of 1,000 tags, 32 connections", &peers, |peer| {
        Sample::of(peer, || {
            let (answers, took) = load::gets(peer.address, "/v2/lib/app/tags/list", 32, Duration::from_millis(700));
            (f64::from(answers), took)
        })
    });
}

/// A thousand small images in, each with a config, a layer and a manifest.
pub(crate) fn pushes() {
    const COUNT: u32 = 1_000;
    let mut peers = vec![peers::own("this registry", &[])];
    peers.extend(peers::others());
    let mut next = 0;
    compare(format_args!("push of an image of a few hundred bytes ({COUNT} in a row)"), &peers, |peer| {
        let images: Vec<SmallImage> = (next..next + COUNT).map(SmallImage::new).collect();
        next += COUNT;
        let mut connection = Connection::to(peer.address);
        Sample::of(peer, || {
            let began = Instant::now();
            for (number, image) in images.iter().enumerate() {
                connection.push("lib/many", &format!("v{number}"), image);
            }
            (f64::from(COUNT), began.elapsed())
        })
    });
}
