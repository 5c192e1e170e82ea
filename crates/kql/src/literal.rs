//! Literals: the only way a value enters a query.
//!
//! Each function turns a value into query text that is exactly one literal, whatever the value
//! holds: quotes, backslashes, line ends,
//! control characters, `|`. The text reads the same in the service, in its own parser, and, inside
//! `dynamic(…)`, as JSON.
//!
//! Source: "Scalar data types", learn.microsoft.com/kusto/query/scalar-data-types.

use std::fmt::{self, Write};

use crate::constant::{TICKS_PER_DAY, TICKS_PER_SECOND};

/// Query text that is exactly one literal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Literal(String);

impl Literal {
    /// The text, as it stands in the query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A string: `"…"`.
#[must_use]
pub fn string(value: &str) -> Literal {
    let mut text = String::with_capacity(value.len() + 2);
    write_string(&mut text, value);
    Literal(text)
}

/// How many bytes [`string`] makes of `value`, without making it.
#[must_use]
pub fn string_length(value: &str) -> usize {
    2 + value
        .chars()
        .map(|character| escape(character).length(character))
        .sum::<usize>()
}

/// A whole number: `5`, `long(-5)`.
#[must_use]
pub fn long(value: i64) -> Literal {
    Literal(if value < 0 {
        format!("long({value})")
    } else {
        value.to_string()
    })
}

/// A floating-point number: `real(1.5)`, `real(nan)`, `real(-inf)`.
#[must_use]
pub fn real(value: f64) -> Literal {
    Literal(match value {
        _ if value.is_nan() => "real(nan)".to_owned(),
        f64::INFINITY => "real(+inf)".to_owned(),
        f64::NEG_INFINITY => "real(-inf)".to_owned(),
        _ => format!("real({value:?})"),
    })
}

/// `true` or `false`.
#[must_use]
pub fn boolean(value: bool) -> Literal {
    Literal(value.to_string())
}

/// A point in time: `datetime(2026-11-21T04:09:32.1234567Z)`.
///
/// The language counts ticks of 100 ns from the year 1: finer parts are cut off, and earlier times
/// become its first.
#[must_use]
pub fn datetime(value: jiff::Timestamp) -> Literal {
    let utc = jiff::tz::TimeZone::UTC.to_datetime(value);
    if utc.year() < 1 {
        return Literal("datetime(0001-01-01T00:00:00.0000000Z)".to_owned());
    }
    let (date, time) = (utc.date(), utc.time());
    Literal(format!(
        "datetime({:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z)",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.subsec_nanosecond() / 100
    ))
}

/// A length of time: `timespan(1.02:03:04.0000000)`.
///
/// The language counts ticks of 100 ns in 64 bits: finer parts are cut off, and longer times become
/// its longest, about 29,000 years.
#[must_use]
pub fn timespan(value: jiff::SignedDuration) -> Literal {
    let limit = i128::from(i64::MAX);
    let ticks = (value.as_nanos() / 100).clamp(-limit, limit);
    let sign = if ticks < 0 { "-" } else { "" };
    let (day, second) = (
        u128::from(TICKS_PER_DAY.unsigned_abs()),
        u128::from(TICKS_PER_SECOND.unsigned_abs()),
    );
    let (days, rest) = (ticks.unsigned_abs() / day, ticks.unsigned_abs() % day);
    let (seconds, fraction) = (rest / second, rest % second);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Literal(format!(
        "timespan({sign}{days}.{hours:02}:{minutes:02}:{seconds:02}.{fraction:07})"
    ))
}

/// A GUID from its 128 bits: `guid(74be27de-1e4e-49d9-b579-fe0b331d3642)`.
#[must_use]
pub fn guid(value: u128) -> Literal {
    let digits = format!("{value:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Literal(format!(
        "guid({}-{}-{}-{}-{})",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    ))
}

