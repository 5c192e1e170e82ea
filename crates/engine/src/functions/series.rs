//! Functions on arrays of numbers, value by value or as a whole.

use tesem_kql::types::ScalarType;

use super::arguments::{Arguments, is_number};
use super::arrays::first;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Array, Dynamic, DynamicError, View, Writer};
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::kernels::{dynamics, rows};
use crate::value::Value;

const DEFAULT: ResultName = ResultName::Default;
const FIRST: ResultName = ResultName::FirstArgument;

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
    function("series_greater_equals", 2..=2, DEFAULT, series_greater_equals),
    function("series_sum", 1..=1, DEFAULT, series_sum),
    function("series_product", 1..=1, DEFAULT, series_product),
    function("series_magnitude", 1..=1, DEFAULT, series_magnitude),
    function("series_dot_product", 2..=2, DEFAULT, series_dot_product),
    function("series_cosine_similarity", 2..=2, DEFAULT, series_cosine_similarity),
    function("series_pearson_correlation", 2..=2, DEFAULT, series_pearson_correlation),
    function("series_fill_const", 2..=3, FIRST, series_fill_const),
    function("series_fill_forward", 1..=2, FIRST, series_fill_forward),
    function("series_fill_backward", 1..=2, FIRST, series_fill_backward),
    function("series_fill_linear", 1..=4, FIRST, series_fill_linear),
    function("series_stats", 1..=1, ResultName::SetByFunction, series_stats),
    function("series_stats_dynamic", 1..=1, DEFAULT, series_stats_dynamic),
    function("series_iir", 3..=3, FIRST, series_iir),
];

type Call = Result<Bound, CallError>;
type Written = Result<(), DynamicError>;

/// A number of an array.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    Long(i64),
    Real(f64),
}

impl Number {
    fn of(view: View<'_>) -> Option<Self> {
        match view {
            View::Long(value) => Some(Self::Long(value)),
            View::Real(value) => Some(Self::Real(value)),
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a real has fewer digits than a long by nature")]
    fn real(self) -> f64 {
        match self {
            Self::Long(value) => value as f64,
            Self::Real(value) => value,
        }
    }

    fn write(self, writer: &mut Writer) {
        match self {
            Self::Long(value) => writer.long(value),
            Self::Real(value) => writer.real(value),
        }
    }
}

/// The numbers of an array, all reals if one of them is; none where a value is no number.
fn numbers(array: Array<'_>) -> Vec<Option<Number>> {
    let numbers: Vec<Option<Number>> = array.iter().map(|item| Number::of(item.view_or_null())).collect();
    if !numbers.iter().flatten().any(|number| matches!(number, Number::Real(_))) {
        return numbers;
    }
    numbers.into_iter().map(|number| number.map(|number| Number::Real(number.real()))).collect()
}

fn write_numbers(
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
    Ok(kernel::call("series", inputs, ScalarType::Dynamic, context.span, move |input| {
        let arrays = first(input)?;
        rows::dynamics(input.rows, |row, writer| match arrays.dynamic(row).as_array() {
            Some(array) => write_numbers(numbers(array).into_iter().map(|number| number.map(map)), writer),
            None => Ok(()),
        })
    }))
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
    map_numbers(context, arguments, |number| Number::Real(number.real().ceil()))
}

/// `series_floor(array)`: reals.
///
/// Source: learn.microsoft.com/kusto/query/series-floor-function.
fn series_floor(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| Number::Real(number.real().floor()))
}

/// `series_exp(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-exp-function.
fn series_exp(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| Number::Real(number.real().exp()))
}

/// `series_log(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-log-function.
fn series_log(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| Number::Real(number.real().ln()))
}

/// `series_sin(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-sin-function.
fn series_sin(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| Number::Real(number.real().sin()))
}

/// `series_cos(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-cos-function.
fn series_cos(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| Number::Real(number.real().cos()))
}

/// `series_tan(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-tan-function.
fn series_tan(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| Number::Real(number.real().tan()))
}

