//! Values that stand out of a series.

use super::arguments::Arguments;
use super::series_analysis::{analyse_values, known_text, reals};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "series_outliers",
    1..=6,
    ResultName::FirstArgument,
    series_outliers,
)];

/// How far a value lies outside of the middle of the series, by Tukey's test.
///
/// Source: learn.microsoft.com/kusto/query/series-outliers-function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fences {
    /// The middle begins at this share of the sorted values.
    from: f64,
    /// The middle ends at this share.
    to: f64,
    /// The score of a value that lies outside by the width of the middle.
    scale: f64,
}

impl Fences {
    /// Tukey's own: the middle is the half between the quartiles.
    const TUKEY: Self = Self {
        from: 0.25,
        to: 0.75,
        scale: 1.0,
    };

    /// The service's default: the middle lies between the tenth and the ninetieth percentile. The scale, which is not published, is
    /// what recorded answers agree on in 15 digits.
    const CUSTOM: Self = Self {
        from: 0.1,
        to: 0.9,
        scale: 2.772_605_605_507_915,
    };

    /// The fences of a kind, as the functions call it.
    pub(super) fn named(kind: &str) -> Option<Self> {
        match kind {
            "tukey" => Some(Self::TUKEY),
            "ctukey" => Some(Self::CUSTOM),
            _ => None,
        }
    }

    /// The score of each value: zero in the middle, negative below it. What it refuses is a series whose middle has no width.
    pub(super) fn scores(self, values: &[Option<f64>]) -> Result<Vec<f64>, String> {
        let mut sorted: Vec<f64> = values.iter().copied().flatten().collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(low), Some(high)) = (at_share(&sorted, self.from), at_share(&sorted, self.to))
        else {
            return Ok(vec![0.0; values.len()]);
        };
        let distance = |value: f64| (value - high).max(0.0) + (value - low).min(0.0);
        if low == high && sorted.iter().any(|&value| distance(value) != 0.0) {
            return Err("a series of which most values are equal".to_owned());
        }
        let score = |value: f64| match distance(value) {
            0.0 => 0.0,
            distance => distance / (high - low) * self.scale,
        };
        Ok(values
            .iter()
            .map(|value| value.map_or(0.0, score))
            .collect())
    }
}

/// The value at a share of sorted values, on the line between its neighbours.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "arrays are short and shares lie between 0 and 1"
)]
fn at_share(sorted: &[f64], share: f64) -> Option<f64> {
    let place = sorted.len().checked_sub(1)? as f64 * share;
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

/// `series_outliers(series [, kind [, ignored]])`.
///
/// The scale of other percentiles than the default ones is not published, so that they are refused.
/// Source: learn.microsoft.com/kusto/query/series-outliers-function.
fn series_outliers(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let series = arguments.dynamic()?;
    let kind = known_text(context, &mut arguments, "ctukey")?;
    let Some(fences) = Fences::named(&kind) else {
        let message =
            format!("series_outliers() knows no test `{kind}`: it is `ctukey` or `tukey`");
        return Err(context.invalid(message));
    };
    let ignored = match arguments.optional(Arguments::real)? {
        None => None,
        Some(ignored) => match ignored.constant {
            Some(Value::Real(value)) if !value.is_nan() => Some(value),
            Some(_) => None,
            None => {
                return Err(
                    context.not_supported("series_outliers() with ignored values that vary")
                );
            }
        },
    };
    if arguments.has_more() {
        return Err(context.not_supported("series_outliers() with percentiles of one's own"));
    }
    let name = series.name.clone();
    let scored = analyse_values(context, series, move |values| {
        let kept = |value: &Option<f64>| value.filter(|value| Some(*value) != ignored);
        let kept: Vec<Option<f64>> = values.iter().map(kept).collect();
        Ok(reals(fences.scores(&kept)?))
    });
    Ok(Bound { name, ..scored })
}
