//! Does an answer equal the expected one?
//!
//! Compared by value: reals with a small tolerance, dynamics member by member in any order, datetimes with or without trailing zeros,
//! rows in any order unless the case says that order counts.

use serde_json::Value as Json;

/// Relative difference at which two reals are equal.
const REAL_TOLERANCE: f64 = 1e-9;

/// The first difference, as a sentence; `None` when the rows are equal.
pub(super) fn difference(
    expected: &[Vec<Json>],
    actual: &[Vec<Json>],
    types: &[String],
    ordered: bool,
) -> Option<String> {
    if expected.len() != actual.len() {
        return Some(format!(
            "expected {} rows, got {}",
            expected.len(),
            actual.len()
        ));
    }
    if ordered {
        let mut pairs = expected.iter().zip(actual).enumerate();
        return pairs.find_map(|(index, (expected, actual))| {
            row_difference(expected, actual, types).map(|cell| format!("row {}: {cell}", index + 1))
        });
    }
    unmatched(expected, actual, types)
}

fn unmatched(expected: &[Vec<Json>], actual: &[Vec<Json>], types: &[String]) -> Option<String> {
    let mut left: Vec<&Vec<Json>> = actual.iter().collect();
    for row in expected {
        let found = left
            .iter()
            .position(|actual| row_difference(row, actual, types).is_none());
        match found {
            Some(index) => drop(left.swap_remove(index)),
            None => {
                let nearest = left
                    .iter()
                    .find_map(|actual| row_difference(row, actual, types));
                let nearest = nearest
                    .map(|cell| format!("; nearest: {cell}"))
                    .unwrap_or_default();
                return Some(format!(
                    "no row equals {}{nearest}",
                    Json::from(row.clone())
                ));
            }
        }
    }
    None
}

fn row_difference(expected: &[Json], actual: &[Json], types: &[String]) -> Option<String> {
    if expected.len() != actual.len() {
        return Some(format!(
            "expected {} cells, got {}",
            expected.len(),
            actual.len()
        ));
    }
    let pairs = expected.iter().zip(actual).enumerate();
    pairs.into_iter().find_map(|(column, (expected, actual))| {
        let kind = types.get(column).map_or("", String::as_str);
        let equal = cell_equals(expected, actual, kind);
        (!equal).then(|| format!("column {}: expected {expected}, got {actual}", column + 1))
    })
}

fn cell_equals(expected: &Json, actual: &Json, kind: &str) -> bool {
    match (kind, expected, actual) {
        ("datetime", Json::String(expected), Json::String(actual)) => {
            trimmed_datetime(expected) == trimmed_datetime(actual)
        }
        ("timespan", Json::String(expected), Json::String(actual)) => {
            trimmed_fraction(expected) == trimmed_fraction(actual)
        }
        ("decimal", _, _) => decimal(expected) == decimal(actual),
        _ => json_equals(expected, actual),
    }
}

fn json_equals(expected: &Json, actual: &Json) -> bool {
    match (expected, actual) {
        (Json::Number(expected), Json::Number(actual)) => number_equals(expected, actual),
        (Json::Array(expected), Json::Array(actual)) => {
            expected.len() == actual.len()
                && expected
                    .iter()
                    .zip(actual)
                    .all(|(expected, actual)| json_equals(expected, actual))
        }
        (Json::Object(expected), Json::Object(actual)) => {
            expected.len() == actual.len()
                && expected.iter().all(|(key, expected)| {
                    actual
                        .get(key)
                        .is_some_and(|actual| json_equals(expected, actual))
                })
        }
        _ => expected == actual,
    }
}

fn number_equals(expected: &serde_json::Number, actual: &serde_json::Number) -> bool {
    if let (Some(expected), Some(actual)) = (expected.as_i64(), actual.as_i64()) {
        return expected == actual;
    }
    match (expected.as_f64(), actual.as_f64()) {
        (Some(expected), Some(actual)) => {
            let scale = expected.abs().max(actual.abs()).max(1.0);
            (expected - actual).abs() <= scale * REAL_TOLERANCE
        }
        _ => false,
    }
}

fn trimmed_datetime(text: &str) -> &str {
    trimmed_fraction(text.trim_end_matches('Z'))
}

fn trimmed_fraction(text: &str) -> &str {
    let has_fraction = text
        .rsplit(':')
        .next()
        .is_some_and(|seconds| seconds.contains('.'));
    if has_fraction {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// The digits of a decimal without what does not change its value.
fn decimal(value: &Json) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(value: Json) -> Vec<Vec<Json>> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn equal_by_value() {
        let cases = [
            (json!([[1.0000000000001]]), json!([[1.0]]), "real"),
            (
                json!([["2020-01-01T00:00:00Z"]]),
                json!([["2020-01-01T00:00:00.0000000Z"]]),
                "datetime",
            ),
            (
                json!([["01:00:00"]]),
                json!([["01:00:00.0000000"]]),
                "timespan",
            ),
            (json!([["5"]]), json!([["5.00"]]), "decimal"),
            (
                json!([[{"a": 1, "b": [2]}]]),
                json!([[{"b": [2], "a": 1}]]),
                "dynamic",
            ),
        ];
        for (expected, actual, kind) in cases {
            let difference = difference(&rows(expected), &rows(actual), &[kind.to_owned()], true);
            assert_eq!(difference, None, "{kind}");
        }
    }

    #[test]
    fn order_counts_only_when_asked() {
        let (one, two) = (rows(json!([[1], [2]])), rows(json!([[2], [1]])));
        assert_eq!(difference(&one, &two, &["long".into()], false), None);
        assert!(
            difference(&one, &two, &["long".into()], true)
                .unwrap()
                .starts_with("row 1: column 1")
        );
    }

    #[test]
    fn different_values_are_told() {
        let cases = [
            (json!([[1]]), json!([[2]]), "expected 1, got 2"),
            (json!([[1]]), json!([[1], [1]]), "expected 1 rows, got 2"),
            (json!([["a"]]), json!([[null]]), "no row equals"),
            (
                json!([[9007199254740993_i64]]),
                json!([[9007199254740992_i64]]),
                "no row equals",
            ),
        ];
        for (expected, actual, told) in cases {
            let difference = difference(&rows(expected), &rows(actual), &["long".into()], false);
            assert!(
                difference
                    .as_deref()
                    .is_some_and(|text| text.contains(told)),
                "{difference:?}"
            );
        }
    }
}
