//! Numbers: rounding, powers, angles, bits.

use datafusion::arrow::array::Float64Array;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel;
use crate::kernels::rows;
use crate::value::Value;

const FIRST: ResultName = ResultName::FirstArgument;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("abs", 1..=1, FIRST, absolute),
    function("ceiling", 1..=1, FIRST, ceiling),
    function("round", 1..=2, FIRST, round),
    function("sign", 1..=1, ResultName::Default, sign),
    function("sqrt", 1..=1, FIRST, square_root),
    function("pow", 2..=2, FIRST, power),
    function("exp", 1..=1, FIRST, exponential),
    function("exp2", 1..=1, FIRST, exponential_of_two),
    function("exp10", 1..=1, FIRST, exponential_of_ten),
    function("log", 1..=1, FIRST, natural_logarithm),
    function("log2", 1..=1, FIRST, binary_logarithm),
    function("log10", 1..=1, FIRST, decimal_logarithm),
    function("pi", 0..=0, ResultName::Default, pi),
    function("sin", 1..=1, FIRST, sine),
    function("cos", 1..=1, FIRST, cosine),
    function("tan", 1..=1, FIRST, tangent),
    function("cot", 1..=1, ResultName::Default, cotangent),
    function("asin", 1..=1, FIRST, arc_sine),
    function("acos", 1..=1, FIRST, arc_cosine),
    function("atan", 1..=1, FIRST, arc_tangent),
    function("atan2", 2..=2, FIRST, arc_tangent_of_two),
    function("degrees", 1..=1, ResultName::Default, degrees),
    function("radians", 1..=1, ResultName::Default, radians),
    function("isnan", 1..=1, ResultName::Default, is_nan),
    function("isinf", 1..=1, ResultName::Default, is_infinite),
    function("isfinite", 1..=1, ResultName::Default, is_finite),
    function("binary_and", 2..=2, FIRST, binary_and),
    function("binary_or", 2..=2, FIRST, binary_or),
    function("binary_xor", 2..=2, FIRST, binary_xor),
    function("binary_not", 1..=1, FIRST, binary_not),
    function("binary_shift_left", 2..=2, FIRST, shift_left),
    function("binary_shift_right", 2..=2, FIRST, shift_right),
    function("bitset_count_ones", 1..=1, FIRST, count_ones),
];

type Call = Result<Bound, CallError>;

/// A function from one real to a real; no result is null.
fn map_real(
    context: &CallContext<'_>,
    name: &'static str,
    arguments: Vec<Bound>,
    map: impl Fn(f64) -> Option<f64> + Send + Sync + 'static,
) -> Call {
    let value = Arguments::new(context, arguments).real()?;
    Ok(kernel::call(
        name,
        vec![value],
        ScalarType::Real,
        context.span,
        move |input| {
            let values = input.reals(0)?;
            rows::reals(input.rows, |row| map(rows::at(&values, row)?))
        },
    ))
}

/// A function from two reals to a real.
fn map_reals(
    context: &CallContext<'_>,
    name: &'static str,
    arguments: Vec<Bound>,
    map: impl Fn(f64, f64) -> f64 + Send + Sync + 'static,
) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.real()?, arguments.real()?];
    Ok(kernel::call(
        name,
        inputs,
        ScalarType::Real,
        context.span,
        move |input| {
            let (first, second): (Float64Array, _) = (input.reals(0)?, input.reals(1)?);
            rows::reals(input.rows, |row| {
                Some(map(rows::at(&first, row)?, rows::at(&second, row)?))
            })
        },
    ))
}

/// A function from two integers to a long.
fn map_longs(
    context: &CallContext<'_>,
    name: &'static str,
    arguments: Vec<Bound>,
    map: impl Fn(i64, i64) -> i64 + Send + Sync + 'static,
) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.integer()?, arguments.integer()?];
    Ok(kernel::call(
        name,
        inputs,
        ScalarType::Long,
        context.span,
        move |input| {
            let (first, second) = (input.longs(0)?, input.longs(1)?);
            rows::longs(input.rows, |row| {
                Some(map(rows::at(&first, row)?, rows::at(&second, row)?))
            })
        },
    ))
}

/// `abs(value)`: of an int a long.
///
/// Source: learn.microsoft.com/kusto/query/abs-function.
fn absolute(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    match arguments.first().map(|value| value.scalar_type) {
        Some(ScalarType::TimeSpan) => {
            let name = "abs";
            Ok(kernel::call(
                name,
                arguments,
                ScalarType::TimeSpan,
                context.span,
                |input| {
                    let values = input.longs(0)?;
                    rows::longs(input.rows, |row| {
                        rows::at(&values, row).map(i64::wrapping_abs)
                    })
                },
            ))
        }
        Some(ScalarType::Int | ScalarType::Long) => {
            let value = Arguments::new(context, arguments).integer()?;
            Ok(kernel::call(
                "abs",
                vec![value],
                ScalarType::Long,
                context.span,
                |input| {
                    let values = input.longs(0)?;
                    rows::longs(input.rows, |row| {
                        rows::at(&values, row).map(i64::wrapping_abs)
                    })
                },
            ))
        }
        Some(ScalarType::Decimal) => Err(context.not_supported("abs() of a decimal")),
        _ => map_real(context, "abs", arguments, |value| Some(value.abs())),
    }
}