/// `series_asin(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-asin-function.
fn series_asin(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| Number::Real(number.real().asin()))
}

/// `series_acos(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-acos-function.
fn series_acos(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| Number::Real(number.real().acos()))
}

/// `series_atan(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-atan-function.
fn series_atan(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map_numbers(context, arguments, |number| Number::Real(number.real().atan()))
}

/// Two arguments of which each is an array or a number, and one at least is an array.
fn two_series(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Vec<Bound>, CallError> {
    let is_array = |value: &Bound| value.scalar_type == ScalarType::Dynamic;
    let wrong = arguments.iter().find(|value| !is_array(value) && !is_number(value.scalar_type));
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
fn pairs(first: Dynamic<'_>, second: Dynamic<'_>) -> Option<Vec<(Option<Number>, Option<Number>)>> {
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
    Some((0..length).map(|place| (at(&first, all_first, place), at(&second, all_second, place))).collect())
}

/// A function of the numbers at each place; null where one is missing.
fn combine(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    combine: fn(Number, Number) -> Number,
) -> Call {
    let inputs = two_series(context, arguments)?;
    Ok(kernel::call("series", inputs, ScalarType::Dynamic, context.span, move |input| {
        let (firsts, seconds) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
        rows::dynamics(input.rows, |row, writer| match pairs(firsts.dynamic(row), seconds.dynamic(row)) {
            Some(pairs) => {
                let combined = pairs.into_iter().map(|(first, second)| Some(combine(first?, second?)));
                write_numbers(combined, writer)
            }
            None => Ok(()),
        })
    }))
}

fn arithmetic(longs: fn(i64, i64) -> i64, reals: fn(f64, f64) -> f64, pair: (Number, Number)) -> Number {
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
        arithmetic(i64::wrapping_add, |first, second| first + second, (first, second))
    })
}

/// `series_subtract(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-subtract-function.
fn series_subtract(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    combine(context, arguments, |first, second| {
        arithmetic(i64::wrapping_sub, |first, second| first - second, (first, second))
    })
}

/// `series_multiply(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-multiply-function.
fn series_multiply(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    combine(context, arguments, |first, second| {
        arithmetic(i64::wrapping_mul, |first, second| first * second, (first, second))
    })
}

/// `series_divide(first, second)`: reals.
///
/// Source: learn.microsoft.com/kusto/query/series-divide-function.
fn series_divide(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    combine(context, arguments, |first, second| Number::Real(first.real() / second.real()))
}

/// `series_pow(first, second)`: reals.
///
/// Source: learn.microsoft.com/kusto/query/series-pow-function.
fn series_pow(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    combine(context, arguments, |first, second| Number::Real(first.real().powf(second.real())))
}

fn compare(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    test: fn(f64, f64) -> bool,
) -> Call {
    let inputs = two_series(context, arguments)?;
    Ok(kernel::call("series", inputs, ScalarType::Dynamic, context.span, move |input| {
        let (firsts, seconds) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
        rows::dynamics(input.rows, |row, writer| {
            let Some(pairs) = pairs(firsts.dynamic(row), seconds.dynamic(row)) else { return Ok(()) };
            writer.open_array()?;
            for pair in pairs {
                match pair {
                    (Some(first), Some(second)) => writer.bool(test(first.real(), second.real())),
                    _ => writer.null(),
                }
            }
            writer.close()
        })
    }))
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

/// A real made of all numbers of an array; null where a value is no number.
fn fold(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    fold: fn(&[f64]) -> f64,
) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call("series", inputs, ScalarType::Real, context.span, move |input| {
        let arrays = first(input)?;
        rows::reals(input.rows, |row| reals(arrays.dynamic(row)).map(|values| fold(&values)))
    }))
}

fn reals(value: Dynamic<'_>) -> Option<Vec<f64>> {
    let number = |item: Dynamic<'_>| Number::of(item.view_or_null()).map(Number::real);
    value.as_array()?.iter().map(number).collect()
}

