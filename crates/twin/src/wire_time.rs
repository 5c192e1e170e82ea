//! Instants as the Defender APIs write them: UTC, up to seven digits after the second, no zeros at the end.

use jiff::Timestamp;

/// Nanoseconds of the service's smallest unit of time.
const TICK: i128 = 100;

/// `2026-10-01T08:00:00.1234567Z`.
pub(crate) fn text(instant: Timestamp) -> String {
    let nanoseconds = instant.as_nanosecond();
    Timestamp::from_nanosecond(nanoseconds - nanoseconds.rem_euclid(TICK))
        .unwrap_or(instant)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_digits_are_kept_and_zeros_dropped() {
        let cases = [
            ("2026-10-01T08:00:00Z", "2026-10-01T08:00:00Z"),
            ("2026-10-01T08:00:00.500Z", "2026-10-01T08:00:00.5Z"),
            (
                "2026-10-01T08:00:00.123456789Z",
                "2026-10-01T08:00:00.1234567Z",
            ),
        ];
        for (instant, expected) in cases {
            assert_eq!(text(instant.parse().unwrap()), expected);
        }
    }
}
