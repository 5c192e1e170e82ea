//! Laws that hold for every query.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use serde_json::Value as Json;
use tesem_engine::{Database, Engine, EngineError, Table};

use crate::canonical::{engine, rows, run};

const ROWS: &str =
    "let T = datatable(Name:string, Count:long, Share:real, When:datetime, Ok:bool) [
    'alpha beta', 1, 0.5, datetime(2024-01-01), true,
    'Beta-2', 2, real(null), datetime(null), false,
    '', long(null), 1.5, datetime(2024-01-03), bool(null),
    'x', -7, real(nan), datetime(2023-12-31), true];
";

fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("Count > 1"),
        Just("Count != 1"),
        Just("Count == long(null)"),
        Just("Count in (1, 2, 5)"),
        Just("Count !in (1, 2, 5)"),
        Just("Share >= 0.5"),
        Just("Share == Share"),
        Just("Name has 'beta'"),
        Just("Name !contains 'b'"),
        Just("Name =~ 'BETA-2'"),
        Just("Name in~ ('X', 'y')"),
        Just("isempty(Name)"),
        Just("When > datetime(2024-01-01)"),
        Just("When between (datetime(2023-01-01) .. 400d)"),
        Just("Ok"),
        Just("Ok == false"),
    ];
    leaf.prop_map(str::to_owned)
        .prop_recursive(3, 12, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
                inner.prop_map(|a| format!("not({a})")),
            ]
        })
}

fn answer(engine: &Engine, query: &str) -> Vec<Vec<Json>> {
    let result = run(engine, &format!("{ROWS}{query}"));
    rows(&result.unwrap_or_else(|error| panic!("{query}: {error}")))
}

#[test]
fn one_where_after_another_is_and() {
    let engine = engine(Database::new());
    proptest!(ProptestConfig::with_cases(48), |(a in condition(), b in condition())| {
        let apart = answer(&engine, &format!("T | where {a} | where {b} | sort by Count"));
        let together = answer(&engine, &format!("T | where ({a}) and ({b}) | sort by Count"));
        prop_assert_eq!(apart, together);
    });
}

#[test]
fn a_condition_means_the_same_in_where_and_extend() {
    let engine = engine(Database::new());
    proptest!(ProptestConfig::with_cases(48), |(a in condition())| {
        let filtered = answer(&engine, &format!("T | where {a} | sort by Count"));
        let computed =
            answer(&engine, &format!("T | extend x = ({a}) | where x | project-away x | sort by Count"));
        prop_assert_eq!(filtered, computed);
    });
}

#[test]
fn garbage_is_an_error() {
    let engine = engine(Database::new());
    let word = prop_oneof![
        "[a-zA-Z0-9_]{1,8}",
        "[ |(){};,=<>!~*.'\"@\\-]{1,4}",
        Just("T | where ".to_owned()),
        Just(" summarize ".to_owned()),
        Just(" by ".to_owned()),
        Just("let x = ".to_owned()),
        Just(" dynamic([1,".to_owned()),
        Just(" join kind=inner (T) on a ".to_owned()),
        Just(" mv-expand ".to_owned()),
        Just(" parse x with * 'a' b ".to_owned()),
        Just("print ".to_owned()),
    ];
    proptest!(ProptestConfig::with_cases(400), |(words in proptest::collection::vec(word, 0..12))| {
        // No panic, whatever comes of it.
        let _ = engine.check(&words.concat());
    });
}

/// How many rows the stored table has: several row groups.
const STORED: i64 = 600;
/// 2024-01-01T00:00Z in microseconds since 1970.
const START: i64 = 1_704_067_200_000_000;

/// Rows of many types, with nulls in all of them, in the order of their times.
fn stored_rows() -> RecordBatch {
    let values =
        |null_every: i64| (0..STORED).map(move |row| (row % null_every != 3).then_some(row));
    let words = ["alpha", "Beta", "gamma delta", "", "ALPHA-beta", "x"];
    let word = |row: i64| {
        usize::try_from(row * row % 7)
            .ok()
            .and_then(|at| words.get(at))
    };
    let texts: StringArray = values(11)
        .map(|row| word(row?))
        .map(Option::<&&str>::copied)
        .collect();
    let bags: StringArray = values(9)
        .map(|row| {
            Some(format!(
                "{{\"k\":{},\"w\":\"{}\"}}",
                row? % 5,
                word(row?).unwrap_or(&"")
            ))
        })
        .collect();
    let times: TimestampMicrosecondArray = values(50)
        .map(|row| Some(START + row? * 60_000_000))
        .collect();
    let longs: Int64Array = values(13).map(|row| Some(row? * 37 % 101 - 50)).collect();
    let ints: Int32Array = values(17).map(|row| i32::try_from(row? % 8).ok()).collect();
    let reals: Float64Array = values(7)
        .map(|row| {
            if row? % 19 == 0 {
                Some(f64::NAN)
            } else {
                Some(row.map_or(0, |row| row % 30) as f64 / 4.0)
            }
        })
        .collect();
    let bools: BooleanArray = values(5).map(|row| Some(row? % 3 == 0)).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("When", Arc::new(times) as ArrayRef, true),
        ("Text", Arc::new(texts) as ArrayRef, true),
        ("Bag", Arc::new(bags) as ArrayRef, true),
        ("Long", Arc::new(longs) as ArrayRef, true),
        ("Int", Arc::new(ints) as ArrayRef, true),
        ("Real", Arc::new(reals) as ArrayRef, true),
        ("Bool", Arc::new(bools) as ArrayRef, true),
    ])
    .unwrap()
}

