//! The window that a hunting request asks for.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::{Span, Timestamp};

/// An ISO 8601 window of time: a duration up to now, an interval, or a start.
///
/// The service takes the shorter one of this and the time filter in the query.
/// Source: learn.microsoft.com/graph/api/security-security-runhuntingquery, `Timespan`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timespan(String);

/// A text that is no window of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a timespan; use an ISO 8601 duration (P7D, PT12H), an interval \
     (2026-11-01T00:00:00Z/2026-11-08T00:00:00Z, 2026-11-01T00:00:00Z/P7D, P7D/2026-11-08T00:00:00Z) or a start"
)]
pub struct InvalidTimespan {
    /// The text, on one line.
    pub text: String,
}

impl Timespan {
    /// The last `length` before now, in whole seconds, at least one.
    #[must_use]
    pub fn last(length: Duration) -> Self {
        let seconds = length.as_secs().max(1);
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let text = match (days, rest) {
            (_, 0) => format!("P{days}D"),
            (0, _) => format!("PT{rest}S"),
            _ => format!("P{days}DT{rest}S"),
        };
        Self(text)
    }

    /// From `start` to `end`.
    #[must_use]
    pub fn between(start: Timestamp, end: Timestamp) -> Self {
        Self(format!("{start}/{end}"))
    }

    /// The text that is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Timespan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Timespan {
    type Err = InvalidTimespan;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_window = match text.split_once('/') {
            None => is_duration(text) || is_instant(text),
            Some((start, end)) => {
                (is_instant(start) && (is_instant(end) || is_duration(end)))
                    || (is_duration(start) && is_instant(end))
            }
        };
        if is_window {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidTimespan {
            text: crate::text::clean(text),
        })
    }
}

fn is_instant(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

fn is_duration(text: &str) -> bool {
    text.starts_with('P') && text.parse::<Span>().is_ok_and(Span::is_positive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_and_other_texts() {
        let good = [
            "P30D",
            "PT12H",
            "P1DT30M",
            "2026-11-01T00:00:00Z",
            "2026-11-01T00:00:00Z/2026-11-08T00:00:00Z",
            "2026-11-01T00:00:00Z/P7D",
            "P7D/2026-11-08T00:00:00Z",
        ];
        for text in good {
            assert_eq!(text.parse::<Timespan>().unwrap().as_str(), text);
        }
        let bad = [
            "",
            "7d",
            "P",
            "-P7D",
            "P7D/P7D",
            "yesterday",
            "P7D/",
            "/",
            "P7D\",\"Query\":\"x",
            "30",
        ];
        for text in bad {
            let error = text.parse::<Timespan>().unwrap_err();
            assert!(error.to_string().contains("is not a timespan"), "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_iso() {
        let cases = [
            (0, "PT1S"),
            (90, "PT90S"),
            (86_400, "P1D"),
            (2_592_000, "P30D"),
            (90_000, "P1DT3600S"),
        ];
        for (seconds, expected) in cases {
            let timespan = Timespan::last(Duration::from_secs(seconds));
            assert_eq!(timespan.as_str(), expected);
            assert_eq!(expected.parse(), Ok(timespan));
        }
        let (start, end) = (
            Timestamp::UNIX_EPOCH,
            Timestamp::UNIX_EPOCH + Duration::from_secs(1),
        );
        let between = Timespan::between(start, end);
        assert_eq!(
            between.as_str(),
            "1970-01-01T00:00:00Z/1970-01-01T00:00:01Z"
        );
        assert_eq!(between.as_str().parse(), Ok(between));
    }
}
