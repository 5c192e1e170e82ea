//! Functions on arrays of numbers, value by value or as a whole.

use tesem_kql::types::ScalarType;

use super::arguments::{Arguments, is_number};
use super::arrays::first;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Array, Dynamic, DynamicError, View, Writer};
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::kernels::rows;

const DEFAULT: ResultName = ResultName::Default;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("series_abs", 1..=1, DEFAULT, series_abs),
    function("series_sign", 1..=1, DEFAULT, series_sign),
    function("series_ceiling", 1..=1, DEFAULT, series_ceiling),
    function("series_floor", 1..=1, DEFAULT, series_floor),
    function("series_exp", 1..=1, DEFAULT, series_exp),
    function("series_log", 1..=1, DEFAULT, series_log),
    function("series_sin", 1..=1, DEFAULT, series_sin),
    function("series_cos", 1..=1, DEFAULT, series_cos),
    function("series_tan", 1..=1, DEFAULT, series_tan),
    function("series_asin", 1..=1, DEFAULT, series_asin),
    function("series_acos", 1..=1, DEFAULT, series_acos),
    function("series_atan", 1..=1, DEFAULT, series_atan),
    function("series_add", 2..=2, DEFAULT, series_add),
    function("series_subtract", 2..=2, DEFAULT, series_subtract),
    function("series_multiply", 2..=2, DEFAULT, series_multiply),
    function("series_divide", 2..=2, DEFAULT, series_divide),
    function("series_pow", 2..=2, DEFAULT, series_pow),
    function("series_equals", 2..=2, DEFAULT, series_equals),
    function("series_not_equals", 2..=2, DEFAULT, series_not_equals),
    function("series_less", 2..=2, DEFAULT, series_less),
    function("series_less_equals", 2..=2, DEFAULT, series_less_equals),
    function("series_greater", 2..=2, DEFAULT, series_greater),
    function(
        "series_greater_equals",
        2..=2,
        DEFAULT,
        series_greater_equals,
    ),
];

type Call = Result<Bound, CallError>;
type Written = Result<(), DynamicError>;

/// A number of an array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Long(i64),
    Real(f64),
}

impl Number {
    pub(super) fn of(view: View<'_>) -> Option<Self> {
        match view {
            View::Long(value) => Some(Self::Long(value)),
            View::Real(value) => Some(Self::Real(value)),
            _ => None,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a real has fewer digits than a long by nature"
    )]
    pub(super) fn real(self) -> f64 {
        match self {
            Self::Long(value) => value as f64,
            Self::Real(value) => value,
        }
    }

    pub(super) fn write(self, writer: &mut Writer) {
        match self {
            Self::Long(value) => writer.long(value),
            Self::Real(value) => writer.real(value),
        }
    }
}

/// The numbers of an array, all reals if one of them is; none where a value is no number.
fn numbers(array: Array<'_>) -> Vec<Option<Number>> {
    let numbers: Vec<Option<Number>> = array
        .iter()
        .map(|item| Number::of(item.view_or_null()))
        .collect();
    if !numbers
        .iter()
        .flatten()
        .any(|number| matches!(number, Number::Real(_)))
    {
        return numbers;
    }
    numbers
        .into_iter()
        .map(|number| number.map(|number| Number::Real(number.real())))
        .collect()
}

pub(super) fn write_numbers(
    numbers: impl IntoIterator<Item = Option<Number>>,
    writer: &mut Writer,
) -> Written {
    writer.open_array()?;
    for number in numbers {
        match number {
            Some(number) => number.write(writer),
            None => writer.null(),
        }
    }
    writer.close()
}

/// A function of each number; what is no number gives null.
fn map_numbers(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    map: fn(Number) -> Number,
) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call(
        "series",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let arrays = first(input)?;
            rows::dynamics(input.rows, |row, writer| {
                match arrays.dynamic(row).as_array() {
                    Some(array) => write_numbers(
                        numbers(array).into_iter().map(|number| number.map(map)),
                        writer,
                    ),
                    None => Ok(()),
                }
            })
        },
    ))
}

/// `series_abs(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-abs-function.
fn series_abs(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| match number {
        Number::Long(value) => Number::Long(value.wrapping_abs()),
        Number::Real(value) => Number::Real(value.abs()),
    })
}

/// `series_sign(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-sign-function.
fn series_sign(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| match number {
        Number::Long(value) => Number::Long(value.signum()),
        Number::Real(value) if value == 0.0 || value.is_nan() => Number::Real(value),
        Number::Real(value) => Number::Real(value.signum()),
    })
}

/// `series_ceiling(array)`: reals.
///
/// Source: learn.microsoft.com/kusto/query/series-ceiling-function.
fn series_ceiling(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| {
        Number::Real(number.real().ceil())
    })
}

/// `series_floor(array)`: reals.
///
/// Source: learn.microsoft.com/kusto/query/series-floor-function.
fn series_floor(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| {
        Number::Real(number.real().floor())
    })
}

