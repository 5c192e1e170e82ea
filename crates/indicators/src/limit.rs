//! Limits as people write them: a share or a count.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A share in whole percent, from 0 to 100, written `20%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u8);

/// A share of a number, or a number, written `20%` or `100`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// So much of all.
    Share(Percent),
    /// So many, however many there are.
    Count(usize),
}

/// Why a text is no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// It is no share.
    #[error("`{0}` is no share; write one from `0%` to `100%`")]
    Share(String),
    /// It is neither a share nor a count.
    #[error("`{0}` is no limit; write a share from `0%` to `100%`, or a count such as `100`")]
    Neither(String),
}

impl Percent {
    /// All of it.
    pub const ALL: Self = Self(100);

    /// A share of so many percent; nothing above 100.
    #[must_use]
    pub const fn new(percent: u8) -> Option<Self> {
        if percent <= 100 {
            Some(Self(percent))
        } else {
            None
        }
    }

    /// The share of `total`, rounded up.
    #[must_use]
    pub fn of(self, total: usize) -> usize {
        let share = (total as u128 * u128::from(self.0)).div_ceil(100);
        usize::try_from(share).unwrap_or(total)
    }

    /// Whether `part` is more than this share of `total`; nothing is rounded.
    #[must_use]
    pub fn is_exceeded(self, part: usize, total: usize) -> bool {
        part as u128 * 100 > total as u128 * u128::from(self.0)
    }
}

impl Limit {
    /// How many of `total` it allows; a share is rounded up.
    #[must_use]
    pub fn of(self, total: usize) -> usize {
        match self {
            Self::Share(share) => share.of(total),
            Self::Count(count) => count,
        }
    }
}

impl FromStr for Percent {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let number = text.trim().strip_suffix('%').map(str::trim_end);
        let percent = number.filter(|number| is_number(number));
        percent
            .and_then(|number| number.parse().ok())
            .and_then(Self::new)
            .ok_or_else(|| LimitError::Share(text.to_owned()))
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let refuse = || LimitError::Neither(text.to_owned());
        if text.contains('%') {
            return text.parse().map(Self::Share).map_err(|_| refuse());
        }
        let number = Some(text.trim()).filter(|number| is_number(number));
        number
            .and_then(|number| number.parse().ok())
            .map(Self::Count)
            .ok_or_else(refuse)
    }
}

/// Digits alone: numbers of the standard library may have a sign.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(share) => share.fmt(f),
            Self::Count(count) => count.fmt(f),
        }
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_shares_rounded_up_or_counts() {
        let cases = [
            ("20%", 100, 20),
            ("20%", 1, 1),
            ("20%", 6, 2),
            ("20%", 0, 0),
            ("0%", 15_000, 0),
            ("100%", 15_000, 15_000),
            (" 20 % ", 10, 2),
            ("50%", usize::MAX, usize::MAX / 2 + 1),
            ("100", 7, 100),
            ("0", 7, 0),
        ];
        for (text, total, expected) in cases {
            let limit: Limit = text.parse().unwrap();
            assert_eq!(limit.of(total), expected, "{text} of {total}");
            assert_eq!(limit.to_string().parse::<Limit>().unwrap(), limit);
        }
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for text in [
            "", "%", "101%", "-1", "+1", "+5%", "1.5%", "x", "5%%", "%5", "300%",
        ] {
            let error = text.parse::<Limit>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
        assert!("20".parse::<Percent>().is_err());
    }

    #[test]
    fn a_share_is_exceeded_without_rounding() {
        let half = Percent::new(50).unwrap();
        for (part, total, expected) in [(1, 2, false), (2, 3, true), (0, 0, false), (1, 0, true)] {
            assert_eq!(half.is_exceeded(part, total), expected, "{part} of {total}");
        }
    }
}