/// `ceiling(value)`: a real.
///
/// Source: learn.microsoft.com/kusto/query/ceiling-function.
fn ceiling(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    no_decimal(context, &arguments)?;
    map_real(context, "ceiling", arguments, |value| Some(value.ceil()))
}

fn no_decimal(context: &CallContext<'_>, arguments: &[Bound]) -> Result<(), CallError> {
    if arguments
        .iter()
        .any(|value| value.scalar_type == ScalarType::Decimal)
    {
        return Err(context.not_supported(format!("{}() of a decimal", context.function)));
    }
    Ok(())
}

/// `round(value [, digits])`: half away from zero; an integer stays as it is.
///
/// Source: learn.microsoft.com/kusto/query/round-function.
fn round(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    no_decimal(context, &arguments)?;
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.number()?;
    let digits = arguments.or(Value::Long(0), Arguments::integer)?;
    let Some(digits) = digits.constant_long() else {
        return Err(context.invalid_argument(&digits, "expects a constant number of digits here"));
    };
    let is_integer = matches!(value.scalar_type, ScalarType::Int | ScalarType::Long);
    if is_integer && digits >= 0 {
        return Ok(value);
    }
    if is_integer {
        return Err(context.not_supported("round() of an integer to tens"));
    }
    let scale = 10_f64.powi(i32::try_from(digits.clamp(-300, 300)).unwrap_or(0));
    map_real(context, "round", vec![value], move |value| {
        let scaled = value * scale;
        // What is too large to scale has no digits behind the point.
        Some(if scaled.is_finite() {
            scaled.round() / scale
        } else {
            value
        })
    })
}

/// `sign(value)`: -1, 0 or 1, as a real.
///
/// Source: learn.microsoft.com/kusto/query/sign-function.
fn sign(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "sign", arguments, |value| {
        Some(if value > 0.0 {
            1.0
        } else if value < 0.0 {
            -1.0
        } else {
            value * 0.0
        })
    })
}

/// `sqrt(value)`: null below 0.
///
/// Source: learn.microsoft.com/kusto/query/sqrt-function.
fn square_root(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "sqrt", arguments, |value| {
        (value >= 0.0 || value.is_nan()).then(|| value.sqrt())
    })
}

/// `pow(base, exponent)`.
///
/// Source: learn.microsoft.com/kusto/query/pow-function.
fn power(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_reals(context, "pow", arguments, f64::powf)
}

/// `exp(value)`.
///
/// Source: learn.microsoft.com/kusto/query/exp-function.
fn exponential(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "exp", arguments, |value| Some(value.exp()))
}

/// `exp2(value)`.
///
/// Source: learn.microsoft.com/kusto/query/exp2-function.
fn exponential_of_two(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "exp2", arguments, |value| Some(value.exp2()))
}

/// `exp10(value)`.
///
/// Source: learn.microsoft.com/kusto/query/exp10-function.
fn exponential_of_ten(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "exp10", arguments, |value| {
        Some(10_f64.powf(value))
    })
}

/// Logarithms are null below 0.
fn logarithm(
    context: &CallContext<'_>,
    name: &'static str,
    arguments: Vec<Bound>,
    logarithm: fn(f64) -> f64,
) -> Call {
    map_real(context, name, arguments, move |value| {
        (value >= 0.0 || value.is_nan()).then(|| logarithm(value))
    })
}

/// `log(value)`: null below 0.
///
/// Source: learn.microsoft.com/kusto/query/log-function.
fn natural_logarithm(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    logarithm(context, "log", arguments, f64::ln)
}

/// `log2(value)`: null below 0.
///
/// Source: learn.microsoft.com/kusto/query/log2-function.
fn binary_logarithm(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    logarithm(context, "log2", arguments, f64::log2)
}

/// `log10(value)`: null below 0.
///
/// Source: learn.microsoft.com/kusto/query/log10-function.
fn decimal_logarithm(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    logarithm(context, "log10", arguments, f64::log10)
}

/// `pi()`.
///
/// Source: learn.microsoft.com/kusto/query/pi-function.
fn pi(context: &CallContext<'_>, _arguments: Vec<Bound>) -> Call {
    Ok(Bound::constant(
        Value::Real(std::f64::consts::PI),
        context.span,
    ))
}

/// `sin(value)`.
///
/// Source: learn.microsoft.com/kusto/query/sin-function.
fn sine(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "sin", arguments, |value| Some(value.sin()))
}

/// `cos(value)`.
///
/// Source: learn.microsoft.com/kusto/query/cos-function.
fn cosine(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "cos", arguments, |value| Some(value.cos()))
}

/// `tan(value)`.
///
/// Source: learn.microsoft.com/kusto/query/tan-function.
fn tangent(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "tan", arguments, |value| Some(value.tan()))
}

