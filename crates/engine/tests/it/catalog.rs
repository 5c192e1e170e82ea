//! Tables: from rows, JSON Lines and Parquet files, and the Defender schema.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::parquet::arrow::ArrowWriter;
use serde_json::{Value as Json, json};
use tesem_engine::{CatalogError, Column, Database, RunOptions, TableBuilder};
use tesem_kql::types::ScalarType;

use crate::canonical::{NOW, engine, rows, run, run_with};

fn answer(database: Database, query: &str) -> Json {
    json!(rows(
        &run(&engine(database), query).unwrap_or_else(|error| panic!("{query}: {error}"))
    ))
}

fn write_lines(path: &Path, lines: &str) {
    File::create(path)
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
}

#[test]
fn json_lines_take_the_schema_of_the_table() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("DeviceEvents.jsonl");
    write_lines(
        &path,
        concat!(
            "{\"Timestamp\":\"2024-05-01T01:02:03.1234567Z\",\"DeviceName\":\"pc1\",\"ReportId\":7,",
            "\"AdditionalFields\":\"{\\\"a\\\":{\\\"b\\\":[1,2]}}\",\"Unknown\":1}\n",
            "\n",
            "{\"Timestamp\":\"2024-05-02T00:00:00\",\"DeviceName\":null,\"ProcessId\":\"12\",\"AdditionalFields\":{\"a\":1}}\r\n",
        ),
    );
    let mut database = Database::defender();
    database.add_json_lines("DeviceEvents", &path).unwrap();
    let query = "DeviceEvents | sort by TimeGenerated asc
        | project Timestamp, DeviceName, ReportId, ProcessId, AdditionalFields.a, isempty(DeviceName)";
    assert_eq!(
        answer(database, query),
        json!([
            ["2024-05-01T01:02:03.1234567Z", "pc1", 7, null, {"b": [1, 2]}, false],
            ["2024-05-02T00:00:00Z", "", null, 12, 1, true],
        ])
    );
}

#[test]
fn json_lines_bring_a_schema() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("own.jsonl");
    write_lines(
        &path,
        "{\"n\":1,\"t\":\"2024-01-01T00:00:00Z\",\"s\":\"x\",\"m\":1,\"o\":{\"a\":1}}\n{\"n\":2.5,\"s\":null,\"m\":\"y\",\"b\":true}\n",
    );
    let mut database = Database::new();
    database.add_json_lines("Own", &path).unwrap();
    assert_eq!(
        answer(database, "Own | getschema | project ColumnName, ColumnType"),
        json!([
            ["n", "real"],
            ["t", "datetime"],
            ["s", "string"],
            ["m", "dynamic"],
            ["o", "dynamic"],
            ["b", "bool"]
        ])
    );
}

#[test]
fn broken_files_are_explained() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.jsonl");
    let mut database = Database::defender();
    for (lines, message) in [
        (
            "{\"DeviceName\":\"a\"}\n[1]\n",
            "line 2: invalid type: sequence, expected a map at line 1 column 0",
        ),
        (
            "{\"Timestamp\":\"yesterday\"}\n",
            "line 1: column `Timestamp` holds datetime, and \"yesterday\" is none",
        ),
        (
            "{\"ProcessId\":1e99}\n",
            "line 1: column `ProcessId` holds long, and 1e+99 is none",
        ),
    ] {
        write_lines(&path, lines);
        match database.add_json_lines("DeviceEvents", &path) {
            Err(CatalogError::File { message: found, .. }) => assert_eq!(found, message),
            other => panic!("{lines}: {other:?}"),
        }
    }
    let missing = database.add_parquet("DeviceEvents", &directory.path().join("none.parquet"));
    assert!(matches!(missing, Err(CatalogError::File { .. })));
}

#[test]
fn parquet_files_are_converted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.parquet");
    let microseconds = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let times = TimestampMicrosecondArray::from(vec![
        Some(microseconds("2024-05-01T00:00:00.123456Z")),
        Some(microseconds("2024-05-03T00:00:00Z")),
        None,
    ]);
    let names = StringArray::from(vec![Some("pc1"), None, Some("pc3")]);
    let ports = Int32Array::from(vec![Some(443), Some(80), None]);
    let fields = StringArray::from(vec![Some("{\"a\":[1]}"), Some("no json"), None]);
    let batch = RecordBatch::try_from_iter([
        ("Timestamp", Arc::new(times) as ArrayRef),
        ("DeviceName", Arc::new(names) as ArrayRef),
        ("RemotePort", Arc::new(ports) as ArrayRef),
        ("AdditionalFields", Arc::new(fields) as ArrayRef),
    ])
    .unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let mut database = Database::defender();
    database.add_parquet("DeviceNetworkEvents", &path).unwrap();
    let query = "DeviceNetworkEvents | sort by Timestamp asc
        | project Timestamp, DeviceName, RemotePort, AdditionalFields, RemoteUrl";
    assert_eq!(
        answer(database.clone(), query),
        json!([
            [null, "pc3", null, null, ""],
            ["2024-05-01T00:00:00.123456Z", "pc1", 443, {"a": [1]}, ""],
            ["2024-05-03T00:00:00Z", "", 80, "no json", ""],
        ])
    );
    let filtered = "DeviceNetworkEvents | where RemotePort == 443 and Timestamp < datetime(2024-05-02) | count";
    assert_eq!(answer(database, filtered), json!([[1]]));
}

