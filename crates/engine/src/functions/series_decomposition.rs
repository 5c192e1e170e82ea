//! A series as the sum of a season, a trend and what is left over.
//!
//! Source: learn.microsoft.com/kusto/query/series-decompose-function.

use tesem_kql::types::ScalarType::Dynamic;

use super::arguments::Arguments;
use super::series_analysis::{
    analyse, columns, known_long, known_real, known_text, mean, median, reals,
};
use super::series_lines::Line;
use super::series_outliers::Fences;
use super::series_periods::Periodicity;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::DynamicValue;

const SET: ResultName = ResultName::SetByFunction;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "series_seasonal",
        1..=2,
        ResultName::Default,
        series_seasonal,
    ),
    function("series_decompose", 1..=5, SET, series_decompose),
    function(
        "series_decompose_anomalies",
        1..=7,
        SET,
        series_decompose_anomalies,
    ),
    function(
        "series_decompose_forecast",
        2..=5,
        SET,
        series_decompose_forecast,
    ),
];

/// The score of a period that the decompositions find by themselves.
const SCORE_MIN: f64 = 0.6;
/// The same for `series_seasonal`.
const SEASONAL_SCORE_MIN: f64 = 0.7;
/// The score beyond which a value is an anomaly.
const THRESHOLD: f64 = 1.5;

type Call = Result<Bound, CallError>;

/// Where the season comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Season {
    /// There is none.
    None,
    /// It repeats after so many places.
    Period(usize),
    /// It is looked for, and must score so much.
    Detected(f64),
}

impl Season {
    fn of(period: i64, score_min: f64) -> Option<Self> {
        match (period, usize::try_from(period)) {
            (0, _) => Some(Self::None),
            (-1, _) => Some(Self::Detected(score_min)),
            (_, Ok(period)) => Some(Self::Period(period)),
            _ => None,
        }
    }

    /// The median of the values of each phase; nothing for a series without season.
    fn phases(self, values: &[f64]) -> Result<Vec<f64>, String> {
        let period = match self {
            Self::None => None,
            Self::Period(period) if period > values.len() => {
                return Err("a series that is shorter than the period".to_owned());
            }
            Self::Period(period) => Some(period),
            Self::Detected(score_min) => Periodicity::of(values)
                .detect(score_min)?
                .map(|(period, _)| period),
        };
        let Some(period) = period else {
            return Ok(Vec::new());
        };
        let phase = |from: usize| {
            let mut values: Vec<f64> = values.iter().skip(from).step_by(period).copied().collect();
            median(&mut values).unwrap_or_default()
        };
        Ok((0..period).map(phase).collect())
    }
}

/// What the trend is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trend {
    None,
    Average,
    Line,
}

impl Trend {
    fn named(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "avg" => Some(Self::Average),
            "linefit" => Some(Self::Line),
            _ => None,
        }
    }

    fn through(self, values: &[f64]) -> Line {
        match self {
            Self::Line => Line::through(values),
            Self::Average => Line {
                slope: 0.0,
                first: mean(values),
            },
            Self::None => Line {
                slope: 0.0,
                first: 0.0,
            },
        }
    }
}

/// How a series is taken apart.
#[derive(Debug, Clone, Copy)]
struct Setting {
    season: Season,
    trend: Trend,
    /// So many values at the end are not learnt from.
    test_points: usize,
}

/// The parts of a series, place by place.
#[derive(Debug)]
struct Parts {
    seasonal: Vec<f64>,
    trend: Vec<f64>,
    baseline: Vec<f64>,
    residual: Vec<f64>,
}

impl Setting {
    fn decompose(self, values: &[f64]) -> Result<Parts, String> {
        let learnt = values.len().saturating_sub(self.test_points);
        let learnt = values.get(..learnt).unwrap_or_default();
        if learnt.is_empty() && !values.is_empty() {
            return Err("a series that is shorter than what is not learnt from".to_owned());
        }
        let phases = self.season.phases(learnt)?;
        let seasonal: Vec<f64> = if phases.is_empty() {
            vec![0.0; values.len()]
        } else {
            phases.iter().copied().cycle().take(values.len()).collect()
        };
        let rest: Vec<f64> = learnt.iter().zip(&seasonal).map(|(a, b)| a - b).collect();
        let line = self.trend.through(&rest);
        let trend: Vec<f64> = (0..values.len()).map(|place| line.at(place)).collect();
        let baseline: Vec<f64> = seasonal.iter().zip(&trend).map(|(a, b)| a + b).collect();
        let residual = values.iter().zip(&baseline).map(|(a, b)| a - b).collect();
        Ok(Parts {
            seasonal,
            trend,
            baseline,
            residual,
        })
    }
}

impl Parts {
    fn bag(self) -> DynamicValue {
        DynamicValue::bag([
            ("baseline", reals(self.baseline)),
            ("seasonal", reals(self.seasonal)),
            ("trend", reals(self.trend)),
            ("residual", reals(self.residual)),
        ])
    }
}

/// Reads the settings one after the other.
struct Settings<'a, 'c, 'x> {
    context: &'a CallContext<'x>,
    arguments: &'a mut Arguments<'c, 'x>,
}

