//! Timespans: `1.5h`, `2.03:04:05.678`, `15 seconds`.
//!
//! Source: "The timespan data type", learn.microsoft.com/kusto/query/scalar-data-types/timespan.

/// Ticks of 100 ns in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;

/// Ticks of 100 ns in a day.
pub const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;

/// The length of a unit in nanoseconds, by any of its names: `d`, `hour`, `minutes`, `tick`, ….
#[must_use]
pub fn timespan_unit(name: &str) -> Option<i64> {
    const MILLISECOND: i64 = 1_000_000;
    Some(match name {
        "d" | "day" | "days" => TICKS_PER_DAY * 100,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000 * MILLISECOND,
        "m" | "min" | "minute" | "minutes" => 60_000 * MILLISECOND,
        "s" | "sec" | "second" | "seconds" => 1_000 * MILLISECOND,
        "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => MILLISECOND,
        "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => 1_000,
        "tick" | "ticks" => 100,
        "nano" | "nanos" | "nanosec" | "nanosecond" | "nanoseconds" => 1,
        _ => return None,
    })
}

/// Reads a timespan as ticks of 100 ns: a number with a unit, a number of days, or
/// `[d.]hh:mm[:ss[.fffffff]]`.
#[must_use]
pub fn parse_timespan(text: &str) -> Option<i64> {
    let text = unquote(text.trim());
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let ticks = if rest.contains(':') {
        parse_clock(rest)
    } else {
        parse_number_with_unit(rest)
    }?;
    let ticks = if negative { -ticks } else { ticks };
    i64::try_from(ticks).ok()
}

fn unquote(text: &str) -> &str {
    let inner = |quote| {
        text.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    };
    inner('"').or_else(|| inner('\'')).unwrap_or(text).trim()
}

/// `2`, `1.5h`, `15 seconds`.
fn parse_number_with_unit(text: &str) -> Option<i128> {
    let split = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split)?;
    let unit = unit.trim();
    let nanoseconds = timespan_unit(if unit.is_empty() { "d" } else { unit })?;
    scale(number, nanoseconds)
}

/// `number` times `nanoseconds`, in ticks, cut off towards zero, without the rounding of floating
/// point.
fn scale(number: &str, nanoseconds: i64) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let fraction = fraction.get(..fraction.len().min(18))?;
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let digits = parse_digits(whole)?
        .checked_mul(scale)?
        .checked_add(parse_digits(fraction)?)?;
    Some(digits.checked_mul(i128::from(nanoseconds))? / scale / 100)
}

fn parse_digits(digits: &str) -> Option<i128> {
    if digits.is_empty() {
        return Some(0);
    }
    let digits_only = digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits_only.then(|| digits.parse().ok()).flatten()
}

/// `[d.]hh:mm[:ss[.fffffff]]`.
fn parse_clock(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    let (first, minutes) = (parts.next()?, parts.next()?);
    let seconds = parts.next().unwrap_or("0");
    if parts.next().is_some() {
        return None;
    }
    let (days, hours) = first.split_once('.').unwrap_or(("0", first));
    let below = |part: &str, limit: i128| {
        parse_digits(part).filter(|&value| !part.is_empty() && value < limit)
    };
    let day_ticks = i128::from(TICKS_PER_DAY);
    let second_ticks =
        scale(seconds, 1_000_000_000).filter(|&ticks| ticks < 60 * i128::from(TICKS_PER_SECOND))?;
    let minutes_of_day = below(hours, 24)? * 60 + below(minutes, 60)?;
    Some(
        parse_digits(days)? * day_ticks
            + minutes_of_day * 60 * i128::from(TICKS_PER_SECOND)
            + second_ticks,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_with_units() {
        assert_eq!(parse_timespan("1d"), Some(TICKS_PER_DAY));
        assert_eq!(parse_timespan("1.5h"), Some(54_000_000_000));
        assert_eq!(parse_timespan("0.1s"), Some(1_000_000));
        assert_eq!(parse_timespan("100ms"), Some(1_000_000));
        assert_eq!(parse_timespan("10microsecond"), Some(100));
        assert_eq!(parse_timespan("1tick"), Some(1));
        assert_eq!(parse_timespan("50nanoseconds"), Some(0));
        assert_eq!(parse_timespan("15 seconds"), Some(150_000_000));
        assert_eq!(parse_timespan("2"), Some(2 * TICKS_PER_DAY));
        assert_eq!(parse_timespan("-1d"), Some(-TICKS_PER_DAY));
    }

    #[test]
    fn reads_clock_times() {
        assert_eq!(parse_timespan("0.12:34:56.7"), Some(452_967_000_000));
        assert_eq!(
            parse_timespan("29.09:00:05.12345"),
            Some(29 * TICKS_PER_DAY + 324_051_234_500)
        );
        assert_eq!(parse_timespan("12:34"), Some(452_400_000_000));
        assert_eq!(parse_timespan("'01:00:00'"), Some(36_000_000_000));
    }

    #[test]
    fn refuses_what_is_no_timespan() {
        for text in [
            "",
            "d",
            "1x",
            "1:2:3:4",
            "25:00",
            "1:60:00",
            "1:00:61",
            "99999999999999999999d",
            "--1d",
            ".",
            "1é",
        ] {
            assert_eq!(parse_timespan(text), None, "{text}");
        }
    }
}
