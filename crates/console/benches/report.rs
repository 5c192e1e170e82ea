//! How long a report takes, and how large it is: `cargo xtask bench console`.

#![expect(clippy::unwrap_used, reason = "a bench that fails stops")]
#![expect(
    missing_docs,
    unreachable_pub,
    reason = "divan's macros and shared test code"
)]

#[expect(dead_code, reason = "shared with the tests")]
#[path = "../tests/it/world.rs"]
mod world;

use divan::counter::BytesCount;
use tesem_console::hunt_report::Limits;
use world::{Planted, Ran, World, html, hunt};

fn main() {
    divan::main();
}

/// 1 % of the indicators are seen, `events` times each.
fn ran(indicators: usize, events: usize) -> Ran {
    let name = |index: usize| format!("d{index}.example.org");
    let list: String = (0..indicators).map(|index| name(index) + "\n").collect();
    let times = vec!["2026-11-02T12:00:00Z"; events];
    let seen = (0..indicators).step_by(100);
    let planted = seen.map(|index| Planted::domain(&name(index), &format!("desk-{index}"), &times));
    let world = World {
        planted: planted.collect(),
        refuse: |_| None,
    };
    hunt("list.txt", &list, &world)
}

/// Indicators, and events of each of the hundredth part that is seen.
#[divan::bench(args = [(1_000, 10), (100_000, 1), (100_000, 100)], sample_count = 5, sample_size = 1)]
fn write(bencher: divan::Bencher<'_, '_>, (indicators, events): (usize, usize)) {
    let ran = ran(indicators, events);
    let searched = [ran.as_searched("demo")];
    let bytes = html(&searched, Limits::default()).len();
    println!("{indicators} indicators, {events} events each of 1 %: {bytes} bytes");
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| html(&searched, Limits::default()));
}
