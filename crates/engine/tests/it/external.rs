//! `externaldata` over files that a test writes.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use tesem_engine::external::snapshot_file_name;
use tesem_engine::{Database, Engine, EngineError, EngineOptions, ExternalData};

use crate::canonical::{rows, run};

fn engine(external_data: ExternalData) -> Engine {
    let options = EngineOptions {
        external_data,
        ..EngineOptions::default()
    };
    Engine::new(Arc::new(Database::new()), options).unwrap()
}

/// The answer to a query over files of these names and contents, with its column types.
fn answer(files: &[(&str, &[u8])], query: &str) -> Result<(String, Json), EngineError> {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(directory.path().join(name), content).unwrap();
    }
    let engine = engine(ExternalData::none().with_directory(directory.path()));
    let result = run(&engine, query)?;
    let types: Vec<String> = result
        .columns
        .iter()
        .map(|column| format!("{}:{}", column.name, column.scalar_type))
        .collect();
    Ok((
        types.join(" "),
        rows(&result).into_iter().map(Json::from).collect(),
    ))
}

#[test]
fn records_of_each_format_become_rows() {
    let cases: [(&str, &[u8], &str, Json); 16] = [
        (
            "a.csv",
            b"\xef\xbb\xbfname,n\nx,1\n\"y, z\",2\nshort\nlong,4,5\n",
            "externaldata(a:string, b:long)['a.csv'] with (ignoreFirstRecord=true)",
            json!([["x", 1], ["y, z", 2], ["short", null], ["long", 4]]),
        ),
        (
            "bad.csv",
            b"1,2024-05-06 07:08:09,1.5,true,{\"k\":[1]}\nx,y,z,maybe,plain\n,,,,\n",
            "externaldata(a:int, b:datetime, c:real, d:bool, e:dynamic)['bad.csv']",
            json!([
                [1, "2024-05-06T07:08:09Z", 1.5, true, {"k": [1]}],
                [null, null, null, null, "plain"],
                [null, null, null, null, null]
            ]),
        ),
        (
            "types.csv",
            b"01:02:03,01234567-89ab-cdef-0123-456789abcdef,12.50\n",
            "externaldata(a:timespan, b:guid, c:decimal)['types.csv']",
            json!([["01:02:03", "01234567-89ab-cdef-0123-456789abcdef", "12.5"]]),
        ),
        (
            "a.tsv",
            b"x y\t1\n",
            "externaldata(a:string, b:long)['a.tsv']",
            json!([["x y", 1]]),
        ),
        (
            "a.list",
            b"x|1\n",
            "externaldata(a:string, b:long)['a.list'] with (format='psv')",
            json!([["x", 1]]),
        ),
        (
            "unknown.extension",
            b"x,1\n",
            "externaldata(a:string)['unknown.extension']",
            json!([["x"]]),
        ),
        (
            "a.txt",
            b"# head\r\none, \"two\"\r\n\r\nthree",
            "externaldata(line:string, rest:string)['a.txt'] with (ignoreFirstRecord=True)",
            json!([["one, \"two\"", ""], ["three", ""]]),
        ),
        (
            "b.csv",
            b"one,two\n",
            "externaldata(line:string)['b.csv'] with (format=txt)",
            json!([["one,two"]]),
        ),
        (
            "a.raw",
            b"one\ntwo\n",
            "externaldata(all:string)['a.raw']",
            json!([["one\ntwo\n"]]),
        ),
        (
            "a.json",
            b"{\"a\": \"x\", \"b\": 1, \"c\": {\"d\": 2}}\n\n{\"b\": \"7\", \"A\": 1}\n{\"a\": [1, \"y\"], \"b\": null}",
            "externaldata(a:string, b:long, c:dynamic)['a.json']",
            json!([["x", 1, {"d": 2}], ["", 7, null], ["[1,\"y\"]", null, null]]),
        ),
        (
            "array.json",
            b"[{\"a\": 1},\n {\"a\": 2}]\n{\"a\": 3}",
            "externaldata(a:long)['array.json'] with (format='multijson')",
            json!([[1], [2], [3]]),
        ),
        (
            "one.json",
            b"{\n\"a\": true }\n",
            "externaldata(a:string)['one.json'] with (format=singlejson)",
            json!([["true"]]),
        ),
        (
            "mapped.json",
            b"{\"x\": {\"y\": [5, 6]}, \"b\": 9}",
            r#"externaldata(a:long, b:long, c:string)['mapped.json'] with (ingestionMapping=
                '[{"Column":"a","Properties":{"Path":"$.x.y[1]"}},{"Column":"c","Properties":{"ConstValue":"k"}}]')"#,
            json!([[6, null, "k"]]),
        ),
        (
            "mapped.csv",
            b"p,q,r\n",
            r#"externaldata(a:string, b:string)['mapped.csv'] with (ingestionMapping=
                @'[{"column":"b","ordinal":0},{"column":"a","ordinal":"2"}]', ingestionMappingType='csv')"#,
            json!([["r", "p"]]),
        ),
        (
            "same.csv",
            b"1\n",
            "externaldata(a:long)['same.csv', 'same.csv'] | summarize sum(a)",
            json!([[2]]),
        ),
        ("empty.csv", b"", "externaldata(a:long)['empty.csv']", json!([])),
    ];
    for (name, content, query, expected) in cases {
        let (_, found) =
            answer(&[(name, content)], query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn columns_are_those_that_the_query_declares() {
    let query = "externaldata(['a b']:string, n:int)['x.csv'] | where n > 1";
    let (columns, found) = answer(&[("x.csv", b"x,2\ny,1\n")], query).unwrap();
    assert_eq!(columns, "a b:string n:int");
    assert_eq!(found, json!([["x", 2]]));
}

#[test]
fn packed_files_are_unpacked_by_their_name() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"x\ny\n").unwrap();
    let gzip = gzip.finish().unwrap();
    let zip = zipped(&["a.csv"]);
    let files: [(&str, &[u8]); 2] = [("a.csv.gz", &gzip), ("a.csv.zip", &zip)];
    for (name, expected) in [
        ("a.csv.gz", json!([["x"], ["y"]])),
        ("a.csv.zip", json!([["x"]])),
    ] {
        let (_, found) = answer(&files, &format!("externaldata(a:string)['{name}']")).unwrap();
        assert_eq!(found, expected, "{name}");
    }
    let two = zipped(&["a.csv", "b.csv"]);
    let error = answer(&[("two.zip", &two)], "externaldata(a:string)['two.zip']").unwrap_err();
    assert!(error.to_string().contains("holds 2 files"), "{error}");
}