/// `series_exp(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-exp-function.
fn series_exp(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| {
        Number::Real(number.real().exp())
    })
}

/// `series_log(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-log-function.
fn series_log(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| {
        Number::Real(number.real().ln())
    })
}

/// `series_sin(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-sin-function.
fn series_sin(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| {
        Number::Real(number.real().sin())
    })
}

/// `series_cos(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-cos-function.
fn series_cos(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| {
        Number::Real(number.real().cos())
    })
}

/// `series_tan(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-tan-function.
fn series_tan(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| {
        Number::Real(number.real().tan())
    })
}

/// `series_asin(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-asin-function.
fn series_asin(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| {
        Number::Real(number.real().asin())
    })
}

/// `series_acos(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-acos-function.
fn series_acos(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| {
        Number::Real(number.real().acos())
    })
}

/// `series_atan(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-atan-function.
fn series_atan(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| {
        Number::Real(number.real().atan())
    })
}

/// Two arguments of which each is an array or a number, and one at least is an array.
pub(super) fn two_series(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Vec<Bound>, CallError> {
    let is_array = |value: &Bound| value.scalar_type == ScalarType::Dynamic;
    let wrong = arguments
        .iter()
        .find(|value| !is_array(value) && !is_number(value.scalar_type));
    if let Some(wrong) = wrong {
        return Err(context.invalid_argument(wrong, "expects an array or a number here"));
    }
    if !arguments.iter().any(is_array) {
        return Err(context.invalid(format!("{}() expects an array", context.function)));
    }
    let mut arguments = Arguments::new(context, arguments);
    Ok(vec![arguments.as_dynamic()?, arguments.as_dynamic()?])
}

/// The numbers of two arguments at each place; a number serves for all places. None where neither
/// is an array.
pub(super) fn pairs(
    first: Dynamic<'_>,
    second: Dynamic<'_>,
) -> Option<Vec<(Option<Number>, Option<Number>)>> {
    let series = |value: Dynamic<'_>| match value.as_array() {
        Some(array) => (numbers(array), None),
        None => (Vec::new(), Some(Number::of(value.view_or_null()))),
    };
    let ((first, all_first), (second, all_second)) = (series(first), series(second));
    if all_first.is_some() && all_second.is_some() {
        return None;
    }
    let at = |values: &[Option<Number>], all: Option<Option<Number>>, place: usize| match all {
        Some(number) => number,
        None => values.get(place).copied().flatten(),
    };
    let length = first.len().max(second.len());
    Some(
        (0..length)
            .map(|place| (at(&first, all_first, place), at(&second, all_second, place)))
            .collect(),
    )
}

/// A function of the numbers at each place; null where one is missing.
fn combine(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    combine: fn(Number, Number) -> Number,
) -> Call {
    let inputs = two_series(context, arguments)?;
    Ok(kernel::call(
        "series",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let (firsts, seconds) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
            rows::dynamics(input.rows, |row, writer| {
                match pairs(firsts.dynamic(row), seconds.dynamic(row)) {
                    Some(pairs) => {
                        let combined = pairs
                            .into_iter()
                            .map(|(first, second)| Some(combine(first?, second?)));
                        write_numbers(combined, writer)
                    }
                    None => Ok(()),
                }
            })
        },
    ))
}

fn arithmetic(
    longs: fn(i64, i64) -> i64,
    reals: fn(f64, f64) -> f64,
    pair: (Number, Number),
) -> Number {
    match pair {
        (Number::Long(first), Number::Long(second)) => Number::Long(longs(first, second)),
        (first, second) => Number::Real(reals(first.real(), second.real())),
    }
}

/// `series_add(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-add-function.
fn series_add(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    combine(context, arguments, |first, second| {
        arithmetic(
            i64::wrapping_add,
            |first, second| first + second,
            (first, second),
        )
    })
}

/// `series_subtract(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-subtract-function.
fn series_subtract(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    combine(context, arguments, |first, second| {
        arithmetic(
            i64::wrapping_sub,
            |first, second| first - second,
            (first, second),
        )
    })
}

/// `series_multiply(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-multiply-function.
fn series_multiply(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    combine(context, arguments, |first, second| {
        arithmetic(
            i64::wrapping_mul,
            |first, second| first * second,
            (first, second),
        )
    })
}

/// `series_divide(first, second)`: reals.
///
/// Source: learn.microsoft.com/kusto/query/series-divide-function.
fn series_divide(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    combine(context, arguments, |first, second| {
        Number::Real(first.real() / second.real())
    })
}

/// `series_pow(first, second)`: reals.
///
/// Source: learn.microsoft.com/kusto/query/series-pow-function.
fn series_pow(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    combine(context, arguments, |first, second| {
        Number::Real(first.real().powf(second.real()))
    })
}

