//! `--until`: when a hunt stops asking.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};

/// The instant that `text` means at `now`: an instant (`2026-11-29T06:00:00Z`), a time of day (`06:00`, the next such in `zone`), or a
/// span from now (`2h`, `90m`).
pub(super) fn deadline(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    let instant = text
        .parse()
        .ok()
        .or_else(|| time_of_day(text, now, zone))
        .or_else(|| span(text, now));
    match instant {
        Some(instant) if instant > now => Ok(instant),
        Some(instant) => Err(format!("{instant} is in the past")),
        None => Err(format!(
            "`{text}` is no time; give 06:00, 2026-11-29T06:00:00Z, or a span such as 2h"
        )),
    }
}

fn time_of_day(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let time = civil::Time::strptime("%H:%M", text).ok()?;
    let here = now.to_zoned(zone.clone());
    let today = here.date().to_datetime(time).to_zoned(zone.clone()).ok()?;
    if today.timestamp() > now {
        return Some(today.timestamp());
    }
    let tomorrow = here.date().tomorrow().ok()?.to_datetime(time);
    Some(tomorrow.to_zoned(zone.clone()).ok()?.timestamp())
}

fn span(text: &str, now: Timestamp) -> Option<Timestamp> {
    let span: SignedDuration = text.parse().ok()?;
    now.checked_add(span).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_times_of_day_and_spans_are_understood() {
        let now: Timestamp = "2026-11-28T20:15:00Z".parse().unwrap();
        let cairo = TimeZone::get("Africa/Cairo").unwrap();
        let cases = [
            ("2026-11-29T06:00:00Z", Ok("2026-11-29T06:00:00Z")),
            ("23:00", Ok("2026-11-28T21:00:00Z")),
            ("06:00", Ok("2026-11-29T04:00:00Z")),
            ("2h", Ok("2026-11-28T22:15:00Z")),
            ("90m", Ok("2026-11-28T21:45:00Z")),
            ("2020-01-01T00:00:00Z", Err("past")),
            ("-5m", Err("past")),
            ("soon", Err("is no time")),
            ("25:00", Err("is no time")),
            ("", Err("is no time")),
        ];
        for (text, expected) in cases {
            match (deadline(text, now, &cairo), expected) {
                (Ok(instant), Ok(expected)) => assert_eq!(instant.to_string(), expected, "{text}"),
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{text}: {error}"),
                (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
            }
        }
    }
}
