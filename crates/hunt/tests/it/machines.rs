//! The files for machines: Parquet, STIX, Timesketch.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use jiff::tz::TimeZone;
use parquet::basic::{LogicalType, TimeUnit};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use serde_json::Value;
use tempfile::TempDir;
use tesem_hunt::output::{OutputFiles, OutputOptions, write_all};
use tesem_hunt::{CancelToken, HuntReport, IndicatorId, Plan, Provenance, RunFolder, plan};

use crate::backend::{Planted, Scripted, tenant};
use crate::support::{begin, go, intake_of, options as plan_options, plan_of};

const LIST: &str = "evil.com\n192.168.1.1\ngood.org\n";

fn planted() -> Vec<Planted> {
    let one = |form, value, column, device, times: &[&'static str]| Planted {
        form,
        value,
        table: "DeviceNetworkEvents",
        column,
        device,
        times: times.to_vec(),
    };
    vec![
        one(
            "domains2",
            "evil.com",
            "RemoteUrl",
            "desk-1",
            &["2026-11-01T10:00:00.1234567Z", "2026-11-02T11:00:00Z"],
        ),
        one(
            "domains2",
            "evil.com",
            "RemoteUrl",
            "desk-3",
            &["2026-11-03T12:00:00Z"],
        ),
        one(
            "address_local",
            "192.168.1.1",
            "LocalIP",
            "desk-2",
            &["2026-11-20T23:59:59.9999999Z"],
        ),
    ]
}

/// A finished run and its files.
struct Finished {
    _results: TempDir,
    folder: RunFolder,
    plan: Plan,
    report: HuntReport,
    files: OutputFiles,
}

impl Finished {
    fn new(list: &str, planted: Vec<Planted>) -> Self {
        Self::of(plan_of(list), planted)
    }

    fn of(plan: Plan, planted: Vec<Planted>) -> Self {
        let results = tempfile::tempdir().unwrap();
        let mut folder = begin(results.path(), &plan);
        let report = go(
            &plan,
            &mut folder,
            &Scripted::new(tenant(planted)),
            CancelToken::never(),
        );
        let files = write_all(&folder, &plan, &report, &options()).unwrap();
        Self {
            _results: results,
            folder,
            plan,
            report,
            files,
        }
    }

    fn again(&self) -> OutputFiles {
        write_all(&self.folder, &self.plan, &self.report, &options()).unwrap()
    }
}

fn options() -> OutputOptions {
    OutputOptions {
        time_zone: TimeZone::get("Africa/Cairo").unwrap(),
        tenant: "demo".to_owned(),
    }
}

fn csv_rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn open(path: &Path) -> SerializedFileReader<File> {
    SerializedFileReader::new(File::open(path).unwrap()).unwrap()
}

fn parquet_rows(path: &Path) -> Vec<Row> {
    let reader = open(path);
    reader
        .get_row_iter(None)
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn field<'r>(row: &'r Row, name: &str) -> &'r Field {
    let mut columns = row.get_column_iter();
    columns.find(|(of, _)| *of == name).unwrap().1
}

