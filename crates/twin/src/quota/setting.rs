//! What a user can say about call quotas.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest window: quota counters keep one entry per call for as long.
const LENGTH_MAX: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// At most `limit` calls in any span of `length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaWindow {
    /// Calls; zero refuses every call.
    pub limit: u32,
    /// Longer than zero, at most 31 days.
    pub length: Duration,
}

/// Which call quotas the twin keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum QuotaSetting {
    /// The documented windows of each endpoint.
    #[default]
    Documented,
    /// None.
    Off,
    /// These windows for every endpoint.
    Custom(Vec<QuotaWindow>),
}

impl QuotaSetting {
    /// Reads `documented`, `off`, or windows separated by commas: `45/60s,1500/1h`.
    ///
    /// A window is calls, a slash and a length: a number with `ms`, `s`, `m` (or `min`), `h` or `d`; without a number it is one unit,
    /// so that `45/min` is 45 calls a minute.
    ///
    /// # Errors
    /// When a part is none of these, or a length is zero or over 31 days.
    pub fn parse(text: &str) -> Result<Self, QuotaSyntaxError> {
        match text.trim() {
            "documented" => Ok(Self::Documented),
            "off" | "none" => Ok(Self::Off),
            windows => windows
                .split(',')
                .map(window)
                .collect::<Result<_, _>>()
                .map(Self::Custom),
        }
    }
}

impl FromStr for QuotaSetting {
    type Err = QuotaSyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for QuotaSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documented => f.write_str("documented"),
            Self::Off => f.write_str("off"),
            Self::Custom(windows) => {
                for (index, window) in windows.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{window}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for QuotaWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.length.as_millis();
        if milliseconds.is_multiple_of(1_000) {
            write!(f, "{}/{}s", self.limit, milliseconds / 1_000)
        } else {
            write!(f, "{}/{milliseconds}ms", self.limit)
        }
    }
}

/// A quota that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{part}` is not a quota: expected `documented`, `off`, or windows such as `45/60s,1500/1h`"
)]
pub struct QuotaSyntaxError {
    /// The part of the text that is wrong.
    pub part: String,
}

fn window(part: &str) -> Result<QuotaWindow, QuotaSyntaxError> {
    read_window(part.trim()).ok_or_else(|| QuotaSyntaxError {
        part: part.trim().to_owned(),
    })
}

fn read_window(part: &str) -> Option<QuotaWindow> {
    let (limit, length) = part.split_once('/')?;
    let length = read_length(length.trim())?;
    let is_usable = !length.is_zero() && length <= LENGTH_MAX;
    Some(QuotaWindow {
        limit: number(limit.trim())?,
        length,
    })
    .filter(|_| is_usable)
}

fn read_length(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let count = if count.is_empty() { 1 } else { number(count)? };
    let unit = match unit {
        "ms" => Duration::from_millis(1),
        "s" | "sec" => Duration::from_secs(1),
        "m" | "min" => MINUTE,
        "h" | "hour" => HOUR,
        "d" | "day" => DAY,
        _ => return None,
    };
    unit.checked_mul(count)
}

/// Plain digits only: `u32::from_str` alone would let a sign through.
fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_printed() {
        let cases = [
            ("documented", "documented"),
            (" off ", "off"),
            ("none", "off"),
            ("45/60s,1500/1h", "45/60s,1500/3600s"),
            ("45/min, 1500/h", "45/60s,1500/3600s"),
            ("0/1d", "0/86400s"),
            ("5/250ms", "5/250ms"),
        ];
        for (text, expected) in cases {
            let setting = QuotaSetting::parse(text).unwrap();
            assert_eq!(setting.to_string(), expected, "{text}");
            assert_eq!(QuotaSetting::parse(expected), Ok(setting), "{text} again");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("", ""),
            ("45", "45"),
            ("45/60s,", ""),
            ("45/0s", "45/0s"),
            ("+45/60s", "+45/60s"),
            ("45/32d", "45/32d"),
            ("45/60", "45/60"),
            ("1/5m,2/fortnight", "2/fortnight"),
            ("99999999999/1s", "99999999999/1s"),
        ];
        for (text, part) in cases {
            let expected = QuotaSyntaxError {
                part: part.to_owned(),
            };
            assert_eq!(QuotaSetting::parse(text), Err(expected), "{text}");
        }
    }
}