/// `cot(value)`.
///
/// Source: learn.microsoft.com/kusto/query/cot-function.
fn cotangent(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "cot", arguments, |value| Some(1.0 / value.tan()))
}

/// `asin(value)`: null outside -1 to 1.
///
/// Source: learn.microsoft.com/kusto/query/asin-function.
fn arc_sine(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "asin", arguments, |value| {
        (value.abs() <= 1.0).then(|| value.asin())
    })
}

/// `acos(value)`: null outside -1 to 1.
///
/// Source: learn.microsoft.com/kusto/query/acos-function.
fn arc_cosine(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "acos", arguments, |value| {
        (value.abs() <= 1.0).then(|| value.acos())
    })
}

/// `atan(value)`.
///
/// Source: learn.microsoft.com/kusto/query/atan-function.
fn arc_tangent(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "atan", arguments, |value| Some(value.atan()))
}

/// `atan2(y, x)`.
///
/// Source: learn.microsoft.com/kusto/query/atan2-function.
fn arc_tangent_of_two(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_reals(context, "atan2", arguments, f64::atan2)
}

/// `degrees(radians)`.
///
/// Source: learn.microsoft.com/kusto/query/degrees-function.
fn degrees(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "degrees", arguments, |value| {
        Some(180.0 / std::f64::consts::PI * value)
    })
}

/// `radians(degrees)`.
///
/// Source: learn.microsoft.com/kusto/query/radians-function.
fn radians(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_real(context, "radians", arguments, |value| {
        Some(std::f64::consts::PI / 180.0 * value)
    })
}

fn test_real(context: &CallContext<'_>, arguments: Vec<Bound>, test: fn(f64) -> bool) -> Call {
    let value = Arguments::new(context, arguments).real()?;
    Ok(kernel::call(
        "isnan",
        vec![value],
        ScalarType::Bool,
        context.span,
        move |input| {
            let values = input.reals(0)?;
            rows::bools(input.rows, |row| rows::at(&values, row).map(test))
        },
    ))
}

/// `isnan(value)`.
///
/// Source: learn.microsoft.com/kusto/query/isnan-function.
fn is_nan(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    test_real(context, arguments, f64::is_nan)
}

/// `isinf(value)`.
///
/// Source: learn.microsoft.com/kusto/query/isinf-function.
fn is_infinite(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    test_real(context, arguments, f64::is_infinite)
}

/// `isfinite(value)`.
///
/// Source: learn.microsoft.com/kusto/query/isfinite-function.
fn is_finite(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    test_real(context, arguments, f64::is_finite)
}

/// `binary_and(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/binary-and-function.
fn binary_and(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_longs(context, "binary_and", arguments, |first, second| {
        first & second
    })
}

/// `binary_or(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/binary-or-function.
fn binary_or(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_longs(context, "binary_or", arguments, |first, second| {
        first | second
    })
}

/// `binary_xor(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/binary-xor-function.
fn binary_xor(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_longs(context, "binary_xor", arguments, |first, second| {
        first ^ second
    })
}

/// `binary_not(value)`.
///
/// Source: learn.microsoft.com/kusto/query/binary-not-function.
fn binary_not(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let value = Arguments::new(context, arguments).integer()?;
    Ok(kernel::call(
        "binary_not",
        vec![value],
        ScalarType::Long,
        context.span,
        |input| {
            let values = input.longs(0)?;
            rows::longs(input.rows, |row| rows::at(&values, row).map(|value| !value))
        },
    ))
}

/// `binary_shift_left(value, bits)`: by the bits modulo 64; null for a negative number of bits.
///
/// Source: learn.microsoft.com/kusto/query/binary-shift-left-function.
fn shift_left(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    shifted(context, arguments, i64::wrapping_shl)
}

/// `binary_shift_right(value, bits)`: keeps the sign.
///
/// Source: learn.microsoft.com/kusto/query/binary-shift-right-function.
fn shift_right(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    shifted(context, arguments, i64::wrapping_shr)
}

fn shifted(context: &CallContext<'_>, arguments: Vec<Bound>, shift: fn(i64, u32) -> i64) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.integer()?, arguments.integer()?];
    Ok(kernel::call(
        "binary_shift",
        inputs,
        ScalarType::Long,
        context.span,
        move |input| {
            let (values, bits) = (input.longs(0)?, input.longs(1)?);
            rows::longs(input.rows, |row| {
                let bits = u32::try_from(rows::at(&bits, row)? % 64).ok()?;
                Some(shift(rows::at(&values, row)?, bits))
            })
        },
    ))
}

/// `bitset_count_ones(value)`.
///
/// Source: learn.microsoft.com/kusto/query/bitset-count-ones-function.
fn count_ones(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let value = Arguments::new(context, arguments).integer()?;
    Ok(kernel::call(
        "bitset_count_ones",
        vec![value],
        ScalarType::Long,
        context.span,
        |input| {
            let values = input.longs(0)?;
            rows::longs(input.rows, |row| {
                rows::at(&values, row).map(|value| i64::from(value.count_ones()))
            })
        },
    ))
}

#[cfg(test)]
mod tests;
