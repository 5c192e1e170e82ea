//! The `decimal` type: 76 digits, 36 of them after the point, of which results of arithmetic use at most 34.
//!
//! The service's decimals have 34 significant digits. Those of this type cover them from 10⁻² up to 10⁴⁰, which holds all that
//! hunting needs, `parse_version()` with its 32 digits before the point included.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use datafusion::arrow::datatypes::i256;

/// Digits in all.
pub const PRECISION: u8 = 76;
/// Digits after the point.
pub const SCALE: i8 = 36;
/// Significant digits of results of multiplications and divisions.
const SIGNIFICANT: usize = 34;

/// One, in units of the last digit.
static ONE: LazyLock<i256> = LazyLock::new(|| power_of_ten(36));
/// The largest magnitude, in units of the last digit.
static MAX: LazyLock<i256> = LazyLock::new(|| power_of_ten(76).wrapping_sub(i256::ONE));

/// 10 to an exponent of at most 76.
fn power_of_ten(exponent: u32) -> i256 {
    i256::from_i128(10).wrapping_pow(exponent)
}

/// A decimal number, kept as a count of 10⁻³⁶; its magnitude stays below 10⁴⁰.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(i256);

/// A text or number that is no [`Decimal`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a decimal number of at most 40 digits before the point; write it like decimal(12.5)"
)]
pub struct InvalidDecimal(pub String);

impl Decimal {
    /// From a count of 10⁻³⁶; `None` when it has more than 76 digits.
    #[must_use]
    pub fn from_units(units: i256) -> Option<Self> {
        let magnitude = units.checked_abs()?;
        (magnitude <= *MAX).then_some(Self(units))
    }

    /// As a count of 10⁻³⁶.
    #[must_use]
    pub const fn units(self) -> i256 {
        self.0
    }

    /// From an integer.
    #[must_use]
    pub fn from_long(value: i64) -> Self {
        Self(i256::from_i128(i128::from(value)).wrapping_mul(*ONE))
    }

    /// From an integer of more digits; `None` when they are more than 40.
    #[must_use]
    pub fn from_integer(value: i128) -> Option<Self> {
        Self::from_units(i256::from_i128(value).checked_mul(*ONE)?)
    }

    /// The integer before the point, if it fits.
    #[must_use]
    pub fn to_long(self) -> Option<i64> {
        let whole = self.0.checked_div(*ONE)?.to_i128()?;
        i64::try_from(whole).ok()
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == i256::ZERO
    }

    /// The nearest real number.
    #[must_use]
    pub fn to_real(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The sum; `None` when it has too many digits.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_units(self.0.checked_add(other.0)?)
    }

    /// The difference; `None` when it has too many digits.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::from_units(self.0.checked_sub(other.0)?)
    }

    /// The product, rounded to 34 digits; `None` when it is too large.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        // Of the parts before and behind the points, each product but the first fits.
        let (whole, part) = (self.0.checked_div(*ONE)?, self.0.checked_rem(*ONE)?);
        let (other_whole, other_part) = (other.0.checked_div(*ONE)?, other.0.checked_rem(*ONE)?);
        let product = whole
            .checked_mul(other_whole)?
            .checked_mul(*ONE)?
            .checked_add(whole.checked_mul(other_part)?)?
            .checked_add(part.checked_mul(other_whole)?)?
            .checked_add(part.checked_mul(other_part)?.checked_div(*ONE)?)?;
        Self::from_units(rounded(product))
    }

    /// The quotient, rounded to 34 digits; `None` for a divisor of zero or a result that is too large.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        let whole = self.0.checked_div(other.0)?;
        let mut rest = self.0.checked_rem(other.0)?;
        let mut quotient = whole;
        // Long division, as many digits at once as the remainder leaves room for.
        for _ in 0..SCALE {
            rest = rest.checked_mul(i256::from_i128(10))?;
            quotient = quotient
                .checked_mul(i256::from_i128(10))?
                .checked_add(rest.checked_div(other.0)?)?;
            rest = rest.checked_rem(other.0)?;
        }
        Self::from_units(rounded(quotient))
    }

    /// The remainder, never negative; `None` for a divisor of zero.
    #[must_use]
    pub fn checked_rem(self, other: Self) -> Option<Self> {
        let rest = self.0.checked_rem(other.0)?;
        let is_negative = rest < i256::ZERO;
        let rest = if is_negative {
            rest.checked_add(other.0.checked_abs()?)?
        } else {
            rest
        };
        Self::from_units(rest)
    }
}

