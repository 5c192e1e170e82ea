//! Columns of foreign Arrow types as columns of KQL types.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder, StringViewArray};
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, Operator, binary_expr, cast, lit};
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use crate::bound::Bound;
use crate::dynamic;
use crate::kernel;
use crate::ticks;
use crate::types;

/// The same strings, nulls being empty.
pub(super) fn without_null_strings(array: &ArrayRef) -> ArrayRef {
    match array.as_string_view_opt() {
        Some(strings) if array.null_count() > 0 => {
            let filled: StringViewArray = strings
                .iter()
                .map(|text| Some(text.unwrap_or_default()))
                .collect();
            Arc::new(filled)
        }
        _ => Arc::clone(array),
    }
}

/// The KQL type that an Arrow column has by itself.
pub(super) fn natural_type(data_type: &DataType) -> Option<ScalarType> {
    Some(match data_type {
        DataType::Boolean => ScalarType::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => {
            ScalarType::Int
        }
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => ScalarType::Long,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => ScalarType::Real,
        DataType::Decimal128(..) | DataType::Decimal256(..) => ScalarType::Decimal,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ScalarType::String,
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => ScalarType::DateTime,
        DataType::Duration(_) => ScalarType::TimeSpan,
        DataType::FixedSizeBinary(16) => ScalarType::Guid,
        DataType::Dictionary(_, values) => return natural_type(values),
        _ => return None,
    })
}

/// The column as a value of `target`; `None` where that cannot be done.
pub(super) fn converted(column: Expr, stored: &DataType, target: ScalarType) -> Option<Expr> {
    let natural = natural_type(stored)?;
    match (natural, target) {
        (ScalarType::DateTime, ScalarType::DateTime) => ticks_of_time(column, stored),
        (ScalarType::TimeSpan, ScalarType::TimeSpan) => ticks_of_duration(column, stored),
        // Our own files keep ticks.
        (ScalarType::Long, ScalarType::DateTime | ScalarType::TimeSpan) => Some(column),
        (ScalarType::String, ScalarType::Dynamic) => {
            Some(parsed_json(cast(column, DataType::Utf8View)))
        }
        (ScalarType::String, ScalarType::String) => Some(filled(cast(column, DataType::Utf8View))),
        (_, ScalarType::String) if !matches!(natural, ScalarType::Guid) => {
            Some(filled(cast(column, DataType::Utf8View)))
        }
        (natural, target) if natural == target || widens(natural, target) => {
            Some(cast(column, types::physical(target)))
        }
        _ => None,
    }
}

fn widens(natural: ScalarType, target: ScalarType) -> bool {
    matches!(
        (natural, target),
        (
            ScalarType::Int | ScalarType::Long | ScalarType::Real,
            ScalarType::Long | ScalarType::Real | ScalarType::Int
        ) | (
            ScalarType::Int | ScalarType::Long | ScalarType::Real,
            ScalarType::Decimal
        ) | (ScalarType::Int | ScalarType::Long, ScalarType::Bool)
    )
}

/// Nulls as empty strings.
fn filled(text: Expr) -> Expr {
    datafusion::functions::core::expr_fn::coalesce(vec![
        text,
        lit(ScalarValue::Utf8View(Some(String::new()))),
    ])
}

fn ticks_of_time(column: Expr, stored: &DataType) -> Option<Expr> {
    let unit = match stored {
        DataType::Timestamp(unit, _) => *unit,
        DataType::Date32 | DataType::Date64 => {
            let seconds = cast(column, DataType::Timestamp(TimeUnit::Second, None));
            return ticks_of_time(seconds, &DataType::Timestamp(TimeUnit::Second, None));
        }
        _ => return None,
    };
    let since_epoch = ticks_of_count(cast(column, DataType::Int64), unit);
    Some(binary_expr(
        since_epoch,
        Operator::Plus,
        lit(ticks::UNIX_EPOCH),
    ))
}

fn ticks_of_duration(column: Expr, stored: &DataType) -> Option<Expr> {
    match stored {
        DataType::Duration(unit) => Some(ticks_of_count(cast(column, DataType::Int64), *unit)),
        _ => None,
    }
}

fn ticks_of_count(count: Expr, unit: TimeUnit) -> Expr {
    match unit {
        TimeUnit::Second => binary_expr(count, Operator::Multiply, lit(ticks::PER_SECOND)),
        TimeUnit::Millisecond => binary_expr(count, Operator::Multiply, lit(10_000_i64)),
        TimeUnit::Microsecond => binary_expr(count, Operator::Multiply, lit(10_i64)),
        TimeUnit::Nanosecond => binary_expr(count, Operator::Divide, lit(100_i64)),
    }
}

/// Text as a dynamic: JSON is read, anything else is a string, nothing is null.
fn parsed_json(text: Expr) -> Expr {
    let text = Bound {
        nullable: true,
        ..Bound::new(text, ScalarType::String, Span::default())
    };
    let parsed = kernel::call(
        "parse_json",
        vec![text],
        ScalarType::Dynamic,
        Span::default(),
        |input| {
            let texts = input.strings(0)?;
            let mut parsed = BinaryViewBuilder::with_capacity(texts.len());
            for text in &texts {
                match text {
                    Some(text) if !text.is_empty() => {
                        parsed.append_value(dynamic::from_json(text));
                    }
                    _ => parsed.append_null(),
                }
            }
            Ok(Arc::new(parsed.finish()))
        },
    );
    parsed.expr
}
