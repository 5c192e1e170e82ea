//! Arrays of numbers as a whole: sums, products, statistics, filters.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::first;
use super::series::{Number, pairs, two_series, write_numbers};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, DynamicError, Writer};
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::kernels::{dynamics, rows};

const DEFAULT: ResultName = ResultName::Default;
const FIRST: ResultName = ResultName::FirstArgument;

type Call = Result<Bound, CallError>;
type Written = Result<(), DynamicError>;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("series_sum", 1..=1, DEFAULT, series_sum),
    function("series_product", 1..=1, DEFAULT, series_product),
    function("series_magnitude", 1..=1, DEFAULT, series_magnitude),
    function("series_dot_product", 2..=2, DEFAULT, series_dot_product),
    function(
        "series_cosine_similarity",
        2..=2,
        DEFAULT,
        series_cosine_similarity,
    ),
    function(
        "series_pearson_correlation",
        2..=2,
        DEFAULT,
        series_pearson_correlation,
    ),
    function(
        "series_stats",
        1..=1,
        ResultName::SetByFunction,
        series_stats,
    ),
    function("series_stats_dynamic", 1..=1, DEFAULT, series_stats_dynamic),
    function("series_iir", 3..=3, FIRST, series_iir),
];

/// A real made of all numbers of an array; null where a value is no number.
fn fold(context: &CallContext<'_>, arguments: Vec<Bound>, fold: fn(&[f64]) -> f64) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call(
        "series",
        inputs,
        ScalarType::Real,
        context.span,
        move |input| {
            let arrays = first(input)?;
            rows::reals(input.rows, |row| {
                reals(arrays.dynamic(row)).map(|values| fold(&values))
            })
        },
    ))
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
    first
        .iter()
        .zip(second)
        .map(|(first, second)| first * second)
        .sum()
}

/// A real made of two arrays of one length; null where there is a place without two numbers.
fn fold_two(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    fold: fn(&[f64], &[f64]) -> f64,
) -> Call {
    let inputs = two_series(context, arguments)?;
    Ok(kernel::call(
        "series",
        inputs,
        ScalarType::Real,
        context.span,
        move |input| {
            let (firsts, seconds) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
            rows::reals(input.rows, |row| {
                let pairs = pairs(firsts.dynamic(row), seconds.dynamic(row))?;
                let both = |(first, second): (Option<Number>, Option<Number>)| {
                    Some((first?.real(), second?.real()))
                };
                let (first, second): (Vec<f64>, Vec<f64>) =
                    pairs.into_iter().map(both).collect::<Option<_>>()?;
                Some(fold(&first, &second))
            })
        },
    ))
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
    Ok(kernel::call(
        "series_stats",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let arrays = first(input)?;
            rows::dynamics(input.rows, |row, writer| {
                match Statistics::of(arrays.dynamic(row)) {
                    Some(statistics) => statistics.write(writer),
                    None => Ok(()),
                }
            })
        },
    ))
}

/// `series_stats(array)`: seven columns.
///
/// Source: learn.microsoft.com/kusto/query/series-stats-function.
fn series_stats(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    use ScalarType::{Long, Real};
    let array = arguments
        .first()
        .and_then(|array| array.name.clone())
        .unwrap_or_default();
    let bag = series_stats_dynamic(context, arguments)?;
    let column = |(key, target): (&str, ScalarType)| {
        let part = dynamics::member(context, bag.clone(), key)?;
        let part = dynamics::to_scalar(context, part, target)?;
        Ok(part.named(format!("series_stats_{array}_{key}")))
    };
    let columns = [
        ("min", Real),
        ("min_idx", Long),
        ("max", Real),
        ("max_idx", Long),
        ("avg", Real),
        ("stdev", Real),
        ("variance", Real),
    ];
    let tuple = columns
        .into_iter()
        .map(column)
        .collect::<Result<Vec<_>, CallError>>()?;
    let Some(first) = tuple.first().cloned() else {
        return Ok(bag);
    };
    Ok(Bound { tuple, ..first })
}

/// `series_iir(array, numerators, denominators)`: a filter that feeds its results back.
///
/// Source: learn.microsoft.com/kusto/query/series-iir-function.
fn series_iir(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![
        arguments.dynamic()?,
        arguments.dynamic()?,
        arguments.dynamic()?,
    ];
    let name = inputs.first().and_then(|array| array.name.clone());
    let filtered = kernel::call(
        "series_iir",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let arrays = first(input)?;
            let (forward, back) = (
                Cells::of(input, 1, ScalarType::Dynamic)?,
                Cells::of(input, 2, ScalarType::Dynamic)?,
            );
            rows::dynamics(input.rows, |row, writer| {
                let (Some(values), Some(forward), Some(back)) = (
                    reals(arrays.dynamic(row)),
                    reals(forward.dynamic(row)),
                    reals(back.dynamic(row)),
                ) else {
                    return Ok(());
                };
                let filtered = feed_back(&values, &forward, &back);
                write_numbers(
                    filtered.into_iter().map(|value| Some(Number::Real(value))),
                    writer,
                )
            })
        },
    );
    Ok(Bound { name, ..filtered })
}

fn feed_back(values: &[f64], forward: &[f64], back: &[f64]) -> Vec<f64> {
    let scale = back.first().copied().unwrap_or(1.0);
    let mut results: Vec<f64> = Vec::with_capacity(values.len());
    for place in 0..values.len() {
        let at = |series: &[f64], lag: usize| {
            place
                .checked_sub(lag)
                .and_then(|place| series.get(place))
                .copied()
                .unwrap_or(0.0)
        };
        let fed: f64 = forward
            .iter()
            .enumerate()
            .map(|(lag, weight)| weight * at(values, lag))
            .sum();
        let returned: f64 = back
            .iter()
            .enumerate()
            .skip(1)
            .map(|(lag, weight)| weight * at(&results, lag))
            .sum();
        results.push((fed - returned) / scale);
    }
    results
}