/// A ZIP archive of files that hold `x`.
fn zipped(names: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for name in names {
        let file = archive
            .new_file(name)
            .compression_method(rawzip::CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
        let mut writer = config.wrap(encoder);
        writer.write_all(b"x\n").unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

#[test]
fn what_cannot_be_read_is_named() {
    let gzip_bomb = {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&vec![b'a'; 3 << 20]).unwrap();
        gzip.finish().unwrap()
    };
    let cases: [(&str, &[u8], &str, &str); 14] = [
        (
            "a.csv",
            b"",
            "externaldata(a:string)['b.csv']",
            "no allowed directory has this file",
        ),
        (
            "a.csv",
            b"",
            "externaldata(a:string)['../a.csv']",
            "no allowed directory has this file",
        ),
        (
            "a.csv",
            b"",
            "externaldata(a:string)['/proc/self/environ']",
            "lies outside of",
        ),
        (
            "a.csv",
            b"",
            "externaldata(a:string)['https://h.example/a?sig=secret']",
            "from https://h.example/a: URLs are not fetched",
        ),
        (
            "a.csv",
            b"\xff",
            "externaldata(a:string)['a.csv']",
            "byte 0 is not UTF-8",
        ),
        (
            "a.csv",
            b"x\n\"y",
            "externaldata(a:string)['a.csv']",
            "record 2: a field in quotes does not end",
        ),
        (
            "a.json",
            b"{}\n[1]",
            "externaldata(a:string)['a.json']",
            "record 2: it is no JSON object; records that span",
        ),
        (
            "a.json",
            b"[{}, 1]",
            "externaldata(a:string)['a.json'] with (format=multijson)",
            "record 2: it is no JSON object",
        ),
        (
            "a.json",
            b"[{}",
            "externaldata(a:string)['a.json'] with (format=multijson)",
            "record 1: EOF",
        ),
        (
            "a.gz",
            b"no gzip",
            "externaldata(a:string)['a.gz']",
            "cannot be read",
        ),
        (
            "a.zip",
            b"no zip",
            "externaldata(a:string)['a.zip']",
            "cannot be read",
        ),
        (
            "a.txt.gz",
            &gzip_bomb,
            "externaldata(a:string)['a.txt.gz']",
            "more than 1048576 bytes",
        ),
        (
            "a.avro",
            b"",
            "externaldata(a:string)['a.avro']",
            "the format `avro` of `externaldata` is not supported",
        ),
        (
            "a.json",
            b"",
            "externaldata(a:string)['a.json'] with (ignoreFirstRecord=true)",
            "`ignoreFirstRecord` for a format without lines",
        ),
    ];
    for (name, content, query, expected) in cases {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(name), content).unwrap();
        let allowed = ExternalData::none().with_directory(directory.path());
        let error = run(&engine(allowed.with_bytes_max(1 << 20)), query).unwrap_err();
        assert!(error.to_string().contains(expected), "{query}: {error}");
    }
}

#[test]
fn the_limit_counts_for_the_whole_query() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a.csv"), "0123456789\n").unwrap();
    let engine = engine(
        ExternalData::none()
            .with_directory(directory.path())
            .with_bytes_max(25),
    );
    let two = "union (externaldata(a:string)['a.csv']), (externaldata(a:string)['a.csv'])";
    assert!(run(&engine, two).is_ok());
    let three = "externaldata(a:string)['a.csv', 'a.csv', 'a.csv']";
    assert!(matches!(
        run(&engine, three),
        Err(EngineError::ExternalData { .. })
    ));
}

