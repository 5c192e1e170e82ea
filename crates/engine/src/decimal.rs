//! The `decimal` type: 38 digits, 18 of them after the point.

use std::fmt;
use std::str::FromStr;

/// Digits in all.
pub const PRECISION: u8 = 38;
/// Digits after the point.
pub const SCALE: i8 = 18;
/// One, in units of the last digit.
pub const ONE: i128 = 1_000_000_000_000_000_000;
/// The largest magnitude, in units of the last digit.
const MAX: i128 = 10_i128.pow(38) - 1;

/// A decimal number, kept as a count of 10⁻¹⁸; its magnitude stays below 10²⁰.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(i128);

/// A text or number that is no [`Decimal`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a decimal number of at most 20 digits before the point; write it like decimal(12.5)"
)]
pub struct InvalidDecimal(pub String);

impl Decimal {
    /// From a count of 10⁻¹⁸; `None` when it has more than 38 digits.
    #[must_use]
    pub fn from_units(units: i128) -> Option<Self> {
        (units.unsigned_abs() <= MAX.unsigned_abs()).then_some(Self(units))
    }

    /// As a count of 10⁻¹⁸.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// From an integer.
    #[must_use]
    pub fn from_long(value: i64) -> Self {
        Self(i128::from(value) * ONE)
    }

    /// The nearest real number.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a real has fewer digits than a decimal by nature"
    )]
    pub fn to_real(self) -> f64 {
        self.0 as f64 / ONE as f64
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        let (whole, fraction) = (units / ONE.unsigned_abs(), units % ONE.unsigned_abs());
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{fraction:018}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl FromStr for Decimal {
    type Err = InvalidDecimal;

    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        parse(text.trim()).ok_or_else(|| InvalidDecimal(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Decimal> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let places = i32::try_from(fraction.len()).ok()?;
    let units = scaled(
        format!("{whole}{fraction}").trim_start_matches('0'),
        exponent
            .checked_sub(places)?
            .checked_add(i32::from(SCALE))?,
    )?;
    Decimal::from_units(if negative { -units } else { units })
}

/// `digits × 10^shift`, digits below one being cut off.
fn scaled(digits: &str, shift: i32) -> Option<i128> {
    if digits.is_empty() {
        return Some(0);
    }
    let length = i32::try_from(digits.len()).ok()?;
    let kept = length.checked_add(shift.min(0))?;
    if kept <= 0 {
        return Some(0);
    }
    let kept = digits.get(..usize::try_from(kept).ok()?)?;
    let value: i128 = kept.parse().ok()?;
    value.checked_mul(10_i128.checked_pow(u32::try_from(shift.max(0)).ok()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, printed) in [
            ("1", "1"),
            ("-1.50", "-1.5"),
            (".5", "0.5"),
            ("1e3", "1000"),
            ("12.5e-1", "1.25"),
            ("1e-30", "0"),
            ("99999999999999999999", "99999999999999999999"),
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), printed);
        }
        for bad in ["", "x", "1..2", "1e99", "--1", "100000000000000000000", "."] {
            assert!(bad.parse::<Decimal>().is_err(), "{bad}");
        }
    }
}
