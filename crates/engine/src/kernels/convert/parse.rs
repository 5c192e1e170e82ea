//! Reading values from text.

/// The integer of a text: decimal or `0x`, with blanks around; nothing else, so `5.7` is none.
#[must_use]
pub fn parse_long(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let magnitude = match hexadecimal {
        // All 64 bits may be given: `0xffffffffffffffff` is -1.
        Some(digits) if starts_with_digit(digits, 16) => {
            i128::from(u64::from_str_radix(digits, 16).ok()?.cast_signed())
        }
        None if starts_with_digit(digits, 10) => digits.parse().ok()?,
        _ => return None,
    };
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

fn starts_with_digit(text: &str, radix: u32) -> bool {
    text.chars()
        .next()
        .is_some_and(|first| first.is_digit(radix))
}

/// The number of a text: digits with point and exponent, or `NaN` and infinity by name.
#[must_use]
pub fn parse_real(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" | "infinity" | "+infinity" => Some(f64::INFINITY),
        "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
        _ if text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) => {
            text.parse().ok()
        }
        _ => None,
    }
}

/// `true`, `false` in any case, or a whole number, which is true unless it is 0.
#[must_use]
pub fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Some(false);
    }
    parse_long(text).map(|value| value != 0)
}

/// 32 hex digits, with dashes wherever they stand and braces around.
#[must_use]
pub fn parse_guid(text: &str) -> Option<u128> {
    let text = text.trim();
    let inner = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(text);
    let mut value = 0_u128;
    let mut digits = 0;
    for character in inner.chars().filter(|&character| character != '-') {
        digits += 1;
        value = (value << 4) | u128::from(character.to_digit(16)?);
        if digits > 32 {
            return None;
        }
    }
    (digits == 32).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let cases = [
            ("42", Some(42)),
            (" 42 ", Some(42)),
            ("-7", Some(-7)),
            ("+7", Some(7)),
            ("0xFF", Some(255)),
            ("0xffffffffffffffff", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("5.7", None),
            ("", None),
            ("abc", None),
            ("1e3", None),
            ("--1", None),
            ("0x", None),
            ("1 2", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_long(text), expected, "{text}");
        }
    }

    #[test]
    fn reals() {
        assert_eq!(parse_real("1.5"), Some(1.5));
        assert_eq!(parse_real(" -2e3 "), Some(-2000.0));
        assert_eq!(parse_real(".5"), Some(0.5));
        assert_eq!(parse_real("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse_real("nan").is_some_and(f64::is_nan));
        for text in ["", "x", "1,5", "0x10", "1.5x", "infinite"] {
            assert_eq!(parse_real(text), None, "{text}");
        }
    }

    #[test]
    fn bools() {
        for (text, expected) in [
            ("true", Some(true)),
            ("FALSE", Some(false)),
            ("1", Some(true)),
            ("0", Some(false)),
            ("yes", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(parse_bool(text), expected, "{text}");
        }
    }

    #[test]
    fn guids() {
        let value = Some(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        for text in [
            "0123456789abcdef0123456789abcdef",
            "0123456789ab-cdef-0123-456789abcdef",
            "{01234567-89AB-CDEF-0123-456789ABCDEF}",
        ] {
            assert_eq!(parse_guid(text), value, "{text}");
        }
        assert_eq!(parse_guid("0123456789abcdef0123456789abcde"), None);
        assert_eq!(parse_guid("a string that is not a guid"), None);
        assert_eq!(parse_guid(&"0".repeat(64)), None);
    }
}
