//! Special functions: error and gamma functions (crate `libm`), beta functions and what is made of them (crate `statrs`).

use statrs::function::beta;

use super::arguments::Arguments;
use super::rowwise::{self, Cell, Row, Unsupported};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};

const DEFAULT: ResultName = ResultName::Default;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("erf", 1..=1, DEFAULT, error),
    function("erfc", 1..=1, DEFAULT, complementary_error),
    function("gamma", 1..=1, DEFAULT, gamma_of),
    function("loggamma", 1..=1, DEFAULT, log_gamma),
    function("beta_cdf", 3..=3, DEFAULT, beta_cumulative),
    function("beta_pdf", 3..=3, DEFAULT, beta_density),
    function("beta_inv", 3..=3, DEFAULT, beta_inverse),
    function("welch_test", 6..=6, DEFAULT, welch_test),
];

type Call = Result<Bound, CallError>;

/// A function of one real.
fn of_one(
    context: &CallContext<'_>,
    name: &'static str,
    arguments: Vec<Bound>,
    map: fn(f64) -> Cell<f64>,
) -> Call {
    let inputs = vec![Arguments::new(context, arguments).real()?];
    Ok(rowwise::real(context, name, inputs, move |row| {
        match row.real(0) {
            Some(value) => map(value),
            None => Ok(None),
        }
    }))
}

/// `erf(value)`.
///
/// Source: learn.microsoft.com/kusto/query/erf-function.
fn error(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    of_one(context, "erf", arguments, |value| {
        Ok(Some(libm::erf(value)))
    })
}

/// `erfc(value)`.
///
/// Source: learn.microsoft.com/kusto/query/erfc-function.
fn complementary_error(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    of_one(context, "erfc", arguments, |value| {
        Ok(Some(libm::erfc(value)))
    })
}

/// `gamma(value)`: of positive numbers.
///
/// Source: learn.microsoft.com/kusto/query/gamma-function.
fn gamma_of(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    of_one(context, "gamma", arguments, |value| {
        positive(value).map(|value| Some(libm::tgamma(value)))
    })
}

/// `loggamma(value)`: of positive numbers.
///
/// Source: learn.microsoft.com/kusto/query/loggamma-function.
fn log_gamma(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    of_one(context, "loggamma", arguments, |value| {
        positive(value).map(|value| Some(libm::lgamma(value)))
    })
}

fn positive(value: f64) -> Result<f64, Unsupported> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(Unsupported::new("a number that is not positive"))
    }
}

/// A function of a number and the parameters of a beta distribution.
fn of_beta(
    context: &CallContext<'_>,
    name: &'static str,
    arguments: Vec<Bound>,
    map: fn(f64, Shape) -> Cell<f64>,
) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.real()?, arguments.real()?, arguments.real()?];
    Ok(rowwise::real(context, name, inputs, move |row| {
        match row.real(0).zip(shape(row)?) {
            Some((value, shape)) => map(value, shape),
            None => Ok(None),
        }
    }))
}

/// The parameters of a beta distribution.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Valid { alpha: f64, beta: f64 },
    NegativeAlpha,
}

fn shape(row: &Row<'_>) -> Cell<Shape> {
    let Some((alpha, beta)) = row.real(1).zip(row.real(2)) else {
        return Ok(None);
    };
    let is_valid = |parameter: f64| parameter > 0.0 && parameter.is_finite();
    match (is_valid(alpha), is_valid(beta)) {
        (true, true) => Ok(Some(Shape::Valid { alpha, beta })),
        (false, true) if alpha < 0.0 => Ok(Some(Shape::NegativeAlpha)),
        _ => Err(Unsupported::new(
            "a distribution whose second parameter is not positive",
        )),
    }
}

