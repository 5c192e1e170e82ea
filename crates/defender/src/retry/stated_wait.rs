//! How long the service asks to wait, in its header or in its sentence.

use std::time::Duration;

use jiff::Timestamp;

/// The pause that an answer asks for: the longer one of its `Retry-After` header (seconds or an HTTP date,
/// RFC 9110 section 10.2.3) and the wait in its message, e.g. `You can send requests again in 8 seconds.`
///
/// A date in the past asks for no pause, which is [`Duration::ZERO`].
#[must_use]
pub fn stated_wait(retry_after: Option<&str>, message: &str, now: Timestamp) -> Option<Duration> {
    let in_header = retry_after.and_then(|value| header_wait(value.trim(), now));
    in_header.max(sentence_wait(message))
}

fn header_wait(value: &str, now: Timestamp) -> Option<Duration> {
    if let Some(seconds) = whole_seconds(value) {
        return Some(seconds);
    }
    let date = Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// Digits, perhaps with a fraction, which is rounded up.
fn whole_seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = !whole.is_empty() && [whole, fraction].iter().all(|part| is_digits(part));
    if !is_number {
        return None;
    }
    let seconds: u64 = whole.parse().unwrap_or(u64::from(u32::MAX));
    let more = u64::from(fraction.bytes().any(|digit| digit != b'0'));
    Some(Duration::from_secs(seconds.min(u64::from(u32::MAX)) + more))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The duration after `again in`: `8 seconds`, `1 minute and 5 seconds`, `00:14:59`.
fn sentence_wait(message: &str) -> Option<Duration> {
    let lower = message.to_ascii_lowercase();
    let (_, rest) = lower.split_once("again in ")?;
    let mut words = rest
        .split_whitespace()
        .map(|word| word.trim_end_matches([',', '.', ';']));
    let first = words.next()?;
    if first.contains(':') {
        return clock_time(first);
    }
    amounts(first, words)
}

/// `hh:mm:ss`, perhaps with a fraction.
fn clock_time(text: &str) -> Option<Duration> {
    let mut parts = text.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let whole =
        whole_seconds(hours)? * 3_600 + whole_seconds(minutes)? * 60 + whole_seconds(seconds)?;
    parts.next().is_none().then_some(whole)
}

/// Pairs of number and unit, until something else comes.
fn amounts<'a>(first: &'a str, mut words: impl Iterator<Item = &'a str>) -> Option<Duration> {
    let mut total = None;
    let mut next = Some(first);
    while let Some(word) = next {
        if word != "and" {
            let Some(number) = whole_seconds(word) else {
                break;
            };
            let Some(unit) = words.next().and_then(unit_seconds) else {
                break;
            };
            let seen: Duration = total.unwrap_or_default();
            total = Some(seen.saturating_add(number.saturating_mul(unit)));
        }
        next = words.next();
    }
    total
}

fn unit_seconds(unit: &str) -> Option<u32> {
    match unit.trim_end_matches('s') {
        "second" | "sec" => Some(1),
        "minute" | "min" => Some(60),
        "hour" | "hr" => Some(3_600),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn waits_in_headers_and_sentences() {
        let quota = "API calls quota exceeded! Maximum allowed 30 per 00:01:00 for the key \
                     Destination+TenantID+AppID. You can send requests again in 8 seconds.";
        let cases = [
            (None, "", None),
            (Some("17"), "", Some(17)),
            (Some(" 17 "), "", Some(17)),
            (Some("0.2"), "", Some(1)),
            (Some("-5"), "", None),
            (Some("soon"), "", None),
            (Some(""), "", None),
            (Some("99999999999999999999"), "", Some(u64::from(u32::MAX))),
            (Some("Sat, 21 Nov 2026 08:01:30 GMT"), "", Some(90)),
            (Some("Sat, 21 Nov 2026 07:00:00 GMT"), "", Some(0)),
            (None, quota, Some(8)),
            (Some("3"), quota, Some(8)),
            (Some("12"), quota, Some(12)),
            (None, "You can run queries again in 5 minutes.", Some(300)),
            (
                None,
                "Try again in 1 hour, 2 minutes and 3 seconds",
                Some(3_723),
            ),
            (None, "You can run queries again in 00:14:59.", Some(899)),
            (None, "try again in 00:14", None),
            (None, "try again in a while", None),
            (None, "try again in 5 parsecs", None),
            (None, "maximum allowed 45 per 00:01:00", None),
        ];
        for (header, message, expected) in cases {
            let wait = stated_wait(header, message, now());
            assert_eq!(
                wait,
                expected.map(Duration::from_secs),
                "{header:?} {message}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(header in ".{0,40}", message in "(again in )?[ 0-9a-z:.,\u{e9}]{0,60}") {
            let _ = stated_wait(Some(&header), &message, now());
        }
    }
}