fn compare(context: &CallContext<'_>, arguments: Vec<Bound>, test: fn(f64, f64) -> bool) -> Call {
    let inputs = two_series(context, arguments)?;
    Ok(kernel::call(
        "series",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let (firsts, seconds) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
            rows::dynamics(input.rows, |row, writer| {
                let Some(pairs) = pairs(firsts.dynamic(row), seconds.dynamic(row)) else {
                    return Ok(());
                };
                writer.open_array()?;
                for pair in pairs {
                    match pair {
                        (Some(first), Some(second)) => {
                            writer.bool(test(first.real(), second.real()));
                        }
                        _ => writer.null(),
                    }
                }
                writer.close()
            })
        },
    ))
}

/// `series_equals(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-equals-function.
#[expect(clippy::float_cmp, reason = "the language compares exactly")]
fn series_equals(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    compare(context, arguments, |first, second| first == second)
}

/// `series_not_equals(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-not-equals-function.
#[expect(clippy::float_cmp, reason = "the language compares exactly")]
fn series_not_equals(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    compare(context, arguments, |first, second| first != second)
}

/// `series_less(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-less-function.
fn series_less(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    compare(context, arguments, |first, second| first < second)
}

/// `series_less_equals(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-less-equals-function.
fn series_less_equals(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    compare(context, arguments, |first, second| first <= second)
}

/// `series_greater(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-greater-function.
fn series_greater(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    compare(context, arguments, |first, second| first > second)
}

/// `series_greater_equals(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-greater-equals-function.
fn series_greater_equals(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    compare(context, arguments, |first, second| first >= second)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, dynamic, eval, json};
    use crate::Value::{Bool, Long, Null, Real};
    use tesem_kql::types::ScalarType;

    #[test]
    fn each_value() {
        assert_eq!(
            json("series_abs", &[dynamic("[-6.5,0,8.2]")]),
            "[6.5,0.0,8.2]"
        );
        assert_eq!(json("series_sign", &[dynamic("[-6,0,8]")]), "[-1,0,1]");
        assert_eq!(
            json("series_floor", &[dynamic("[-1.5,1,\"x\"]")]),
            "[-2.0,1.0,null]"
        );
        assert_eq!(
            json("series_add", &[dynamic("[1,2,4]"), dynamic("[4,2]")]),
            "[5,4,null]"
        );
        assert_eq!(
            json("series_divide", &[dynamic("[1,2,4]"), Long(2)]),
            "[0.5,1.0,2.0]"
        );
        assert_eq!(
            json("series_greater", &[dynamic("[1,2,4]"), dynamic("[4,2,1]")]),
            "[false,false,true]"
        );
        assert!(eval("series_add", &[Long(1), Long(2)]).is_err());
    }

    #[test]
    fn whole_arrays() {
        check("series_magnitude", &[(&[dynamic("[3,4]")], Real(5.0))]);
        check(
            "series_product",
            &[
                (&[dynamic("[1,2,3,4]")], Real(24.0)),
                (&[dynamic("[1,null]")], Null(ScalarType::Real)),
            ],
        );
        check(
            "series_dot_product",
            &[
                (&[dynamic("[1,2,4]"), dynamic("[4,2,1]")], Real(12.0)),
                (&[dynamic("[1,2,4]"), Long(1)], Real(7.0)),
            ],
        );
        assert_eq!(
            json(
                "series_iir",
                &[dynamic("[1,2,3]"), dynamic("[1]"), dynamic("[1,-1]")]
            ),
            "[1.0,3.0,6.0]"
        );
    }

    #[test]
    fn filling() {
        assert_eq!(
            json("series_fill_const", &[dynamic("[1,null]"), Real(0.0)]),
            "[1,0.0]"
        );
        assert_eq!(
            json("series_fill_const", &[dynamic("[1,-1]"), Long(7), Long(-1)]),
            "[1,7]"
        );
        assert_eq!(
            json("series_fill_forward", &[dynamic("[null,36,null]")]),
            "[null,36,36]"
        );
        assert_eq!(
            json("series_fill_backward", &[dynamic("[null,36,null]")]),
            "[36,36,null]"
        );
        assert_eq!(
            json("series_fill_linear", &[dynamic("[null,111,null,36,null]")]),
            "[111,111,73,36,36]"
        );
        assert_eq!(
            json(
                "series_fill_linear",
                &[
                    dynamic("[null,1.0,null,2]"),
                    Null(ScalarType::Real),
                    Bool(false)
                ]
            ),
            "[null,1.0,1.5,2.0]"
        );
        assert_eq!(json("series_fill_linear", &[dynamic("[null]")]), "[0.0]");
    }

    #[test]
    fn statistics() {
        assert_eq!(
            json("series_stats_dynamic", &[dynamic("[1,5,3]")]),
            r#"{"min":1.0,"min_idx":0,"max":5.0,"max_idx":1,"avg":3.0,"stdev":2.0,"variance":4.0,"sum":9.0,"len":3}"#
        );
        assert_eq!(json("series_stats_dynamic", &[dynamic("[]")]), "null");
    }
}
