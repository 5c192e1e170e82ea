use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tesem_state::journal::{
    FORMAT_VERSION, Journal, JournalError, JournalHeader, JournalWriter, RecordKind, RunId, read,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Step {
    query: u32,
    note: String,
}

fn kind() -> RecordKind {
    RecordKind {
        name: "test".to_owned(),
        version: 3,
    }
}

fn header() -> JournalHeader {
    let started = Timestamp::from_second(1_800_000_000).unwrap();
    JournalHeader::new(RunId::new(started, 7), started, kind())
}

fn step(query: u32) -> Step {
    Step {
        query,
        note: format!("step\n{query} \u{1f43e}"),
    }
}

fn path_in(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("journal.jsonl")
}

/// A journal with `count` steps, as bytes.
fn written(path: &Path, count: u32) -> Vec<u8> {
    let mut writer = JournalWriter::create(path, &header()).unwrap();
    for query in 0..count {
        writer.append(&step(query)).unwrap();
    }
    fs::read(path).unwrap()
}

fn read_steps(path: &Path) -> Result<Journal<Step>, JournalError> {
    read(path, &kind())
}

#[test]
fn what_was_written_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    let bytes = written(&path, 3);
    let journal = read_steps(&path).unwrap();
    assert_eq!(journal.header, header());
    assert_eq!(journal.records, [step(0), step(1), step(2)]);
    assert_eq!(
        (journal.complete_bytes, journal.torn_bytes),
        (bytes.len() as u64, 0)
    );
    let first = String::from_utf8(bytes)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let expected = "{\"tesem_journal\":1,\"run\":\"20270115T080000Z-000007\",\
                    \"started\":\"2027-01-15T08:00:00Z\",\
                    \"records\":{\"name\":\"test\",\"version\":3}}";
    assert_eq!(first, expected);
}

#[test]
fn a_journal_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    let bytes = written(&path, 1);
    let error = JournalWriter::create(&path, &header()).unwrap_err();
    assert!(
        matches!(
            error,
            JournalError::File {
                action: "create",
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn resuming_cuts_the_torn_line_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    let mut bytes = written(&path, 2);
    let whole = bytes.len() as u64;
    bytes.extend_from_slice(br#"{"query":2,"no"#);
    fs::write(&path, &bytes).unwrap();
    let (mut writer, journal) = JournalWriter::resume::<Step>(&path, &kind()).unwrap();
    assert_eq!((journal.complete_bytes, journal.torn_bytes), (whole, 14));
    writer.append(&step(9)).unwrap();
    assert_eq!(
        read_steps(&path).unwrap().records,
        [step(0), step(1), step(9)]
    );
}

#[test]
fn a_last_line_of_zeros_is_torn_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    let mut bytes = written(&path, 1);
    bytes.extend_from_slice(b"\0\0\0\0\0\n");
    fs::write(&path, &bytes).unwrap();
    let journal = read_steps(&path).unwrap();
    assert_eq!((journal.records.len(), journal.torn_bytes), (1, 6));
}

#[test]
fn other_files_are_refused_by_name() {
    let kind_line = |format: u32, name: &str, version: u32| {
        format!(
            "{{\"tesem_journal\":{format},\"run\":\"20261121T035147Z-0f3a9c\",\"started\":\"2026-11-21T03:51:47Z\",\
             \"records\":{{\"name\":\"{name}\",\"version\":{version}}}}}\n"
        )
    };
    let good = kind_line(FORMAT_VERSION, "test", 3);
    let cases = [
        ("empty", String::new(), "the run never began"),
        (
            "torn header",
            good.trim_end().to_owned(),
            "the run never began",
        ),
        ("text", "hello\n".to_owned(), "is not a journal"),
        (
            "JSON of another program",
            "{\"version\":1}\n".to_owned(),
            "is not a journal",
        ),
        (
            "newer format",
            kind_line(2, "test", 3),
            "has format version 2; this program reads version 1",
        ),
        (
            "newer format of unknown shape",
            "{\"tesem_journal\":7,\"x\":[]}\n".to_owned(),
            "version 7",
        ),
        (
            "other records",
            kind_line(1, "sync", 3),
            "holds `sync` records of version 3",
        ),
        (
            "newer records",
            kind_line(1, "test", 4),
            "`test` records of version 3 were expected",
        ),
        (
            "damage inside",
            format!("{good}garbage\n{{\"query\":1,\"note\":\"\"}}\n"),
            "line 2 of the journal",
        ),
        (
            "other record at the end",
            format!("{good}{{\"other\":1}}\n"),
            "line 2 of the journal",
        ),
    ];
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    for (name, content, expected) in cases {
        fs::write(&path, content).unwrap();
        let error = read_steps(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = read_steps(Path::new("/nowhere/journal.jsonl")).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
}

/// Wherever the process dies while it writes, everything before the torn record is there.
#[test]
fn any_prefix_reads_as_its_complete_records() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = written(&path_in(&directory), 4);
    let header_length = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let path = directory.path().join("prefix.jsonl");
    for kept in header_length..=bytes.len() {
        fs::write(&path, &bytes[..kept]).unwrap();
        let complete = bytes[header_length..kept]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        let journal = read_steps(&path).unwrap();
        let expected: Vec<Step> = (0..4).take(complete).map(step).collect();
        assert_eq!(journal.records, expected);
        assert_eq!(journal.complete_bytes + journal.torn_bytes, kept as u64);
    }
}
