//! Numbers and truth values out of values.

use super::parse::{parse_bool, parse_long, parse_real};
use crate::dynamic::View;

/// The integer that a value is, holds or spells; reals lose what is behind the point, times are
/// ticks.
#[must_use]
pub fn to_long(view: View<'_>) -> Option<i64> {
    match view {
        View::Bool(value) => Some(i64::from(value)),
        View::Long(value) | View::DateTime(value) | View::TimeSpan(value) => Some(value),
        View::Real(value) => truncate(value),
        View::Decimal(value) => value.to_long(),
        View::String(text) => parse_long(text),
        _ => None,
    }
}

/// The 32-bit integer that a value is, holds or spells; larger integers wrap around.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the language wraps integers that do not fit"
)]
pub fn to_int(view: View<'_>) -> Option<i32> {
    match view {
        View::String(text) => i32::try_from(parse_long(text)?).ok(),
        other => to_long(other).map(|value| value as i32),
    }
}

/// The real that a value is, holds or spells; times are ticks.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "a real has fewer digits than a long by nature"
)]
pub fn to_real(view: View<'_>) -> Option<f64> {
    match view {
        View::Bool(value) => Some(f64::from(u8::from(value))),
        View::Long(value) | View::DateTime(value) | View::TimeSpan(value) => Some(value as f64),
        View::Real(value) => Some(value),
        View::Decimal(value) => Some(value.to_real()),
        View::String(text) => parse_real(text),
        _ => None,
    }
}

/// The truth value that a value is or spells; numbers are true unless they are 0.
#[must_use]
pub fn to_bool(view: View<'_>) -> Option<bool> {
    match view {
        View::Bool(value) => Some(value),
        View::Long(value) | View::TimeSpan(value) => Some(value != 0),
        View::Real(value) => Some(value != 0.0),
        View::Decimal(value) => Some(!value.is_zero()),
        View::String(text) => parse_bool(text),
        _ => None,
    }
}

/// A real without its fraction; none where no integer is near.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(super) fn truncate(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (-LIMIT..LIMIT).contains(&value).then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_from_other_values() {
        assert_eq!(to_long(View::Real(5.7)), Some(5));
        assert_eq!(to_long(View::Real(-5.7)), Some(-5));
        assert_eq!(to_long(View::Real(f64::NAN)), None);
        assert_eq!(to_long(View::Real(1e300)), None);
        assert_eq!(to_int(View::Long(9_999_999_999)), Some(1_410_065_407));
        assert_eq!(to_int(View::String("9999999999")), None);
        assert_eq!(to_bool(View::Real(0.5)), Some(true));
        assert_eq!(to_real(View::Null), None);
    }
}