fn is_probability(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

/// `beta_cdf(x, alpha, beta)`: NaN for x outside 0 to 1. For a negative alpha the page says NaN, but observed answers are 1.
///
/// Source: learn.microsoft.com/kusto/query/beta-cdf-function.
fn beta_cumulative(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    of_beta(context, "beta_cdf", arguments, |value, shape| {
        Ok(Some(match shape {
            _ if !is_probability(value) => f64::NAN,
            Shape::NegativeAlpha => 1.0,
            Shape::Valid { alpha, beta } => beta::beta_reg(alpha, beta, value),
        }))
    })
}

/// `beta_pdf(x, alpha, beta)`: NaN for x outside 0 to 1 and for a negative alpha.
///
/// Source: learn.microsoft.com/kusto/query/beta-pdf-function.
fn beta_density(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    of_beta(context, "beta_pdf", arguments, |value, shape| match shape {
        Shape::Valid { alpha, beta } if is_probability(value) => density(value, alpha, beta),
        _ => Ok(Some(f64::NAN)),
    })
}

fn density(value: f64, alpha: f64, beta: f64) -> Cell<f64> {
    if value == 0.0 || value == 1.0 {
        return Err(Unsupported::new("an end of the distribution"));
    }
    let logarithm = (alpha - 1.0) * value.ln() + (beta - 1.0) * (-value).ln_1p();
    Ok(Some((logarithm - beta::ln_beta(alpha, beta)).exp()))
}

/// `beta_inv(probability, alpha, beta)`: null for a probability above 1, NaN for a negative alpha.
///
/// Source: learn.microsoft.com/kusto/query/beta-inv-function.
fn beta_inverse(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    of_beta(context, "beta_inv", arguments, |value, shape| match shape {
        _ if value > 1.0 => Ok(None),
        _ if !is_probability(value) => Err(Unsupported::new("a probability that is not positive")),
        Shape::NegativeAlpha => Ok(Some(f64::NAN)),
        Shape::Valid { alpha, beta } => Ok(Some(beta::inv_beta_reg(alpha, beta, value))),
    })
}

/// `welch_test(mean1, variance1, count1, mean2, variance2, count2)`: how probable means so far apart are if both samples come from
/// distributions with the same mean (en.wikipedia.org/wiki/Welch%27s_t-test, both sides).
///
/// Source: learn.microsoft.com/kusto/query/welch-test-function.
fn welch_test(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = Vec::with_capacity(6);
    while arguments.has_more() {
        inputs.push(arguments.real()?);
    }
    Ok(rowwise::real(context, "welch_test", inputs, |row| {
        let sample =
            |from: usize| Some((row.real(from)?, row.real(from + 1)?, row.real(from + 2)?));
        match sample(0).zip(sample(3)) {
            Some((first, second)) => same_mean(first, second),
            None => Ok(None),
        }
    }))
}

/// The probability for two samples of a mean, a variance and a count each.
fn same_mean(first: (f64, f64, f64), second: (f64, f64, f64)) -> Cell<f64> {
    let is_sample = |(_, variance, count): (f64, f64, f64)| variance > 0.0 && count > 1.0;
    if !is_sample(first) || !is_sample(second) {
        return Err(Unsupported::new("samples without variance"));
    }
    let error = |(_, variance, count): (f64, f64, f64)| variance / count;
    let (first_error, second_error) = (error(first), error(second));
    let both = first_error + second_error;
    let freedom = both * both
        / (first_error * first_error / (first.2 - 1.0)
            + second_error * second_error / (second.2 - 1.0));
    let distance = (first.0 - second.0) * (first.0 - second.0) / both;
    let share = freedom / (freedom + distance);
    Ok(Some(beta::beta_reg(freedom / 2.0, 0.5, share)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::eval;
    use crate::value::Value;

    #[track_caller]
    fn assert_near(name: &str, arguments: &[f64], expected: f64) {
        let values: Vec<Value> = arguments.iter().copied().map(Value::Real).collect();
        match eval(name, &values) {
            Ok(Value::Real(found)) => {
                let is_near = (found - expected).abs() <= 1e-12 * expected.abs();
                assert!(
                    is_near || found.is_nan() && expected.is_nan(),
                    "{name}: {found}"
                );
            }
            other => panic!("{name}({arguments:?}) is {other:?}"),
        }
    }

    #[test]
    fn known_values() {
        // Sample 3 of en.wikipedia.org/wiki/Welch%27s_t-test: p is 0.021 there.
        assert_near(
            "welch_test",
            &[
                20.82,
                7.867_428_571_4,
                15.0,
                22.986_666_666_7,
                3.812_666_666_7,
                15.0,
            ],
            0.021_378_001_461_064_34,
        );
        for (name, arguments, expected) in [
            ("erf", vec![0.5], 0.520_499_877_813_046_5),
            ("erfc", vec![0.5], 0.479_500_122_186_953_5),
            ("gamma", vec![0.5], std::f64::consts::PI.sqrt()),
            ("gamma", vec![6.0], 120.0),
            ("loggamma", vec![11.0], 3_628_800.0_f64.ln()),
            // The distribution with both parameters 1 is the uniform one; with 2 and 1 its density rises from 0 to 2.
            ("beta_cdf", vec![0.3, 1.0, 1.0], 0.3),
            ("beta_cdf", vec![0.3, 2.0, 1.0], 0.09),
            ("beta_pdf", vec![0.3, 2.0, 1.0], 0.6),
            ("beta_inv", vec![0.25, 2.0, 1.0], 0.5),
            ("beta_cdf", vec![1.1, 2.0, 1.0], f64::NAN),
            ("beta_inv", vec![0.5, -2.0, 1.0], f64::NAN),
        ] {
            assert_near(name, &arguments, expected);
        }
    }
}
