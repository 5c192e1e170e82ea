//! Filters: moving averages, differences and the like.

use datafusion::common::DataFusionError;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::first;
use super::series::{Number, write_numbers};
use super::series_analysis::refusal;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::Dynamic;
use crate::kernel::{self, Input};
use crate::kernels::cells::Cells;
use crate::kernels::rows;
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "series_fir",
    2..=4,
    ResultName::FirstArgument,
    series_fir,
)];

/// How a filter is applied.
#[derive(Debug, Clone, Copy)]
struct Setting {
    /// Whether its weights are made to sum up to one; none leaves it to their signs.
    normalize: Option<bool>,
    /// Whether it looks before and after each value, not only back.
    center: bool,
}

/// `series_fir(series, filter [, normalize [, center]])`: each value becomes the weighted sum of it and the ones before; what lies
/// outside of the series counts as zero.
///
/// Source: learn.microsoft.com/kusto/query/series-fir-function.
fn series_fir(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.dynamic()?];
    let normalize = arguments.optional(Arguments::bool)?;
    let center = arguments.or(Value::Bool(false), Arguments::bool)?;
    let known = |value: &Bound| {
        value
            .constant_bool()
            .ok_or_else(|| context.invalid_argument(value, "expects a constant bool here"))
    };
    let setting = Setting {
        normalize: normalize.as_ref().map(known).transpose()?,
        center: known(&center)?,
    };
    let span = context.span;
    let dynamic = ScalarType::Dynamic;
    Ok(kernel::call(
        "series_fir",
        inputs,
        dynamic,
        span,
        move |input| {
            let results: Vec<Option<Vec<Number>>> = (0..input.rows)
                .map(|row| filtered_row(input, row, setting))
                .map(|result| result?.map_err(|what| refusal("series_fir", what, span)))
                .collect::<Result<_, _>>()?;
            rows::dynamics(input.rows, |row, writer| match results.get(row) {
                Some(Some(numbers)) => write_numbers(numbers.iter().copied().map(Some), writer),
                _ => Ok(()),
            })
        },
    ))
}

type Filtered = Result<Option<Vec<Number>>, &'static str>;

fn filtered_row(
    input: &Input<'_>,
    row: usize,
    setting: Setting,
) -> Result<Filtered, DataFusionError> {
    let weights = Cells::of(input, 1, ScalarType::Dynamic)?;
    let (values, weights) = (first(input)?, numbers_of(weights.dynamic(row)));
    Ok(match (numbers_of(values.dynamic(row)), weights) {
        (None, _) | (_, None) => Ok(None),
        (Some(Some(values)), Some(Some(weights))) => filtered(&values, &weights, setting),
        _ => Err("a series with values that are no numbers"),
    })
}

/// The numbers of an array, none where a value is no number; none at all for what is no array.
fn numbers_of(value: Dynamic<'_>) -> Option<Option<Vec<Number>>> {
    let items = value.as_array()?.iter();
    Some(items.map(|item| Number::of(item.view_or_null())).collect())
}

fn filtered(values: &[Number], weights: &[Number], setting: Setting) -> Filtered {
    let has_negative = weights.iter().any(|weight| weight.real() < 0.0);
    let normalize = setting.normalize.unwrap_or(!has_negative);
    if normalize && has_negative {
        return Ok(None);
    }
    if setting.center && weights.len().is_multiple_of(2) {
        return Err("a centred filter of an even number of weights");
    }
    let ahead = if setting.center { weights.len() / 2 } else { 0 };
    let whole = |number: &Number| matches!(number, Number::Long(_));
    if !normalize && values.iter().chain(weights).all(whole) {
        return Ok(Some(whole_sums(values, weights, ahead)));
    }
    let total: f64 = weights.iter().map(|weight| weight.real()).sum();
    let scale = if normalize { total } else { 1.0 };
    let sums = sums(values, weights, ahead, 0.0, |sum, value, weight| {
        sum + value.real() * weight.real()
    });
    Ok(Some(sums.map(|sum| Number::Real(sum / scale)).collect()))
}

fn whole_sums(values: &[Number], weights: &[Number], ahead: usize) -> Vec<Number> {
    let add = |sum: i64, value: Number, weight: Number| match (value, weight) {
        (Number::Long(value), Number::Long(weight)) => sum.wrapping_add(value.wrapping_mul(weight)),
        _ => sum,
    };
    sums(values, weights, ahead, 0, add)
        .map(Number::Long)
        .collect()
}

/// The weighted sum at each place; the first weight is for the value `ahead` places on.
fn sums<'a, S: Copy + 'a>(
    values: &'a [Number],
    weights: &'a [Number],
    ahead: usize,
    zero: S,
    add: impl Fn(S, Number, Number) -> S + 'a,
) -> impl Iterator<Item = S> + 'a {
    (0..values.len()).map(move |place| {
        let terms = weights.iter().enumerate().filter_map(|(lag, &weight)| {
            let place = (place + ahead).checked_sub(lag)?;
            Some((*values.get(place)?, weight))
        });
        terms.fold(zero, |sum, (value, weight)| add(sum, value, weight))
    })
}
