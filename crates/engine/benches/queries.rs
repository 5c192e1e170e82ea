//! Whole queries: what binding costs, and what running costs over 200,000 rows of network events.
//!
//! `cargo bench -p tesem-engine --bench queries`

#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::fmt::Write;
use std::sync::Arc;

use divan::Bencher;
use tesem_engine::{Database, Engine, EngineOptions, RunOptions, TableBuilder, ticks};

/// Rows of the table that is queried.
const ROWS: i64 = 200_000;

const QUERIES: &[(&str, &str)] = &[
    (
        "filter, summarize",
        "DeviceNetworkEvents | where RemotePort == 443 | summarize count() by DeviceName",
    ),
    (
        "has, project",
        "DeviceNetworkEvents | where InitiatingProcessCommandLine has 'encoded' | project Timestamp, DeviceName, RemoteUrl",
    ),
    (
        "arg_max",
        "DeviceNetworkEvents | summarize arg_max(Timestamp, *) by DeviceId",
    ),
    (
        "join",
        "DeviceNetworkEvents | where RemotePort == 80 | join kind=inner (DeviceNetworkEvents | where RemotePort == 22) on DeviceId | count",
    ),
];

fn main() {
    divan::main();
}

fn engine() -> Engine {
    let mut database = Database::defender();
    let columns = database
        .table("DeviceNetworkEvents")
        .unwrap()
        .columns()
        .to_vec();
    let mut table = TableBuilder::new(columns.clone());
    let place = |name| {
        columns
            .iter()
            .position(|column| column.name == name)
            .unwrap()
    };
    let (time, device_id, device, port) = (
        place("Timestamp"),
        place("DeviceId"),
        place("DeviceName"),
        place("RemotePort"),
    );
    let (address, url, line) = (
        place("RemoteIP"),
        place("RemoteUrl"),
        place("InitiatingProcessCommandLine"),
    );
    for row in 0..ROWS {
        table
            .datetime(time, ticks::UNIX_EPOCH + row * ticks::PER_MINUTE)
            .unwrap();
        table
            .string(device_id, &format!("{:040x}", row % 500))
            .unwrap();
        table
            .string(device, &format!("pc-{}.contoso.com", row % 500))
            .unwrap();
        table
            .int(port, [443, 80, 22, 53][usize::try_from(row % 4).unwrap()])
            .unwrap();
        table
            .string(
                address,
                &format!("10.{}.{}.{}", row % 200, row / 7 % 250, row % 31),
            )
            .unwrap();
        table
            .string(url, &format!("https://host{}.example.com/a", row % 9_973))
            .unwrap();
        table
            .string(
                line,
                &format!(
                    "powershell.exe -nop -w hidden -encoded{} SQBFAFgA{row}",
                    row % 50
                ),
            )
            .unwrap();
        table.finish_row().unwrap();
    }
    database
        .add_rows("DeviceNetworkEvents", columns, table.finish().unwrap())
        .unwrap();
    Engine::new(Arc::new(database), EngineOptions::default()).unwrap()
}

fn run(engine: &Engine, runtime: &tokio::runtime::Runtime, query: &str) -> usize {
    let options = RunOptions::at("2024-05-06T07:08:09Z".parse().unwrap());
    runtime
        .block_on(engine.run(query, &options))
        .unwrap()
        .row_count()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[divan::bench(args = QUERIES.iter().map(|(name, _)| name))]
fn answer(bencher: Bencher<'_, '_>, name: &str) {
    let (engine, runtime) = (engine(), runtime());
    let query = QUERIES.iter().find(|(known, _)| *known == name).unwrap().1;
    bencher.bench_local(|| run(&engine, &runtime, query));
}

/// A hunt for many addresses and domains in one query, as text of up to some megabytes.
fn hunt(indicators: usize) -> String {
    let mut query = "DeviceNetworkEvents | where RemoteIP in (".to_owned();
    for number in 0..indicators {
        write!(
            query,
            "'10.{}.{}.{}',",
            number % 256,
            number / 256 % 256,
            number / 65_536
        )
        .unwrap();
    }
    query += "'x') or RemoteUrl has_any (";
    for number in 0..indicators {
        write!(query, "'host{}.example.com',", number * 97).unwrap();
    }
    query += "'x') | summarize count() by DeviceName, RemoteIP | count";
    query
}

#[divan::bench(args = [1_000, 10_000, 100_000])]
fn bind_hunt(bencher: Bencher<'_, '_>, indicators: usize) {
    let engine = Engine::new(Arc::new(Database::defender()), EngineOptions::default()).unwrap();
    let query = hunt(indicators);
    bencher
        .counter(divan::counter::BytesCount::new(query.len()))
        .bench_local(|| engine.check(&query).unwrap().len());
}

#[divan::bench(args = [1_000, 10_000, 100_000])]
fn run_hunt(bencher: Bencher<'_, '_>, indicators: usize) {
    let (engine, runtime) = (engine(), runtime());
    let query = hunt(indicators);
    bencher.bench_local(|| run(&engine, &runtime, &query));
}