/// `series_sum(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-sum-function.
fn series_sum(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    fold(context, arguments, |values| values.iter().sum())
}

/// `series_product(array)`.
///
/// Source: learn.microsoft.com/kusto/query/series-product-function.
fn series_product(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    fold(context, arguments, |values| values.iter().product())
}

/// `series_magnitude(array)`: the root of the sum of squares.
///
/// Source: learn.microsoft.com/kusto/query/series-magnitude-function.
fn series_magnitude(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    fold(context, arguments, |values| dot(values, values).sqrt())
}

fn dot(first: &[f64], second: &[f64]) -> f64 {
    first.iter().zip(second).map(|(first, second)| first * second).sum()
}

/// A real made of two arrays of one length; null where there is a place without two numbers.
fn fold_two(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    fold: fn(&[f64], &[f64]) -> f64,
) -> Call {
    let inputs = two_series(context, arguments)?;
    Ok(kernel::call("series", inputs, ScalarType::Real, context.span, move |input| {
        let (firsts, seconds) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
        rows::reals(input.rows, |row| {
            let pairs = pairs(firsts.dynamic(row), seconds.dynamic(row))?;
            let both = |(first, second): (Option<Number>, Option<Number>)| Some((first?.real(), second?.real()));
            let (first, second): (Vec<f64>, Vec<f64>) = pairs.into_iter().map(both).collect::<Option<_>>()?;
            Some(fold(&first, &second))
        })
    }))
}

/// `series_dot_product(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-dot-product-function.
fn series_dot_product(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    fold_two(context, arguments, dot)
}

/// `series_cosine_similarity(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-cosine-similarity-function.
fn series_cosine_similarity(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    fold_two(context, arguments, |first, second| {
        dot(first, second) / (dot(first, first).sqrt() * dot(second, second).sqrt())
    })
}

/// `series_pearson_correlation(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/series-pearson-correlation-function.
fn series_pearson_correlation(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    fold_two(context, arguments, |first, second| {
        let (first, second) = (centred(first), centred(second));
        dot(&first, &second) / (dot(&first, &first) * dot(&second, &second)).sqrt()
    })
}

#[expect(clippy::cast_precision_loss, reason = "arrays are short")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn centred(values: &[f64]) -> Vec<f64> {
    let mean = mean(values);
    values.iter().map(|value| value - mean).collect()
}

/// What counts as missing: null, or the placeholder if one is given.
fn is_missing(item: Dynamic<'_>, placeholder: Option<f64>) -> bool {
    match (placeholder, Number::of(item.view_or_null())) {
        (_, None) => item.is_null(),
        (Some(placeholder), Some(number)) => number.real() == placeholder,
        (None, Some(Number::Real(value))) => value.is_nan(),
        (None, Some(Number::Long(_))) => false,
    }
}

