//! The examples of the official documentation (learn.microsoft.com/kusto/query), where they are at hand.
//!
//! Tables on its pages are written by hand: names of columns are taken from the official binder instead, and where an example was
//! run on the Kusto emulator and came out differently, the emulator is right and has its own test.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value as Json;
use tesem_engine::{Column, Database, EngineError, Table};
use tesem_kql::types::ScalarType;

use crate::canonical::{engine, rows, run, short};
use crate::conformance::difference;

#[derive(Deserialize)]
struct Case {
    id: String,
    setup: Option<Vec<String>>,
    query: String,
    expected: Expected,
    binder_schema: Option<Vec<(String, String)>>,
    self_contained: bool,
    truncated: bool,
    deterministic: bool,
    order_significant: bool,
    emulator_agrees: Option<bool>,
}

#[derive(Deserialize)]
struct Expected {
    rows: Vec<Vec<Json>>,
}

/// Examples whose published answer is not that of their query, and why.
const WRONG_ON_THE_PAGE: &[(&str, &str)] = &[
    ("kusto-docs:query/exp-function:34", "rounded"),
    (
        "kusto-docs:query/getschema-operator:29",
        "the emulator's `ColumnOrdinal` is an int",
    ),
    (
        "kusto-docs:query/parse-operator:153",
        "the table of the page cuts blanks off",
    ),
    (
        "kusto-docs:query/scalar-data-types/string:125",
        "the no-break space is shown as a blank",
    ),
    (
        "kusto-docs:query/scalar-data-types/string:163",
        "line breaks are shown as blanks",
    ),
    (
        "kusto-docs:query/trim-end-function:84",
        "the table of the page cuts blanks off",
    ),
    (
        "kusto-docs:query/trim-function:89",
        "the table of the page cuts blanks off",
    ),
    (
        "kusto-docs:query/top-nested-operator:157",
        "the emulator gives the rows in another order",
    ),
    (
        "kusto-docs:query/trim-start-function:86",
        "the table of the page cuts blanks off",
    ),
];

/// The table that most examples read, as the `Samples` database of the public help cluster has it.
const STORM_EVENTS: &str = "StartTime:datetime EndTime:datetime EpisodeId:int EventId:int State:string EventType:string \
    InjuriesDirect:int InjuriesIndirect:int DeathsDirect:int DeathsIndirect:int DamageProperty:int DamageCrops:int \
    Source:string BeginLocation:string EndLocation:string BeginLat:real BeginLon:real EndLat:real EndLon:real \
    EpisodeNarrative:string EventNarrative:string StormSummary:dynamic";

/// What came of a case.
enum Verdict {
    Right,
    Refused(String),
    Wrong(String),
}

fn cases() -> Option<Vec<Case>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/conformance/kql-docs.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// Judges cases, and fails with those that are answered wrong.
fn judge_all(cases: impl Iterator<Item = Case>, judge: impl Fn(&Case) -> Verdict) {
    let (mut right, mut wrong) = (0, Vec::new());
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let is_wrong = |case: &Case| WRONG_ON_THE_PAGE.iter().any(|(id, _)| *id == case.id);
    for case in cases.filter(|case| !is_wrong(case)) {
        match judge(&case) {
            Verdict::Right => right += 1,
            Verdict::Refused(why) => *refused.entry(why).or_default() += 1,
            Verdict::Wrong(why) => wrong.push(format!("{}: {why}\n{}", case.id, case.query)),
        }
    }
    let refusals: usize = refused.values().sum();
    println!("right {right}, refused {refusals}, wrong {}", wrong.len());
    for (why, count) in refused {
        println!("  {count} {why}");
    }
    assert!(wrong.is_empty(), "answered wrong:\n{}", wrong.join("\n\n"));
}