/// A count of units with the digits beyond the 34th rounded off, halves to even.
fn rounded(units: i256) -> i256 {
    let digits = units.wrapping_abs().to_string().len();
    let surplus = u32::try_from(digits.saturating_sub(SIGNIFICANT)).unwrap_or_default();
    if surplus == 0 {
        return units;
    }
    let step = power_of_ten(surplus);
    let (kept, rest) = (units.wrapping_div(step), units.wrapping_rem(step));
    let twice = rest.wrapping_abs().wrapping_mul(i256::from_i128(2));
    let is_odd = kept.wrapping_rem(i256::from_i128(2)) != i256::ZERO;
    let up = twice > step || twice == step && is_odd;
    let kept = match (up, units < i256::ZERO) {
        (false, _) => kept,
        (true, false) => kept.wrapping_add(i256::ONE),
        (true, true) => kept.wrapping_sub(i256::ONE),
    };
    kept.wrapping_mul(step)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < i256::ZERO { "-" } else { "" };
        let units = self.0.wrapping_abs();
        let (whole, fraction) = (units.wrapping_div(*ONE), units.wrapping_rem(*ONE));
        if fraction == i256::ZERO {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{:0>36}", fraction.to_string());
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
    Decimal::from_units(if negative {
        units.wrapping_neg()
    } else {
        units
    })
}

/// `digits × 10^shift`, digits below one being cut off.
fn scaled(digits: &str, shift: i32) -> Option<i256> {
    if digits.is_empty() {
        return Some(i256::ZERO);
    }
    let length = i32::try_from(digits.len()).ok()?;
    let kept = length.checked_add(shift.min(0))?;
    if kept <= 0 {
        return Some(i256::ZERO);
    }
    let kept = digits.get(..usize::try_from(kept).ok()?)?;
    let shift = u32::try_from(shift.max(0)).ok()?;
    if kept.len() + usize::try_from(shift).ok()? > usize::from(PRECISION) {
        return None;
    }
    i256::from_string(kept)?.checked_mul(power_of_ten(shift))
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
            ("1e-40", "0"),
            (
                "-0.000000000000000000000000000000000001",
                "-0.000000000000000000000000000000000001",
            ),
            (
                "9999999999999999999999999999999999999999",
                "9999999999999999999999999999999999999999",
            ),
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), printed);
        }
        for bad in [
            "",
            "x",
            "1..2",
            "1e99",
            "--1",
            "10000000000000000000000000000000000000000",
            ".",
        ] {
            assert!(bad.parse::<Decimal>().is_err(), "{bad}");
        }
    }

    #[test]
    fn calculates() {
        let decimal = |text: &str| text.parse::<Decimal>().unwrap();
        let text = |result: Option<Decimal>| result.map(|result| result.to_string());
        let some = |text: &str| Some(text.to_owned());
        let (third, two) = (decimal("1").checked_div(decimal("3")), decimal("2"));
        assert_eq!(text(third), some("0.3333333333333333333333333333333333"));
        assert_eq!(
            text(two.checked_div(decimal("-3"))),
            some("-0.6666666666666666666666666666666667")
        );
        assert_eq!(
            text(decimal("-1.5").checked_mul(decimal("0.25"))),
            some("-0.375")
        );
        assert_eq!(
            text(decimal("1234567890123456789.5").checked_mul(decimal("100000000000000"))),
            some("123456789012345678950000000000000")
        );
        assert_eq!(text(decimal("1e39").checked_mul(decimal("1e39"))), None);
        assert_eq!(text(decimal("1").checked_div(decimal("0"))), None);
        assert_eq!(text(decimal("-5.5").checked_rem(decimal("3"))), some("0.5"));
        assert_eq!(
            text(decimal("0.1").checked_add(decimal("0.2"))),
            some("0.3")
        );
        assert!((decimal("0.1").to_real() - 0.1).abs() < f64::EPSILON);
        assert_eq!(decimal("-7.9").to_long(), Some(-7));
    }
}
