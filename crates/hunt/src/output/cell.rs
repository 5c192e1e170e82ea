//! Cells of CSV files.

use std::borrow::Cow;

use serde_json::Value;

/// First characters that make a spreadsheet take a cell for a formula, or that hide one.
///
/// Source: <https://owasp.org/www-community/attacks/CSV_Injection>.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text as a cell that no spreadsheet runs: behind a quote mark where it would begin a formula.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA_STARTS) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A value of an answer as a cell. Missing values are empty, numbers and booleans are as in JSON, and so are lists and objects.
pub(super) fn of_value(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => guarded(text).into_owned(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_nothing_else() {
        let cases = [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("a=1", "a=1"),
            ("", ""),
            ("evil.com", "evil.com"),
        ];
        for (text, expected) in cases {
            assert_eq!(guarded(text), expected, "{text:?}");
        }
        assert_eq!(of_value(Some(&Value::from(-5))), "-5");
        assert_eq!(of_value(Some(&Value::Null)), "");
    }
}