/// A number that is known, or the null of a number.
fn known_number(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<Option<Number>, CallError> {
    let given = arguments.number()?;
    match given.constant {
        Some(Value::Int(value)) => Ok(Some(Number::Long(i64::from(value)))),
        Some(Value::Long(value)) => Ok(Some(Number::Long(value))),
        Some(Value::Real(value)) => Ok(Some(Number::Real(value))),
        Some(Value::Null(_)) => Ok(None),
        _ => Err(context.invalid_argument(&given, "expects a constant number here")),
    }
}

fn known_placeholder(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<Option<f64>, CallError> {
    if !arguments.has_more() {
        return Ok(None);
    }
    Ok(known_number(context, arguments)?.map(Number::real))
}

/// A function that fills in what is missing.
fn filled(
    context: &CallContext<'_>,
    array: Bound,
    fill: impl Fn(&[Dynamic<'_>], &mut Writer) -> Written + Send + Sync + 'static,
) -> Bound {
    let name = array.name.clone();
    let filled = kernel::call("series_fill", vec![array], ScalarType::Dynamic, context.span, move |input| {
        let arrays = first(input)?;
        rows::dynamics(input.rows, |row, writer| {
            let Some(array) = arrays.dynamic(row).as_array() else { return Ok(()) };
            let items: Vec<Dynamic<'_>> = array.iter().collect();
            writer.open_array()?;
            fill(&items, writer)?;
            writer.close()
        })
    });
    Bound { name, ..filled }
}

/// `series_fill_const(array, value [, placeholder])`.
///
/// Source: learn.microsoft.com/kusto/query/series-fill-const-function.
fn series_fill_const(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let array = arguments.dynamic()?;
    let value = known_number(context, &mut arguments)?;
    let placeholder = known_placeholder(context, &mut arguments)?;
    Ok(filled(context, array, move |items, writer| {
        for item in items {
            match value.filter(|_| is_missing(*item, placeholder)) {
                Some(value) => value.write(writer),
                None => writer.value_of(*item),
            }
        }
        Ok(())
    }))
}

/// `series_fill_forward(array [, placeholder])`: the last value before.
///
/// Source: learn.microsoft.com/kusto/query/series-fill-forward-function.
fn series_fill_forward(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let array = arguments.dynamic()?;
    let placeholder = known_placeholder(context, &mut arguments)?;
    Ok(filled(context, array, move |items, writer| {
        let mut last = None;
        for item in items {
            if !is_missing(*item, placeholder) {
                last = Some(*item);
            }
            writer.value_of(last.unwrap_or(*item));
        }
        Ok(())
    }))
}

/// `series_fill_backward(array [, placeholder])`: the next value.
///
/// Source: learn.microsoft.com/kusto/query/series-fill-backward-function.
fn series_fill_backward(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let array = arguments.dynamic()?;
    let placeholder = known_placeholder(context, &mut arguments)?;
    Ok(filled(context, array, move |items, writer| {
        let mut next = None;
        let mut values: Vec<Dynamic<'_>> = Vec::with_capacity(items.len());
        for item in items.iter().rev() {
            if !is_missing(*item, placeholder) {
                next = Some(*item);
            }
            values.push(next.unwrap_or(*item));
        }
        values.into_iter().rev().for_each(|value| writer.value_of(value));
        Ok(())
    }))
}

/// `series_fill_linear(array [, placeholder [, fill_edges [, constant]]])`: on the line between the
/// neighbours; the constant where all values are missing.
///
/// Source: learn.microsoft.com/kusto/query/series-fill-linear-function.
fn series_fill_linear(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let array = arguments.dynamic()?;
    let placeholder = known_placeholder(context, &mut arguments)?;
    let edges = arguments.or(Value::Bool(true), Arguments::bool)?;
    let Some(edges) = edges.constant.as_ref().and_then(Value::as_bool) else {
        return Err(context.invalid_argument(&edges, "expects a constant bool here"));
    };
    let constant = if arguments.has_more() { known_number(context, &mut arguments)? } else { None };
    let constant = constant.map_or(0.0, Number::real);
    Ok(filled(context, array, move |items, writer| {
        let known: Vec<Option<Number>> = items
            .iter()
            .map(|item| Number::of(item.view_or_null()).filter(|_| !is_missing(*item, placeholder)))
            .collect();
        if known.iter().flatten().next().is_none() {
            known.iter().for_each(|_| writer.real(constant));
            return Ok(());
        }
        let is_real = known.iter().flatten().any(|number| matches!(number, Number::Real(_)));
        (0..known.len()).for_each(|place| write_between(&known, place, is_real, edges, writer));
        Ok(())
    }))
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "places are small, and longs are cut off by rule")]
fn write_between(known: &[Option<Number>], place: usize, is_real: bool, edges: bool, writer: &mut Writer) {
    let found = |place: usize| known.get(place).copied().flatten().map(|number| (place, number.real()));
    let before = (0..=place).rev().find_map(found);
    let after = (place..known.len()).find_map(found);
    let value = match (before, after) {
        (Some((from, low)), Some((to, high))) if from < to => {
            low + (high - low) / (to - from) as f64 * (place - from) as f64
        }
        (Some((_, value)), Some(_)) => value,
        (Some((_, value)), None) | (None, Some((_, value))) if edges => value,
        _ => return writer.null(),
    };
    if is_real { writer.real(value) } else { writer.long(value as i64) }
}

/// What `series_stats` says about an array.
struct Statistics {
    min: (f64, usize),
    max: (f64, usize),
    mean: f64,
    variance: f64,
    sum: f64,
    length: usize,
}

impl Statistics {
    /// None for an array without numbers.
    #[expect(clippy::cast_precision_loss, reason = "arrays are short")]
    fn of(value: Dynamic<'_>) -> Option<Self> {
        let values = reals(value).filter(|values| !values.is_empty())?;
        let extreme = |better: fn(f64, f64) -> bool| {
            let places = values.iter().copied().zip(0..);
            places.reduce(|best, other| if better(other.0, best.0) { other } else { best })
        };
        let centred = centred(&values);
        let others = values.len().saturating_sub(1).max(1) as f64;
        Some(Self {
            min: extreme(|other, best| other < best)?,
            max: extreme(|other, best| other > best)?,
            mean: mean(&values),
            variance: dot(&centred, &centred) / others,
            sum: values.iter().sum(),
            length: values.len(),
        })
    }

    fn write(&self, writer: &mut Writer) -> Written {
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        writer.open_bag()?;
        for (key, number) in [
            ("min", Number::Real(self.min.0)),
            ("min_idx", Number::Long(whole(self.min.1))),
            ("max", Number::Real(self.max.0)),
            ("max_idx", Number::Long(whole(self.max.1))),
            ("avg", Number::Real(self.mean)),
            ("stdev", Number::Real(self.variance.sqrt())),
            ("variance", Number::Real(self.variance)),
            ("sum", Number::Real(self.sum)),
            ("len", Number::Long(whole(self.length))),
        ] {
            writer.key(key);
            number.write(writer);
        }
        writer.close()
    }
}

/// `series_stats_dynamic(array)`: all statistics in one bag.
///
/// Source: learn.microsoft.com/kusto/query/series-stats-dynamic-function.
fn series_stats_dynamic(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call("series_stats", inputs, ScalarType::Dynamic, context.span, |input| {
        let arrays = first(input)?;
        rows::dynamics(input.rows, |row, writer| match Statistics::of(arrays.dynamic(row)) {
            Some(statistics) => statistics.write(writer),
            None => Ok(()),
        })
    }))
}

/// `series_stats(array)`: seven columns.
///
/// Source: learn.microsoft.com/kusto/query/series-stats-function.
fn series_stats(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    use ScalarType::{Long, Real};
    let array = arguments.first().and_then(|array| array.name.clone()).unwrap_or_default();
    let bag = series_stats_dynamic(context, arguments)?;
    let column = |(key, target): (&str, ScalarType)| {
        let part = dynamics::member(context, bag.clone(), key)?;
        let part = dynamics::to_scalar(context, part, target)?;
        Ok(part.named(format!("series_stats_{array}_{key}")))
    };
    let columns = [
        ("min", Real), ("min_idx", Long), ("max", Real), ("max_idx", Long), ("avg", Real), ("stdev", Real), ("variance", Real),
    ];
    let tuple = columns.into_iter().map(column).collect::<Result<Vec<_>, CallError>>()?;
    let Some(first) = tuple.first().cloned() else { return Ok(bag) };
    Ok(Bound { tuple, ..first })
}

/// `series_iir(array, numerators, denominators)`: a filter that feeds its results back.
///
/// Source: learn.microsoft.com/kusto/query/series-iir-function.
fn series_iir(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.dynamic()?, arguments.dynamic()?];
    let name = inputs.first().and_then(|array| array.name.clone());
    let filtered = kernel::call("series_iir", inputs, ScalarType::Dynamic, context.span, |input| {
        let arrays = first(input)?;
        let (forward, back) = (Cells::of(input, 1, ScalarType::Dynamic)?, Cells::of(input, 2, ScalarType::Dynamic)?);
        rows::dynamics(input.rows, |row, writer| {
            let (Some(values), Some(forward), Some(back)) =
                (reals(arrays.dynamic(row)), reals(forward.dynamic(row)), reals(back.dynamic(row)))
            else {
                return Ok(());
            };
            let filtered = feed_back(&values, &forward, &back);
            write_numbers(filtered.into_iter().map(|value| Some(Number::Real(value))), writer)
        })
    });
    Ok(Bound { name, ..filtered })
}

fn feed_back(values: &[f64], forward: &[f64], back: &[f64]) -> Vec<f64> {
    let scale = back.first().copied().unwrap_or(1.0);
    let mut results: Vec<f64> = Vec::with_capacity(values.len());
    for place in 0..values.len() {
        let at = |series: &[f64], lag: usize| {
            place.checked_sub(lag).and_then(|place| series.get(place)).copied().unwrap_or(0.0)
        };
        let fed: f64 = forward.iter().enumerate().map(|(lag, weight)| weight * at(values, lag)).sum();
        let returned: f64 = back.iter().enumerate().skip(1).map(|(lag, weight)| weight * at(&results, lag)).sum();
        results.push((fed - returned) / scale);
    }
    results
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, dynamic, eval, json};
    use crate::Value::{Bool, Long, Null, Real};
    use tesem_kql::types::ScalarType;

    #[test]
    fn each_value() {
        assert_eq!(json("series_abs", &[dynamic("[-6.5,0,8.2]")]), "[6.5,0.0,8.2]");
        assert_eq!(json("series_sign", &[dynamic("[-6,0,8]")]), "[-1,0,1]");
        assert_eq!(json("series_floor", &[dynamic("[-1.5,1,\"x\"]")]), "[-2.0,1.0,null]");
        assert_eq!(json("series_add", &[dynamic("[1,2,4]"), dynamic("[4,2]")]), "[5,4,null]");
        assert_eq!(json("series_divide", &[dynamic("[1,2,4]"), Long(2)]), "[0.5,1.0,2.0]");
        assert_eq!(json("series_greater", &[dynamic("[1,2,4]"), dynamic("[4,2,1]")]), "[false,false,true]");
        assert!(eval("series_add", &[Long(1), Long(2)]).is_err());
    }

    #[test]
    fn whole_arrays() {
        check("series_magnitude", &[(&[dynamic("[3,4]")], Real(5.0))]);
        check("series_product", &[(&[dynamic("[1,2,3,4]")], Real(24.0)), (&[dynamic("[1,null]")], Null(ScalarType::Real))]);
        check("series_dot_product", &[(&[dynamic("[1,2,4]"), dynamic("[4,2,1]")], Real(12.0)), (&[dynamic("[1,2,4]"), Long(1)], Real(7.0))]);
        assert_eq!(json("series_iir", &[dynamic("[1,2,3]"), dynamic("[1]"), dynamic("[1,-1]")]), "[1.0,3.0,6.0]");
    }

    #[test]
    fn filling() {
        assert_eq!(json("series_fill_const", &[dynamic("[1,null]"), Real(0.0)]), "[1,0.0]");
        assert_eq!(json("series_fill_const", &[dynamic("[1,-1]"), Long(7), Long(-1)]), "[1,7]");
        assert_eq!(json("series_fill_forward", &[dynamic("[null,36,null]")]), "[null,36,36]");
        assert_eq!(json("series_fill_backward", &[dynamic("[null,36,null]")]), "[36,36,null]");
        assert_eq!(json("series_fill_linear", &[dynamic("[null,111,null,36,null]")]), "[111,111,73,36,36]");
        assert_eq!(json("series_fill_linear", &[dynamic("[null,1.0,null,2]"), Null(ScalarType::Real), Bool(false)]), "[null,1.0,1.5,2.0]");
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
