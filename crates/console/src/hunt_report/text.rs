//! Numbers, values and times as people read them.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Most characters that are shown of a value.
const VALUE_CHARS_MAX: usize = 400;

/// An instant for a `<time>` element.
pub(super) struct Moment {
    /// `2026-11-28 12:39:05` in the report's zone.
    pub(super) local: String,
    /// RFC 3339 in UTC.
    pub(super) utc: String,
}

impl Moment {
    pub(super) fn new(instant: Timestamp, zone: &TimeZone) -> Self {
        let format = "%Y-%m-%d %H:%M:%S";
        Self {
            local: instant.to_zoned(zone.clone()).strftime(format).to_string(),
            utc: instant.to_string(),
        }
    }

    pub(super) fn optional(instant: Option<Timestamp>, zone: &TimeZone) -> Option<Self> {
        instant.map(|instant| Self::new(instant, zone))
    }
}

/// `UTC+02:00`.
pub(super) fn offset(instant: Timestamp, zone: &TimeZone) -> String {
    instant
        .to_zoned(zone.clone())
        .strftime("UTC%:z")
        .to_string()
}

/// `12,345`.
pub(super) fn thousands(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 call`, `2,000 calls`, `3 queries`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    let count = thousands(number);
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("{count} {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {noun}s"),
    }
}

/// A value, cut where it is too long to show, with its length.
pub(super) fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let kept = text.get(..end).unwrap_or_default();
            let length = thousands(text.chars().count());
            Cow::Owned(format!("{kept}… ({length} characters)"))
        }
    }
}

/// What is shown of what, if that is not all.
pub(super) fn left_out(shown: usize, all: usize, what: &str, file: &str) -> Option<String> {
    (shown < all).then(|| {
        format!(
            "Shown are {} of {} {what}; {file} has all.",
            thousands(shown),
            thousands(all)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators_and_nouns_their_plural() {
        let cases = [
            (0, "0 calls"),
            (1, "1 call"),
            (999, "999 calls"),
            (1_000, "1,000 calls"),
            (1_234_567, "1,234,567 calls"),
        ];
        for (number, expected) in cases {
            assert_eq!(counted(number, "call"), expected);
        }
    }

    #[test]
    fn long_values_are_cut_between_characters_and_say_their_length() {
        assert_eq!(cut("evil.com"), "evil.com");
        let exact = "é".repeat(VALUE_CHARS_MAX);
        assert_eq!(cut(&exact), exact);
        let long = "é".repeat(12_345);
        assert_eq!(cut(&long), format!("{exact}… (12,345 characters)"));
    }
}
