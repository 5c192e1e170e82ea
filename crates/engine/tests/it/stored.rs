//! Conditions on columns of Parquet files, however the file stores them, say what they say of rows in memory.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use serde_json::{Value as Json, json};
use tesem_engine::{Column, Database, TableBuilder, ticks};
use tesem_kql::types::ScalarType;

use crate::canonical::{engine, rows, run};

const ROWS: i64 = 2_000;
/// 2024-05-01T00:00:00Z in seconds.
const START: i64 = 1_714_521_600;

const CONDITIONS: &[&str] = &[
    "Time >= datetime(2024-05-01T00:10:00)",
    "Time > datetime(2024-05-01T00:10:00.0000001)",
    "Time < datetime(2024-05-01T00:10:00)",
    "Time <= datetime(2024-05-01T00:09:59.9999999)",
    "Time == datetime(2024-05-01T00:10:00)",
    "Time == datetime(2024-05-01T00:10:00.5)",
    "Time != datetime(2024-05-01T00:10:00)",
    "Time between (datetime(2024-05-01T00:01:00) .. 2m)",
    "Time !between (datetime(2024-05-01T00:01:00) .. 2m)",
    "datetime(2024-05-01T00:10:00) > Time",
    "Time in (datetime(2024-05-01), datetime(2024-05-01T00:00:09))",
    "isnull(Time)",
    "not(Time > datetime(2024-05-01T00:10:00))",
    "Time > datetime(1601-01-01) and Time < datetime(9999-12-31)",
    "Name == 'host-7.example.com'",
    "Name == ''",
    "Name != 'host-7.example.com'",
    "not(Name == 'host-7.example.com')",
    "Name in ('host-7.example.com', 'none')",
    "Name in ('host-7.example.com', '')",
    "Name !in ('host-7.example.com')",
    "Name has 'HOST' and Time >= datetime(2024-05-01T00:30:00)",
    "Name == 'host-7.example.com' or Time < datetime(2024-05-01T00:00:10)",
    "isempty(Name) or Name endswith '3.example.com'",
];

/// The time of a row in seconds; every seventh has none.
fn second(row: i64) -> Option<i64> {
    (row % 7 != 3).then_some(START + row)
}

/// The name of a row; every fifth has none.
fn name(row: i64) -> Option<String> {
    (row % 5 != 1).then(|| format!("host-{}.example.com", row % 40))
}

fn in_memory() -> Database {
    let columns = vec![
        Column::new("Time", ScalarType::DateTime),
        Column::new("Name", ScalarType::String),
    ];
    let mut table = TableBuilder::new(columns.clone());
    for row in 0..ROWS {
        if let Some(second) = second(row) {
            let time = ticks::UNIX_EPOCH + second * ticks::PER_SECOND;
            table.datetime(0, time).unwrap();
        }
        table.string(1, &name(row).unwrap_or_default()).unwrap();
        table.finish_row().unwrap();
    }
    let mut database = Database::new();
    database
        .add_rows("T", columns, table.finish().unwrap())
        .unwrap();
    database
}

/// Small row groups and pages, so that there is something to skip.
fn write(path: &Path, times: &DataType, names: &DataType) {
    let seconds: Int64Array = (0..ROWS).map(second).collect();
    // Points in time, not times of day somewhere.
    let utc = DataType::Timestamp(TimeUnit::Second, Some("UTC".into()));
    let seconds = cast(&seconds, &utc).unwrap();
    let texts: StringArray = (0..ROWS).map(name).collect();
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("Time", cast(&seconds, times).unwrap(), true),
        (
            "Name",
            cast(&(Arc::new(texts) as ArrayRef), names).unwrap(),
            true,
        ),
    ])
    .unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(300))
        .set_data_page_row_count_limit(50)
        .set_write_batch_size(50)
        .set_bloom_filter_enabled(true)
        .build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    assert_eq!(batch.column(0).null_count(), 286);
}

fn count(database: &Database, condition: &str) -> Json {
    let query = format!(
        "T | where {condition} | summarize count(), min(Time), max(Time), min(strlen(Name))"
    );
    let result = run(&engine(database.clone()), &query);
    json!(rows(
        &result.unwrap_or_else(|error| panic!("{query}: {error}"))
    ))
}

#[test]
fn conditions_say_the_same_however_columns_are_stored() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.parquet");
    let memory = in_memory();
    let expected: Vec<Json> = CONDITIONS
        .iter()
        .map(|condition| count(&memory, condition))
        .collect();
    let utc: Arc<str> = "UTC".into();
    let other: Arc<str> = "+02:00".into();
    for (times, names) in [
        (DataType::Timestamp(TimeUnit::Second, None), DataType::Utf8),
        (
            DataType::Timestamp(TimeUnit::Millisecond, Some(Arc::clone(&utc))),
            DataType::LargeUtf8,
        ),
        (
            DataType::Timestamp(TimeUnit::Microsecond, Some(utc)),
            DataType::Utf8View,
        ),
        (
            DataType::Timestamp(TimeUnit::Microsecond, Some(other)),
            DataType::Utf8,
        ),
        (
            DataType::Timestamp(TimeUnit::Nanosecond, None),
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        ),
    ] {
        write(&path, &times, &names);
        let mut database = Database::new();
        database.add_parquet("T", &path).unwrap();
        for (condition, expected) in CONDITIONS.iter().zip(&expected) {
            let found = count(&database, condition);
            assert_eq!(found, *expected, "{condition} over {times} and {names}");
        }
    }
}