fn write_parquet(path: &Path) {
    let batch = stored_rows();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(100))
        .set_data_page_row_count_limit(20)
        .set_write_batch_size(10)
        .set_bloom_filter_enabled(true)
        .build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// A condition over the stored table.
fn stored_condition() -> impl Strategy<Value = String> {
    let comparison = prop_oneof![
        Just("=="),
        Just("!="),
        Just("<"),
        Just("<="),
        Just(">"),
        Just(">=")
    ];
    let text_operator = prop_oneof![
        Just("=="),
        Just("!="),
        Just("=~"),
        Just("!~"),
        Just("has"),
        Just("!has"),
        Just("contains"),
        Just("!contains"),
        Just("startswith"),
        Just("!startswith"),
        Just("endswith"),
        Just("hasprefix"),
        Just("hassuffix"),
        Just("has_cs"),
        Just("contains_cs"),
        Just("startswith_cs"),
        Just("matches regex")
    ];
    let word = prop_oneof![
        Just("alpha"),
        Just("Beta"),
        Just("BETA"),
        Just("gamma delta"),
        Just("delta"),
        Just(""),
        Just("x"),
        Just("zz")
    ];
    let leaf = prop_oneof![
        (comparison.clone(), -60_i64..60).prop_map(|(op, value)| format!("Long {op} {value}")),
        (comparison.clone(), -1_i64..9).prop_map(|(op, value)| format!("Int {op} {value}")),
        (comparison.clone(), -4_i32..32)
            .prop_map(|(op, value)| format!("Real {op} {}", f64::from(value) / 4.0)),
        (comparison, 0_i64..700)
            .prop_map(|(op, minutes)| { format!("When {op} datetime(2024-01-01) + {minutes}m") }),
        (0_i64..600, 0_i64..300).prop_map(|(from, length)| {
            format!("When between (datetime(2024-01-01) + {from}m .. {length}m)")
        }),
        (text_operator, word.clone()).prop_map(|(op, word)| format!("Text {op} '{word}'")),
        (word.clone(), word.clone()).prop_map(|(a, b)| format!("Text in ('{a}', '{b}')")),
        (word.clone(), word.clone()).prop_map(|(a, b)| format!("Text !in~ ('{a}', '{b}')")),
        (word.clone(), word.clone()).prop_map(|(a, b)| format!("Text has_any ('{a}', '{b}')")),
        proptest::collection::vec(-60_i64..60, 1..40).prop_map(|values| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            format!("Long in ({})", values.join(", "))
        }),
        word.prop_map(|word| format!("tostring(parse_json(Bag).w) == '{word}'")),
        (-1_i64..6).prop_map(|value| format!("parse_json(Bag).k == {value}")),
        (0_i64..9).prop_map(|value| format!("Long % 9 == {value}")),
        Just("Bool".to_owned()),
        Just("Bool == false".to_owned()),
        Just("Bool != true".to_owned()),
        Just("isnull(Long)".to_owned()),
        Just("isnotnull(When)".to_owned()),
        Just("isempty(Text)".to_owned()),
        Just("Real == Real".to_owned()),
        Just("Long > Int".to_owned()),
        Just("* has 'beta'".to_owned()),
    ];
    leaf.prop_recursive(3, 10, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("not({a})")),
        ]
    })
}

/// What may follow a condition.
fn rest() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(""),
        Just("| project When, Long"),
        Just("| summarize count(), sum(Long), min(When), dcount(Text) by Int"),
        Just("| extend Half = Long / 2 | where Half > 3"),
        Just("| top 7 by When desc"),
        Just("| sort by When asc | extend Gap = When - prev(When)"),
        Just("| distinct Text, Bool"),
        Just("| count"),
    ]
}

