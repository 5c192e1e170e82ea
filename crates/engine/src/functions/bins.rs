//! Rounding down to multiples.

use datafusion::arrow::array::{Int64Array, PrimitiveArray};
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use datafusion::scalar::ScalarValue;
use std::sync::Arc;
use tesem_kql::types::ScalarType;

use super::arguments::{Arguments, is_number};
use super::common::unify;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel::{self, Input};
use crate::kernels::rows;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("bin", 2..=2, ResultName::FirstArgument, bin),
    function("floor", 2..=2, ResultName::FirstArgument, bin),
    function("bin_at", 3..=3, ResultName::FirstArgument, bin_at),
];

/// `bin(value, size)`, `floor(value, size)`: the greatest multiple of the size that is not above
/// the value; datetimes are counted from 0001-01-01. Null for a size that is not positive.
///
/// Source: learn.microsoft.com/kusto/query/bin-function.
fn bin(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    use ScalarType::{DateTime, Int, TimeSpan};
    let types: Vec<ScalarType> = arguments.iter().map(|value| value.scalar_type).collect();
    match *types.as_slice() {
        [value @ (DateTime | TimeSpan), TimeSpan] => Ok(kernel::call(
            "bin",
            arguments,
            value,
            context.span,
            long_bins,
        )),
        [value, size] if is_number(value) && is_number(size) => {
            let (common, inputs) = unify(context, arguments)?;
            match common {
                Int => Ok(kernel::call("bin", inputs, common, context.span, int_bins)),
                ScalarType::Long => {
                    Ok(kernel::call("bin", inputs, common, context.span, long_bins))
                }
                ScalarType::Real => {
                    Ok(kernel::call("bin", inputs, common, context.span, real_bins))
                }
                _ => Err(context.not_supported("bin() of decimals")),
            }
        }
        _ => Err(mismatch(context, &types)),
    }
}

fn mismatch(context: &CallContext<'_>, types: &[ScalarType]) -> CallError {
    let types: Vec<&str> = types.iter().map(|scalar_type| scalar_type.name()).collect();
    context.invalid(format!(
        "{}() does not take arguments of type ({})",
        context.function,
        types.join(", ")
    ))
}

fn int_bins(input: &Input<'_>) -> rows::Column {
    let (values, sizes) = (input.ints(0)?, input.ints(1)?);
    if let Some(ScalarValue::Int32(Some(size @ 1..))) = input.scalar(1) {
        let bins: PrimitiveArray<Int32Type> = values.unary(|value| floor_int(value, *size));
        return Ok(Arc::new(bins));
    }
    rows::ints(input.rows, |row| {
        let size = rows::at(&sizes, row).filter(|&size| size > 0)?;
        Some(floor_int(rows::at(&values, row)?, size))
    })
}

fn floor_int(value: i32, size: i32) -> i32 {
    value.wrapping_sub(value.rem_euclid(size))
}

fn long_bins(input: &Input<'_>) -> rows::Column {
    let (values, sizes) = (input.longs(0)?, input.longs(1)?);
    if let Some(ScalarValue::Int64(Some(size @ 1..))) = input.scalar(1) {
        let bins: PrimitiveArray<Int64Type> = values.unary(|value| floor_long(value, *size));
        return Ok(Arc::new(bins));
    }
    rows::longs(input.rows, |row| {
        let size = rows::at(&sizes, row).filter(|&size| size > 0)?;
        Some(floor_long(rows::at(&values, row)?, size))
    })
}

fn floor_long(value: i64, size: i64) -> i64 {
    value.wrapping_sub(value.rem_euclid(size))
}

fn real_bins(input: &Input<'_>) -> rows::Column {
    let (values, sizes) = (input.reals(0)?, input.reals(1)?);
    rows::reals(input.rows, |row| {
        let size = rows::at(&sizes, row).filter(|&size| size > 0.0)?;
        Some((rows::at(&values, row)? / size).floor() * size)
    })
}

