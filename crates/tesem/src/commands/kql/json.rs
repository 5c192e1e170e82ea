//! Values, columns and errors of the engine as JSON.

use serde::Serialize;
use serde_json::{Map, Number, Value as Json, json};
use tesem_engine::{DynamicValue, EngineError, Value, decimal::Decimal, ticks};
use tesem_kql::{Diagnostic, Span};

/// What is wrong with a query, for machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct JsonError {
    /// `KQL…`, or a word for what has no place in the text.
    pub(super) code: String,
    /// One sentence.
    pub(super) message: String,
    /// Where, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) span: Option<Span>,
}

impl JsonError {
    fn new(code: &str, message: &EngineError) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_string(),
            span: None,
        }
    }

    /// One finding.
    pub(super) fn of_diagnostic(diagnostic: &Diagnostic) -> Self {
        let hint = diagnostic
            .hint
            .as_ref()
            .map(|hint| format!(" ({hint})"))
            .unwrap_or_default();
        Self {
            code: diagnostic.code.to_owned(),
            message: format!("{}{hint}", diagnostic.message),
            span: Some(diagnostic.span),
        }
    }

    /// The first thing that is wrong.
    pub(super) fn of(error: &EngineError) -> Self {
        if let Some(first) = diagnostics(error).first() {
            return Self::of_diagnostic(first);
        }
        match error {
            EngineError::TooManyRows { .. } | EngineError::ResultTooLarge { .. } => {
                Self::new("result-too-large", error)
            }
            EngineError::LimitsExceeded(_) => Self::new("limits-exceeded", error),
            EngineError::TimedOut(_) => Self::new("timed-out", error),
            _ => Self::new("failed", error),
        }
    }
}

/// The code of what this engine does not have.
const NOT_SUPPORTED: &str = "not-supported";

/// The code of external data that cannot be read.
const EXTERNAL_DATA: &str = "external-data";

/// What is wrong with a query, as far as it has a place in the text.
pub(super) fn diagnostics(error: &EngineError) -> Vec<Diagnostic> {
    match error {
        EngineError::Syntax(diagnostics) => diagnostics.clone(),
        EngineError::Semantic(findings) => findings
            .iter()
            .map(|finding| finding.diagnostic.clone())
            .collect(),
        EngineError::NotSupported { what, span } => {
            vec![Diagnostic::error(
                NOT_SUPPORTED,
                format!("{what} is not supported"),
                *span,
            )]
        }
        EngineError::ExternalData { span, .. } => {
            vec![Diagnostic::error(EXTERNAL_DATA, error.to_string(), *span)]
        }
        _ => Vec::new(),
    }
}

/// A cell. Numbers that JSON does not have are strings, as are datetime, timespan, guid and decimal.
pub(super) fn cell(value: &Value) -> Json {
    match value {
        Value::Null(_) => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => json!(value),
        Value::Long(value) => json!(value),
        Value::Real(value) => real(*value),
        Value::Decimal(value) => decimal(*value),
        Value::String(text) => json!(text),
        Value::DateTime(ticks) => json!(ticks::datetime_text(*ticks)),
        Value::TimeSpan(ticks) => json!(ticks::timespan_text(*ticks)),
        Value::Guid(bits) => json!(guid(*bits)),
        Value::Dynamic(value) => dynamic(value),
    }
}

fn real(value: f64) -> Json {
    let special = if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    Number::from_f64(value).map_or_else(|| json!(special), Json::Number)
}

fn decimal(value: Decimal) -> Json {
    json!(value.to_string())
}

/// `01234567-89ab-cdef-0123-456789abcdef`.
fn guid(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    let parts: Vec<&str> = parts
        .into_iter()
        .filter_map(|range| hex.get(range))
        .collect();
    parts.join("-")
}

fn dynamic(value: &DynamicValue) -> Json {
    match value {
        DynamicValue::Null => Json::Null,
        DynamicValue::Bool(value) => Json::Bool(*value),
        DynamicValue::Long(value) => json!(value),
        DynamicValue::Real(value) => real(*value),
        DynamicValue::Decimal(value) => decimal(*value),
        DynamicValue::DateTime(ticks) => json!(ticks::datetime_text(*ticks)),
        DynamicValue::TimeSpan(ticks) => json!(ticks::timespan_text(*ticks)),
        DynamicValue::Guid(bits) => json!(guid(*bits)),
        DynamicValue::String(text) => json!(text),
        DynamicValue::Array(items) => items.iter().map(dynamic).collect(),
        DynamicValue::Bag(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.to_string(), dynamic(value)));
            Json::Object(entries.collect::<Map<String, Json>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_what_json_cannot_say() {
        let cases = [
            (Value::Real(f64::NAN), json!("NaN")),
            (Value::Real(f64::NEG_INFINITY), json!("-Infinity")),
            (
                Value::Guid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
                json!("01234567-89ab-cdef-0123-456789abcdef"),
            ),
            (Value::DateTime(0), json!("0001-01-01T00:00:00.0000000Z")),
            (Value::String(String::new()), json!("")),
        ];
        for (value, expected) in cases {
            assert_eq!(cell(&value), expected);
        }
    }
}
