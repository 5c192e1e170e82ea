//! Public hunting queries over the Defender tables, where they are at hand: none may fail for a reason of the engine's own.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tesem_engine::{Database, EngineError, error::codes};

use crate::canonical::{engine, run};

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
    let engine = engine(Database::defender());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for path in paths {
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let query = case["query"].as_str().unwrap();
            let outcome = match run(&engine, query) {
                Ok(_) => "answered",
                Err(EngineError::NotSupported { .. }) => "refused",
                Err(EngineError::Syntax(_)) => "not readable",
                Err(EngineError::Semantic(findings)) => match findings[0].diagnostic.code {
                    codes::UNKNOWN_TABLE => "of other tables",
                    _ => "wrong",
                },
                Err(error) => {
                    failures.push(format!("{}: {error}", case["id"]));
                    "failed"
                }
            };
            *counts.entry(outcome).or_default() += 1;
        }
    }
    println!("{counts:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