/// `bin_at(value, size, fixed_point)`: like `bin`, with a bin that begins at the fixed point.
///
/// Source: learn.microsoft.com/kusto/query/bin-at-function.
fn bin_at(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    use ScalarType::{DateTime, Long, TimeSpan};
    let types: Vec<ScalarType> = arguments.iter().map(|value| value.scalar_type).collect();
    match *types.as_slice() {
        [value @ (DateTime | TimeSpan), TimeSpan, fixed] if value == fixed => Ok(kernel::call(
            "bin_at",
            arguments,
            value,
            context.span,
            long_bins_at,
        )),
        [value, size, fixed] if is_number(value) && is_number(size) && is_number(fixed) => {
            let (common, _) = unify(context, arguments.clone())?;
            if matches!(common, ScalarType::Int | Long) {
                let mut arguments = Arguments::new(context, arguments);
                let inputs = vec![
                    arguments.integer()?,
                    arguments.integer()?,
                    arguments.integer()?,
                ];
                return Ok(kernel::call(
                    "bin_at",
                    inputs,
                    Long,
                    context.span,
                    long_bins_at,
                ));
            }
            let mut arguments = Arguments::new(context, arguments);
            let inputs = vec![arguments.real()?, arguments.real()?, arguments.real()?];
            Ok(kernel::call(
                "bin_at",
                inputs,
                ScalarType::Real,
                context.span,
                real_bins_at,
            ))
        }
        _ => Err(mismatch(context, &types)),
    }
}

fn long_bins_at(input: &Input<'_>) -> rows::Column {
    let (values, sizes, points): (Int64Array, _, _) =
        (input.longs(0)?, input.longs(1)?, input.longs(2)?);
    rows::longs(input.rows, |row| {
        let (value, point) = (rows::at(&values, row)?, rows::at(&points, row)?);
        let size = rows::at(&sizes, row).filter(|&size| size > 0)?;
        Some(floor_long(value.checked_sub(point)?, size).wrapping_add(point))
    })
}

fn real_bins_at(input: &Input<'_>) -> rows::Column {
    let (values, sizes, points) = (input.reals(0)?, input.reals(1)?, input.reals(2)?);
    rows::reals(input.rows, |row| {
        let (value, point) = (rows::at(&values, row)?, rows::at(&points, row)?);
        let size = rows::at(&sizes, row).filter(|&size| size > 0.0)?;
        Some(((value - point) / size).floor() * size + point)
    })
}

#[cfg(test)]
mod tests {
    use tesem_kql::constant::parse_datetime;
    use tesem_kql::types::ScalarType;

    use super::super::testing::{check, eval};
    use crate::Value::{self, DateTime, Int, Long, Null, Real, TimeSpan};
    use crate::ticks::{PER_DAY, PER_HOUR};

    fn at(text: &str) -> Value {
        DateTime(parse_datetime(text).unwrap())
    }

    #[test]
    fn bins() {
        check(
            "bin",
            &[
                (&[Real(4.5), Long(1)], Real(4.0)),
                (
                    &[TimeSpan(16 * PER_DAY), TimeSpan(7 * PER_DAY)],
                    TimeSpan(14 * PER_DAY),
                ),
                (
                    &[at("1970-05-11 13:45:07"), TimeSpan(PER_DAY)],
                    at("1970-05-11"),
                ),
                (&[at("1955-11-05"), TimeSpan(7 * PER_DAY)], at("1955-10-31")),
                (&[Long(-7), Long(5)], Long(-10)),
                (&[Int(7), Int(5)], Int(5)),
                (&[Long(7), Long(0)], Null(ScalarType::Long)),
            ],
        );
        assert!(
            eval("bin", &[at("2020-01-01"), Long(1)])
                .unwrap_err()
                .contains("(datetime, long)")
        );
    }

    #[test]
    fn bins_at_a_point() {
        check(
            "bin_at",
            &[
                (&[Real(6.5), Real(2.5), Long(7)], Real(4.5)),
                (
                    &[
                        TimeSpan(PER_HOUR),
                        TimeSpan(PER_DAY),
                        TimeSpan(12 * PER_HOUR),
                    ],
                    TimeSpan(-12 * PER_HOUR),
                ),
                (
                    &[
                        at("2017-05-15 10:20:00"),
                        TimeSpan(PER_DAY),
                        at("1970-01-01 12:00:00"),
                    ],
                    at("2017-05-14 12:00:00"),
                ),
                (
                    &[
                        at("2017-05-17 10:20:00"),
                        TimeSpan(7 * PER_DAY),
                        at("2017-06-04"),
                    ],
                    at("2017-05-14"),
                ),
            ],
        );
    }
}