fn text(row: &Row, name: &str) -> String {
    match field(row, name) {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

fn micros(row: &Row, name: &str) -> i64 {
    match field(row, name) {
        Field::TimestampMicros(micros) => *micros,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn parquet_hits_are_those_of_the_csv_with_types_and_without_guards() {
    let run = Finished::new(LIST, planted());
    let (csv, parquet) = (
        csv_rows(&run.files.hits_csv),
        parquet_rows(&run.files.hits_parquet),
    );
    assert_eq!((csv.len(), parquet.len()), (4, 4));
    let typed = [
        "Timestamp",
        "TimestampUtc",
        "FileSize",
        "RemotePort",
        "LocalPort",
    ];
    for (csv, row) in csv.iter().zip(&parquet) {
        assert_eq!(row.len(), csv.len(), "the same columns");
        for (name, cell) in csv
            .iter()
            .filter(|(name, _)| !typed.contains(&name.as_str()))
        {
            assert_eq!(text(row, name), cell.strip_prefix('\'').unwrap_or(cell));
        }
        assert_eq!(text(row, "FileName"), "=cmd|' /C calc'!A0");
        let utc: jiff::Timestamp = csv["TimestampUtc"].parse().unwrap();
        assert_eq!(micros(row, "TimestampUtc"), utc.as_microsecond());
        let local: jiff::civil::DateTime = csv["Timestamp"].parse().unwrap();
        let wall = jiff::Timestamp::from_microsecond(micros(row, "Timestamp")).unwrap();
        let wall = wall.to_zoned(TimeZone::UTC).datetime();
        assert_eq!(wall.with().subsec_nanosecond(0).build().unwrap(), local);
    }
}

#[test]
fn parquet_columns_have_their_types() {
    let run = Finished::new(LIST, planted());
    let reader = open(&run.files.hits_parquet);
    let schema = reader.metadata().file_metadata().schema_descr();
    let logical = |name: &str| {
        let mut columns = schema.columns().iter();
        let column = columns.find(|column| column.name() == name).unwrap();
        (
            column.physical_type().to_string(),
            column.logical_type_ref().cloned(),
        )
    };
    let time = |utc| Some(LogicalType::timestamp(utc, TimeUnit::MICROS));
    let cases = [
        ("Timestamp", "INT64", time(false)),
        ("TimestampUtc", "INT64", time(true)),
        ("RemotePort", "INT64", None),
        ("FileSize", "INT64", None),
        ("DeviceName", "BYTE_ARRAY", Some(LogicalType::String)),
        ("ReportId", "BYTE_ARRAY", Some(LogicalType::String)),
    ];
    for (name, physical, expected) in cases {
        assert_eq!(logical(name), (physical.to_owned(), expected), "{name}");
    }
}

#[test]
fn parquet_sightings_are_those_of_the_csv() {
    let run = Finished::new(LIST, planted());
    let csv = csv_rows(&run.files.sightings_csv);
    let parquet = parquet_rows(&run.files.sightings_parquet);
    let cairo = TimeZone::get("Africa/Cairo").unwrap();
    assert_eq!((csv.len(), parquet.len()), (3, 3));
    for (csv, row) in csv.iter().zip(&parquet) {
        assert_eq!(
            *field(row, "Events"),
            Field::Long(csv["Events"].parse().unwrap())
        );
        assert_eq!(text(row, "DeviceName"), csv["DeviceName"]);
        assert_eq!(text(row, "Indicator"), csv["Indicator"]);
        let first = jiff::Timestamp::from_microsecond(micros(row, "FirstSeen")).unwrap();
        let shown = first
            .to_zoned(cairo.clone())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string();
        assert_eq!(shown, csv["FirstSeen"]);
    }
}

#[test]
fn row_groups_are_bounded() {
    let planted = (0..17_000)
        .map(|n| Planted {
            form: "domains2",
            value: "evil.com",
            table: "DeviceNetworkEvents",
            column: "RemoteUrl",
            device: format!("desk-{n}").leak(),
            times: vec!["2026-11-03T12:00:00Z"],
        })
        .collect();
    let run = Finished::new("evil.com\n", planted);
    let reader = open(&run.files.sightings_parquet);
    let groups: Vec<i64> = reader
        .metadata()
        .row_groups()
        .iter()
        .map(parquet::file::metadata::RowGroupMetaData::num_rows)
        .collect();
    assert_eq!(groups, [16_384, 616]);
}

#[test]
fn without_hits_the_files_are_whole_and_empty() {
    let run = Finished::new("good.org\n", Vec::new());
    assert_eq!(parquet_rows(&run.files.hits_parquet).len(), 0);
    assert_eq!(parquet_rows(&run.files.sightings_parquet).len(), 0);
    assert_eq!(csv_rows(&run.files.timesketch_csv).len(), 0);
    let objects = bundle(&run.files.sightings_stix);
    assert_eq!(objects.len(), 1, "the tenant: a list may not be empty");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let run = Finished::new(LIST, planted());
    let bytes = |files: &OutputFiles| -> Vec<Vec<u8>> {
        [
            &files.timesketch_csv,
            &files.hits_parquet,
            &files.sightings_parquet,
            &files.sightings_stix,
        ]
        .map(|path| std::fs::read(path).unwrap())
        .into()
    };
    let first = bytes(&run.files);
    assert_eq!(first, bytes(&run.again()));
}

#[test]
fn a_timeline_has_what_timesketch_needs() {
    let run = Finished::new(LIST, planted());
    insta::assert_snapshot!(
        "timesketch_csv",
        std::fs::read_to_string(&run.files.timesketch_csv).unwrap()
    );
    for row in csv_rows(&run.files.timesketch_csv) {
        let instant: jiff::Timestamp = row["datetime"].parse().unwrap();
        assert_eq!(row["timestamp"], instant.as_microsecond().to_string());
        assert_eq!(
            row["datetime"].len(),
            "2026-11-01T10:00:00.123456+00:00".len(),
            "pandas drops rows whose time has another form than the first"
        );
        let tags: Vec<String> = serde_json::from_str(&row["tag"]).unwrap();
        assert_eq!(tags, ["tesem", &row["indicator_kind"]]);
    }
}

fn bundle(path: &Path) -> Vec<Value> {
    let document: Value = serde_json::from_reader(File::open(path).unwrap()).unwrap();
    assert_eq!(document["type"], "bundle");
    document["objects"].as_array().unwrap().clone()
}

#[test]
fn a_bundle_says_what_was_seen_where_and_how_often() {
    let run = Finished::new(LIST, planted());
    insta::assert_snapshot!(
        "sightings_stix",
        std::fs::read_to_string(&run.files.sightings_stix).unwrap()
    );
    let objects = bundle(&run.files.sightings_stix);
    let ids: BTreeSet<&str> = objects.iter().map(|o| o["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), objects.len(), "an id stands once");
    for object in &objects {
        let refs = object.as_object().unwrap().iter();
        for (name, value) in refs {
            let named = match value {
                Value::String(id) if name.ends_with("_ref") => vec![id.as_str()],
                Value::Array(all) if name.ends_with("_refs") => {
                    all.iter().map(|id| id.as_str().unwrap()).collect()
                }
                _ => Vec::new(),
            };
            for id in named {
                assert!(ids.contains(id), "{name} of {object} leads nowhere");
            }
        }
    }
    let sightings: Vec<&Value> = objects
        .iter()
        .filter(|object| object["type"] == "sighting")
        .collect();
    let counts: Vec<u64> = sightings
        .iter()
        .map(|sighting| sighting["count"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [2, 1, 1]);
    assert_eq!(sightings[0]["first_seen"], "2026-11-01T10:00:00.123456Z");
    assert_eq!(sightings[0]["last_seen"], "2026-11-02T11:00:00.000000Z");
}

/// A run for indicators of which feeds say something: the first by two feeds, the second by none.
fn fed() -> Finished {
    let mut intake = intake_of("evil.com\n192.168.1.1\n");
    let first = Provenance {
        feed: "isac".to_owned(),
        object: Some("indicator--1".to_owned()),
        first_seen: "2026-10-01T00:00:00Z".parse().ok(),
        last_seen: "2026-10-02T00:00:00Z".parse().ok(),
        confidence: Some(80),
        tlp: Some("red".to_owned()),
        labels: vec!["c2".to_owned()],
    };
    let second = Provenance {
        feed: "misp".to_owned(),
        first_seen: "2026-09-01T00:00:00Z".parse().ok(),
        tlp: Some("green".to_owned()),
        ..Provenance::default()
    };
    for provenance in [first, second] {
        intake.tell(IndicatorId(0), provenance);
    }
    Finished::of(plan(intake, plan_options()).unwrap(), planted())
}

#[test]
fn what_feeds_say_of_an_indicator_goes_with_what_was_found() {
    let run = fed();
    let coverage = csv_rows(&run.files.coverage_csv);
    let of = |row: usize| {
        ["FeedObjects", "FeedFirstSeen", "FeedLastSeen", "Tlp"]
            .map(|name| coverage[row][name].as_str())
    };
    let times = ["2026-09-01T00:00:00Z", "2026-10-02T00:00:00Z"];
    assert_eq!(of(0), ["indicator--1", times[0], times[1], "red green"]);
    assert_eq!(of(1), [""; 4]);

    let lines = std::fs::read_to_string(&run.files.hits_jsonl).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["feeds"][0]["object"], "indicator--1");
    assert_eq!(lines[0]["feeds"][0]["first_seen"], "2026-10-01T00:00:00Z");
    assert_eq!(lines[0]["feeds"][1]["feed"], "misp");
    assert!(lines.last().unwrap().get("feeds").is_none());
}

#[test]
fn what_may_not_be_passed_on_is_marked_wherever_it_is_told() {
    let run = fed();
    let objects = bundle(&run.files.sightings_stix);
    let red = [
        "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
        "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
    ];
    let mut marked = 0;
    for object in objects.iter().filter(|object| object["type"] != "identity") {
        let refs: Vec<&str> = object["object_marking_refs"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let tells = object.to_string().contains("evil.com");
        assert!(!tells || refs == red, "{object}");
        marked += usize::from(!refs.is_empty());
    }
    assert_eq!(
        marked, 6,
        "indicator, domain, and on two devices what was observed and the sighting"
    );
    let definitions: Vec<&str> = objects
        .iter()
        .filter(|object| object["type"] == "marking-definition")
        .map(|object| object["id"].as_str().unwrap())
        .collect();
    assert_eq!(definitions, red, "each once, before what refers to it");
    let indicator = objects.iter().find(|object| object["type"] == "indicator");
    insta::assert_json_snapshot!("indicator_of_feeds", indicator.unwrap());
}