#[test]
fn answers_like_the_documentation() {
    let Some(cases) = cases() else { return };
    let engine = engine(Database::new());
    let judged = |case: &Case| {
        case.deterministic
            && case.self_contained
            && case.setup.is_none()
            && !case.truncated
            && case.emulator_agrees != Some(false)
    };
    judge_all(cases.into_iter().filter(judged), |case| {
        let result = match run(&engine, &case.query) {
            Ok(result) => result,
            Err(error) => return failed(error),
        };
        if let Some(wrong) = wrong_columns(&result.columns, case) {
            return Verdict::Wrong(wrong);
        }
        let expected: Vec<Vec<Json>> = case
            .expected
            .rows
            .iter()
            .map(|row| {
                let cells = row.iter().zip(&result.columns);
                cells
                    .map(|(cell, column)| published(cell, column.scalar_type))
                    .collect()
            })
            .collect();
        let in_order = case.order_significant && case.emulator_agrees.is_none();
        match difference(&rows(&result), &expected, in_order) {
            None => Verdict::Right,
            Some(difference) => Verdict::Wrong(difference),
        }
    });
}

#[test]
fn columns_of_the_documentation_are_those_of_the_official_binder() {
    let Some(cases) = cases() else { return };
    let columns = STORM_EVENTS.split_whitespace().map(|column| {
        let (name, scalar_type) = column.split_once(':').unwrap();
        Column::new(name, scalar_type.parse().unwrap())
    });
    let mut database = Database::new();
    database.insert("StormEvents", Table::empty(columns.collect()));
    let engine = engine(database);
    let judged = |case: &Case| {
        let setup = case.setup.as_deref().unwrap_or_default();
        setup == ["Samples database: StormEvents"]
            && case
                .binder_schema
                .as_ref()
                .is_some_and(|columns| !columns.is_empty())
    };
    judge_all(cases.into_iter().filter(judged), |case| {
        match engine.check(&case.query) {
            Ok(columns) => wrong_columns(&columns, case).map_or(Verdict::Right, Verdict::Wrong),
            Err(error) => failed(error),
        }
    });
}

fn failed(error: EngineError) -> Verdict {
    match error {
        EngineError::NotSupported { what, .. } => Verdict::Refused(what),
        EngineError::ExternalData { location, .. } => Verdict::Refused(location),
        error => Verdict::Wrong(error.to_string()),
    }
}

fn wrong_columns(columns: &[Column], case: &Case) -> Option<String> {
    let found: Vec<(String, String)> = columns
        .iter()
        .map(|column| (column.name.clone(), column.scalar_type.to_string()))
        .collect();
    // The types of some functions differ between binder and emulator, which is right and has its own test.
    let expected = case
        .binder_schema
        .as_ref()
        .filter(|_| case.emulator_agrees.is_none())?;
    (found != *expected).then(|| format!("columns are {found:?}, not {expected:?}"))
}

/// A cell of a published table as `canonical` writes it: dynamics are marked, times are written with a blank, numbers with commas,
/// long integers as text, and `null` stands for null.
fn published(cell: &Json, scalar_type: ScalarType) -> Json {
    if let Some(value) = cell.get("$dynamic") {
        return value.clone();
    }
    let Some(text) = cell.as_str().map(str::trim) else {
        return cell.clone();
    };
    match scalar_type {
        ScalarType::String => cell.clone(),
        _ if ["", "null"].contains(&text) => Json::Null,
        ScalarType::DateTime if !text.ends_with('Z') && text.len() >= 19 => {
            let text = text.replacen(' ', "T", 1);
            Json::from(short(format!("{text}Z")))
        }
        ScalarType::Int | ScalarType::Long => match text.replace(',', "").parse::<i64>() {
            Ok(number) => Json::from(number),
            Err(_) => cell.clone(),
        },
        ScalarType::Bool => match text {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ => cell.clone(),
        },
        ScalarType::Real => text
            .replace(',', "")
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map_or_else(|| cell.clone(), Json::from),
        ScalarType::Decimal => Json::from(text.replace(',', "")),
        _ => cell.clone(),
    }
}