#[test]
fn windows_limit_tables_by_their_time() {
    let columns = vec![
        Column::new("Timestamp", ScalarType::DateTime),
        Column::new("n", ScalarType::Long),
    ];
    let mut table = TableBuilder::new(columns.clone());
    for day in 0..10 {
        table
            .datetime(0, day * tesem_engine::ticks::PER_DAY)
            .unwrap();
        table.long(1, day).unwrap();
        table.finish_row().unwrap();
    }
    let mut database = Database::new();
    database
        .add_rows("Days", columns, table.finish().unwrap())
        .unwrap();
    let engine = engine(database);
    let at = |text: &str| text.parse().unwrap();
    let options = RunOptions {
        window: Some((at("0001-01-03T00:00:00Z"), at("0001-01-05T00:00:00Z"))),
        ..RunOptions::at(NOW.parse().unwrap())
    };
    let query = "Days | union (datatable(n:long)[100]) | summarize make_list(n)";
    let result = run_with(&engine, query, &options).unwrap();
    assert_eq!(json!(rows(&result)), json!([[[2, 3, 4, 100]]]));
}

#[test]
fn defender_tables_have_second_names() {
    for (query, expected) in [
        (
            "DeviceProcessEvents | where TimeGenerated > ago(1d) | count",
            json!([[0]]),
        ),
        (
            "DeviceProcessEvents | getschema | where ColumnName == 'TimeGenerated' | count",
            json!([[0]]),
        ),
        (
            "ProcessCreationEvents | where AdditionalFields.x == 'y' | count",
            json!([[0]]),
        ),
        (
            "DeviceInfo | summarize arg_max(Timestamp, *) by DeviceId | where TimeGenerated > ago(1d) | count",
            json!([[0]]),
        ),
        (
            "DeviceInfo | summarize arg_max(TimeGenerated, *) by DeviceId | project TimeGenerated, Timestamp | count",
            json!([[0]]),
        ),
        (
            "union Device* | where TimeGenerated > ago(1d) | count",
            json!([[0]]),
        ),
        (
            "DeviceInfo | summarize count() by bin(TimeGenerated, 1h) | getschema | project ColumnName",
            json!([["TimeGenerated"], ["count_"]]),
        ),
    ] {
        assert_eq!(answer(Database::defender(), query), expected, "{query}");
    }
}

#[test]
fn the_ingestion_time_is_that_of_the_row() {
    let columns = vec![
        Column::new("Timestamp", ScalarType::DateTime),
        Column::new("n", ScalarType::Long),
    ];
    let mut table = TableBuilder::new(columns.clone());
    for (day, number) in [(1, 10), (2, 20)] {
        let ticks = tesem_engine::ticks::UNIX_EPOCH + day * 24 * 3600 * 10_000_000;
        table.datetime(0, ticks).unwrap();
        table.long(1, number).unwrap();
        table.finish_row().unwrap();
    }
    let mut database = Database::new();
    database
        .add_rows("T", columns, table.finish().unwrap())
        .unwrap();
    let engine = engine(database);
    let found = run(
        &engine,
        "T | where ingestion_time() > datetime(1970-01-02) | extend i = ingestion_time() | project i, n",
    );
    assert_eq!(
        json!(rows(&found.unwrap())),
        json!([["1970-01-03T00:00:00Z", 20]])
    );
    let refused = run(
        &engine,
        "datatable(Timestamp: datetime)[] | where ingestion_time() > now()",
    );
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("ingestion_time()")
    );
}

