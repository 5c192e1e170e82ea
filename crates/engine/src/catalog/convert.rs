//! Columns of foreign Arrow types as columns of KQL types.

use std::sync::Arc;

use datafusion::arrow::array::{Array, BinaryViewBuilder};
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::logical_expr::{Expr, cast};
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use super::stored;
use crate::bound::Bound;
use crate::dynamic;
use crate::kernel;
use crate::types;

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
        (ScalarType::String, ScalarType::Dynamic) => Some(parsed_json(views(column, stored))),
        (ScalarType::String, ScalarType::String) => Some(stored::text_of(views(column, stored))),
        (_, ScalarType::String) if !matches!(natural, ScalarType::Guid) => {
            Some(stored::text_of(views(column, stored)))
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

fn ticks_of_time(column: Expr, stored: &DataType) -> Option<Expr> {
    match stored {
        DataType::Timestamp(unit, zone) => Some(stored::ticks_of_time(column, *unit, zone.clone())),
        DataType::Date32 | DataType::Date64 => {
            let seconds = cast(column, DataType::Timestamp(TimeUnit::Second, None));
            Some(stored::ticks_of_time(seconds, TimeUnit::Second, None))
        }
        _ => None,
    }
}

fn ticks_of_duration(column: Expr, stored: &DataType) -> Option<Expr> {
    match stored {
        DataType::Duration(unit) => Some(stored::ticks_of_duration(column, *unit)),
        _ => None,
    }
}

/// A column as string views.
fn views(column: Expr, stored: &DataType) -> Expr {
    match stored {
        DataType::Utf8View => column,
        _ => cast(column, DataType::Utf8View),
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
