//! One cell, from what the wire says to what it means.

use serde_json::{Map, Number, Value};

use super::{HuntingApi, HuntingType};

/// Ends the keys that say what type another key, or the object itself, has.
pub(super) const TYPE_ANNOTATION: &str = "@odata.type";

/// Digits after the second of a `datetime`: ticks of 100 ns.
const FRACTION_DIGITS: usize = 7;

/// The cell of a column that the row does not have.
pub(super) fn missing(kind: &HuntingType) -> Value {
    match kind {
        HuntingType::String => Value::String(String::new()),
        _ => Value::Null,
    }
}

/// The meaning of `value` in a column of type `kind`. What does not fit the type is kept as it is.
pub(super) fn normalise(api: HuntingApi, kind: &HuntingType, value: Value) -> Value {
    if is_null(api, kind, &value) {
        return missing(kind);
    }
    match kind {
        HuntingType::Bool => bool_of(value),
        HuntingType::DateTime => datetime_of(value),
        HuntingType::Int | HuntingType::Long => integer_of(value),
        HuntingType::Dynamic => dynamic_of(api, value),
        _ => value,
    }
}

/// Graph writes a null as `{}`. In a dynamic column of the other APIs that is an empty object.
fn is_null(api: HuntingApi, kind: &HuntingType, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) if object.is_empty() => {
            api == HuntingApi::Graph || *kind != HuntingType::Dynamic
        }
        _ => false,
    }
}

fn bool_of(value: Value) -> Value {
    match &value {
        Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Bool(number != 0),
            None => value,
        },
        Value::String(text) => match text.as_str() {
            "0" | "false" | "False" => Value::Bool(false),
            "1" | "true" | "True" => Value::Bool(true),
            _ => value,
        },
        _ => value,
    }
}

fn integer_of(value: Value) -> Value {
    let number = value.as_str().and_then(|text| text.parse::<i64>().ok());
    number.map_or(value, |number| Value::Number(Number::from(number)))
}

/// Services trim zeros at the end of the fraction; texts of one length sort by time.
fn datetime_of(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(with_seven_digits(text)),
        other => other,
    }
}

fn with_seven_digits(text: String) -> String {
    let Some(instant) = text.strip_suffix('Z') else {
        return text;
    };
    let (seconds, fraction) = instant.split_once('.').unwrap_or((instant, ""));
    let is_datetime = seconds.len() == "0000-00-00T00:00:00".len()
        && seconds.as_bytes().get(10) == Some(&b'T')
        && fraction.len() < FRACTION_DIGITS
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_datetime {
        return text;
    }
    format!("{seconds}.{fraction:0<FRACTION_DIGITS$}Z")
}

fn dynamic_of(api: HuntingApi, value: Value) -> Value {
    match value {
        // The older APIs also write a dynamic value as JSON text.
        Value::String(text) if api != HuntingApi::Graph => parsed(text),
        other => without_annotations(other),
    }
}

fn parsed(text: String) -> Value {
    if !text.trim_start().starts_with(['{', '[']) {
        return Value::String(text);
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// Depth is bounded by the JSON parser, which refuses more than 128 levels.
fn without_annotations(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(plain_object(object)),
        Value::Array(items) => Value::Array(items.into_iter().map(without_annotations).collect()),
        other => other,
    }
}

fn plain_object(object: Map<String, Value>) -> Map<String, Value> {
    let plain = object
        .into_iter()
        .filter(|(key, _)| !key.ends_with(TYPE_ANNOTATION));
    plain
        .map(|(key, value)| (key, without_annotations(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::HuntingApi::{Defender, Graph, Xdr};
    use super::HuntingType::{
        Bool, DateTime, Decimal, Dynamic, Guid, Int, Long, Other, Real, String as Text, TimeSpan,
    };
    use super::*;

    #[test]
    fn cells_by_type() {
        let cases = [
            (Bool, json!(1), json!(true)),
            (Bool, json!(0), json!(false)),
            (Bool, json!(true), json!(true)),
            (Bool, json!("1"), json!(true)),
            (Bool, json!("False"), json!(false)),
            (Bool, json!("maybe"), json!("maybe")),
            (Bool, json!(null), json!(null)),
            (Bool, json!({}), json!(null)),
            (
                DateTime,
                json!("2020-05-28T07:06:58.4340352Z"),
                json!("2020-05-28T07:06:58.4340352Z"),
            ),
            (
                DateTime,
                json!("2020-05-28T07:06:58.43Z"),
                json!("2020-05-28T07:06:58.4300000Z"),
            ),
            (
                DateTime,
                json!("2020-05-28T07:06:58Z"),
                json!("2020-05-28T07:06:58.0000000Z"),
            ),
            (DateTime, json!("2020-05-28"), json!("2020-05-28")),
            (
                DateTime,
                json!("2020-05-28T07:06:58.123456789Z"),
                json!("2020-05-28T07:06:58.123456789Z"),
            ),
            (
                DateTime,
                json!("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}Z"),
                json!("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}Z"),
            ),
            (DateTime, json!({}), json!(null)),
            (
                Long,
                json!(9_223_372_036_854_775_807_i64),
                json!(9_223_372_036_854_775_807_i64),
            ),
            (Long, json!("-42"), json!(-42)),
            (Long, json!("many"), json!("many")),
            (Int, json!({}), json!(null)),
            (Real, json!(0.5), json!(0.5)),
            (Real, json!("NaN"), json!("NaN")),
            (Text, json!("x"), json!("x")),
            (Text, json!(null), json!("")),
            (Text, json!({}), json!("")),
            (Decimal, json!("1.50"), json!("1.50")),
            (Guid, json!(null), json!(null)),
            (TimeSpan, json!("00:00:01"), json!("00:00:01")),
            (Other("New".to_owned()), json!([1]), json!([1])),
        ];
        for api in HuntingApi::ALL {
            for (kind, wire, expected) in &cases {
                assert_eq!(
                    normalise(api, kind, wire.clone()),
                    *expected,
                    "{api} {kind} {wire}"
                );
            }
        }
    }

    #[test]
    fn dynamic_cells_by_api() {
        let annotated = json!({
            "@odata.type": "#microsoft.graph.security.dynamicColumnValue",
            "tags@odata.type": "#Collection(String)",
            "tags": ["a", {"@odata.type": "#x", "b": true}],
        });
        let plain = json!({"tags": ["a", {"b": true}]});
        let cases = [
            (Graph, json!({}), json!(null)),
            (Xdr, json!({}), json!({})),
            (Graph, annotated.clone(), plain.clone()),
            (Defender, annotated, plain),
            (Xdr, json!("{\"a\":[1,2]}"), json!({"a": [1, 2]})),
            (Defender, json!("[\"x\"]"), json!(["x"])),
            (Defender, json!("[broken"), json!("[broken")),
            (Defender, json!("plain"), json!("plain")),
            (Graph, json!("[\"x\"]"), json!("[\"x\"]")),
            (Graph, json!(["x"]), json!(["x"])),
            (Graph, json!(7), json!(7)),
        ];
        for (api, wire, expected) in cases {
            assert_eq!(
                normalise(api, &Dynamic, wire.clone()),
                expected,
                "{api} {wire}"
            );
        }
    }
}
