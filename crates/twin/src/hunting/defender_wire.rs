//! Results as the Defender APIs write them: `Stats`, `Schema`, `Results`.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tesem_engine::{QueryResult, Value, ticks};
use uuid::Uuid;

use super::wire_type;
use crate::json_text;
use crate::options::{BoolCells, DynamicCells, UnverifiedBehaviour};

/// The whole body.
pub(super) fn write(
    result: &QueryResult,
    run_time: Duration,
    unverified: UnverifiedBehaviour,
) -> String {
    let rows = rows(result, unverified);
    let stats = stats(result.row_count(), rows.len(), run_time);
    let schema: Vec<Json> = result
        .columns
        .iter()
        .map(|column| json!({"Name": column.name, "Type": wire_type::name(column.scalar_type)}))
        .collect();
    format!(
        "{{\"Stats\":{stats},\"Schema\":{},\"Results\":{rows}}}",
        Json::from(schema)
    )
}

fn rows(result: &QueryResult, unverified: UnverifiedBehaviour) -> String {
    let keys: Vec<String> = result
        .columns
        .iter()
        .map(|column| json_text::key(&column.name))
        .collect();
    let mut out = String::from("[");
    for row in result.rows() {
        json_text::separate(&mut out, '[');
        out.push('{');
        for (key, value) in keys.iter().zip(&row) {
            json_text::separate(&mut out, '{');
            out.push_str(key);
            push_cell(value, unverified, &mut out);
        }
        out.push('}');
    }
    out.push(']');
    out
}

fn push_cell(value: &Value, unverified: UnverifiedBehaviour, out: &mut String) {
    match value {
        Value::Null(_) => out.push_str("null"),
        Value::Bool(value) => out.push_str(match (unverified.bool_cells, value) {
            (BoolCells::Number, true) => "1",
            (BoolCells::Number, false) => "0",
            (BoolCells::Literal, true) => "true",
            (BoolCells::Literal, false) => "false",
        }),
        Value::Dynamic(value) => match unverified.dynamic_cells {
            DynamicCells::Json => out.push_str(&value.to_json()),
            DynamicCells::Text => json_text::push_string(&value.to_text(), out),
        },
        scalar => push_scalar(scalar, out),
    }
}

/// A cell that all faces write in the same way. Nulls, bools and dynamics are not among them and give nothing.
pub(super) fn push_scalar(value: &Value, out: &mut String) {
    match value {
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::Long(value) => out.push_str(&value.to_string()),
        Value::Real(value) => json_text::push_real(*value, out),
        Value::Decimal(value) => json_text::push_string(&value.to_string(), out),
        Value::String(value) => json_text::push_string(value, out),
        Value::DateTime(value) => json_text::push_string(&ticks::datetime_text(*value), out),
        Value::TimeSpan(value) => json_text::push_string(&ticks::timespan_text(*value), out),
        Value::Guid(value) => json_text::push_string(&Uuid::from_u128(*value).to_string(), out),
        Value::Null(_) | Value::Bool(_) | Value::Dynamic(_) => {}
    }
}

/// The statistics, with what the twin knows: the time and the result. There is no cache, so nothing hit it.
fn stats(rows: usize, bytes: usize, run_time: Duration) -> Json {
    let cache = json!({"hits": 0, "misses": 0, "total": 0});
    let cpu = ticks::timespan_text(i64::try_from(run_time.as_nanos() / 100).unwrap_or(i64::MAX));
    json!({
        "ExecutionTime": run_time.as_secs_f64(),
        "resource_usage": {
            "cache": {"memory": cache, "disk": cache},
            "cpu": {"user": cpu, "kernel": ticks::timespan_text(0), "total cpu": cpu},
            "memory": {"peak_per_node": bytes},
        },
        "dataset_statistics": [{"table_row_count": rows, "table_size": bytes}],
    })
}
