//! The analysis of series: what each function finds in a series of which one knows what is in it.

use serde_json::{Value as Json, json};
use tesem_engine::{Database, EngineError};

use crate::canonical::{engine, rows, run};

/// Rounds reals, so that the last digits of an algorithm do not show.
fn rounded(value: &Json) -> Json {
    match value {
        Json::Number(number) if number.is_f64() => {
            let value = number.as_f64().unwrap_or_default();
            json!((value * 1e6).round() / 1e6 + 0.0)
        }
        Json::Array(items) => items.iter().map(rounded).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), rounded(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[test]
fn answers() {
    let engine = engine(Database::new());
    for (query, expected) in [
        (
            "print y = dynamic([3, 5, 7, 9]) | project series_fit_line(y)",
            json!([1.0, 2.0, 6.666_667, 0.0, 1.0, [3.0, 5.0, 7.0, 9.0]]),
        ),
        (
            "print y = dynamic([1, 2, 3, 10, 8, 6]) | extend series_fit_2lines(y)
             | project series_fit_2lines_y_rsquare, series_fit_2lines_y_line_fit, series_fit_2lines_y_right_slope,
                       series_fit_2lines_y_left_slope, series_fit_2lines_y_left_interception",
            json!([1.0, [1.0, 2.0, 3.0, 10.0, 8.0, 6.0], -2.0, 1.0, 0.0]),
        ),
        (
            "print y = dynamic([6, 11, 18, 27]) | project series_fit_poly(y, dynamic([1, 2, 3, 4]), 2)",
            json!([1.0, [1.0, 2.0, 3.0], 83.0, 0.0, [6.0, 11.0, 18.0, 27.0]]),
        ),
        (
            "print y = dynamic([1, 0, 0, 0]) | project series_fft(y)",
            json!([[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]),
        ),
        (
            "print y = dynamic([1, 2, 4]) | extend (a, b) = series_fft(y) | extend (c, d) = series_ifft(a, b) | project c, d",
            json!([[1.0, 2.0, 4.0], [0.0, 0.0, 0.0]]),
        ),
        (
            "print series_fir(dynamic([2, 4, 6, 8]), dynamic([1, 1])), series_fir(dynamic([2, 4, 6]), dynamic([1, -1])),
                   series_fir(dynamic([3, 6, 9]), dynamic([1, 1, 1]), true, true), series_fir(dynamic([1]), dynamic([-1]), true)",
            json!([[1.0, 3.0, 5.0, 7.0], [2, 2, 2], [3.0, 6.0, 5.0], null]),
        ),
        (
            "print y = dynamic([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100]) | project series_outliers(y, 'tukey')",
            json!([[-0.5, -0.3, -0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.3, 18.3]]),
        ),
        (
            "print y = dynamic([5, 7, 9, 5, 7, 9, 5, 7, 12]) | project series_seasonal(y, 3), series_seasonal(y, 0)",
            json!([
                [5.0, 7.0, 9.0, 5.0, 7.0, 9.0, 5.0, 7.0, 9.0],
                [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
            ]),
        ),
        (
            "print y = dynamic([1, 5, 2, 6, 3, 7]) | project series_decompose(y, 2, 'linefit')",
            json!([
                [0.857_143, 5.314_286, 1.771_429, 6.228_571, 2.685_714, 7.142_857],
                [2.0, 6.0, 2.0, 6.0, 2.0, 6.0],
                [-1.142_857, -0.685_714, -0.228_571, 0.228_571, 0.685_714, 1.142_857],
                [0.142_857, -0.314_286, 0.228_571, -0.228_571, 0.314_286, -0.142_857]
            ]),
        ),
        (
            "print y = dynamic([10, 20, 10, 20, 10, 20, 0, 0]) | project f = series_decompose_forecast(y, 2, 2) | project f",
            json!([[10.0, 20.0, 10.0, 20.0, 10.0, 20.0, 10.0, 20.0]]),
        ),
        (
            "range x from 0 to 35 step 1 | summarize y = make_list(iff(x == 20, 40, 10 + 10 * abs(x % 6 - 3)))
             | project f = series_decompose(y)
             | project f[3], f[20]",
            json!([10.0 + 20.0 / 36.0, 20.0 + 20.0 / 36.0]),
        ),
        (
            "print y = range(1, 20) | project series_decompose_anomalies(y, 1.5, 0) | project series_decompose_anomalies_y_ad_flag",
            json!([[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]),
        ),
        (
            "range x from 0 to 47 step 1 | summarize y = make_list(10.0 * sin(2 * pi() * x / 8))
             | project series_periods_detect(y, 4, 20, 2)",
            json!([[8.0, 0.0], [1.0, 0.0]]),
        ),
        (
            "range x from 0 to 47 step 1 | summarize y = make_list(10.0 * sin(2 * pi() * x / 8))
             | project series_periods_validate(y, 8, 3, 100)",
            json!([[8.0, 3.0, 100.0], [1.0, 0.0, 0.0]]),
        ),
        (
            "print y = dynamic([4, 4, 4, 4, 4, 4, 4, 4]) | project series_decompose_anomalies(y)
             | project series_decompose_anomalies_y_ad_score",
            json!([[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]),
        ),
    ] {
        let result = run(&engine, query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let found = rounded(&Json::from(rows(&result)));
        assert_eq!(found, rounded(&json!([expected])), "{query}");
    }
}

#[test]
fn refusals() {
    let engine = engine(Database::new());
    for (query, named) in [
        ("print series_fit_line(dynamic([1, null]))", "no numbers"),
        (
            "print series_fit_line(dynamic([3, 3, 3]))",
            "without variance",
        ),
        (
            "print y = dynamic([1, 2, 3, 10, 8, 6]) | project series_fit_2lines(y)",
            "split_idx",
        ),
        (
            "print y = dynamic([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9]) | project series_outliers(y)",
            "equal",
        ),
        (
            "print y = dynamic([1, 2]) | project series_outliers(y, 'ctukey', 0.0, 20.0, 80.0)",
            "percentiles",
        ),
        (
            "print y = dynamic([1, 2]) | project series_seasonal(y, 3)",
            "shorter than the period",
        ),
        (
            "range x from 0 to 63 step 1 | summarize y = make_list(iff(x % 16 == 0, 50, 1)) | project series_decompose(y)",
            "in doubt",
        ),
    ] {
        match run(&engine, query) {
            Err(EngineError::NotSupported { what, .. }) => {
                assert!(what.contains(named), "{query}: {what}");
            }
            other => panic!("{query} is not refused: {other:?}"),
        }
    }
}
