//! Periods of a series.
//!
//! The service scores a period by the autocorrelation of the series, wrapped around at its end, at that distance, scaled so that
//! the least autocorrelation of all distances is zero. Which distances it takes for periods is only known in outline: the important
//! ones of the spectrum that are hills of the autocorrelation. Here, a period counts where spectrum and autocorrelation say the
//! same; where they do not, the engine refuses to guess.
//!
//! Source: learn.microsoft.com/kusto/query/series-periods-detect-function and …/series-periods-validate-function, recorded answers;
//! the method is Autoperiod (Vlachos, Yu, Castelli: On Periodicity Detection and Structural Periodic Similarity, 2005).

use tesem_kql::types::ScalarType::Dynamic;

use super::arguments::Arguments;
use super::series_analysis::{Analysed, analyse, columns, known_long, known_real, mean, reals};
use super::series_lines::Line;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::DynamicValue;
use crate::kernels::fourier::{Complex, forward, inverse};

const SET: ResultName = ResultName::SetByFunction;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("series_periods_detect", 4..=4, SET, series_periods_detect),
    function(
        "series_periods_validate",
        2..=17,
        SET,
        series_periods_validate,
    ),
];

/// The shortest period, in places.
const PERIOD_MIN: usize = 4;
/// A peak of the spectrum counts if noise has such a peak in one of a hundred series.
const CHANCE: f64 = 0.01;
/// The score of a period that `series_periods_detect` returns at least.
const SCORE_MIN: f64 = 0.3;
/// The most periods that `series_periods_detect` is asked for.
const PERIODS_MAX: i64 = 1024;

const PARTS: [(&str, tesem_kql::types::ScalarType); 2] =
    [("periods", Dynamic), ("scores", Dynamic)];

