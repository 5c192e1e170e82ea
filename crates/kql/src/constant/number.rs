//! Numbers and booleans.

/// Reads a whole number: decimal with an optional sign, or hexadecimal with `0x`.
#[must_use]
pub fn parse_long(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => parse_hexadecimal(digits),
        None => text.parse().ok(),
    }
}

/// Sixteen digits reach into the sign, as in the service.
fn parse_hexadecimal(digits: &str) -> Option<i64> {
    let digits_only = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits_only
        .then(|| u64::from_str_radix(digits, 16).ok())
        .flatten()
        .map(u64::cast_signed)
}

/// Reads a floating-point number; also `nan`, `+inf` and `-inf`.
#[must_use]
pub fn parse_real(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    match digits.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "infinity" => Some(if text.starts_with('-') {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        }),
        _ if digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') => {
            text.parse().ok()
        }
        _ => None,
    }
}

/// Checks a decimal number and returns its digits as written, without white space: `-12.50`,
/// `1e-3`.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<String> {
    let text = text.trim();
    let (mantissa, exponent) = text
        .split_once(['e', 'E'])
        .map_or((text, None), |(left, right)| (left, Some(right)));
    let digits = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits =
        all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_fits = exponent.is_none_or(|exponent| exponent.parse::<i16>().is_ok());
    (mantissa_fits && exponent_fits).then(|| text.to_owned())
}

/// Reads `true`, `false` in any case, or a whole number, of which 0 is false.
#[must_use]
pub fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        text.parse::<i64>().ok().map(|number| number != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longs() {
        assert_eq!(parse_long("-5"), Some(-5));
        assert_eq!(parse_long("0xff"), Some(255));
        assert_eq!(parse_long("0xFFFFFFFFFFFFFFFF"), Some(-1));
        assert_eq!(parse_long("9223372036854775807"), Some(i64::MAX));
        for text in [
            "",
            "abc",
            "9223372036854775808",
            "0x",
            "0x+1",
            "1.5",
            "0x1FFFFFFFFFFFFFFFF",
        ] {
            assert_eq!(parse_long(text), None, "{text}");
        }
    }

    #[test]
    fn reals() {
        assert_eq!(parse_real("1."), Some(1.0));
        assert_eq!(parse_real("-1.5e3"), Some(-1500.0));
        assert_eq!(parse_real("-inf"), Some(f64::NEG_INFINITY));
        assert!(parse_real("nan").is_some_and(f64::is_nan));
        for text in ["", "e5", "foo", "1e", "--1"] {
            assert_eq!(parse_real(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_and_booleans() {
        assert_eq!(parse_decimal(" 123.450 ").as_deref(), Some("123.450"));
        assert_eq!(parse_decimal("1e-3").as_deref(), Some("1e-3"));
        assert_eq!(parse_decimal("."), None);
        assert_eq!(parse_decimal("x"), None);
        assert_eq!(parse_bool("True"), Some(true));
        assert_eq!(parse_bool("0"), Some(false));
        assert_eq!(parse_bool("maybe"), None);
    }
}
