//! How much memory long feeds take. Each is read by a process of its own, whose peak the system knows.
#![cfg(target_os = "linux")]

use std::io::{BufWriter, Write};
use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::Arc;

use tempfile::NamedTempFile;
use tesem_intel::{
    Clock, Column, CsvFeed, Feed, Fetcher, Format, Freshness, ItemPolicy, Location, StopLists,
};

use crate::support::{ManualClock, documents};

const ROWS: u32 = 1_000_000;

const ROWS_KIB_MAX: u64 = 300 << 10;

/// A tenth of a million, since unoptimised code reads JSON slowly, in a tenth of the memory that a million may take.
const OBJECTS: u32 = ROWS / 10;

const OBJECTS_KIB_MAX: u64 = ROWS_KIB_MAX / 10 + PROCESS_KIB;

/// What a process takes that reads little.
const PROCESS_KIB: u64 = 20 << 10;

/// Runs one of the ignored tests below, which has to find its own peak small enough.
fn run(name: &str) {
    let program = std::env::current_exe().unwrap();
    let child = Command::new(program)
        .args([name, "--exact", "--ignored"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && told.contains("1 passed"),
        "{told}"
    );
}

/// The process's peak of resident memory.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.unwrap().parse().unwrap()
}

/// Reads a document of many items and keeps none of them.
async fn read(format: Format, write: impl FnOnce(&mut dyn Write), items: u32, kib_max: u64) {
    let file = NamedTempFile::new().unwrap();
    let mut writer = BufWriter::new(file.reopen().unwrap());
    write(&mut writer);
    writer.flush().unwrap();
    let clock: Arc<dyn Clock> = ManualClock::new();
    let fetcher = Fetcher::new(Default::default(), clock).unwrap();
    let feed = Arc::new(Feed {
        name: "long".to_owned(),
        kind: documents(Location::File(file.path().to_owned()), format),
        policy: ItemPolicy::default(),
    });
    let stops = Arc::new(StopLists::default());
    let mut pull = feed.pull(&fetcher, Freshness::default(), &stops);
    while pull.next().await.is_some() {}
    assert_eq!(pull.finish().await.unwrap().indicators, u64::from(items));
    let peak = peak_kib();
    assert!(peak < kib_max, "{peak} KiB");
}

/// An address of its own for each number.
fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(0x0100_0000 + number)
}

#[test]
fn a_million_rows_are_read_in_little_memory() {
    run("memory::csv");
}

#[test]
fn the_versions_of_many_objects_are_told_apart_in_little_memory() {
    run("memory::stix");
}

#[tokio::test]
#[ignore = "is run by another test, in a process of its own"]
async fn csv() {
    let csv = CsvFeed {
        values: vec![Column::Number(1)],
        comment: Some(Column::Number(2)),
        ..CsvFeed::default()
    };
    let write = |out: &mut dyn Write| {
        writeln!(out, "ioc,note").unwrap();
        for number in 0..ROWS {
            writeln!(out, "{},\"note {number}, quoted\"", address(number)).unwrap();
        }
    };
    read(Format::Csv(Box::new(csv)), write, ROWS, ROWS_KIB_MAX).await;
}

#[tokio::test]
#[ignore = "is run by another test, in a process of its own"]
async fn stix() {
    let write = |out: &mut dyn Write| {
        let time = r#""modified": "2026-01-01T00:00:00Z""#;
        write!(out, r#"{{"objects": [{{"type": "malware"}}"#).unwrap();
        for number in 0..OBJECTS {
            let (id, value) = (format!("ipv4-addr--{number}"), address(number));
            write!(
                out,
                r#",{{"type": "ipv4-addr", "id": "{id}", {time}, "value": "{value}"}}"#
            )
            .unwrap();
        }
        write!(out, "]}}").unwrap();
    };
    read(Format::Stix, write, OBJECTS, OBJECTS_KIB_MAX).await;
}
