//! How fast queries are read and formatted: bytes per second.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tesem_kql::build::QueryText;

fn main() {
    divan::main();
}

/// A hunting query as people write them.
const HUNT: &str = include_str!("hunt.kql");

/// What a hunt sends: one list of 10,000 hashes, about 400 KB.
fn indicator_query() -> String {
    const VALUES: u128 = 10_000;
    let hash = |place: u128| {
        format!(
            "{:032x}",
            place.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        )
    };
    let hashes: Vec<String> = (0..VALUES).map(hash).collect();
    let mut query = QueryText::new();
    query.fragment("let indicators = dynamic([]);\nDeviceFileEvents\n| where Timestamp > ago(30d)\n| where MD5 in~ ");
    query.string_list(hashes.iter().map(String::as_str));
    query.fragment("\n| summarize Hits = count(), First = min(Timestamp), Last = max(Timestamp) by MD5, DeviceId");
    query.into_string()
}

/// Ten thousand conditions, as generators without `in` write them.
fn or_query() -> String {
    let conditions: Vec<String> = (0..10_000)
        .map(|place| format!("RemoteIP == \"10.0.{}.{}\"", place / 256, place % 256))
        .collect();
    format!("DeviceNetworkEvents | where {}", conditions.join(" or "))
}

fn bench_parse(bencher: Bencher<'_, '_>, query: &str) {
    assert!(!tesem_kql::parse(query).has_errors());
    bencher
        .counter(BytesCount::of_str(query))
        .bench(|| tesem_kql::parse(black_box(query)));
}

#[divan::bench]
fn parse_hunt(bencher: Bencher<'_, '_>) {
    bench_parse(bencher, HUNT);
}

#[divan::bench]
fn parse_10_000_indicators(bencher: Bencher<'_, '_>) {
    bench_parse(bencher, &indicator_query());
}

#[divan::bench]
fn parse_10_000_conditions(bencher: Bencher<'_, '_>) {
    bench_parse(bencher, &or_query());
}

#[divan::bench]
fn tokenize_hunt(bencher: Bencher<'_, '_>) {
    bencher
        .counter(BytesCount::of_str(HUNT))
        .bench(|| tesem_kql::lexer::tokenize(black_box(HUNT)));
}

#[divan::bench]
fn tokenize_10_000_indicators(bencher: Bencher<'_, '_>) {
    let query = indicator_query();
    bencher
        .counter(BytesCount::of_str(&query))
        .bench(|| tesem_kql::lexer::tokenize(black_box(&query)));
}

#[divan::bench]
fn format_hunt(bencher: Bencher<'_, '_>) {
    bencher
        .counter(BytesCount::of_str(HUNT))
        .bench(|| tesem_kql::format(black_box(HUNT)));
}

#[divan::bench]
fn build_10_000_indicators(bencher: Bencher<'_, '_>) {
    bencher
        .counter(BytesCount::of_str(&indicator_query()))
        .bench(indicator_query);
}
