//! How large values are.

use tesem_kql::types::ScalarType;

use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::kernels::rows;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "estimate_data_size",
    1..=usize::MAX,
    ResultName::Default,
    estimate_data_size,
)];

/// The bytes of a value of a type; none where they depend on the value or are not published.
const fn width(scalar_type: ScalarType) -> Option<i64> {
    match scalar_type {
        ScalarType::Bool => Some(1),
        ScalarType::Int => Some(4),
        ScalarType::Long | ScalarType::Real | ScalarType::DateTime | ScalarType::TimeSpan => {
            Some(8)
        }
        ScalarType::Guid => Some(16),
        ScalarType::Decimal | ScalarType::String | ScalarType::Dynamic => None,
    }
}

/// `estimate_data_size(columns…)`: the bytes of the values of a row; a `*` stands for all columns.
///
/// Source: learn.microsoft.com/kusto/query/estimate-data-size-function and …/scalar-data-types.
fn estimate_data_size(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Bound, CallError> {
    let (mut fixed, mut texts) = (0, Vec::new());
    for argument in arguments {
        match (width(argument.scalar_type), argument.scalar_type) {
            (Some(width), _) => fixed += width,
            (None, ScalarType::String) => texts.push(argument),
            (None, other) => {
                return Err(context.not_supported(format!("estimate_data_size() of a {other}")));
            }
        }
    }
    let count = texts.len();
    let (long, span) = (ScalarType::Long, context.span);
    Ok(kernel::call(
        "estimate_data_size",
        texts,
        long,
        span,
        move |input| {
            let texts: Vec<Cells> = (0..count)
                .map(|place| Cells::of(input, place, ScalarType::String))
                .collect::<Result<_, _>>()?;
            rows::longs(input.rows, |row| {
                let bytes = |cells: &Cells| match cells.view(row) {
                    crate::dynamic::View::String(text) => {
                        i64::try_from(text.len()).unwrap_or(i64::MAX)
                    }
                    _ => 0,
                };
                Some(texts.iter().map(bytes).fold(fixed, i64::saturating_add))
            })
        },
    ))
}