impl Settings<'_, '_, '_> {
    fn period(&mut self) -> Result<i64, CallError> {
        known_long(self.context, self.arguments, -1)
    }

    fn trend(&mut self, otherwise: &str) -> Result<Trend, CallError> {
        let name = known_text(self.context, self.arguments, otherwise)?;
        Trend::named(&name).ok_or_else(|| {
            let function = self.context.function;
            let message =
                format!("{function}() knows no trend `{name}`: it is `avg`, `linefit` or `none`");
            self.context.invalid(message)
        })
    }

    fn test_points(&mut self) -> Result<usize, CallError> {
        let count = known_long(self.context, self.arguments, 0)?;
        usize::try_from(count).map_err(|_| {
            let function = self.context.function;
            self.context
                .invalid(format!("{function}() cannot leave out {count} values"))
        })
    }

    fn season(&mut self, period: i64, otherwise: f64) -> Result<Season, CallError> {
        let score_min = known_real(self.context, self.arguments, otherwise)?;
        Season::of(period, score_min).ok_or_else(|| {
            let function = self.context.function;
            let message = format!("{function}() takes a period, 0 for none, or -1 to detect it");
            self.context.invalid(message)
        })
    }
}

/// `series_seasonal(series [, period])`: the season alone.
///
/// Source: learn.microsoft.com/kusto/query/series-seasonal-function.
fn series_seasonal(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let series = arguments.dynamic()?;
    let mut settings = Settings {
        context,
        arguments: &mut arguments,
    };
    let period = settings.period()?;
    let setting = Setting {
        season: settings.season(period, SEASONAL_SCORE_MIN)?,
        trend: Trend::None,
        test_points: 0,
    };
    Ok(analyse(context, series, move |values| {
        Ok(reals(setting.decompose(values)?.seasonal))
    }))
}

const PARTS: [(&str, tesem_kql::types::ScalarType); 4] = [
    ("baseline", Dynamic),
    ("seasonal", Dynamic),
    ("trend", Dynamic),
    ("residual", Dynamic),
];

/// `series_decompose(series [, period [, trend [, test_points [, score]]]])`: four columns.
///
/// Source: learn.microsoft.com/kusto/query/series-decompose-function.
fn series_decompose(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let array = arguments.first().and_then(|array| array.name.clone());
    let mut arguments = Arguments::new(context, arguments);
    let series = arguments.dynamic()?;
    let mut settings = Settings {
        context,
        arguments: &mut arguments,
    };
    let period = settings.period()?;
    let (trend, test_points) = (settings.trend("avg")?, settings.test_points()?);
    let setting = Setting {
        season: settings.season(period, SCORE_MIN)?,
        trend,
        test_points,
    };
    let bag = analyse(context, series, move |values| {
        Ok(setting.decompose(values)?.bag())
    });
    columns(context, array, &bag, &PARTS)
}

/// `series_decompose_forecast(series, test_points [, period [, trend [, score]]])`: four columns; the baseline goes on over the
/// values at the end that are not learnt from.
///
/// Source: learn.microsoft.com/kusto/query/series-decompose-forecast-function.
fn series_decompose_forecast(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let array = arguments.first().and_then(|array| array.name.clone());
    let mut arguments = Arguments::new(context, arguments);
    let series = arguments.dynamic()?;
    let mut settings = Settings {
        context,
        arguments: &mut arguments,
    };
    let (test_points, period) = (settings.test_points()?, settings.period()?);
    let trend = settings.trend("linefit")?;
    let setting = Setting {
        season: settings.season(period, SCORE_MIN)?,
        trend,
        test_points,
    };
    let bag = analyse(context, series, move |values| {
        Ok(setting.decompose(values)?.bag())
    });
    columns(context, array, &bag, &PARTS)
}

/// `series_decompose_anomalies(series [, threshold [, period [, trend [, test_points [, test [, score]]]]]])`: three columns, whether
/// a value is an anomaly (1 above, -1 below), its score and the baseline.
///
/// Source: learn.microsoft.com/kusto/query/series-decompose-anomalies-function.
fn series_decompose_anomalies(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let array = arguments.first().and_then(|array| array.name.clone());
    let mut arguments = Arguments::new(context, arguments);
    let series = arguments.dynamic()?;
    let threshold = known_real(context, &mut arguments, THRESHOLD)?;
    let mut settings = Settings {
        context,
        arguments: &mut arguments,
    };
    let period = settings.period()?;
    let (trend, test_points) = (settings.trend("avg")?, settings.test_points()?);
    if test_points > 0 {
        return Err(context.not_supported("series_decompose_anomalies() with test points"));
    }
    let test = known_text(context, settings.arguments, "ctukey")?;
    let Some(fences) = Fences::named(&test) else {
        let message = format!("there is no test `{test}`: it is `ctukey` or `tukey`");
        return Err(context.invalid(message));
    };
    let setting = Setting {
        season: settings.season(period, SCORE_MIN)?,
        trend,
        test_points,
    };
    let bag = analyse(context, series, move |values| {
        let parts = setting.decompose(values)?;
        let residual: Vec<Option<f64>> = parts.residual.iter().copied().map(Some).collect();
        let scores = fences.scores(&residual)?;
        let flags = scores.iter().map(|&score| flag(score, threshold));
        Ok(DynamicValue::bag([
            ("ad_flag", flags.map(DynamicValue::Long).collect()),
            ("ad_score", reals(scores.iter().copied())),
            ("baseline", reals(parts.baseline)),
        ]))
    });
    let parts = [
        ("ad_flag", Dynamic),
        ("ad_score", Dynamic),
        ("baseline", Dynamic),
    ];
    columns(context, array, &bag, &parts)
}

fn flag(score: f64, threshold: f64) -> i64 {
    if score > threshold {
        1
    } else if score < -threshold {
        -1
    } else {
        0
    }
}
