//! Encoded values as text.

use std::fmt::Write as _;

use super::{Dynamic, View};
use crate::ticks;

/// Appends the value as compact JSON.
///
/// Datetimes, timespans, guids and decimals are JSON strings of their usual text; numbers that
/// JSON does not have (`NaN`, infinities) are strings too.
pub fn push_json(value: Dynamic<'_>, out: &mut String) {
    match value.view_or_null() {
        View::Null => out.push_str("null"),
        View::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        View::Long(value) => push_long(value, out),
        View::Real(value) if value.is_finite() => push_json_real(value, out),
        View::String(text) => push_quoted(text, out),
        View::Array(array) => {
            out.push('[');
            for (position, item) in array.iter().enumerate() {
                push_comma(position, out);
                push_json(item, out);
            }
            out.push(']');
        }
        View::Bag(bag) => {
            out.push('{');
            for (position, (key, item)) in bag.iter().enumerate() {
                push_comma(position, out);
                push_quoted(key, out);
                out.push(':');
                push_json(item, out);
            }
            out.push('}');
        }
        _ => {
            out.push('"');
            push_text(value, out);
            out.push('"');
        }
    }
}

/// Appends the value as `tostring` gives it: a string without quotes, null as nothing.
pub fn push_text(value: Dynamic<'_>, out: &mut String) {
    match value.view_or_null() {
        View::Array(_) | View::Bag(_) => push_json(value, out),
        scalar => push_scalar(scalar, out),
    }
}

/// Appends a scalar as `tostring` gives it. Arrays and bags need [`push_text`] and give nothing.
pub fn push_scalar(view: View<'_>, out: &mut String) {
    match view {
        View::Null | View::Array(_) | View::Bag(_) => {}
        View::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        View::Long(value) => push_long(value, out),
        View::String(text) => out.push_str(text),
        View::Real(value) => push_real(value, out),
        View::Decimal(value) => push_display(value, out),
        View::DateTime(value) => out.push_str(&ticks::datetime_text(value)),
        View::TimeSpan(value) => out.push_str(&ticks::timespan_text(value)),
        View::Guid(value) => push_display(uuid::Uuid::from_u128(value).hyphenated(), out),
    }
}

/// The value as compact JSON.
#[must_use]
pub fn to_json(value: Dynamic<'_>) -> String {
    let mut out = String::new();
    push_json(value, &mut out);
    out
}

/// The value as `tostring` gives it.
#[must_use]
pub fn to_text(value: Dynamic<'_>) -> String {
    let mut out = String::new();
    push_text(value, &mut out);
    out
}

/// Appends a real as the language prints it: the fewest digits that read back as the same number,
/// and always a point or an exponent (`1.0`, `0.1`, `1e+20`).
pub fn push_real(value: f64, out: &mut String) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else if value != 0.0 && !(1e-5..1e16).contains(&value.abs()) {
        push_exponent(value, out);
    } else {
        // `Debug` prints the shortest digits and keeps `.0`.
        push_display(format_args!("{value:?}"), out);
    }
}

/// Appends a finite real inside JSON: with the digits of the algorithm Grisu2, which read back as the
/// same number but are not always the closest ones. Observed answers show them.
fn push_json_real(value: f64, out: &mut String) {
    if value != 0.0 && !(1e-5..1e16).contains(&value.abs()) {
        push_real(value, out);
    } else {
        out.push_str(dtoa::Buffer::new().format_finite(value));
    }
}

fn push_exponent(value: f64, out: &mut String) {
    let start = out.len();
    push_display(format_args!("{value:e}"), out);
    let Some(exponent_at) = out.get(start..).and_then(|text| text.find('e')) else {
        return;
    };
    let exponent = out.split_off(start + exponent_at + 1);
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent.as_str()),
    };
    out.push(sign);
    push_display(format_args!("{digits:0>2}"), out);
}

fn push_long(value: i64, out: &mut String) {
    push_display(value, out);
}

fn push_display(value: impl std::fmt::Display, out: &mut String) {
    // Writing to a `String` cannot fail.
    let _ = write!(out, "{value}");
}

fn push_comma(position: usize, out: &mut String) {
    if position > 0 {
        out.push(',');
    }
}

/// Appends text as a JSON string.
fn push_quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut copied = 0;
    for (position, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(text.get(copied..position).unwrap_or_default());
        copied = position + 1;
        if escape.is_empty() {
            push_display(format_args!("\\u{byte:04x}"), out);
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out.push('"');
}
