//! Polynomials through a series.

use tesem_kql::types::ScalarType::{Dynamic, Real};

use super::arguments::Arguments;
use super::arrays::first;
use super::series_analysis::{Analysed, columns, known_long, reals, refusal, values_of};
use super::series_lines::Quality;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{DynamicValue, encode};
use crate::kernel::{self, Input};
use crate::kernels::cells::Cells;
use crate::kernels::rows;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "series_fit_poly",
    1..=3,
    ResultName::SetByFunction,
    series_fit_poly,
)];

/// Higher polynomials say nothing in 64-bit numbers.
const DEGREE_MAX: i64 = 30;

/// `series_fit_poly(y [, x [, degree]])`: five columns; x is 1, 2, … where it is not given.
///
/// Source: learn.microsoft.com/kusto/query/series-fit-poly-function.
fn series_fit_poly(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let array = arguments.first().and_then(|array| array.name.clone());
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = vec![arguments.dynamic()?];
    if let Some(places) = arguments.optional(Arguments::dynamic)? {
        inputs.push(places);
    }
    let degree = known_long(context, &mut arguments, 1)?;
    let degree = match usize::try_from(degree) {
        Ok(given) if (1..=DEGREE_MAX).contains(&degree) => given,
        _ => {
            let message = format!("series_fit_poly() takes a degree from 1 to {DEGREE_MAX}");
            return Err(context.invalid(message));
        }
    };
    let (span, has_places) = (context.span, inputs.len() > 1);
    let bag = kernel::call("series_fit_poly", inputs, Dynamic, span, move |input| {
        let fits: Vec<Option<Vec<u8>>> = (0..input.rows)
            .map(|row| match series(input, row, has_places)? {
                Some((values, places)) => fit(&values, &places, degree)
                    .map(|bag| Some(encode(&bag)))
                    .map_err(|what| refusal("series_fit_poly", &what, span)),
                None => Ok(None),
            })
            .collect::<Result<_, _>>()?;
        rows::dynamics(input.rows, |row, writer| {
            if let Some(Some(bytes)) = fits.get(row) {
                writer.value_of(crate::dynamic::Dynamic::new(bytes));
            }
            Ok(())
        })
    });
    let parts = [
        ("rsquare", Real),
        ("coefficients", Dynamic),
        ("variance", Real),
        ("rvariance", Real),
        ("poly_fit", Dynamic),
    ];
    columns(context, array, &bag, &parts)
}

type Points = (Vec<f64>, Vec<f64>);

/// The values of a row and their places; none where they are not two arrays of numbers of one length.
#[expect(clippy::cast_precision_loss, reason = "arrays are short")]
fn series(
    input: &Input<'_>,
    row: usize,
    has_places: bool,
) -> Result<Option<Points>, datafusion::common::DataFusionError> {
    let numbers = |cells: &Cells| -> Option<Vec<f64>> {
        values_of(cells.dynamic(row))?.into_iter().collect()
    };
    let values = numbers(&first(input)?);
    let places = if has_places {
        numbers(&Cells::of(input, 1, Dynamic)?)
    } else {
        values
            .as_ref()
            .map(|values| (1..=values.len()).map(|place| place as f64).collect())
    };
    Ok(values
        .zip(places)
        .filter(|(values, places)| values.len() == places.len()))
}

fn fit(values: &[f64], places: &[f64], degree: usize) -> Analysed {
    let Some(coefficients) = least_squares(values, places, degree) else {
        return Err("a series that does not determine the polynomial".to_owned());
    };
    let at = |place: f64| {
        coefficients
            .iter()
            .fold(0.0, |sum, factor| sum * place + factor)
    };
    let fit: Vec<f64> = places.iter().map(|&place| at(place)).collect();
    let quality = Quality::of(values, &fit)?;
    Ok(DynamicValue::bag([
        ("rsquare", quality.rsquare.into()),
        ("coefficients", reals(coefficients)),
        ("variance", quality.variance.into()),
        ("rvariance", quality.rvariance.into()),
        ("poly_fit", reals(fit)),
    ]))
}

/// The coefficients, the highest power first: orthogonal columns (modified Gram-Schmidt, twice) keep the digits that normal
/// equations lose.
fn least_squares(values: &[f64], places: &[f64], degree: usize) -> Option<Vec<f64>> {
    let powers = |power: usize| -> Vec<f64> {
        let power = i32::try_from(power).unwrap_or(i32::MAX);
        places.iter().map(|place| place.powi(power)).collect()
    };
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(degree + 1);
    let mut triangle: Vec<Vec<f64>> = Vec::with_capacity(degree + 1);
    for power in 0..=degree {
        let mut column = powers(power);
        let before = norm(&column);
        let mut factors = vec![0.0; basis.len()];
        for _ in 0..2 {
            for (unit, factor) in basis.iter().zip(&mut factors) {
                let part = dot(unit, &column);
                subtract(&mut column, unit, part);
                *factor += part;
            }
        }
        let length = norm(&column);
        if length <= before * f64::EPSILON * 8.0 {
            return None;
        }
        column.iter_mut().for_each(|value| *value /= length);
        factors.push(length);
        basis.push(column);
        triangle.push(factors);
    }
    let mut rest = values.to_vec();
    let mut shares = Vec::with_capacity(basis.len());
    for unit in &basis {
        let share = dot(unit, &rest);
        subtract(&mut rest, unit, share);
        shares.push(share);
    }
    back_substituted(&triangle, shares)
}

/// The coefficients whose powers have the given shares in the orthogonal columns, the highest power first.
fn back_substituted(triangle: &[Vec<f64>], mut shares: Vec<f64>) -> Option<Vec<f64>> {
    let mut coefficients = Vec::with_capacity(shares.len());
    for column in triangle.iter().rev() {
        let coefficient = shares.pop()? / column.last()?;
        for (share, factor) in shares.iter_mut().zip(column) {
            *share -= coefficient * factor;
        }
        coefficients.push(coefficient);
    }
    Some(coefficients)
}

fn dot(first: &[f64], second: &[f64]) -> f64 {
    first
        .iter()
        .zip(second)
        .map(|(first, second)| first * second)
        .sum()
}

fn norm(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}

fn subtract(values: &mut [f64], unit: &[f64], part: f64) {
    for (value, unit) in values.iter_mut().zip(unit) {
        *value -= part * unit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_polynomial_through_points() {
        let places: Vec<f64> = (0..40).map(|place| f64::from(place) / 8.0 - 2.3).collect();
        let polynomial = |x: f64| x.powi(5) - 8.0 * x.powi(3) + 10.0 * x + 6.0;
        let values: Vec<f64> = places.iter().map(|&place| polynomial(place)).collect();
        let found = least_squares(&values, &places, 5).unwrap();
        for (found, expected) in found.iter().zip([1.0, 0.0, -8.0, 0.0, 10.0, 6.0]) {
            assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
        }
        assert_eq!(least_squares(&[1.0, 2.0], &[3.0, 3.0], 1), None);
        assert_eq!(least_squares(&[1.0, 2.0], &[1.0, 2.0], 2), None);
    }
}
