//! Answers in a form that can be compared and written down.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use tesem_engine::{
    Database, DynamicValue, Engine, EngineError, EngineOptions, QueryResult, RunOptions, Value,
    ticks,
};

/// The time at which tests run their queries.
pub(crate) const NOW: &str = "2024-05-06T07:08:09.1234567Z";

/// An engine over a database.
pub(crate) fn engine(database: Database) -> Engine {
    Engine::new(Arc::new(database), EngineOptions::default()).unwrap()
}

/// Runs a query on a runtime of its own.
pub(crate) fn run(engine: &Engine, query: &str) -> Result<QueryResult, EngineError> {
    let options = RunOptions::at(NOW.parse().unwrap());
    run_with(engine, query, &options)
}

/// Runs a query with options on a runtime of its own.
pub(crate) fn run_with(
    engine: &Engine,
    query: &str,
    options: &RunOptions,
) -> Result<QueryResult, EngineError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(engine.run(query, options))
}

/// Asserts the column names and rows of queries that come after `declarations`.
pub(crate) fn check_answers(declarations: &str, cases: &[(&str, &str, Json)]) {
    let engine = engine(Database::new());
    for (query, columns, expected) in cases {
        let result = run(&engine, &format!("{declarations}{query}"))
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        let names: Vec<&str> = result
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names.join(" "), *columns, "{query}");
        let found: Json = rows(&result).into_iter().map(Json::from).collect();
        assert_eq!(found, *expected, "{query}");
    }
}

/// Asserts what queries that come after `declarations` are refused for.
pub(crate) fn check_refusals(declarations: &str, cases: &[(&str, &str)]) {
    let engine = engine(Database::new());
    for (query, expected) in cases {
        match run(&engine, &format!("{declarations}{query}")) {
            Err(EngineError::NotSupported { what, .. }) => assert_eq!(what, *expected, "{query}"),
            other => panic!("{query}: {other:?}"),
        }
    }
}

/// Asserts that queries that come after `declarations` are wrong.
pub(crate) fn check_mistakes(declarations: &str, queries: &[&str]) {
    let engine = engine(Database::new());
    for query in queries {
        let result = run(&engine, &format!("{declarations}{query}"));
        assert!(
            matches!(result, Err(EngineError::Semantic(_))),
            "{query}: {result:?}"
        );
    }
}

/// The rows of an answer as JSON arrays.
pub(crate) fn rows(result: &QueryResult) -> Vec<Vec<Json>> {
    result
        .rows()
        .map(|row| row.iter().map(cell).collect())
        .collect()
}

/// A value as JSON: times and decimals as text, dynamics as what they hold.
pub(crate) fn cell(value: &Value) -> Json {
    match value {
        Value::Null(_) => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Long(value) => json!(value),
        Value::Real(value) => real(*value),
        Value::Decimal(value) => json!(value.to_string()),
        Value::String(value) => json!(value),
        Value::DateTime(value) => json!(short(ticks::datetime_text(*value))),
        Value::TimeSpan(value) => json!(ticks::timespan_text(*value)),
        Value::Guid(value) => json!(uuid::Uuid::from_u128(*value).to_string()),
        Value::Dynamic(value) => dynamic(value),
    }
}

fn real(value: f64) -> Json {
    if value.is_nan() {
        json!("NaN")
    } else if value.is_infinite() {
        json!(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        json!(value)
    }
}

fn dynamic(value: &DynamicValue) -> Json {
    match value {
        DynamicValue::Null => Json::Null,
        DynamicValue::Bool(value) => json!(value),
        DynamicValue::Long(value) => json!(value),
        DynamicValue::Real(value) => real(*value),
        DynamicValue::Decimal(value) => json!(value.to_string()),
        DynamicValue::DateTime(value) => json!(ticks::datetime_text(*value)),
        DynamicValue::TimeSpan(value) => json!(ticks::timespan_text(*value)),
        DynamicValue::Guid(value) => json!(uuid::Uuid::from_u128(*value).to_string()),
        DynamicValue::String(value) => json!(value),
        DynamicValue::Array(items) => items.iter().map(dynamic).collect(),
        DynamicValue::Bag(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), dynamic(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// A time without the zeros at its end.
pub(crate) fn short(text: String) -> String {
    match text.strip_suffix('Z') {
        Some(rest) if rest.contains('.') => {
            let rest = rest.trim_end_matches('0').trim_end_matches('.');
            format!("{rest}Z")
        }
        _ => text,
    }
}
