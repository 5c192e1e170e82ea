//! Lines through a series, by least squares over the places of its values.

use tesem_kql::types::ScalarType::{self, Long, Real};

use super::arguments::Arguments;
use super::series_analysis::{Analysed, analyse, columns, mean, reals, refusal};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::DynamicValue;
use crate::kernel;

const SET: ResultName = ResultName::SetByFunction;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("series_fit_line", 1..=1, SET, series_fit_line),
    function(
        "series_fit_line_dynamic",
        1..=1,
        ResultName::Default,
        series_fit_line_dynamic,
    ),
    function("series_fit_2lines", 1..=1, SET, series_fit_2lines),
];

/// A line is judged only where each side of a split holds so many values: how short a side may be is not published.
const SIDE_MIN: usize = 3;

/// The columns of `series_fit_2lines` that are refused, by their place.
const UNPUBLISHED: [(usize, &str); 2] = [
    (1, "the column `split_idx`"),
    (7, "the column `right_interception`"),
];

type Call = Result<Bound, CallError>;

/// A line through values at the places 0, 1, ….
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// Its rise from place to place.
    pub(super) slope: f64,
    /// Its value at the first place.
    pub(super) first: f64,
}

impl Line {
    /// The line of least squares; a level one through a single value.
    #[expect(clippy::cast_precision_loss, reason = "arrays are short")]
    pub(super) fn through(values: &[f64]) -> Self {
        let (middle, level) = ((values.len() as f64 - 1.0) / 2.0, mean(values));
        let (mut product, mut square) = (0.0, 0.0);
        for (place, value) in values.iter().enumerate() {
            let distance = place as f64 - middle;
            product += distance * (value - level);
            square += distance * distance;
        }
        let slope = if square > 0.0 { product / square } else { 0.0 };
        Self {
            slope,
            first: level - slope * middle,
        }
    }

    /// Its value one place before the first: the functions count places from 1.
    fn at_zero(self) -> f64 {
        self.first - self.slope
    }

    /// Its value at a place.
    #[expect(clippy::cast_precision_loss, reason = "arrays are short")]
    pub(super) fn at(self, place: usize) -> f64 {
        self.first + self.slope * place as f64
    }
}

/// How well a fit follows the values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quality {
    /// The share of the variance that the fit explains.
    pub(super) rsquare: f64,
    /// The variance of the values.
    pub(super) variance: f64,
    /// The variance of what the fit leaves over.
    pub(super) rvariance: f64,
}

impl Quality {
    /// The quality of a fit; what it refuses is a series that is level, of which no share can be said.
    pub(super) fn of(values: &[f64], fit: &[f64]) -> Result<Self, String> {
        let level = mean(values);
        let variance = over_others(values.iter().map(|value| value - level));
        let rvariance = over_others(values.iter().zip(fit).map(|(value, fit)| value - fit));
        if values.len() < 2 || variance == 0.0 {
            return Err("a series without variance".to_owned());
        }
        Ok(Self {
            rsquare: 1.0 - rvariance / variance,
            variance,
            rvariance,
        })
    }
}

/// The sum of squares over one less than their number.
#[expect(clippy::cast_precision_loss, reason = "arrays are short")]
fn over_others(distances: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_usize);
    for distance in distances {
        sum += distance * distance;
        count += 1;
    }
    sum / count.saturating_sub(1).max(1) as f64
}

/// `series_fit_line(array)`: six columns.
///
/// Source: learn.microsoft.com/kusto/query/series-fit-line-function.
fn series_fit_line(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let array = arguments.first().and_then(|array| array.name.clone());
    let bag = series_fit_line_dynamic(context, arguments)?;
    let parts = [
        ("rsquare", Real),
        ("slope", Real),
        ("variance", Real),
        ("rvariance", Real),
        ("interception", Real),
        ("line_fit", ScalarType::Dynamic),
    ];
    columns(context, array, &bag, &parts)
}

/// `series_fit_line_dynamic(array)`: the same in one bag.
///
/// Source: learn.microsoft.com/kusto/query/series-fit-line-dynamic-function.
fn series_fit_line_dynamic(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let series = Arguments::new(context, arguments).dynamic()?;
    Ok(analyse(context, series, one_line))
}

fn one_line(values: &[f64]) -> Analysed {
    let line = Line::through(values);
    let fit: Vec<f64> = (0..values.len()).map(|place| line.at(place)).collect();
    let quality = Quality::of(values, &fit)?;
    Ok(DynamicValue::bag([
        ("slope", line.slope.into()),
        ("interception", line.at_zero().into()),
        ("rsquare", quality.rsquare.into()),
        ("variance", quality.variance.into()),
        ("rvariance", quality.rvariance.into()),
        ("line_fit", reals(fit)),
    ]))
}