/// An array of strings: `dynamic(["a","b"])`.
#[must_use]
pub fn dynamic_array<'a>(values: impl IntoIterator<Item = &'a str>) -> Literal {
    let mut text = "dynamic([".to_owned();
    write_strings(&mut text, values);
    text.push_str("])");
    Literal(text)
}

/// String literals with commas between them.
pub(crate) fn write_strings<'a>(text: &mut String, values: impl IntoIterator<Item = &'a str>) {
    for (place, value) in values.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        write_string(text, value);
    }
}

pub(crate) fn write_string(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match escape(character) {
            Escape::None => text.push(character),
            Escape::Short(letter) => text.extend(['\\', letter]),
            Escape::Code => write_code(text, character),
        }
    }
    text.push('"');
}

fn write_code(text: &mut String, character: char) {
    debug_assert!(u32::from(character) <= 0xffff);
    let written = write!(text, "\\u{:04x}", u32::from(character));
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

/// How a character is written inside `"…"`.
enum Escape {
    None,
    /// `\"`, `\n`, ….
    Short(char),
    /// `\u2028`.
    Code,
}

impl Escape {
    const fn length(&self, character: char) -> usize {
        match self {
            Self::None => character.len_utf8(),
            Self::Short(_) => 2,
            Self::Code => 6,
        }
    }
}

/// Only escapes that JSON has, too, so that a literal means the same inside `dynamic(…)`.
const fn escape(character: char) -> Escape {
    match character {
        '"' | '\\' => Escape::Short(character),
        '\n' => Escape::Short('n'),
        '\r' => Escape::Short('r'),
        '\t' => Escape::Short('t'),
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
            Escape::Code
        }
        _ => Escape::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        assert_eq!(string("a").as_str(), r#""a""#);
        assert_eq!(
            string(r#"C:\x "y" 'z' | take 1 // w"#).as_str(),
            r#""C:\\x \"y\" 'z' | take 1 // w""#
        );
        assert_eq!(
            string("a\r\n\tb\0\u{7f}\u{2028}é😀").as_str(),
            r#""a\r\n\tb\u0000\u007f\u2028é😀""#
        );
        for value in ["", "a", "\\\"\n\0é😀\u{2029}"] {
            assert_eq!(
                string_length(value),
                string(value).as_str().len(),
                "{value:?}"
            );
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(long(5).as_str(), "5");
        assert_eq!(long(i64::MIN).as_str(), "long(-9223372036854775808)");
        assert_eq!(real(1.0).as_str(), "real(1.0)");
        assert_eq!(real(-1e300).as_str(), "real(-1e300)");
        assert_eq!(real(f64::NAN).as_str(), "real(nan)");
        assert_eq!(real(f64::NEG_INFINITY).as_str(), "real(-inf)");
        assert_eq!(boolean(true).as_str(), "true");
    }

    #[test]
    fn times() {
        let time: jiff::Timestamp = "2026-11-21T04:09:32.123456789Z".parse().unwrap();
        assert_eq!(
            datetime(time).as_str(),
            "datetime(2026-11-21T04:09:32.1234567Z)"
        );
        assert_eq!(
            datetime(jiff::Timestamp::MIN).as_str(),
            "datetime(0001-01-01T00:00:00.0000000Z)"
        );
        let hours = jiff::SignedDuration::from_hours;
        assert_eq!(timespan(hours(26)).as_str(), "timespan(1.02:00:00.0000000)");
        assert_eq!(
            timespan(hours(-26)).as_str(),
            "timespan(-1.02:00:00.0000000)"
        );
    }

    #[test]
    fn guids_and_arrays() {
        assert_eq!(
            guid(0x74be_27de_1e4e_49d9_b579_fe0b_331d_3642).as_str(),
            "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"
        );
        assert_eq!(
            dynamic_array(["a", "b\""]).as_str(),
            r#"dynamic(["a","b\""])"#
        );
        assert_eq!(dynamic_array([]).as_str(), "dynamic([])");
    }
}
