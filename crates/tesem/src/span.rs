//! Spans of time as people write them.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// The span that `text` says, such as `7d`, `12h` or `90m`; a day has 24 hours.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let span: Option<Span> = text.parse().ok();
    let whole = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let duration = whole.and_then(|duration| Duration::try_from(duration).ok());
    duration.ok_or_else(|| format!("`{text}` is no span of time; write it as `7d`, `12h` or `90m`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_hours_are_spans_and_what_lies_back_is_none() {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let cases = [
            ("7d", Some(hours(168))),
            ("12h", Some(hours(12))),
            ("1d12h", Some(hours(36))),
            ("2w", Some(hours(336))),
            ("-7d", None),
            ("1mo", None),
            ("soon", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).ok(), expected, "{text}");
        }
    }
}