#[test]
fn csv_takes_or_brings_a_schema() {
    let mut database = Database::defender();
    let events = "\u{feff}Timestamp,DeviceName,ReportId,AdditionalFields,Other\n2024-05-01T00:00:00Z,\"a, b\",7,\"{\"\"x\"\": 1}\",z\n,,,,\n";
    database
        .add_csv_from("DeviceEvents", events.as_bytes())
        .unwrap();
    let own = "name,code,n,r,b,t,mixed\nx,007,1,1,true,2024-05-01,1\ny,,2,2.5,false,2024-05-02T01:00:00Z,z\n";
    database.add_csv_from("Own", own.as_bytes()).unwrap();
    assert_eq!(
        answer(
            database.clone(),
            "DeviceEvents | project Timestamp, DeviceName, ReportId, AdditionalFields.x"
        ),
        json!([
            ["2024-05-01T00:00:00Z", "a, b", 7, 1],
            [null, "", null, null]
        ])
    );
    assert_eq!(
        answer(database.clone(), "Own | getschema | project ColumnType"),
        json!([
            ["string"],
            ["string"],
            ["long"],
            ["real"],
            ["bool"],
            ["datetime"],
            ["string"]
        ])
    );
    assert_eq!(
        answer(database.clone(), "Own | where n == 2"),
        json!([["y", "", 2, 2.5, false, "2024-05-02T01:00:00Z", "z"]])
    );
    for (text, expected) in [
        (
            "ReportId\nseven\n",
            "line 2: column `ReportId` holds long, and \"seven\" is none",
        ),
        ("ReportId,DeviceName\n1\n", "CSV error"),
    ] {
        let error = database
            .add_csv_from("DeviceEvents", text.as_bytes())
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn json_lines_come_from_memory() {
    let mut database = Database::new();
    database
        .add_json_lines_from("T", b"{\"a\": 1}\n{\"a\": 2.5}\n")
        .unwrap();
    assert_eq!(answer(database.clone(), "T"), json!([[1.0], [2.5]]));
    let error = database.add_json_lines_from("T", b"{}\nx").unwrap_err();
    assert!(
        error.to_string().starts_with("cannot read T: line 2"),
        "{error}"
    );
}

fn packed(text: &str) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

fn write_names(path: &Path, names: &[&str]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let names: ArrayRef = Arc::new(StringArray::from(names.to_vec()));
    let batch = RecordBatch::try_from_iter([("DeviceName", names)]).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn a_directory_is_read_with_its_folders() {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    write_names(&place("DeviceInfo/y=2024/m=05/d=01/a.parquet"), &["a"]);
    write_names(&place("DeviceInfo/y=2024/m=05/d=02/b.parquet"), &["b", "c"]);
    std::fs::write(place("DeviceInfo/y=2024/notes.txt"), "x").unwrap();
    std::fs::write(
        place("DeviceEvents.jsonl.gz"),
        packed("{\"DeviceName\": \"e\"}\n"),
    )
    .unwrap();
    std::fs::write(place("Own.csv"), "n\n1\n").unwrap();
    std::fs::write(place("tenant.json"), "{}").unwrap();
    std::fs::create_dir(place("external")).unwrap();
    let mut database = Database::defender();
    database.add_directory(directory.path()).unwrap();
    assert_eq!(database.table("DeviceInfo").unwrap().rows(), Some(3));
    let query = "union (DeviceInfo | project DeviceName, n = long(null)), (DeviceEvents | project DeviceName), Own
        | project DeviceName, n | sort by DeviceName asc";
    assert_eq!(
        answer(database, query),
        json!([["", 1], ["a", null], ["b", null], ["c", null], ["e", null]])
    );
    let missing = Database::new()
        .add_directory(&place("nowhere"))
        .unwrap_err();
    assert!(missing.to_string().contains("nowhere"), "{missing}");
}

#[test]
fn streamed_telemetry_is_read_by_its_categories() {
    let directory = tempfile::tempdir().unwrap();
    let hour = directory
        .path()
        .join("tenantId=t/y=2024/m=05/d=01/h=07/m=00");
    std::fs::create_dir_all(&hour).unwrap();
    let record = |table: &str, properties: Json| {
        json!({"time": "2024-05-01T08:00:00Z", "tenantId": "t", "operationName": "Publish",
               "category": format!("AdvancedHunting-{table}"), "properties": properties})
        .to_string()
    };
    let first = record(
        "DeviceEvents",
        json!({"Timestamp": "2024-05-01T07:08:09.1234567Z", "DeviceName": "a", "MachineGroup": null, "AdditionalFields": "{\"x\": 2}"}),
    );
    let own = record("OwnTable", json!({"n": 1}));
    std::fs::write(hour.join("PT1H.json"), format!("{first}\r\n{own}\r\n")).unwrap();
    let second = record(
        "DeviceEvents",
        json!({"Timestamp": "2024-05-01T09:00:00Z", "DeviceName": "b"}),
    );
    let body = format!("{{\"records\": [{second}, {second}]}}");
    std::fs::write(hour.join("more.json.gz"), packed(&body)).unwrap();
    let mut database = Database::defender();
    database.add_streamed(directory.path()).unwrap();
    assert_eq!(
        answer(
            database.clone(),
            "DeviceEvents | project TimeGenerated, DeviceName, AdditionalFields.x | sort by TimeGenerated asc"
        ),
        json!([
            ["2024-05-01T07:08:09.1234567Z", "a", 2],
            ["2024-05-01T09:00:00Z", "b", null],
            ["2024-05-01T09:00:00Z", "b", null]
        ])
    );
    assert_eq!(answer(database.clone(), "OwnTable"), json!([[1]]));
    for (line, expected) in [
        (
            "{\"category\": \"Alerts\", \"properties\": {}}",
            "line 1: a record has no `category`",
        ),
        (
            "{\"category\": \"AdvancedHunting-X\"}",
            "line 1: a record has no `properties`",
        ),
        ("[]", "line 1"),
    ] {
        std::fs::write(hour.join("PT1H.json"), line).unwrap();
        let error = database.add_streamed(directory.path()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
