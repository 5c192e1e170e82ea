//! How long the demonstration's tenant takes, and the lists of indicators for it.

use jiff::Timestamp;
use tesem_twin::generate::{GenerateOptions, generate, mixed_indicators, planted};

fn main() {
    divan::main();
}

fn options(devices: u32) -> GenerateOptions {
    let until = Timestamp::from_second(1_795_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
    GenerateOptions {
        devices,
        ..GenerateOptions::demo(until)
    }
}

/// Rows of all tables, ready for the engine. The twin of the demonstration has 300 devices.
#[divan::bench(args = [30, 300], sample_count = 5, sample_size = 1)]
fn tenant(bencher: divan::Bencher<'_, '_>, devices: u32) {
    let options = options(devices);
    bencher.bench(|| generate(divan::black_box(&options)));
}

#[divan::bench]
fn planted_alone() -> usize {
    planted(&options(300)).map_or(0, |planted| planted.len())
}

#[divan::bench(args = [10_000, 100_000], sample_count = 5, sample_size = 1)]
fn mixed_list(bencher: divan::Bencher<'_, '_>, count: usize) {
    let options = options(300);
    bencher.bench(|| mixed_indicators(divan::black_box(&options), count, 25));
}
