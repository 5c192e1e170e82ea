//! Public hunting queries, where they are at hand: those over Defender tables run, none fails for a reason of the engine's own.
//!
//! A query is not over Defender tables when it names a table or column that advanced hunting does not have. Lists that a query reads
//! from elsewhere are made from the columns it declares.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tesem_engine::external::snapshot_file_name;
use tesem_engine::{Database, Engine, EngineError, EngineOptions, ExternalData, error::codes};
use tesem_kql::ast::{ColumnDeclaration, Expr, ExprKind, Literal, Property, Query};
use tesem_kql::types::ScalarType;
use tesem_kql::visit::{Visitor, walk_expr, walk_query};

use crate::canonical::run;

/// Queries that Kusto refuses over the hunting schema, too.
const WRONG_THERE: &[&str] = &[
    // Text compared with a number: Sentinel's column of that name is one.
    "jkerai1/KQL-Queries:0089",
    "jkerai1/KQL-Queries:0133",
    // Text expanded: Sentinel's column of that name is a dynamic.
    "reprise99/Sentinel-Queries:0105",
    // Regular expressions that are none.
    "microsoft/Microsoft-365-Defender-Hunting-Queries:0045",
    "microsoft/Microsoft-365-Defender-Hunting-Queries:0051",
    "microsoft/Microsoft-365-Defender-Hunting-Queries:0099",
    // A declaration without a query.
    "reprise99/Sentinel-Queries:0047",
];

/// How many of the queries over Defender tables must be answered.
const ANSWERED_MIN: f64 = 0.96;

#[test]
fn public_queries_run_or_are_refused() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let Ok(entries) = std::fs::read_dir(&directory) else {
        println!("skipped: {} is not there", directory.display());
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    paths.sort();
    let store = tempfile::tempdir().unwrap();
    let options = EngineOptions {
        external_data: ExternalData::none().with_snapshots(store.path()),
        ..EngineOptions::default()
    };
    let engine = Engine::new(Arc::new(Database::defender()), options).unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut details = String::new();
    for path in paths {
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let query = case["query"].as_str().unwrap();
            let id = &case["id"];
            write_lists(store.path(), &tesem_kql::parse(query).query);
            let outcome = match run(&engine, query) {
                Ok(_) => "answered",
                Err(EngineError::NotSupported { what, .. }) => {
                    writeln!(details, "REFUSED {id} | {what}").unwrap();
                    "refused"
                }
                Err(EngineError::Syntax(_)) => "not readable",
                Err(EngineError::Semantic(findings)) => {
                    let finding = &findings[0].diagnostic;
                    if finding.code == codes::UNKNOWN_TABLE {
                        "of other tables"
                    } else if finding.code == codes::UNKNOWN_COLUMN {
                        writeln!(details, "COLUMN {id} | {finding}").unwrap();
                        "of other columns"
                    } else if WRONG_THERE.contains(&id.as_str().unwrap()) {
                        "wrong there, too"
                    } else {
                        writeln!(details, "WRONG {id} | {finding}").unwrap();
                        "wrong"
                    }
                }
                Err(error) => {
                    failures.push(format!("{id}: {error}"));
                    "failed"
                }
            };
            *counts.entry(outcome).or_default() += 1;
        }
    }
    println!("{counts:?}");
    if let Some(report) = option_env!("TESEM_CORPUS_REPORT") {
        std::fs::write(report, details).unwrap();
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let count = |outcome: &str| counts.get(outcome).copied().unwrap_or_default() as f64;
    let share = count("answered") / (count("answered") + count("refused") + count("wrong"));
    assert!(share >= ANSWERED_MIN, "{share} are answered");
}

/// Writes a snapshot of every list that a query reads: a head and a record that fits the columns it declares.
fn write_lists(directory: &Path, query: &Query) {
    walk_query(&mut Lists { directory }, query);
}

struct Lists<'d> {
    directory: &'d Path,
}

impl Visitor for Lists<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::ExternalData {
            columns,
            locations,
            properties,
        } = &expr.kind
        {
            for location in locations {
                if let ExprKind::Literal(Literal::String(url)) = &location.kind {
                    let content = content(url, columns, properties);
                    std::fs::write(self.directory.join(snapshot_file_name(url)), content).unwrap();
                }
            }
        }
        walk_expr(self, expr);
    }
}

fn content(url: &str, columns: &[ColumnDeclaration], properties: &[Property]) -> String {
    let format = properties
        .iter()
        .find(|property| property.name.text == "format");
    let format = format.map(|property| match &property.value.kind {
        ExprKind::Name(name) => name.text.clone(),
        ExprKind::Literal(Literal::String(text)) => text.clone(),
        other => panic!("{other:?}"),
    });
    let cells = columns.iter().map(|column| cell(column.scalar_type));
    if format.as_deref().unwrap_or(url).ends_with("json") {
        let members = columns.iter().zip(cells);
        let members: Vec<String> = members
            .map(|(column, cell)| format!("{:?}: {cell:?}", column.name.text))
            .collect();
        return format!("{{{}}}\n", members.join(", "));
    }
    let cells: Vec<&str> = cells.collect();
    format!("head\n{}\n", cells.join(","))
}

fn cell(scalar_type: ScalarType) -> &'static str {
    match scalar_type {
        ScalarType::DateTime => "2024-05-01",
        ScalarType::Bool => "true",
        ScalarType::Guid => "01234567-89ab-cdef-0123-456789abcdef",
        ScalarType::String | ScalarType::Dynamic => "a.example",
        _ => "1",
    }
}
