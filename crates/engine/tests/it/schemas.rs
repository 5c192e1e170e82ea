//! The columns that Microsoft's binder gives to public hunting queries, where they are at hand.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use serde::Deserialize;
use tesem_engine::{Column, Database, EngineError, Table};

use crate::canonical::engine;

/// Words of queries for other schemas than the one at hand: columns that Sentinel has and advanced hunting has not.
const OTHER_SCHEMA: &[&str] = &["AccountUPN", "ISP", "MachineGroup", "_BilledSize"];

/// Columns that only Sentinel's tables have.
const OTHER_COLUMNS: &[&str] = &["TenantId", "OnPremObjectId"];

/// Queries that get other columns for a known reason.
const ELSEWHERE: &[&str] = &[
    // Regular expressions that Kusto refuses only when it runs them.
    "schema:microsoft/Microsoft-365-Defender-Hunting-Queries:0045",
    "schema:microsoft/Microsoft-365-Defender-Hunting-Queries:0051",
    "schema:microsoft/Microsoft-365-Defender-Hunting-Queries:0099",
    // Sentinel's `IdentityInfo`, which has other columns under the same name.
    "schema:jkerai1/KQL-Queries:0051",
    "schema:reprise99/Sentinel-Queries:0666",
    // `parse` into a column that is there already: the official binder lists both, the service has one.
    "schema:reprise99/Sentinel-Queries:0066",
    "schema:reprise99/Sentinel-Queries:0067",
    // Two statements: the official binder gives the columns of the last one, the engine those of the first.
    "schema:microsoft/Microsoft-365-Defender-Hunting-Queries:0312",
    // A member of a bag, which becomes a column where the query names it.
    "schema:reprise99/Sentinel-Queries:0311",
    // `Column2` although no other column is unnamed.
    "schema:reprise99/Sentinel-Queries:0397",
];

#[derive(Deserialize)]
struct Case {
    id: String,
    query: String,
    expected: Expected,
}

#[derive(Deserialize)]
struct Expected {
    columns: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Schemas {
    tables: BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
}

#[test]
fn columns_are_those_of_the_official_binder() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let read = |name: &str| std::fs::read_to_string(directory.join(name));
    let (Ok(cases), Ok(schemas)) = (read("kql-binder.jsonl"), read("binder-schema.json")) else {
        println!("skipped: {} is not there", directory.display());
        return;
    };
    let engine = engine(database(&serde_json::from_str(&schemas).unwrap()));
    let (mut right, mut wrong) = (0, 0);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let mut details = String::new();
    for line in cases.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        if is_for_other_schema(&case) || ELSEWHERE.contains(&case.id.as_str()) {
            continue;
        }
        match engine.check(&case.query) {
            Ok(columns) if shown(&columns) == case.expected.columns => right += 1,
            Ok(columns) => {
                wrong += 1;
                let difference = difference(&shown(&columns), &case.expected.columns);
                writeln!(
                    details,
                    "WRONG {} | {difference}\n{}\n",
                    case.id, case.query
                )
                .unwrap();
            }
            Err(EngineError::Semantic(findings)) if lacks_table(&findings) => {}
            Err(EngineError::NotSupported { what, .. }) => {
                writeln!(details, "REFUSED {} | {what}", case.id).unwrap();
                *refused.entry(what).or_default() += 1;
            }
            Err(error) => {
                wrong += 1;
                writeln!(details, "WRONG {} | {error}\n{}\n", case.id, case.query).unwrap();
            }
        }
    }
    let refusals: usize = refused.values().sum();
    println!("right {right}, refused {refusals}, wrong {wrong}");
    if let Some(report) = option_env!("TESEM_SCHEMAS_REPORT") {
        std::fs::write(report, &details).unwrap();
    }
    assert!(wrong == 0, "{wrong} queries get wrong columns:\n{details}");
}

fn is_for_other_schema(case: &Case) -> bool {
    let columns = case.expected.columns.iter();
    OTHER_SCHEMA.iter().any(|word| case.query.contains(word))
        || columns
            .map(|(name, _)| name.as_str())
            .any(|name| OTHER_COLUMNS.contains(&name))
}

/// Some queries read tables that are not in the schema at hand.
fn lacks_table(findings: &[tesem_engine::Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.diagnostic.code == tesem_engine::error::codes::UNKNOWN_TABLE)
}

fn database(schemas: &Schemas) -> Database {
    let mut database = Database::new();
    for (name, columns) in &schemas.tables {
        let columns = columns.iter().map(|(name, scalar_type)| {
            Column::new(name, scalar_type.as_str().unwrap().parse().unwrap())
        });
        let table = Table::empty(columns.collect());
        let time = ("TimeGenerated".to_owned(), "Timestamp".to_owned());
        database.insert(name, table.with_second_names(vec![time]));
    }
    database
}

fn shown(columns: &[Column]) -> Vec<(String, String)> {
    columns
        .iter()
        .map(|column| (column.name.clone(), column.scalar_type.to_string()))
        .collect()
}

fn difference(found: &[(String, String)], expected: &[(String, String)]) -> String {
    let place = found.iter().zip(expected).position(|(a, b)| a != b);
    let place = place.unwrap_or(found.len().min(expected.len()));
    format!(
        "column {place} is {:?}, not {:?} ({} and {} columns)",
        found.get(place),
        expected.get(place),
        found.len(),
        expected.len()
    )
}