/// `series_periods_detect(series, least, greatest, count)`: two columns, the periods and their scores; zeros fill up the count.
fn series_periods_detect(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Bound, CallError> {
    let array = arguments.first().and_then(|array| array.name.clone());
    let mut arguments = Arguments::new(context, arguments);
    let series = arguments.dynamic()?;
    let least = known_real(context, &mut arguments, 0.0)?;
    let greatest = known_real(context, &mut arguments, 0.0)?;
    let count = known_long(context, &mut arguments, 1)?;
    let count = usize::try_from(count.clamp(0, PERIODS_MAX)).unwrap_or_default();
    let bag = analyse(context, series, move |values| {
        detected(values, least, greatest, count)
    });
    columns(context, array, &bag, &PARTS)
}

#[expect(clippy::cast_precision_loss, reason = "periods are small")]
fn detected(values: &[f64], least: f64, greatest: f64, count: usize) -> Analysed {
    let found = match Periodicity::of(values).detect(SCORE_MIN)? {
        Some((period, score)) if (least..=greatest).contains(&(period as f64)) => {
            vec![(period as f64, score)]
        }
        Some(_) => {
            return Err("a series whose best period lies outside of the given range".to_owned());
        }
        None => Vec::new(),
    };
    let padded = found
        .into_iter()
        .chain(std::iter::repeat((0.0, 0.0)))
        .take(count);
    Ok(bag_of(&padded.collect::<Vec<_>>()))
}

fn bag_of(periods: &[(f64, f64)]) -> DynamicValue {
    DynamicValue::bag([
        ("periods", reals(periods.iter().map(|(period, _)| *period))),
        ("scores", reals(periods.iter().map(|(_, score)| *score))),
    ])
}

/// `series_periods_validate(series, periods…)`: two columns, the periods and their scores.
fn series_periods_validate(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Bound, CallError> {
    let array = arguments.first().and_then(|array| array.name.clone());
    let mut arguments = Arguments::new(context, arguments);
    let series = arguments.dynamic()?;
    let mut periods = Vec::new();
    while arguments.has_more() {
        periods.push(known_real(context, &mut arguments, 0.0)?);
    }
    let bag = analyse(context, series, move |values| {
        let periodicity = Periodicity::of(values);
        let scored = |&period: &f64| Ok((period, periodicity.validate(period)?));
        let scored: Result<Vec<_>, String> = periods.iter().map(scored).collect();
        Ok(bag_of(&scored?))
    });
    columns(context, array, &bag, &PARTS)
}

/// Whether a distance is a whole number of periods, but for rounding: noise lifts one of them above the period itself.
fn is_multiple(distance: usize, period: usize) -> bool {
    let times = (distance + period / 2) / period;
    times > 0 && distance.abs_diff(times * period) < times
}

/// Spectrum and autocorrelation of a series.
#[derive(Debug)]
pub(super) struct Periodicity {
    length: usize,
    /// The power at 0, 1, … waves in the series, up to half its length.
    spectrum: Vec<f64>,
    /// The scores at the distances 0, 1, …, up to the length; empty for a series without variance.
    scores: Vec<f64>,
}

impl Periodicity {
    pub(super) fn of(values: &[f64]) -> Self {
        let level = mean(values);
        let centred: Vec<Complex> = values
            .iter()
            .map(|value| Complex::new(value - level, 0.0))
            .collect();
        let power: Vec<f64> = forward(&centred).into_iter().map(Complex::power).collect();
        let powers: Vec<Complex> = power
            .iter()
            .map(|&power| Complex::new(power, 0.0))
            .collect();
        let correlation: Vec<f64> = inverse(&powers).iter().map(|value| value.real).collect();
        let least = correlation.iter().copied().fold(f64::INFINITY, f64::min);
        let most = correlation.first().copied().unwrap_or_default();
        let energy: f64 = values.iter().map(|value| value * value).sum();
        let is_level = most <= energy * 1e-24;
        let scores = match is_level {
            true => Vec::new(),
            false => correlation
                .iter()
                .map(|value| (value - least) / (most - least))
                .collect(),
        };
        Self {
            length: values.len(),
            spectrum: power.into_iter().take(values.len() / 2 + 1).collect(),
            scores,
        }
    }

    fn score(&self, period: usize) -> f64 {
        self.scores.get(period).copied().unwrap_or_default()
    }

    /// The period and its score, if the series has one that scores at least so much. What it refuses is a series of which spectrum
    /// and autocorrelation say different things.
    pub(super) fn detect(&self, score_min: f64) -> Result<Option<(usize, f64)>, String> {
        let by_score = self
            .best_hill()
            .filter(|&period| self.score(period) >= score_min);
        let by_spectrum = self
            .best_wave()
            .filter(|&period| self.score(period) >= score_min);
        match (by_score, by_spectrum) {
            (None, None) => Ok(None),
            (Some(hill), Some(wave)) if is_multiple(hill, wave) => {
                Ok(Some((wave, self.score(wave))))
            }
            _ => Err("a series whose period is in doubt; give the period".to_owned()),
        }
    }

    /// The score of one period: zero where it is none.
    fn validate(&self, period: f64) -> Result<f64, String> {
        #[expect(clippy::cast_precision_loss, reason = "arrays are short")]
        let greatest = self.length as f64 / 2.0;
        if period < 4.0 || period > greatest || self.scores.is_empty() {
            return Ok(0.0);
        }
        if period.fract() != 0.0 {
            return Err("a period that is no whole number".to_owned());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the period lies between 4 and half the length"
        )]
        let place = period as usize;
        match (self.is_slope_hill(place), self.tops_neighbours(place)) {
            (true, true) => Ok(self.score(place)),
            (false, false) => Ok(0.0),
            _ => Err(format!(
                "a series for which it is in doubt whether {period} is a period"
            )),
        }
    }

    /// The highest of all hills of the autocorrelation; the first of equal ones, as multiples of a period score like the period.
    fn best_hill(&self) -> Option<usize> {
        let below_half = self.length.div_ceil(2);
        let is_hill = |&place: &usize| {
            let score = self.score(place);
            score > self.score(place - 1) && score >= self.score(place + 1)
        };
        let higher = |best: usize, other: usize| {
            // Rounding must not decide between a period and its multiple.
            if self.score(other) > self.score(best) + 1e-9 {
                other
            } else {
                best
            }
        };
        (PERIOD_MIN..below_half).filter(is_hill).reduce(higher)
    }

    /// The period of the strongest wave that is neither too short nor too long nor to be expected of noise.
    fn best_wave(&self) -> Option<usize> {
        let waves = 2..=self.length / PERIOD_MIN;
        let power = |wave: usize| self.spectrum.get(wave).copied().unwrap_or_default();
        let strongest = waves.reduce(|best, wave| {
            if power(wave) > power(best) {
                wave
            } else {
                best
            }
        })?;
        let others = self.spectrum.get(1..)?;
        #[expect(clippy::cast_precision_loss, reason = "arrays are short")]
        let count = others.len() as f64;
        let expected = others.iter().sum::<f64>() / count * (count / CHANCE).ln();
        if power(strongest) <= expected {
            return None;
        }
        let (from, to) = self.range_of_wave(strongest);
        (from..=to).reduce(|best, place| {
            if self.score(place) > self.score(best) {
                place
            } else {
                best
            }
        })
    }

    /// The distances that are nearer to a wave's length than to its neighbours'.
    fn range_of_wave(&self, wave: usize) -> (usize, usize) {
        let half = |first: usize, second: usize| {
            // (n / first + n / second) / 2 in whole numbers.
            (self.length * (first + second), 2 * first * second)
        };
        let (number, divisor) = half(wave + 1, wave);
        let from = number.div_ceil(divisor).max(PERIOD_MIN);
        let (number, divisor) = half(wave, wave.saturating_sub(1).max(1));
        (from, (number / divisor).min(self.length / 2).max(from))
    }

    /// Whether the autocorrelation rises before and falls behind a place, within reach of the waves beside it.
    fn is_slope_hill(&self, place: usize) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "arrays are short")]
        let (length, centre) = (self.length as f64, place as f64);
        let waves = length / centre;
        let from = f64::midpoint(length / (waves + 1.0), centre) - 1.0;
        let to = f64::midpoint(centre, length / (waves - 1.0).max(1.0)) + 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "both lie between 0 and the length"
        )]
        let (from, to) = (from.max(0.0).floor() as usize, to.ceil() as usize);
        let slope = |from: usize, to: usize| {
            let part: Vec<f64> = (from..=to).map(|place| self.score(place)).collect();
            Line::through(&part).slope
        };
        slope(from, place) > 0.0 && slope(place, to) < 0.0
    }

    /// Whether a place scores more than the two on either side.
    fn tops_neighbours(&self, place: usize) -> bool {
        let score = self.score(place);
        [place - 2, place - 1, place + 1, place + 2]
            .into_iter()
            .all(|other| score > self.score(other))
    }
}