/// `series_fit_2lines(array)`: the two lines, left and right of a split, that together leave over least.
///
/// Which of the two values beside the split `split_idx` names, and from which place `right_interception` counts, is not published,
/// so that these columns are refused where they are read.
/// Source: learn.microsoft.com/kusto/query/series-fit-2lines-function.
fn series_fit_2lines(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let array = arguments.first().and_then(|array| array.name.clone());
    let series = Arguments::new(context, arguments).dynamic()?;
    let bag = analyse(context, series.clone(), two_lines);
    let parts = [
        ("rsquare", Real),
        ("split_idx", Long),
        ("variance", Real),
        ("rvariance", Real),
        ("line_fit", ScalarType::Dynamic),
        ("right_rsquare", Real),
        ("right_slope", Real),
        ("right_interception", Real),
        ("right_variance", Real),
        ("right_rvariance", Real),
        ("left_rsquare", Real),
        ("left_slope", Real),
        ("left_interception", Real),
        ("left_variance", Real),
        ("left_rvariance", Real),
    ];
    let mut bound = columns(context, array, &bag, &parts)?;
    for (place, part) in UNPUBLISHED {
        if let Some(column) = bound.tuple.get_mut(place) {
            let refused = unpublished(context, series.clone(), part, column.scalar_type);
            *column = Bound {
                name: column.name.take(),
                ..refused
            };
        }
    }
    Ok(bound)
}

/// A column that can be left out, but not read.
fn unpublished(
    context: &CallContext<'_>,
    series: Bound,
    part: &'static str,
    scalar_type: ScalarType,
) -> Bound {
    let span = context.span;
    kernel::call(part, vec![series], scalar_type, span, move |_| {
        Err(refusal("series_fit_2lines", part, span))
    })
}

/// Sums over the values so far, from which the leftover of a line through them follows.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    count: f64,
    places: f64,
    squares: f64,
    values: f64,
    products: f64,
    energy: f64,
}

impl Sums {
    fn add(&mut self, place: f64, value: f64) {
        self.count += 1.0;
        self.places += place;
        self.squares += place * place;
        self.values += value;
        self.products += place * value;
        self.energy += value * value;
    }

    /// The sum of squares that the line of least squares leaves over.
    fn leftover(&self) -> f64 {
        let spread = self.squares - self.places * self.places / self.count;
        let shared = self.products - self.places * self.values / self.count;
        let energy = self.energy - self.values * self.values / self.count;
        if spread > 0.0 {
            energy - shared * shared / spread
        } else {
            energy
        }
    }
}

/// The leftovers of lines through the first 1, 2, … values.
#[expect(clippy::cast_precision_loss, reason = "arrays are short")]
fn leftovers(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sums = Sums::default();
    values
        .enumerate()
        .map(|(place, value)| {
            sums.add(place as f64, value);
            sums.leftover()
        })
        .collect()
}

/// How many values the best left side holds.
fn best_split(values: &[f64]) -> Option<usize> {
    // Around the mean, the sums keep their digits.
    let level = mean(values);
    let centred: Vec<f64> = values.iter().map(|value| value - level).collect();
    let left = leftovers(centred.iter().copied());
    let mut right = leftovers(centred.iter().rev().copied());
    right.reverse();
    let pairs = left.iter().zip(right.iter().skip(1)).zip(1..);
    let (_, split) = pairs
        .map(|((left, right), split)| (left + right, split))
        .min_by(|(first, _), (second, _)| first.total_cmp(second))?;
    Some(split)
}

fn two_lines(values: &[f64]) -> Analysed {
    let sides = best_split(values).map(|split| values.split_at(split));
    let Some((left, right)) =
        sides.filter(|(left, right)| left.len() >= SIDE_MIN && right.len() >= SIDE_MIN)
    else {
        return Err(format!(
            "a series that splits less than {SIDE_MIN} values from its end"
        ));
    };
    let (left_line, right_line) = (Line::through(left), Line::through(right));
    let left_fit: Vec<f64> = (0..left.len()).map(|place| left_line.at(place)).collect();
    let right_fit: Vec<f64> = (0..right.len()).map(|place| right_line.at(place)).collect();
    let fit: Vec<f64> = left_fit.iter().chain(&right_fit).copied().collect();
    let whole = Quality::of(values, &fit)?;
    let left_quality = Quality::of(left, &left_fit)?;
    let right_quality = Quality::of(right, &right_fit)?;
    Ok(DynamicValue::bag([
        ("rsquare", whole.rsquare.into()),
        ("variance", whole.variance.into()),
        ("rvariance", whole.rvariance.into()),
        ("line_fit", reals(fit)),
        ("right_rsquare", right_quality.rsquare.into()),
        ("right_slope", right_line.slope.into()),
        ("right_variance", right_quality.variance.into()),
        ("right_rvariance", right_quality.rvariance.into()),
        ("left_rsquare", left_quality.rsquare.into()),
        ("left_slope", left_line.slope.into()),
        ("left_interception", left_line.at_zero().into()),
        ("left_variance", left_quality.variance.into()),
        ("left_rvariance", left_quality.rvariance.into()),
    ]))
}
