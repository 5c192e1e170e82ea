//! Spans of time as the file and the flags write them.

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// A span such as `7d`, `12h` or `90m`; a day has 24 hours. None is negative.
pub(crate) fn span(text: &str) -> Result<SignedDuration, String> {
    let span: Option<Span> = text.parse().ok();
    let whole = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    whole
        .filter(|duration| !duration.is_negative())
        .ok_or_else(|| format!("`{text}` is no span of time; write it as `7d`, `12h` or `90m`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_of_whole_days_or_less_and_never_negative() {
        let cases = [
            ("7d", Some(7 * 24)),
            ("2w", Some(14 * 24)),
            ("1d 12h", Some(36)),
            ("0h", Some(0)),
            ("-1h", None),
            ("1 month", None),
            ("7", None),
            ("", None),
        ];
        for (text, hours) in cases {
            assert_eq!(
                span(text).ok(),
                hours.map(SignedDuration::from_hours),
                "{text}"
            );
        }
    }
}