#[test]
fn urls_are_answered_from_snapshots() {
    let directory = tempfile::tempdir().unwrap();
    let url = "https://lists.example/tld.csv";
    fs::write(
        directory.path().join(snapshot_file_name(url)),
        "tld\n.zip\n.mov\n",
    )
    .unwrap();
    let engine = engine(ExternalData::none().with_snapshots(directory.path()));
    let query = format!(
        "let tlds = externaldata(tld:string)[h@'{url}?sv=1&sig=secret'] with (format='csv', ignoreFirstRecord=true);
         datatable(x:string)['a.zip', 'b.com'] | where x has_any (tlds)"
    );
    let result = run(&engine, &query).unwrap();
    assert_eq!(rows(&result), [[json!("a.zip")]]);
}

#[test]
fn parquet_is_converted_to_the_declared_columns() {
    let directory = tempfile::tempdir().unwrap();
    write_parquet(&directory.path().join("a.parquet"));
    let engine = engine(ExternalData::none().with_directory(directory.path()));
    let query = "externaldata(Count:long, Missing:string, Name:string)['a.parquet', 'a.parquet'] | where Count == 2";
    let result = run(&engine, query).unwrap();
    let row = [json!(2), json!(""), json!("y")];
    assert_eq!(rows(&result), [row.clone(), row]);
    let wrong = run(&engine, "externaldata(Name:long)['a.parquet']").unwrap_err();
    assert!(wrong.to_string().contains("column `Name`"), "{wrong}");
}

fn write_parquet(path: &Path) {
    use datafusion::arrow::array::{Int32Array, RecordBatch, StringArray};
    use datafusion::parquet::arrow::ArrowWriter;
    let batch = RecordBatch::try_from_iter([
        ("Name", Arc::new(StringArray::from(vec!["x", "y"])) as _),
        ("Count", Arc::new(Int32Array::from(vec![1, 2])) as _),
    ])
    .unwrap();
    let file = fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn checking_needs_no_files() {
    let engine = engine(ExternalData::none());
    let columns = engine
        .check("externaldata(a:string, b:long)['https://h.example/x.csv'] | summarize count() by a")
        .unwrap();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["a", "count_"]);
}
