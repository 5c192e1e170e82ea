//! Runs the queries once each and prints a line of JSON for each of them.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tesem_engine::{Database, Engine, EngineOptions, QueryResult, RunOptions};

use crate::queries;

/// Memory for one query: more than any of them needs.
const MEMORY_MAX: usize = 12 << 30;

/// Measures all queries, or the one of that name.
pub(crate) fn run(directory: &Path, threads: NonZero<usize>, only: Option<&str>) {
    let engine = engine(directory, threads);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for (name, query) in queries::all() {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let (result, elapsed) = runtime.block_on(measured(&engine, &query));
        let answer: Vec<String> = result
            .rows()
            .flatten()
            .map(|value| {
                value
                    .as_long()
                    .map_or("null".to_owned(), |number| number.to_string())
            })
            .collect();
        let milliseconds = elapsed.as_millis();
        println!(
            "{{\"query\":\"{name}\",\"milliseconds\":{milliseconds},\"answer\":[{}]}}",
            answer.join(",")
        );
    }
}

fn engine(directory: &Path, threads: NonZero<usize>) -> Engine {
    let mut database = Database::defender();
    for table in ["DeviceNetworkEvents", "DeviceProcessEvents"] {
        let file = directory.join(format!("{table}.parquet"));
        database.add_parquet(table, &file).unwrap();
    }
    let options = EngineOptions {
        threads,
        threads_per_query: threads,
        memory_max: MEMORY_MAX,
        ..EngineOptions::default()
    };
    Engine::new(Arc::new(database), options).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
async fn measured(engine: &Engine, query: &str) -> (QueryResult, Duration) {
    let options = RunOptions::at("2026-05-31T00:00:00Z".parse().unwrap());
    let start = std::time::Instant::now();
    let result = engine.run(query, &options).await.unwrap();
    (result, start.elapsed())
}