fn sorted(engine: &Engine, query: &str) -> Vec<String> {
    let result = run(engine, query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let rows = rows(&result)
        .into_iter()
        .map(|row| Json::from(row).to_string());
    let mut rows: Vec<String> = rows.collect();
    rows.sort();
    rows
}

#[test]
fn stored_rows_and_rows_in_memory_give_the_same_answer() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rows.parquet");
    write_parquet(&path);
    let mut database = Database::new();
    database.add_parquet("Stored", &path).unwrap();
    let everything = run(&engine(database.clone()), "Stored").unwrap();
    let held = Table::in_memory(everything.columns, everything.batches).unwrap();
    database.insert("Held", held);
    let engine = engine(database);
    proptest!(ProptestConfig::with_cases(96), |(condition in stored_condition(), rest in rest())| {
        let stored = sorted(&engine, &format!("Stored | where {condition} {rest}"));
        let held = sorted(&engine, &format!("Held | where {condition} {rest}"));
        prop_assert_eq!(&stored, &held);
        // A condition that is computed first cannot reach the file.
        let unmoved = format!("Stored | extend hit = ({condition}) | where hit | project-away hit {rest}");
        prop_assert_eq!(stored, sorted(&engine, &unmoved));
    });
}

/// A query over the rows above, in a careless layout.
fn query() -> impl Strategy<Value = String> {
    let operator = prop_oneof![
        condition().prop_map(|condition| format!("where {condition}")),
        condition().prop_map(|condition| format!("extend  hit=( {condition} ),More = Count *-2")),
        Just("project   Name,Count ,Share,When, Ok".to_owned()),
        Just("sort by Count asc,Name desc nulls first".to_owned()),
        Just("top 3 by When desc".to_owned()),
        Just("extend d=dynamic({'a':[1,2.5,\"x\"]})|extend e = d.a[1],f=d['a'][-1]".to_owned()),
        Just("join kind=leftouter(T|project Name,Other=Count)on Name".to_owned()),
        Just("union(T|where Count>1)".to_owned()),
        Just("parse Name with First:string ' ' *".to_owned()),
        Just("mv-expand i=range(1,2) to typeof(long)".to_owned()),
        Just("extend s = strcat(@'a\\b',\"c\\td\", 'it''s')".replace("'it''s'", "\"it's\"")),
        Just("extend late=iff(When between(datetime(2024-01-01)..1d),'yes','no')".to_owned()),
        Just("serialize n = row_number( )".to_owned()),
        Just("as Kept".to_owned()),
    ];
    let last = prop_oneof![
        Just(String::new()),
        Just("|summarize n=count(),avg(Share)by Name".to_owned()),
        Just("|count".to_owned()),
        Just("|distinct Name".to_owned()),
        Just("|project-away When".to_owned()),
    ];
    let glue = prop_oneof![
        Just("|"),
        Just("  |  "),
        Just("\n\n|\t"),
        Just(" // aside | where false\n|"),
    ];
    (proptest::collection::vec((glue, operator), 0..4), last).prop_map(|(operators, last)| {
        let operators = operators
            .iter()
            .map(|(glue, operator)| format!("{glue}{operator}"));
        format!("{ROWS}T{}{last}", operators.collect::<String>())
    })
}

/// What comes of a query, in words that do not name places.
fn outcome(engine: &Engine, query: &str) -> Result<(Vec<String>, Vec<Vec<Json>>), String> {
    match run(engine, query) {
        Ok(result) => {
            let columns = result.columns.iter();
            let columns = columns.map(|column| format!("{}:{}", column.name, column.scalar_type));
            Ok((columns.collect(), rows(&result)))
        }
        Err(EngineError::NotSupported { what, .. }) => Err(what),
        Err(EngineError::Semantic(findings)) => Err(findings
            .iter()
            .map(|finding| finding.diagnostic.message.clone())
            .collect::<Vec<_>>()
            .join("; ")),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_formatted_query_means_the_same() {
    let engine = engine(Database::new());
    proptest!(ProptestConfig::with_cases(96), |(query in query())| {
        let formatted = tesem_kql::format(&query)
            .unwrap_or_else(|errors| panic!("{query}: {errors:?}"));
        prop_assert_eq!(outcome(&engine, &query), outcome(&engine, &formatted), "{}", formatted);
    });
}

#[test]
fn recorded_queries_mean_the_same_when_they_are_formatted() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/conformance/kql-emulator.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return;
    };
    let engine = engine(Database::new());
    for line in text.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        if case["deterministic"] == Json::Bool(false) {
            continue;
        }
        let setup = case["setup"].as_str().unwrap_or_default();
        let query = format!("{setup}\n{}", case["query"].as_str().unwrap_or_default());
        let Ok(formatted) = tesem_kql::format(&query) else {
            continue;
        };
        assert_eq!(
            outcome(&engine, &query),
            outcome(&engine, &formatted),
            "{}: {formatted}",
            case["id"]
        );
    }
}
